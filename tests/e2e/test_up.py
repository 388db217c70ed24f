"""`schoolcard up` as a process, with servers of its own: started, killed, started again, ended with Ctrl-C."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import demo, main_job
from deploy.api_client import ApiClient
from deploy.local.nats_binary import find_nats_server
from deploy.local.port import LOOPBACK, free_port
from deploy.local.process import ServerProcess, command_of
from deploy.screen import Screen
from tests.pupils import write_roster
from tests.servers import PROJECT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)


_UP = [sys.executable, "-m", "deploy.cli", "up"]


class Machine:
    """Where `make run` is typed: a folder and a port."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.port = free_port()
        self.var.mkdir()
        self._pids: list[int] = []

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SC_")},
            "SC_VAR": str(self.var),
            "SC_PORT": str(self.port),
        }

    def up(self) -> "Start":
        shown = self.var.parent / f"shown-{len(self._pids)}"
        process = ServerProcess.spawn(_UP, shown, environment=self.environment, folder=PROJECT)
        self._pids.append(process.pid)
        return Start(process, shown)

    def up_into_a_pipe(self) -> "subprocess.Popen[bytes]":
        """`make run | tee …`"""
        piped = subprocess.Popen(
            _UP,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=PROJECT,
            start_new_session=True,
        )
        self._pids.append(piped.pid)
        return piped

    def left_behind(self) -> dict[int, str]:
        """All processes, with their commands, that work in the folder or were started by a start."""
        found = {pid: command_of(pid) for pid in pids() if pid != os.getpid()}
        return {pid: command for pid, command in found.items() if str(self.var) in command or group(pid) in self._pids}


def pids() -> list[int]:
    if Path("/proc/self").exists():
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    listed = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid in listed.split()]


def group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


class Start:
    """One run of the command, and what it has shown."""

    def __init__(self, process: ServerProcess, shown: Path) -> None:
        self.process = process
        self._file = shown

    @property
    def shown(self) -> str:
        return self._file.read_text(encoding="utf-8")

    async def until(self, text: str) -> None:
        async with asyncio.timeout(90):
            while text not in self.shown:
                assert self.process.alive, self.shown
                await asyncio.sleep(0.02)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    program = find_nats_server(PROJECT / "var")
    if program.is_relative_to(PROJECT):
        (machine.var / "nats-server").symlink_to(PROJECT / "var" / "nats-server")
    yield machine
    for pid in machine.left_behind():
        os.kill(pid, signal.SIGKILL)


async def figures(address: str) -> tuple[int, ...]:
    """Import batches, approval batches, readers with a card, cards. Asserts that the log is intact."""
    async with ApiClient(address, demo.JOB_USER, demo.PASSWORD) as teacher:
        readers = await teacher.get("/api/readers", status="carded", page_size=1)
        cards = await teacher.get("/api/cards", page_size=1)
        assert (await teacher.verify_log()).intact
        kinds = [len(await teacher.batches(kind)) for kind in ("import", "approval")]
        return (*kinds, int(readers["total"]), int(cards["total"]))


async def test_the_first_start_does_the_job_a_kill_costs_nothing_and_ctrl_c_leaves_nothing(
    machine: Machine, tmp_path: Path
) -> None:
    first = machine.up()
    await first.until("hash chain intact")
    assert "990 succeeded, 10 failed, 0 skipped" in first.shown
    before = await figures(machine.address)
    assert before == (1, 1, 990, 990)
    await first.process.end()
    assert machine.left_behind()

    begun = time.monotonic()
    second = machine.up()
    await second.until("the main job was done in an earlier start")
    took = time.monotonic() - begun
    assert await figures(machine.address) == before
    assert "importing" not in second.shown
    assert took < 60, f"{took:.1f} s"

    third = machine.up()
    assert await third.process.wait(30)
    assert f"already running in this folder, at {machine.address}" in third.shown

    await check_a_cancelled_batch_is_said(machine.address, tmp_path)
    await check_a_roster_with_unknown_classes_is_previewed_once(machine, tmp_path)
    await second.until("until Ctrl-C")
    second.process.send(signal.SIGINT)
    assert await second.process.wait(30), second.shown
    assert machine.left_behind() == {}
    assert "Traceback" not in first.shown + second.shown + third.shown
    await asyncio.to_thread(check_it_ends_although_nobody_reads, machine)


def check_it_ends_although_nobody_reads(machine: Machine) -> None:
    """Ctrl-C ends `| tee` too, and who is told that all is stopped is gone."""
    piped = machine.up_into_a_pipe()
    assert piped.stdout is not None
    shown = b""
    while b"until Ctrl-C" not in shown:
        more = os.read(piped.stdout.fileno(), 65_536)
        assert more, shown
        shown += more
    piped.stdout.close()
    piped.send_signal(signal.SIGINT)
    piped.wait(30)
    assert machine.left_behind() == {}
    assert piped.stderr is not None
    with piped.stderr as errors:
        assert b"Traceback" not in errors.read()


async def check_a_cancelled_batch_is_said(address: str, folder: Path) -> None:
    """Whoever follows a batch hears that it will never be completed."""
    roster = write_roster(folder / "roster.xlsx", first=0, total=3, faults=0)
    async with ApiClient(address, "teacher-c", demo.PASSWORD) as teacher:
        preview = await teacher.upload(roster.path)
        await teacher.cancel_import(preview.batch_no)
        with pytest.raises(main_job.BatchGone, match=f"import {preview.batch_no}, at 0 of 3"):
            await main_job.follow(teacher, Screen(), preview.batch_no, "readers")


async def check_a_roster_with_unknown_classes_is_previewed_once(machine: Machine, folder: Path) -> None:
    """Classes of a primary school, in a junior one: nothing to wait for. Who cannot be asked has not said yes."""
    roster = write_roster(folder / "elsewhere.xlsx", first=10, total=3, faults=0)
    command = [sys.executable, "-m", "deploy.cli", "import", str(roster.path), "--user", "teacher-c"]
    given = {"SC_VAR": str(machine.var), "SC_PASSWORD": demo.PASSWORD}
    async with ApiClient(machine.address, "teacher-c", demo.PASSWORD) as teacher:
        known = {batch.batch_no for batch in await teacher.batches("import")}
        ended = await asyncio.to_thread(
            subprocess.run,
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env=os.environ | given,
            timeout=60,
        )
        assert "class_unknown" in ended.stdout
        assert "cancelled; nothing was changed" in ended.stdout, ended.stderr

        async def made() -> list[str]:
            return [batch.status for batch in await teacher.batches("import") if batch.batch_no not in known]

        async def is_cancelled() -> bool:
            return "cancelled" in await made()

        await eventually(is_cancelled)
        assert await made() == ["cancelled"]
