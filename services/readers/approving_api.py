"""HTTP of approval batches: `/api/readers/approvals`. Schools approve; districts and the city read."""

from collections.abc import Sequence

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from services.readers import approving
from services.readers.schemas import Approval, ApprovalRequest
from services.readers.sealing import Sealer
from shared.authentication import only
from shared.kernel import Kernel
from shared.tenancy import Caller

SCHOOL = [only("school")]


class Approvals(Controller):
    """批审核"""

    path = "/approvals"
    tags = ("approvals",)

    @post("/", guards=SCHOOL)
    async def open_approval(
        self,
        data: JSONBody[ApprovalRequest],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Approval:
        """A draft. 404 when a reader chosen is unknown; 422 `nothing_to_approve` when nobody is pending."""
        return await kernel.once.run(caller, Approval, approving.open_approval, sealer, data)

    @get("/{batch_no:str}")
    async def fetch_approval(
        self, batch_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Approval:
        """How far a running one is, batches knows."""
        return await kernel.database.run(caller, approving.fetch_approval, batch_no)

    @post("/{batch_no:str}/confirm", guards=SCHOOL, status_code=202)
    async def confirm_approval(
        self, batch_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> Approval:
        """The work begins. 409 `batch_not_draft` for what was confirmed or cancelled before."""
        return await kernel.once.run(caller, Approval, approving.confirm_approval, batch_no)

    @delete("/{batch_no:str}", guards=SCHOOL)
    async def cancel_approval(
        self, batch_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> None:
        """409 `batch_not_draft` for what was confirmed or cancelled before."""
        await kernel.database.run(caller, approving.cancel_approval, batch_no)


HANDLERS: Sequence[ControllerRouterHandler] = (Approvals,)
