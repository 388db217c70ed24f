"""What the commands tell whoever gives them wrongly, or while something is away: a sentence that says what to do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.cli import cli
from deploy.local.port import LOOPBACK, free_port
from deploy.prepare import prepare
from deploy.reaching import ServerAway
from deploy.serve import CannotListen, listen
from shared.secrets import generate_missing
from shared.settings import Settings
from tests.servers import PROJECT

PASSWORD = "mu-tong-yao-zhi-2026"


async def given(environment: Mapping[str, str], *arguments: str) -> Result:
    """The commands open an event loop of their own: in a thread, beside the tests' one."""
    return await asyncio.to_thread(CliRunner(env=environment).invoke, cli, arguments, prog_name="schoolcard")


def typed(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, for what hears signals."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


@pytest.fixture
def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    return {
        "SC_DATABASE_URL": settings.database_url,
        "SC_NATS_URL": settings.nats_url,
        "SC_SECRETS": str(settings.secrets),
        "SC_VAR": str(tmp_path),
    }


@pytest.mark.parametrize(
    "command",
    [
        ("migrate",),
        ("demo",),
        ("deadletters", "list"),
        ("create-admin", "chief", "--password", PASSWORD),
    ],
    ids=" ".join,
)
async def test_a_database_that_does_not_answer_is_named(environment: dict[str, str], command: tuple[str, ...]) -> None:
    port = free_port()
    away = {"SC_DATABASE_URL": f"postgresql://admin:kept-to-itself@{LOOPBACK}:{port}/x"}
    result = await given(environment | away, *command)
    assert result.exit_code == 1
    assert f"PostgreSQL does not answer at {LOOPBACK}:{port} (SC_DATABASE_URL)" in result.output
    assert "kept-to-itself" not in result.output


async def test_a_start_on_servers_that_do_not_answer_names_them(environment: dict[str, str]) -> None:
    port = free_port()
    away = {"SC_DATABASE_URL": f"postgresql://admin@{LOOPBACK}:{port}/x", "SC_PORT": str(free_port())}
    ended = await asyncio.to_thread(typed, environment | away, "up")
    assert ended.returncode == 1
    assert f"PostgreSQL does not answer at {LOOPBACK}:{port} (SC_DATABASE_URL)" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", [("events", "tail"), ("reconcile",)], ids=" ".join)
async def test_a_broker_that_does_not_answer_is_named(environment: dict[str, str], command: tuple[str, ...]) -> None:
    port = free_port()
    result = await given(environment | {"SC_NATS_URL": f"nats://{LOOPBACK}:{port}"}, *command)
    assert result.exit_code == 1
    assert f"NATS does not answer at {LOOPBACK}:{port} (SC_NATS_URL)" in result.output


async def test_a_broker_with_other_passwords_is_told_from_none(environment: dict[str, str], tmp_path: Path) -> None:
    generate_missing(tmp_path / "others")
    result = await given(environment | {"SC_SECRETS": str(tmp_path / "others")}, "events", "tail")
    assert result.exit_code == 1
    assert "or it has other passwords (SC_SECRETS)" in result.output


async def test_migrating_waits_for_a_server_that_is_away(settings: Settings) -> None:
    nowhere = Settings(
        database_url=f"postgresql://admin@{LOOPBACK}:{free_port()}/x",
        nats_url=settings.nats_url,
        secrets=settings.secrets,
    )
    begun = asyncio.get_running_loop().time()
    with pytest.raises(ServerAway):
        await prepare(nowhere, wait=0.6)
    assert asyncio.get_running_loop().time() - begun >= 0.6


@pytest.mark.parametrize("command", [("up",), ("serve", "all")], ids=" ".join)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SC_PORT", "abc"),
        ("SC_PORT", "0"),
        ("SC_PORT", "99999"),
        ("SC_POOL_SIZE", "0"),
        ("SC_ACCESS_TOKEN_LIFETIME", "soon"),
        ("SC_DATABASE_URL", "mysql://db"),
        ("SC_NATS_URL", "127.0.0.1"),
    ],
)
async def test_a_setting_that_is_none_is_named(
    environment: dict[str, str], command: tuple[str, ...], variable: str, value: str
) -> None:
    result = await given(environment | {variable: value}, *command)
    assert result.exit_code == 1
    assert f"Error: {variable}: " in result.output


async def test_an_empty_variable_is_none(environment: dict[str, str]) -> None:
    result = await given(
        environment | {"SC_PORT": "", "SC_POOL_SIZE": "", "SC_EVENTS_BYTES": ""}, "deadletters", "list"
    )
    assert (result.exit_code, result.output) == (0, "there are none\n")


def test_an_address_that_is_not_this_machines_is_not_called_busy() -> None:
    # TEST-NET-3 of RFC 5737: nobody's.
    with pytest.raises(CannotListen, match=r"cannot listen at 203\.0\.113\.7:8000"):
        listen("203.0.113.7", 8000)


async def test_a_subject_that_has_no_events_is_named(environment: dict[str, str]) -> None:
    for subject in ("x", "sc.v1.>.card", "sc.v2.>"):
        result = await given(environment, "events", "tail", "--subject", subject)
        assert result.exit_code == 1
        assert f"no events have the subject {subject}" in result.output


async def test_a_letter_that_is_not_there_is_not_retried(environment: dict[str, str]) -> None:
    named = await given(environment, "deadletters", "retry", "0190aaaa")
    assert (named.exit_code, named.output) == (1, "Error: there is no such dead letter\n")
    everything = await given(environment, "deadletters", "retry")
    assert (everything.exit_code, everything.output) == (0, "0 will be tried again within seconds\n")


async def test_what_is_wrong_with_a_password_is_said(environment: dict[str, str]) -> None:
    result = await given(environment, "create-admin", "chief", "--password", "short")
    assert result.exit_code == 1
    assert "密码应为10至128个字符" in result.output
    for output in ("chief can log in\n", "Error: 该用户名已被使用，请换一个。\n"):
        assert (await given(environment, "create-admin", "chief", "--password", PASSWORD)).output == output


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    """`schoolcard asyncapi | head`."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "deploy.cli", "asyncapi"],
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            env=os.environ | {"SC_VAR": str(tmp_path)},
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert ended.stderr == b""
