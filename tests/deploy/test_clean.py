"""`clean-data`: what pupils' rows hold goes, whatever made it; programs and what is not ours stay."""

from pathlib import Path

from deploy.clean import clean
from shared.secrets import generate_missing


async def test_nothing_of_a_pupil_is_left(tmp_path: Path) -> None:
    var = tmp_path / "var"
    generate_missing(var / "secrets")
    gone = ("postgres/data/base", "nats/store/blk", "exports/readers-1.xlsx", "exports/.export-a/rows.tmp")
    stay = ("nats-server/package/usr/sbin/nats-server", "notes.txt")
    for name in (*gone, "schoolcard.log", "schoolcard.log.old", *stay):
        (var / name).parent.mkdir(parents=True, exist_ok=True)
        (var / name).write_bytes(b"500101201601011234")
    await clean({"SC_VAR": str(var)})
    left = {str(path.relative_to(var)) for path in var.rglob("*") if path.is_file()}
    assert {name for name in left if not name.endswith("lock")} == set(stay)
