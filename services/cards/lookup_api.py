"""HTTP of look-ups: `/api/cards/lookup`, for counters, kiosks and library systems (district and city tokens)."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.cards import lookup
from services.cards.errors import CardNotFound
from services.cards.schemas import CredentialAdded, Found, NewCredential, Question
from shared.authentication import only
from shared.kernel import Kernel
from shared.tenancy import Caller

WIDE = [only("district", "city")]


@get("/lookup", guards=WIDE)
async def look_up(
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    credential: Annotated[str, QueryParameter(name="credential", min_length=1, max_length=40)],
) -> Found:
    """Better POST: proxies keep addresses, and an ID number is none of theirs."""
    return await _answer(kernel, caller, credential)


@post("/lookup", guards=WIDE, status_code=200)
async def look_up_by_body(
    data: JSONBody[Question], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> Found:
    """404 when there is no such card within the scope; 429 beyond 300 hits or 30 misses a minute."""
    return await _answer(kernel, caller, data.credential)


@post("/{card_no:str}/credentials", guards=[only("district")])
async def add_credential(
    card_no: FromPath[str],
    data: JSONBody[NewCredential],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
) -> CredentialAdded:
    """A social security card by which this card is found too."""
    return await kernel.once.run(
        caller, CredentialAdded, lookup.add_credential, kernel.digester, card_no, data.social_security
    )


async def _answer(kernel: Kernel, caller: Caller, credential: str) -> Found:
    found = await kernel.database.run(caller, lookup.look_up, kernel.digester, credential)
    if found is None:
        raise CardNotFound
    return found


HANDLERS: Sequence[ControllerRouterHandler] = (look_up, look_up_by_body, add_credential)
