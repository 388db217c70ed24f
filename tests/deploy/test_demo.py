"""The demo city stays out of every database that is not its own, before anything is changed there."""

from pathlib import Path

import pytest

from deploy import demo, first_admin
from deploy.prepare import prepare
from shared.secrets import Secrets, generate_missing
from shared.settings import Settings

PASSWORD = "mu-tong-yao-zhi-2026"


async def test_a_demo_may_start_again(settings: Settings) -> None:
    await demo.refuse_a_real_city(settings)
    assert (await demo.open_city(settings)).opened
    await demo.refuse_a_real_city(settings)
    assert not (await demo.open_city(settings)).opened


async def test_a_real_city_is_refused(settings: Settings) -> None:
    await first_admin.create(settings, "chief", PASSWORD)
    for refused in (demo.refuse_a_real_city, demo.open_city):
        with pytest.raises(demo.RealCity):
            await refused(settings)


async def test_a_server_with_other_secrets_is_refused_untouched(
    settings: Settings, secrets: Secrets, tmp_path: Path
) -> None:
    generate_missing(tmp_path / "mine")
    mine = Settings(
        database_url=settings.database_url, nats_url=settings.nats_url, var=tmp_path, secrets=tmp_path / "mine"
    )
    with pytest.raises(demo.SecretsOfOthers, match="SC_SECRETS"):
        await demo.refuse_a_real_city(mine)
    assert await prepare(settings) == []
    await demo.refuse_a_real_city(settings)


def test_every_demo_user_is_named() -> None:
    assert [user.username for user in demo.USERS] == [
        "city",
        "district-500103",
        "district-500106",
        "teacher-a",
        "teacher-c",
        "teacher-b",
    ]
    assert len({user.who for user in demo.USERS}) == len(demo.USERS)
