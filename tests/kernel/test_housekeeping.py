"""What the kernel keeps, it keeps for its time and no longer."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from shared.broker import Broker
from shared.database import Database
from shared.export_folder import clear_exports, folder_of, new_export
from shared.housekeeping import Housekeeping
from shared.relay import Relay
from shared.secrets import Secrets
from shared.settings import Settings
from tests.kernel.notes import SERVICE, Administrator
from tests.running_service import serving
from tests.waiting import eventually

_FILL = """
insert into answers (school_id, district, actor_id, key, fingerprint, created_at)
    select gen_random_uuid(), '500103', gen_random_uuid(), 'k', '', now() - hours * interval '1 hour'
    from unnest(array[0, 23, 25]) hours;
insert into ended_sessions (session_id, expires_at)
    select gen_random_uuid(), now() + minutes * interval '1 minute' from unnest(array[10, -10, -70]) minutes;
"""


async def _remember(administrator: Administrator, days: list[int]) -> None:
    """Events that happened so many days ago, each as its UUIDv7 says."""
    now = datetime.now(UTC)
    ids = [UUID(int=int((now - timedelta(days=age)).timestamp() * 1000) << 80 | uuid4().int >> 48) for age in days]
    await administrator.execute("insert into inbox (consumer, event_id) select 'c', unnest($1::uuid[])", ids)


async def test_what_is_too_old_goes(
    database: Database, administrator: Administrator, database_alone: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    await administrator.execute(_FILL)
    await _remember(administrator, [0, 89, 91, 120])
    relay = Relay(SERVICE, database_alone, secrets, Broker(SERVICE, database_alone, secrets))
    housekeeping = Housekeeping(database, relay, tmp_path)
    await housekeeping.tick()
    await housekeeping.tick()
    counts = await administrator.fetchrow(
        "select (select count(*) from inbox) as inbox, (select count(*) from answers) as answers,"
        " (select count(*) from ended_sessions) as sessions"
    )
    assert dict(counts or {}) == {"inbox": 2, "answers": 2, "sessions": 2}


async def test_a_great_many_go_in_bites(
    database: Database, administrator: Administrator, database_alone: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    await _remember(administrator, [100] * 7000)
    relay = Relay(SERVICE, database_alone, secrets, Broker(SERVICE, database_alone, secrets))
    housekeeping = Housekeeping(database, relay, tmp_path)
    await housekeeping.tick()
    assert await administrator.fetchval("select count(*) from inbox") == 2000
    await housekeeping.tick()
    assert await administrator.fetchval("select count(*) from inbox") == 0


def _leave(exports: Path, name: str, minutes: float) -> Path:
    """What a process killed so long ago leaves: a finished file, or a folder with the rows of an unfinished one."""
    left = exports / name
    if left.suffix:
        left.write_bytes(b"PK")
    else:
        left.mkdir()
        (left / "rows.tmp").write_bytes(b"<row>")
    then = time.time() - minutes * 60
    os.utime(left, (then, then))
    return left


def test_exports_that_killed_processes_left_are_cleared_and_others_stay(tmp_path: Path) -> None:
    exports = folder_of(tmp_path)
    assert clear_exports(exports) == 0
    new = new_export(exports, "readers")
    assert (new.parent, exports.stat().st_mode & 0o077) == (exports, 0)
    new.write_bytes(b"PK")
    old = [_leave(exports, name, 61) for name in ("readers-1.xlsx", "log-2.xlsx", "cards-3.xlsx", ".export-ab12")]
    stay = [_leave(exports, name, 59) for name in ("readers-4.xlsx", ".export-cd34")]
    assert clear_exports(exports) == len(old)
    assert sorted(exports.iterdir()) == sorted([new, *stay])


async def test_a_starting_service_clears_them(settings: Settings, secrets: Secrets) -> None:
    exports = folder_of(settings.var)
    exports.mkdir()
    left = [_leave(exports, name, 100) for name in ("readers-1.xlsx", ".export-ab12")]
    async with serving(settings, secrets, SERVICE):

        async def are_gone() -> bool:
            return not any(path.exists() for path in left)

        await eventually(are_gone)
