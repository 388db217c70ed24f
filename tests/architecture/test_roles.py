"""Database roles: who logs in owns nothing, reaches one schema, and cannot change the log."""

from typing import TypeAlias

import asyncpg
import pytest

from shared.database import service_url
from shared.secrets import Secrets
from shared.settings import Settings
from shared.topology import SERVICES

_Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def test_who_logs_in_has_no_attribute_but_logging_in(admin: _Admin) -> None:
    for role in await admin.fetch(
        "select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls"
        " from pg_roles where rolname like 'sc\\_%'"
    ):
        name = role["rolname"]
        assert role["rolcanlogin"] is (name in {f"sc_{service}" for service in SERVICES}), name
        for attribute in ("rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"):
            assert role[attribute] is False, f"{name} has {attribute}"


async def test_only_the_owner_owns(admin: _Admin) -> None:
    owners = await admin.fetch(
        "select distinct r.rolname::text as name from pg_shdepend d join pg_roles r on r.oid = d.refobjid"
        " where d.deptype = 'o' and r.rolname like 'sc\\_%'"
        " and d.dbid in (0, (select oid from pg_database where datname = current_database()))"
    )
    assert [row["name"] for row in owners] == ["sc_owner"]


async def test_a_login_takes_its_own_services_scopes_and_no_other_role(admin: _Admin) -> None:
    members = await admin.fetch(
        "select m.rolname::text as member, r.rolname::text as role from pg_auth_members a"
        " join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid where m.rolname like 'sc\\_%'"
    )
    for row in members:
        assert row["member"] in {f"sc_{service}" for service in SERVICES}, row
        assert row["role"].startswith(f"{row['member']}_"), row
    assert len(members) >= len(SERVICES) * 5


async def test_no_role_reaches_another_services_schema(admin: _Admin) -> None:
    reached = await admin.fetch(
        "select r.rolname::text as role, n.nspname::text as schema from pg_roles r cross join pg_namespace n"
        " where r.rolname like 'sc\\_%' and r.rolname <> 'sc_owner' and n.nspname = any($1)"
        " and has_schema_privilege(r.oid, n.oid, 'usage, create')",
        list(SERVICES),
    )
    for row in reached:
        assert row["role"] == f"sc_{row['schema']}" or row["role"].startswith(f"sc_{row['schema']}_"), row


async def test_no_role_creates_anything(admin: _Admin) -> None:
    creating = await admin.fetch(
        "select r.rolname::text as role, n.nspname::text as schema from pg_roles r cross join pg_namespace n"
        " where r.rolname like 'sc\\_%' and r.rolname <> 'sc_owner' and n.nspname !~ '^pg_'"
        " and has_schema_privilege(r.oid, n.oid, 'create')"
    )
    assert creating == []


async def test_a_login_alone_has_no_right_to_any_table(admin: _Admin) -> None:
    rights = await admin.fetch(
        "select r.rolname::text, c.oid::regclass::text from pg_roles r cross join pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where r.rolcanlogin and r.rolname like 'sc\\_%' and n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm')"
        " and has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references')",
        list(SERVICES),
    )
    assert rights == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_sees_nothing_before_it_takes_a_scope(
    service: str, database_url: str, secrets: Secrets
) -> None:
    settings = Settings(database_url=database_url, nats_url="", secrets=secrets.folder)
    connection = await asyncpg.connect(service_url(service, settings, secrets))
    try:
        other = SERVICES[SERVICES.index(service) - 1]
        for statement in (
            f"table {service}.outbox",
            f"table {other}.outbox",
            f"table {service}.migrations",
            f"set role sc_{other}_city",
            "set role sc_owner",
            "alter role current_user superuser",
            "create table mine (id int)",
            f"create table {service}.mine (id int)",
            f"alter table {service}.outbox disable row level security",
            f"drop policy school on {service}.outbox",
            "copy (select 1) to program 'id'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_no_role_can_change_or_take_away_the_log(admin: _Admin) -> None:
    tables = await admin.fetch(
        "select c.oid::int as oid, c.relname from pg_class c where c.oid = 'audit.log'::regclass"
        " or c.oid in (select inhrelid from pg_inherits where inhparent = 'audit.log'::regclass)"
    )
    assert {row["relname"] for row in tables} >= {"log", "log_other"}
    for table in tables:
        able = await admin.fetch(
            "select rolname from pg_roles where rolname like 'sc\\_%' and rolname <> 'sc_owner' and ("
            " has_table_privilege(oid, $1::oid, 'delete, truncate, trigger')"
            " or has_any_column_privilege(oid, $1::oid, 'update'))",
            table["oid"],
        )
        assert able == [], table["relname"]


async def test_what_runs_as_the_owner_is_called_by_few_and_finds_its_own_tables(admin: _Admin) -> None:
    """SECURITY DEFINER: pg_temp last, or a caller's temporary table would stand in for ours; not for PUBLIC."""
    functions = await admin.fetch(
        "select oid::regprocedure::text as name, coalesce(proconfig, '{}') as config, proowner::regrole::text as owner,"
        " prorettype = 'trigger'::regtype as trigger, pronamespace::regnamespace::text as schema,"
        " exists (select 1 from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee = 0) as public"
        " from pg_proc where prosecdef and pronamespace::regnamespace::text = any($1)",
        [*SERVICES, "sc"],
    )
    for function in functions:
        assert function["owner"] == "sc_owner"
        assert function["config"] == [f"search_path={function['schema']}, pg_temp"], function["name"]
        # A trigger's function cannot be called by hand.
        assert function["trigger"] or not function["public"], function["name"]


async def test_views_ask_for_their_readers_rights(admin: _Admin) -> None:
    views = await admin.fetch(
        "select c.relname, coalesce(c.reloptions, '{}') as options from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm') and n.nspname = any($1)",
        list(SERVICES),
    )
    assert [view["relname"] for view in views if "security_invoker=true" not in view["options"]] == []
