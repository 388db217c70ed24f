"""`schoolcard up` (and `make run`): everything on this machine, with the demo city, until Ctrl-C.

Order: lock of the folder, port, servers, migrations, streams, services, demo city, main job. It ends in the opposite
order, whatever the reason. A start that was killed left its servers running; the next one takes them over.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import structlog

from deploy import demo, main_job
from deploy.api_client import ApiClient
from deploy.at_rest import wait_until_heard
from deploy.local.lock import RunLock
from deploy.local.stack import LocalStack
from deploy.pages import build_pages
from deploy.prepare import prepare
from deploy.running import Running, forget, note
from deploy.screen import Screen
from deploy.serve import HttpServer, ServiceFailed, listen, stop_on_signals
from shared import log
from shared.secrets import generate_missing
from shared.settings import Settings, from_environment
from shared.topology import SERVICES, SMALL_EVENTS, durable

_LOG_LIMIT = 10 * 1024 * 1024
_PATIENCE = 120.0


# Of servers that are yet to be started.
_STAND_INS = {"SC_DATABASE_URL": "postgresql://", "SC_NATS_URL": "nats://"}


class EndedEarly(Exception):
    """schoolcard ended although nobody had stopped it; the log says why."""


class Place(msgspec.Struct, frozen=True):
    """What the environment says before there are servers."""

    var: Path
    secrets: Path
    host: str
    port: int
    database_url: str | None
    nats_url: str | None

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Place":
        """Raises SettingInvalid."""
        given = {name: value for name, value in environ.items() if value}
        settings = from_environment(_STAND_INS | given)
        return cls(
            var=settings.var,
            secrets=settings.secrets,
            host=settings.host,
            port=settings.port,
            database_url=given.get("SC_DATABASE_URL"),
            nats_url=given.get("SC_NATS_URL"),
        )


async def up(environ: Mapping[str, str], screen: Screen) -> None:
    """Returns after Ctrl-C or SIGTERM. Raises what kept it from starting."""
    place = Place.of(environ)
    stop = stop_on_signals()
    session = asyncio.create_task(_session(place, environ, screen), name="session")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([session, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if session.done():
        # Whatever ended it is said: by itself it does not end.
        if session.cancelled():
            raise EndedEarly(EndedEarly.__doc__)
        await session
        return
    try:
        screen.say("\nstopping ...")
    finally:
        # Also when nobody reads any more what is shown: Ctrl-C ends `| tee` too, and a closed terminal is gone.
        session.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await session


async def _session(place: Place, environ: Mapping[str, str], screen: Screen) -> None:
    async with AsyncExitStack() as running:
        running.enter_context(RunLock(place.var, place.address))
        running.enter_context(_logs_to(place.var / "schoolcard.log"))
        listening = running.enter_context(listen(place.host, place.port))
        pages = await running.enter_async_context(_beside(build_pages(lambda text: screen.say(f"  {text}"))))
        settings = await _start_servers(place, environ, screen, running)
        http = HttpServer((*SERVICES, "console"), settings, listening)
        running.push_async_callback(http.stop)
        try:
            await http.start()
        except ServiceFailed:
            screen.say(f"  logs: {place.var / 'schoolcard.log'}")
            raise
        await _play(place, settings, screen)
        await pages
        screen.say(f"\nschoolcard is at {place.address} until Ctrl-C. Logs: {place.var / 'schoolcard.log'}")
        await http.wait()


async def _start_servers(place: Place, environ: Mapping[str, str], screen: Screen, running: AsyncExitStack) -> Settings:
    """PostgreSQL and NATS, migrated and declared."""
    screen.step("starting PostgreSQL and NATS")
    secrets = generate_missing(place.secrets)
    stack = LocalStack(
        place.var,
        secrets,
        database_url=place.database_url,
        nats_url=place.nats_url,
        tell=lambda text: screen.say(f"  {text}"),
    )
    running.push_async_callback(stack.stop)
    await stack.start()
    found = {"SC_DATABASE_URL": stack.database_url, "SC_NATS_URL": stack.nats_url}
    if stack.nats is not None:
        # Our own server has room for a demo; a city's would not be below every disk.
        found["SC_EVENTS_BYTES"] = str(SMALL_EVENTS)
    settings = from_environment({**environ, **found, "SC_VAR": str(place.var), "SC_SECRETS": str(place.secrets)})
    await demo.refuse_a_real_city(settings)
    applied = await prepare(settings)
    if applied:
        screen.say(f"  {len(applied)} migrations applied")
    note(place.var, Running(settings.database_url, settings.nats_url, place.address, settings.events_bytes))
    running.callback(forget, place.var)
    return settings


async def _play(place: Place, settings: Settings, screen: Screen) -> None:
    """The demo city, and the main job once in its life."""
    screen.step("the demo city")
    await demo.open_city(settings)
    for user in demo.USERS:
        screen.say(f"  {user.username:<16} {user.who}")
    screen.say(f"  password of all: {demo.PASSWORD}")
    async with ApiClient(place.address, demo.JOB_USER, demo.PASSWORD) as teacher:
        if await main_job.is_done(teacher):
            screen.say("  the main job was done in an earlier start; the data are as you left them")
            return
        await demo.open_classes(place.address, screen)
        await catch_up(settings)
        main_job.show_figures(screen, await main_job.run(teacher, screen, main_job.ROSTER))


async def catch_up(settings: Settings) -> None:
    """What an earlier, killed start had begun must be known before this one looks for it. Raises JobStuck."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await wait_until_heard(settings, [durable("batches", "batch")], ["readers"])
    except TimeoutError as exc:
        raise main_job.JobStuck("batches does not hear what readers has to tell") from exc


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator["asyncio.Task[None]"]:
    """Work that goes on meanwhile and ends with the block at the latest."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.contextmanager
def _logs_to(path: Path) -> Iterator[None]:
    """The services' logs go to a file, so that the terminal shows what its user asked for."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(path.name + ".old"))
    with path.open("a", encoding="utf-8") as file:
        log.configure()
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        logging.basicConfig(stream=file, level=logging.WARNING)
        yield
