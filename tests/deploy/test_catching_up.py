"""A start that goes on from an earlier one waits for what that one said, and not for ever."""

import asyncpg
import pytest

from deploy import main_job, up
from shared.settings import Settings


async def test_what_is_never_sent_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await up.catch_up(settings)
    administrator = await asyncpg.connect(settings.database_url)
    try:
        await administrator.execute(
            "insert into readers.outbox (id, school_id, district, subject, headers, body) values"
            " (gen_random_uuid(), gen_random_uuid(), '500103', 'sc.v1.500103._.batch.opened', '{}', '')"
        )
    finally:
        await administrator.close()
    monkeypatch.setattr(up, "_PATIENCE", 0.5)
    with pytest.raises(main_job.JobStuck, match="batches"):
        await up.catch_up(settings)
