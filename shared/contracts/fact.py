"""What every fact has in common."""

from typing import ClassVar

import msgspec

from shared.tenancy import Actor


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to one aggregate.

    `version` is the aggregate's version after the change: a follower that has seen a higher one keeps its state.
    `batch_no` ties the fact to an import or an approval batch, `item_no` to its item there (from 1).
    """

    ENTITY: ClassVar[str] = ""
    FACT: ClassVar[str] = ""
    REPEATS: ClassVar[bool] = False
    """Tells together what single facts tell one by one, for followers that take them by the thousand.

    Where it is about the same aggregate, its entity is the plural: who subscribes to `card.*` does not get it.
    """

    actor: Actor
    version: int
    batch_no: str | None = None
    item_no: int | None = None

    @classmethod
    def ce_type(cls) -> str:
        """The CloudEvents type, such as `reader.approved.v1`."""
        return f"{cls.ENTITY}.{cls.FACT}.v1"
