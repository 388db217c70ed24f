"""The command `schoolcard`."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
import nats.errors
import uvloop

from deploy import asyncapi, clean, dead_letters, demo, first_admin, health, keys, main_job, subscribing
from deploy.api_client import ApiClient, NotReachable, RequestRefused
from deploy.local.lock import AlreadyRunning
from deploy.local.nats import NatsNotReloaded
from deploy.local.nats_binary import NatsUnavailable
from deploy.local.postgres_binaries import PostgresUnavailable
from deploy.prepare import prepare
from deploy.reaching import ServerAway
from deploy.reconcile import RelayStays, reconcile
from deploy.running import NothingRuns, address, settings
from deploy.screen import Screen
from deploy.serve import CannotListen, PortBusy, ServerEnded, ServiceFailed, serve
from deploy.tail import NoSuchSubject, tail
from deploy.up import EndedEarly, up
from shared import log
from shared.broker import TopologyMismatch
from shared.errors import SchoolcardError
from shared.migrate import MigrationEdited
from shared.secrets import SecretMissing
from shared.settings import SettingInvalid
from shared.subscribers import DOMAIN, NoSuchSubscriber, SubscriberExists
from shared.topology import CITY_EVENTS, SERVICES

T = TypeVar("T")

# What is worth a sentence and not a stack trace.
_EXPECTED = (
    AlreadyRunning,
    CannotListen,
    EndedEarly,
    MigrationEdited,
    NatsNotReloaded,
    NatsUnavailable,
    NoSuchSubject,
    NoSuchSubscriber,
    NotReachable,
    NothingRuns,
    PortBusy,
    PostgresUnavailable,
    RelayStays,
    RequestRefused,
    SchoolcardError,
    SecretMissing,
    ServerAway,
    ServerEnded,
    ServiceFailed,
    SettingInvalid,
    SubscriberExists,
    TopologyMismatch,
    demo.RealCity,
    demo.SecretsOfOthers,
    main_job.BatchGone,
    main_job.JobStuck,
    asyncpg.PostgresError,
    nats.errors.Error,
    OSError,
    ValueError,
)


class _Commands(click.Group):
    """Shows expected errors as one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever reads what is shown has seen enough: click ends quietly.
            raise
        except _EXPECTED as exc:
            raise click.ClickException(_sentence(exc)) from exc


def _sentence(exc: Exception) -> str:
    details = [error.detail for error in exc.errors] if isinstance(exc, SchoolcardError) else []
    return " ".join(dict.fromkeys([str(exc) or type(exc).__name__, *details]))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="schoolcard")
def cli() -> None:
    """Library cards for every pupil of a city: enter or import pupils, approve them, their cards follow by themselves.

    Start with `schoolcard up`: it needs nothing but this machine. Where other servers are meant, SC_DATABASE_URL
    (a PostgreSQL administrator's URL) and SC_NATS_URL name them. SC_VAR is the folder for local data (./var),
    SC_SECRETS the folder of passwords and keys ($SC_VAR/secrets), SC_PORT the HTTP port (8000).
    """


@cli.command("up")
def up_command() -> None:
    """Start everything on this machine with a demo city, and stay until Ctrl-C.

    The first start makes PostgreSQL and NATS below ./var, opens the demo city and runs the main job before your eyes:
    a workbook of 1,000 pupils becomes cards. Later starts keep the data and take seconds.
    """
    run(up(os.environ, Screen()))


@cli.command("serve")
@click.argument("service", type=click.Choice([*SERVICES, "console", "all"]), metavar="SERVICE|all")
def serve_command(service: str) -> None:
    """Run one service, or all in one process, on servers that are there already.

    Run `schoolcard migrate` first. Services: identity, params, readers, cards, batches, audit, and console, the web
    pages, which are built by `python -m services.console.build`.
    """
    given = settings(os.environ)
    log.configure(readable=sys.stderr.isatty())
    names = (*SERVICES, "console") if service == "all" else (service,)
    run(serve(names, given))


@cli.command("migrate")
@click.option("--wait", default=0.0, metavar="SECONDS", help="Try again that long while a server does not answer.")
def migrate_command(wait: float) -> None:
    """Bring the database's schemas and roles and the NATS streams up to date. Safe to repeat."""
    applied = run(prepare(settings(os.environ), wait))
    click.echo("\n".join(f"applied {name}" for name in applied) or "everything was up to date")


@cli.command("demo")
def demo_command() -> None:
    """Open the demo city: two districts, three schools, six users with a known password.

    Refuses on a database that holds anything else.
    """
    run(demo.open_city(settings(os.environ)))
    for user in demo.USERS:
        click.echo(f"{user.username:<16} {user.who}")
    click.echo(f"password of all: {demo.PASSWORD}")


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user", default=demo.JOB_USER, show_default=True, help="A school's user.")
@click.option("--password", envvar="SC_PASSWORD", help="Asked for when missing; also read from SC_PASSWORD.")
@click.option("--url", help="Where schoolcard answers; by default the one that runs in this folder.")
@click.option("--yes", is_flag=True, help="Confirm the preview without asking.")
@click.option("--approve", is_flag=True, help="Then approve all readers who wait for it, as one batch.")
def import_command(file: Path, user: str, password: str | None, url: str | None, yes: bool, approve: bool) -> None:
    """Import a roster: show the preview and its wrong rows, and on confirmation make the others readers.

    A roster is an .xlsx, .xls, .ods or .csv, whatever its columns are called; the template of the pages is one too.
    """
    password = password or click.prompt(f"Password of {user}", hide_input=True)
    run(_import(url or address(os.environ), user, password, file, yes, approve))


async def _import(url: str, user: str, password: str, file: Path, yes: bool, approve: bool) -> None:
    screen = Screen()
    async with ApiClient(url, user, password) as client:
        preview = await main_job.preview_roster(client, screen, file)
        if not yes and not await asyncio.to_thread(_confirmed, "Import the other rows?"):
            await client.cancel_import(preview.batch_no)
            screen.say("cancelled; nothing was changed")
            return
        await client.confirm_import(preview.batch_no)
        await main_job.follow(client, screen, preview.batch_no, "rows to readers")
        if approve:
            await main_job.approve_all(client, screen)


def _confirmed(question: str) -> bool:
    """Whoever cannot answer has not said yes."""
    try:
        return click.confirm(question)
    except click.Abort:
        click.echo()
        return False


@cli.group("events")
def events() -> None:
    """The event stream."""


@events.command("tail")
@click.option("--subject", default="sc.v1.>", show_default=True, help="NATS subject; * and > are wildcards.")
@click.option("--from-start", is_flag=True, help="Everything the stream still has, not only what comes.")
def tail_command(subject: str, from_start: bool) -> None:
    """Show events as they happen: time, type, district, school, body.

    Subjects are sc.v1.DISTRICT.SCHOOL_ID.ENTITY.FACT, for example sc.v1.500103.*.card.issued
    """
    with contextlib.suppress(KeyboardInterrupt):
        run(tail(settings(os.environ), subject, from_start, click.echo))


@cli.group("subscribers")
def subscribers() -> None:
    """Other systems that read events: a library's system, kiosks, data platforms."""


@subscribers.command("add")
@click.argument("name")
@click.option("--district", metavar="CODE", help="Only this district's events; without it the whole city's.")
@click.option("--subject", help="Only these, for example sc.v1.500103.*.card.* or sc.v1.*.*.card.issued.")
def subscribers_add_command(name: str, district: str | None, subject: str | None) -> None:
    """Make a NATS user and a durable consumer for another system, and show once how it logs in.

    It can fetch and acknowledge what its subject matches, and nothing else: no other consumer, no publishing.
    """
    made = run(subscribing.add(os.environ, name, district, subject))
    durable = made.subscriber.durable
    click.echo(f"{name} may read {made.subscriber.subject}, {_in_force(made.effect)}")
    for title, value in (
        ("user", made.subscriber.user),
        ("password", f"{made.password}  (not shown again)"),
        ("inbox prefix", made.subscriber.inbox),
        ("domain", DOMAIN),
        ("stream", durable.stream),
        ("consumer", durable.name),
    ):
        click.echo(f"  {title:<13} {value}")


@subscribers.command("list")
def subscribers_list_command() -> None:
    """Show them: name, subject, consumer, how many events wait for it."""
    listed = run(subscribing.list_all(os.environ))
    for entry in listed:
        waiting = "-" if entry.behind is None else entry.behind
        click.echo(f"{entry.subscriber.name}  {entry.subscriber.subject}  {entry.subscriber.durable.name}  {waiting}")
    if not listed:
        click.echo("there are none")


@subscribers.command("remove")
@click.argument("name")
def subscribers_remove_command(name: str) -> None:
    """Take everything back: its connections end, its consumer and its password are deleted."""
    click.echo(f"{name} is removed, {_in_force(run(subscribing.remove(os.environ, name)))}")


def _in_force(effect: subscribing.Effect) -> str:
    if effect == "after a reload":
        return "after nats-server has its new configuration (`schoolcard keys FOLDER`, then SIGHUP; docs/operating.md)"
    return effect


@cli.command("reconcile")
def reconcile_command() -> None:
    """Send again what the services' outboxes kept (14 days) and the event stream has lost.

    For after a lost or restored JetStream store. Missing streams are made. Nothing is applied twice.
    """
    for service, count in run(reconcile(settings(os.environ))).items():
        click.echo(f"{service:<10} {count} to be sent again")


@cli.group("deadletters")
def deadletters() -> None:
    """Events that a consumer could not apply."""


@deadletters.command("list")
def list_command() -> None:
    """Show them: consumer, message id, subject, since when, why."""
    letters = run(dead_letters.list_dead_letters(settings(os.environ)))
    for letter in letters:
        again = "  (to be retried)" if letter.retry_at else ""
        since = f"{letter.parked_at:%Y-%m-%dT%H:%M:%SZ}"
        click.echo(f"{letter.consumer}  {letter.message_id}  {letter.subject}  {since}  {letter.error}{again}")
    if not letters:
        click.echo("there are none")


@deadletters.command("retry")
@click.argument("message_id", nargs=-1)
@click.option("--consumer", help="Only this consumer's.")
def retry_command(message_id: Sequence[str], consumer: str | None) -> None:
    """Have them applied again: those named, or all. What fails again stays listed."""
    count = run(dead_letters.retry_dead_letters(settings(os.environ), message_id, consumer))
    if message_id and not count:
        raise click.ClickException("there is no such dead letter")
    click.echo(f"{count} will be tried again within seconds")


@cli.command("asyncapi")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
def asyncapi_command(output: Path | None) -> None:
    """Print the AsyncAPI 3 document of all events, made from the contracts."""
    if output is None:
        click.echo(asyncapi.encode(), nl=False)
    else:
        output.write_text(asyncapi.encode(), encoding="utf-8")


@cli.command("create-admin")
@click.argument("username")
@click.option("--password", envvar="SC_PASSWORD", help="Asked for when missing; also read from SC_PASSWORD.")
def create_admin_command(username: str, password: str | None) -> None:
    """Create a city administrator. There are no default accounts: this is how the first one comes to be."""
    password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    run(first_admin.create(settings(os.environ), username, password))
    click.echo(f"{username} can log in")


@cli.command("keys")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--database-host", default="postgres", show_default=True, help="PostgreSQL's host, for the pgpass file.")
@click.option("--nats-store", default="/data", show_default=True, help="Where nats-server keeps its streams.")
@click.option(
    "--events-bytes",
    envvar="SC_EVENTS_BYTES",
    default=CITY_EVENTS,
    show_default=True,
    help="How large the event stream may become; also read from SC_EVENTS_BYTES.",
)
def keys_command(folder: Path, database_host: str, nats_store: str, events_bytes: int) -> None:
    """Make passwords, keys and the configuration of NATS: a folder for each process or container. Safe to repeat."""
    for made in keys.hand_out(
        folder, database_host=database_host, nats_store=Path(nats_store), events_bytes=events_bytes
    ):
        click.echo(made)


@cli.command("health")
@click.option("--url", help="By default the server on this machine at SC_PORT.")
def health_command(url: str | None) -> None:
    """Say whether all services of a process are ready; the exit status tells too."""
    wrong = run(health.unready(url or f"http://127.0.0.1:{os.environ.get('SC_PORT', '8000')}"))
    for name, said in wrong.items():
        click.echo(f"{name}: {said}")
    if wrong:
        sys.exit(1)
    click.echo("ready")


@cli.command("clean-data")
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean_command(yes: bool) -> None:
    """Delete data, secrets, exports and logs below ./var, so that the next `schoolcard up` begins anew."""
    if yes or click.confirm(f"Delete all data below {clean.data_folder(os.environ)}?"):
        run(clean.clean(os.environ))
        click.echo("done")


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def main() -> None:
    cli(prog_name="schoolcard")


if __name__ == "__main__":
    main()
