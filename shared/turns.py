"""Heavy work takes turns, so that pages never wait for exports or verifications, nor a school for the city."""

import asyncio

from shared.tenancy import Scope


class Turns:
    """Of the whole process: two of schools at a time, one of anything wider."""

    def __init__(self) -> None:
        self._narrow = asyncio.Semaphore(2)
        self._wide = asyncio.Semaphore(1)

    def of(self, scope: Scope, *, is_of_one_school: bool = False) -> asyncio.Semaphore:
        """`is_of_one_school`: a wider scope asks for no more than that, and for nothing that takes long."""
        return self._narrow if is_of_one_school or scope.kind == "school" else self._wide
