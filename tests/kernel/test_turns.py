"""Heavy work of the city keeps the city waiting, and no school."""

import asyncio

from shared.tenancy import CITY, Scope
from shared.turns import Turns
from tests.running_service import a_school

DISTRICT = Scope("district", "500103")


async def test_schools_do_not_wait_for_the_city_nor_for_a_district() -> None:
    turns = Turns()
    async with turns.of(CITY):
        assert turns.of(DISTRICT).locked()
        for scope in (a_school(), a_school()):
            await asyncio.wait_for(turns.of(scope).acquire(), 10)
        assert turns.of(a_school()).locked()
        assert turns.of(CITY, is_of_one_school=True).locked()
    assert not turns.of(DISTRICT).locked()


async def test_one_school_asked_for_from_above_does_not_wait_for_the_city() -> None:
    turns = Turns()
    async with turns.of(CITY), turns.of(CITY, is_of_one_school=True):
        assert not turns.of(a_school()).locked()
