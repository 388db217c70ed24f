"""HTTP of QR registration.

Guardians, without an account: `/api/readers/registration/…`. Schools: `/api/readers/registration-links` and
`/api/readers/registrations`. A district sees which links there are.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from litestar import Controller, Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.readers import comparing, linking, merging, registering, rejecting
from services.readers.codes import digest_of
from services.readers.door import AnyRequest, Door, Purpose
from services.readers.errors import LinkNotFound, RegistrationNotFound
from services.readers.proof_of_work import Challenge
from services.readers.registering_queries import Credential
from services.readers.registering_schemas import (
    Correction,
    Link,
    LinkCreate,
    Merge,
    MergedMany,
    MergeMany,
    Poster,
    Receipt,
    Registration,
    RegistrationDetail,
    RegistrationForm,
    RegistrationNumbers,
    RegistrationStatus,
    Reject,
    RejectedMany,
    RejectMany,
    Submission,
    Submitted,
)
from services.readers.schemas import Reader
from services.readers.sealing import Sealer
from shared.authentication import PUBLIC, check_key, only
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.tenancy import Caller, Scope, system_actor

SCHOOL = [only("school")]
BELOW_THE_CITY = [only("school", "district")]
SUBMISSION_LIMIT: Final = 128 * 1024

OfSchool: TypeAlias = Annotated[UUID | None, QueryParameter(name="school_id", description="one school of those seen")]
OfStatus: TypeAlias = Annotated[RegistrationStatus | None, QueryParameter(name="status")]
OfClass: TypeAlias = Annotated[UUID | None, QueryParameter(name="class_id")]
OfLink: TypeAlias = Annotated[UUID | None, QueryParameter(name="link_id")]


class Guardians(Controller):
    """扫码登记"""

    path = "/registration"
    tags = ("guardians",)
    opt = PUBLIC
    security = ()
    request_max_body_size = SUBMISSION_LIMIT

    @get("/{token:str}")
    async def fetch_form(
        self,
        token: FromPath[str],
        request: AnyRequest,
        kernel: NamedDependency[Kernel],
        door: NamedDependency[Door],
    ) -> RegistrationForm:
        """What the page behind a link shows. 404 for a link that is unknown, revoked or over; 429 for too many."""
        caller = await _admit(request, kernel, door, "link", token, "look")
        return await kernel.database.run(caller, registering.fetch_form, token)

    @post("/{token:str}/submissions")
    async def submit(
        self,
        token: FromPath[str],
        data: JSONBody[Submission],
        request: AnyRequest,
        kernel: NamedDependency[Kernel],
        door: NamedDependency[Door],
        sealer: NamedDependency[Sealer],
    ) -> Submitted:
        """Needs an Idempotency-Key: the same key gives the same receipt, however often and late it is sent, also when
        the link has ended.

        429 `proof_needed`: answer a challenge in the header `Proof-Of-Work`. The answer never tells whether the child
        is known.
        """
        key = check_key(request.headers.get("idempotency-key", ""))
        caller = await _admit(request, kernel, door, "link", token, "send")
        return await kernel.database.run(caller, registering.submit, sealer, kernel.digester, token, key, data)

    @get("/receipts/{receipt:str}")
    async def fetch_receipt(
        self,
        receipt: FromPath[str],
        request: AnyRequest,
        kernel: NamedDependency[Kernel],
        door: NamedDependency[Door],
        sealer: NamedDependency[Sealer],
    ) -> Receipt:
        """How far a registration is, masked."""
        caller = await _admit(request, kernel, door, "receipt", receipt, "look")
        return await kernel.database.run(caller, registering.fetch_receipt, sealer, receipt)

    @patch("/receipts/{receipt:str}")
    async def correct(
        self,
        receipt: FromPath[str],
        data: JSONBody[Correction],
        request: AnyRequest,
        kernel: NamedDependency[Kernel],
        door: NamedDependency[Door],
        sealer: NamedDependency[Sealer],
    ) -> Receipt:
        """409 `registration_closed` once the school has approved."""
        caller = await _admit(request, kernel, door, "receipt", receipt, "send")
        return await kernel.database.run(caller, registering.correct, sealer, receipt, data)

    @post("/receipts/{receipt:str}/withdraw", status_code=200)
    async def withdraw(
        self,
        receipt: FromPath[str],
        request: AnyRequest,
        kernel: NamedDependency[Kernel],
        door: NamedDependency[Door],
        sealer: NamedDependency[Sealer],
    ) -> Receipt:
        """Takes back what was sent and the consent in it; a card is suspended at once."""
        caller = await _admit(request, kernel, door, "receipt", receipt, "send")
        return await kernel.database.run(caller, registering.withdraw, sealer, receipt)


@get("/registration-challenge", opt=PUBLIC, security=(), tags=["guardians"], sync_to_thread=False)
def fetch_challenge(door: NamedDependency[Door]) -> Challenge:
    """A small proof of work, for when one is asked for."""
    return door.challenge()


class Links(Controller):
    """登记链接"""

    path = "/registration-links"
    tags = ("registrations",)

    @get("/", guards=BELOW_THE_CITY)
    async def list_links(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        school_id: OfSchool = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[Link]:
        """Newest first. Only the school itself is shown the links' addresses and what came by them."""
        return await kernel.database.run(caller, linking.list_links, kernel.digester, school_id, page, page_size)

    @post("/", guards=SCHOOL)
    async def open_link(
        self, data: JSONBody[LinkCreate], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Link:
        """For the whole school or one class."""
        return await kernel.once.run(caller, Link, linking.open_link, kernel.digester, data)

    @post("/{link_id:uuid}/revoke", guards=SCHOOL, status_code=200)
    async def revoke_link(
        self, link_id: FromPath[UUID], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Link:
        """At once and for good; what came by it stays."""
        return await kernel.once.run(caller, Link, linking.revoke_link, kernel.digester, link_id)

    @get("/{link_id:uuid}/poster", guards=SCHOOL)
    async def fetch_poster(
        self,
        link_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> Poster:
        """What a poster is printed from. 409 `link_revoked` for one that leads nowhere any more."""
        origin = _origin(request, kernel)
        return await kernel.database.run(caller, linking.fetch_poster, kernel.digester, link_id, origin)

    @get("/{link_id:uuid}/qr.svg", guards=SCHOOL, media_type="image/svg+xml")
    async def fetch_qr(
        self,
        link_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
    ) -> Response[bytes]:
        """The link's QR code."""
        origin = _origin(request, kernel)
        poster = await kernel.database.run(caller, linking.fetch_poster, kernel.digester, link_id, origin)
        return Response(linking.draw(poster.url), media_type="image/svg+xml")


class Registrations(Controller):
    """待核对的登记"""

    path = "/registrations"
    tags = ("registrations",)
    guards = SCHOOL

    @get("/")
    async def list_registrations(
        self,
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
        status: OfStatus = None,
        class_id: OfClass = None,
        link_id: OfLink = None,
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Page[Registration]:
        """Newest first."""
        return await kernel.database.run(
            caller, comparing.list_registrations, sealer, status, class_id, link_id, page, page_size
        )

    @post("/merge", status_code=200)
    async def merge_many(
        self,
        data: JSONBody[MergeMany],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> MergedMany:
        """Those who meet nobody become readers, all at once; the others are named, to be looked at."""
        return await kernel.once.run(caller, MergedMany, merging.merge_many, sealer, data.ids)

    @post("/reject", status_code=200)
    async def reject_many(
        self,
        data: JSONBody[RejectMany],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> RejectedMany:
        """All that wait, with one reason; what has been decided is named."""
        return await kernel.once.run(caller, RejectedMany, rejecting.reject_many, sealer, data.ids, data.reason)

    @get("/{registration_id:uuid}")
    async def fetch_registration(
        self,
        registration_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> RegistrationDetail:
        """Beside the reader it meets, field by field; ID numbers and phones masked."""
        return await kernel.database.run(caller, comparing.fetch_registration, sealer, registration_id)

    @get("/{registration_id:uuid}/signature.png", media_type="image/png")
    async def fetch_signature(
        self,
        registration_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Response[bytes]:
        """The picture of the signature."""
        png = await kernel.database.run(caller, comparing.fetch_signature, sealer, registration_id)
        return Response(png, media_type="image/png")

    @post("/{registration_id:uuid}/reveal", status_code=200)
    async def reveal(
        self,
        registration_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> RegistrationNumbers:
        """The full ID numbers and phones, as sent and as the reader has them; the school's log says who looked."""
        # Never from a kept answer: each look is one of its own, for who may look now at what is there now.
        return await kernel.database.run(caller, comparing.reveal, sealer, registration_id)

    @post("/{registration_id:uuid}/merge", status_code=200)
    async def merge(
        self,
        registration_id: FromPath[UUID],
        data: JSONBody[Merge],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Reader:
        """Makes or changes the reader and records the consent. 409 `registration_decided`, `reader_locked`,
        `registration_meets_another`; 412 when it meets another reader than was seen."""
        return await kernel.once.run(caller, Reader, merging.merge, sealer, registration_id, data)

    @post("/{registration_id:uuid}/reject", status_code=200)
    async def reject(
        self,
        registration_id: FromPath[UUID],
        data: JSONBody[Reject],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Registration:
        """With a reason, which the guardian reads on the receipt."""
        return await kernel.once.run(caller, Registration, rejecting.reject, sealer, registration_id, data.reason)


HANDLERS: Sequence[ControllerRouterHandler] = (Guardians, fetch_challenge, Links, Registrations)


async def _admit(
    request: AnyRequest, kernel: Kernel, door: Door, kind: Credential, code: str, purpose: Purpose
) -> Caller:
    """The guardian's caller: its scope comes from what was presented and from nothing else.

    Raises TooManyVisits, ProofNeeded, LinkNotFound, RegistrationNotFound.
    """
    digest = digest_of(code)
    door.admit(request, digest, purpose)
    state = request.scope["state"]
    nobody = Caller(registering.NOBODYS, system_actor("readers"), state["request_id"], state["traceparent"])
    scope: Scope | None = await kernel.database.run(nobody, registering.find_scope, kind, digest)
    if scope is None:
        door.missed(request)
        raise LinkNotFound if kind == "link" else RegistrationNotFound
    return Caller(scope, system_actor("readers"), state["request_id"], state["traceparent"])


def _origin(request: Request[Any, Any, Any], kernel: Kernel) -> str:
    """Where the pages are reached: as set, else where the school's own request came to."""
    return kernel.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
