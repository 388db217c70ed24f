"""HTTP of consent: `/api/readers/consent-texts`, `consent-setting`, `consents`, and each reader's own consents.

A district's library writes texts and the setting; schools collect, print and withdraw; everybody reads theirs.
"""

from collections.abc import Sequence
from types import NoneType
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.readers import attesting, consenting
from services.readers.consenting_schemas import (
    ConsentForms,
    Consents,
    ConsentSetting,
    ConsentSettingChange,
    ConsentsRecorded,
    ConsentText,
    ConsentTextCreate,
    ConsentTexts,
    PaperConsents,
    WithdrawConsent,
)
from services.readers.sealing import Sealer
from shared.authentication import only
from shared.kernel import Kernel
from shared.tenancy import Caller

SCHOOL = [only("school")]
DISTRICT = [only("district")]
BELOW_THE_CITY = [only("school", "district")]

OfClass = Annotated[UUID, QueryParameter(name="class_id")]


class ConsentTextRoutes(Controller):
    """授权书文本"""

    path = "/consent-texts"
    tags = ("consents",)

    @get("/")
    async def list_texts(self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> ConsentTexts:
        """Newest first; the first one is appendix 1's and the whole city's."""
        return await kernel.database.run(caller, consenting.list_texts)

    @get("/current")
    async def fetch_current(self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> ConsentText:
        """What guardians sign now."""
        return await kernel.database.run(caller, consenting.fetch_current_text)

    @post("/", guards=DISTRICT)
    async def publish_text(
        self, data: JSONBody[ConsentTextCreate], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> ConsentText:
        """A new version for the whole district. What was signed before stays what it was."""
        return await kernel.once.run(caller, ConsentText, consenting.publish_text, data)


class ConsentSettingRoutes(Controller):
    """无授权书时能否审核"""

    path = "/consent-setting"
    tags = ("consents",)

    @get("/", guards=BELOW_THE_CITY)
    async def fetch_setting(self, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]) -> ConsentSetting:
        return await kernel.database.run(caller, consenting.fetch_setting)

    @put("/", guards=DISTRICT)
    async def change_setting(
        self, data: JSONBody[ConsentSettingChange], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> ConsentSetting:
        return await kernel.database.run(caller, consenting.change_setting, data)


class ConsentRoutes(Controller):
    """授权书"""

    path = "/"
    tags = ("consents",)

    @post("/consents/paper", guards=SCHOOL, status_code=200)
    async def attest_papers(
        self,
        data: JSONBody[PaperConsents],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> ConsentsRecorded:
        """The school has these readers' signed forms in hand. Nothing is recorded when one is refused.

        404 when one is not the school's; 409 `paper_older_than_withdrawal` names those who were withdrawn since.
        """
        return await kernel.once.run(caller, ConsentsRecorded, attesting.attest_papers, sealer, data)

    @get("/consents/forms", guards=SCHOOL)
    async def fetch_forms(
        self, class_id: OfClass, caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
    ) -> ConsentForms:
        """What a class's forms are printed from."""
        return await kernel.database.run(caller, consenting.fetch_forms, class_id)

    @get("/{reader_id:uuid}/consents", guards=BELOW_THE_CITY)
    async def list_consents(
        self,
        reader_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Consents:
        """All a reader ever had, newest first."""
        return await kernel.database.run(caller, consenting.list_consents, sealer, reader_id)

    @get("/{reader_id:uuid}/consents/{consent_id:uuid}/signature.png", guards=BELOW_THE_CITY, media_type="image/png")
    async def fetch_signature(
        self,
        reader_id: FromPath[UUID],
        consent_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> Response[bytes]:
        """The picture of a signature made on a phone."""
        png = await kernel.database.run(caller, consenting.fetch_signature, sealer, reader_id, consent_id)
        return Response(png, media_type="image/png")

    @post("/{reader_id:uuid}/consents/withdraw", guards=SCHOOL, status_code=204)
    async def withdraw_consent(
        self,
        reader_id: FromPath[UUID],
        data: JSONBody[WithdrawConsent],
        caller: NamedDependency[Caller],
        kernel: NamedDependency[Kernel],
        sealer: NamedDependency[Sealer],
    ) -> None:
        """At the guardian's request; the card is suspended at once. 409 `no_consent_in_force`."""
        await kernel.once.run(caller, NoneType, consenting.withdraw_consent, sealer, reader_id, data)


HANDLERS: Sequence[ControllerRouterHandler] = (ConsentTextRoutes, ConsentSettingRoutes, ConsentRoutes)
