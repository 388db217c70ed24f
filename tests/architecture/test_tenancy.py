"""The tenancy rule, over every table of every service, as PostgreSQL itself reports it.

A new table is found by itself. One that is not a tenant's is named here with the reason, or the test fails.
"""

from typing import TypeAlias

import asyncpg

from shared.topology import SERVICES

_Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Tables without a school_id, and why nothing of a school's can be read from them.
NOT_A_TENANTS = {
    "migrations": "which files were applied",
    "inbox": "ids of events; consumers alone",
    "dead_letters": "messages nobody could apply; consumers alone",
    "ended_sessions": "ids of sessions; consumers alone",
    "identity.city": "whether this is the demo city",
    "identity.login_attempts": "keyed digests; logging in comes before any scope",
    "identity.school_names": "a district's, by policy",
    "identity.usernames": "logging in comes before any scope; only the worker reads",
    "cards.card_numbers": "numbers without owners: never used twice in the city",
    "cards.identity_claims": "keyed digests without schools: one card per person in the city; only the worker reads",
    "cards.credential_claims": "keyed digests without schools: one card per credential in the city; no role reads",
    "cards.serial_counters": "a district's, by policy",
    "cards.district_privileges": "a district's, by policy",
    "cards.former_numbers": "a district's, by policy",
    "cards.lookups": "how much an asker has asked: no one else's data",
    "readers.consent_settings": "a district's, by policy",
    "readers.consent_texts": "texts of a district or the city, without persons",
}

# Of these the first column of a key cannot be the school.
KEYS_OF_A_SERVICE = {"outbox": "events are sent in the service's order, and an event's id is one in the service"}

_TABLES = """
select c.oid::int as oid, n.nspname as service, c.relname as name, c.relrowsecurity as enabled,
    c.relforcerowsecurity as forced, c.relispartition as partition,
    exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'school_id' and not a.attisdropped)
        as has_school,
    exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'district' and not a.attisdropped)
        as has_district
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and c.relkind in ('r', 'p') order by 2, 3
"""
_RIGHTS = """
select r.rolname as role, p.privilege
from pg_roles r cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p(privilege)
where r.rolname like 'sc\\_%' and r.rolname <> 'sc_owner'
    and case when p.privilege in ('DELETE', 'TRUNCATE') then has_table_privilege(r.oid, $1::oid, p.privilege)
        else has_any_column_privilege(r.oid, $1::oid, p.privilege) end
"""
_POLICIES = """
select p.polname as name, p.polpermissive as permissive, p.polcmd::text as command,
    coalesce(pg_get_expr(p.polqual, p.polrelid), '') as reads,
    coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as writes,
    array(select rolname::text from pg_roles where oid = any(p.polroles)) as roles
from pg_policy p where p.polrelid = $1::oid
"""
_KEYS = """
select i.indexrelid::regclass::text as name, a.attname as first
from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = $1::oid and i.indisunique
union all
select k.conname, a.attname
from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
where k.conrelid = $1::oid and k.contype = 'f'
    and exists (select 1 from pg_attribute t where t.attrelid = k.confrelid and t.attname = 'school_id')
"""
_COMMANDS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}


async def _tables(admin: _Admin) -> list[asyncpg.Record]:
    found = await admin.fetch(_TABLES, list(SERVICES))
    assert len(found) > 30
    return found


def _known(table: asyncpg.Record, names: dict[str, str]) -> bool:
    return table["name"] in names or f"{table['service']}.{table['name']}" in names


async def test_every_table_has_a_school_or_a_reason(admin: _Admin) -> None:
    unknown = [t for t in await _tables(admin) if not t["has_school"] and not _known(t, NOT_A_TENANTS)]
    assert [f"{t['service']}.{t['name']}" for t in unknown] == []


async def test_every_tenant_table_has_a_district_too(admin: _Admin) -> None:
    lacking = [t["name"] for t in await _tables(admin) if t["has_school"] and not t["has_district"]]
    assert lacking == []


async def test_row_level_security_is_enabled_and_forced(admin: _Admin) -> None:
    open_ = [t for t in await _tables(admin) if t["has_school"] and not (t["enabled"] and t["forced"])]
    assert [f"{t['service']}.{t['name']}" for t in open_] == []
    half = [t["name"] for t in await _tables(admin) if t["enabled"] != t["forced"]]
    assert half == []


async def test_who_has_a_right_has_a_policy(admin: _Admin) -> None:
    """A right without a policy sees nothing: a mistake that looks like an empty list."""
    lacking = []
    for table in [t for t in await _tables(admin) if t["enabled"]]:
        policies = [p for p in await admin.fetch(_POLICIES, table["oid"]) if p["permissive"]]
        for right in await admin.fetch(_RIGHTS, table["oid"]):
            assert right["privilege"] != "TRUNCATE", f"{right['role']} may truncate {table['name']}: no policy stops it"
            wanted = ("*", _COMMANDS[right["privilege"]])
            if not any(right["role"] in p["roles"] and p["command"] in wanted for p in policies):
                lacking.append((table["service"], table["name"], right["role"], right["privilege"]))
    assert lacking == []


async def test_each_scopes_policies_say_its_rule(admin: _Admin) -> None:
    for table in [t for t in await _tables(admin) if t["has_school"]]:
        for policy in await admin.fetch(_POLICIES, table["oid"]):
            if not policy["permissive"]:
                continue
            for rule in filter(None, (policy["reads"], policy["writes"])):
                where = f"{table['service']}.{table['name']}: {policy['name']}: {rule}"
                for role in policy["roles"]:
                    if role.endswith(("_school", "_guardian")):
                        assert "school_id = sc.school_id()" in rule, where
                    elif role.endswith("_district"):
                        assert "district = sc.district()" in rule, where
                    if role.endswith(("_school", "_guardian", "_district")):
                        assert " OR " not in rule, where
                    # A policy is for one service's own roles.
                    assert role == "sc_owner" or role.startswith(f"sc_{table['service']}_"), where


async def test_a_school_has_no_right_to_what_no_policy_guards(admin: _Admin) -> None:
    allowed = []
    for table in [t for t in await _tables(admin) if not t["enabled"]]:
        for right in await admin.fetch(_RIGHTS, table["oid"]):
            if right["role"].endswith(("_school", "_guardian")):
                allowed.append((table["service"], table["name"], right["role"], right["privilege"]))
    assert allowed == []


async def test_keys_and_references_start_with_the_school(admin: _Admin) -> None:
    wrong = []
    for table in [t for t in await _tables(admin) if t["has_school"] and not _known(t, KEYS_OF_A_SERVICE)]:
        keys = await admin.fetch(_KEYS, table["oid"])
        assert keys, f"{table['service']}.{table['name']} has no key"
        wrong += [(table["service"], key["name"], key["first"]) for key in keys if key["first"] != "school_id"]
    assert wrong == []


async def test_the_tenants_settings_are_never_null_nor_everything(admin: _Admin) -> None:
    """After a transaction a custom setting is the empty text: it must count as none."""
    assert await admin.fetchval("select sc.school_id() is null and sc.district() is null")
    async with admin.transaction():
        await admin.execute("select set_config('sc.school_id', '', true), set_config('sc.district', '', true)")
        assert await admin.fetchval("select sc.school_id() is null and sc.district() is null")


async def test_constraints_have_names_that_say_what_they_keep(admin: _Admin) -> None:
    unnamed = await admin.fetch(
        "select conrelid::regclass::text, conname from pg_constraint k join pg_class c on c.oid = k.conrelid"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any($1) and k.contype = 'c' and k.conname like c.relname || '\\_%\\_check'",
        list(SERVICES),
    )
    assert unnamed == []
