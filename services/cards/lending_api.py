"""HTTP of lending: `/api/cards/{card_no}/may-borrow`, `/may-renew`. They decide and change nothing."""

from collections.abc import Sequence

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from services.cards import lending
from services.cards.lending_schemas import Borrowing, LendingAnswer, Renewing
from shared.kernel import Kernel
from shared.tenancy import Caller


@post("/{card_no:str}/may-borrow", status_code=200)
async def may_borrow(
    card_no: FromPath[str],
    data: JSONBody[Borrowing],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> LendingAnswer:
    """Every reason why not, or the due days."""
    return await kernel.database.run(caller, lending.may_borrow, card_no, data)


@post("/{card_no:str}/may-renew", status_code=200)
async def may_renew(
    card_no: FromPath[str],
    data: JSONBody[Renewing],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> LendingAnswer:
    """Every reason why not, or the new due days, counted from the day of renewal."""
    return await kernel.database.run(caller, lending.may_renew, card_no, data)


HANDLERS: Sequence[ControllerRouterHandler] = (may_borrow, may_renew)
