"""HTTP of imports, below `/api/readers/imports`. Their own school's users import; districts and the city read figures.

Rows and files hold pupils' data in full and are for those who may import.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import msgspec
from litestar import Response, delete, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, JSONBody, MultipartBody, QueryParameter
from litestar.types import ControllerRouterHandler

from services.readers import importing, previewing, returning, undoing
from services.readers.schemas import ClassAnswers, Import, ImportRow, RowOutcome
from services.readers.sealing import Sealer
from services.readers.uploading import Uploads
from shared import resident_id
from shared.authentication import only
from shared.errors import Invalid, TooLarge
from shared.kernel import Kernel
from shared.pagination import Page, PageNumber, PageSize
from shared.sent_workbook import WORKBOOK
from shared.tenancy import Caller
from shared.turns import Turns
from shared.workbook.roster import WorkbookRefused

OfOutcome: TypeAlias = Annotated[RowOutcome | None, QueryParameter(name="outcome", description="all without it")]

_LARGEST_BODY = 32 * 1024 * 1024
"""What no setting goes beyond; `upload_limit` says what is taken."""

_FORM = 4096
"""What a form adds to its file."""

_LONGEST_NAME = 120


class Upload(msgspec.Struct):
    """A form with the workbook as its field `file`."""

    file: UploadFile


class FileRefused(Invalid):
    """这个文件不能导入。"""

    code = "file_refused"

    def __init__(self, refused: WorkbookRefused) -> None:
        super().__init__(refused.detail)
        self.code = refused.refusal  # type: ignore[misc]  # the workbook's own stable codes


def refuse_large(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: what says that it is too large is not even read."""
    kernel: Kernel = connection.app.state.kernel
    announced = connection.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > kernel.settings.upload_limit + _FORM:
        raise TooLarge


@post("/imports", guards=[only("school"), refuse_large], request_max_body_size=_LARGEST_BODY)
async def open_import(
    data: MultipartBody[Upload],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
    uploads: NamedDependency[Uploads],
) -> Import:
    """Read a workbook and show what importing it would do. Nothing changes before the confirmation.

    422 with `encrypted`, `header_not_found`, … when the file as a whole cannot be used.
    """
    assert caller.scope.school_id is not None
    async with uploads.turn(caller.scope.school_id):
        content = await data.file.read()
        if len(content) > kernel.settings.upload_limit:
            raise TooLarge
        filename, now = _filename(data.file.filename), datetime.now(UTC)
        caller = _with_file(caller, content)
        try:
            async with previewing.read(content, filename, now, kernel.settings.upload_limit) as upload:
                return await kernel.once.run(caller, Import, previewing.open_preview, sealer, upload)
        except WorkbookRefused as refused:
            raise FileRefused(refused) from refused


@get("/imports/{batch_no:str}")
async def fetch_import(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
) -> Import:
    return await kernel.database.run(caller, previewing.fetch_import, sealer, batch_no)


@get("/imports/{batch_no:str}/rows", guards=[only("school")])
async def list_rows(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
    outcome: OfOutcome = None,
    page: PageNumber = 1,
    page_size: PageSize = 50,
) -> Page[ImportRow]:
    """In the file's order."""
    return await kernel.database.run(caller, previewing.list_rows, sealer, batch_no, outcome, page, page_size)


@post("/imports/{batch_no:str}/classes", guards=[only("school")], status_code=200)
async def answer_classes(
    batch_no: FromPath[str],
    data: JSONBody[ClassAnswers],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
) -> Import:
    """Say which classes a preview's questions mean; a class made a moment ago may be named."""

    await previewing.await_classes(kernel.database, caller, {answer.class_id for answer in data.answers})
    return await kernel.once.run(caller, Import, previewing.answer_classes, sealer, batch_no, data.answers)


@post("/imports/{batch_no:str}/confirm", guards=[only("school")], status_code=202)
async def confirm_import(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
) -> Import:
    """Begin importing; progress is the batch's. Confirming twice is confirming once."""
    return await kernel.once.run(caller, Import, importing.confirm_import, sealer, batch_no)


@delete("/imports/{batch_no:str}", guards=[only("school")])
async def cancel_import(
    batch_no: FromPath[str], caller: NamedDependency[Caller], kernel: NamedDependency[Kernel]
) -> None:
    """Throw a preview away, with its file and rows."""
    await kernel.database.run(caller, previewing.cancel_import, batch_no)


@post("/imports/{batch_no:str}/undo", guards=[only("school")], status_code=200)
async def undo_import(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
) -> Import:
    """Take a finished import back as a whole, while none of its readers has been approved or changed since."""
    return await kernel.once.run(caller, Import, undoing.undo_import, sealer, batch_no)


@get("/imports/{batch_no:str}/rejected.xlsx", guards=[only("school")], media_type=WORKBOOK)
async def fetch_rejected(
    batch_no: FromPath[str],
    caller: NamedDependency[Caller],
    kernel: NamedDependency[Kernel],
    sealer: NamedDependency[Sealer],
    turns: NamedDependency[Turns],
) -> Response[bytes]:
    """The teacher's own file reduced to its rejected rows, each with why; until it is erased a day later."""
    async with turns.of(caller.scope):
        returned = await returning.make_returned(kernel.database, caller, sealer, batch_no)
    disposition = f"attachment; filename*=UTF-8''{quote(returned.filename, safe='')}"
    return Response(returned.content, media_type=WORKBOOK, headers={"Content-Disposition": disposition})


def _with_file(caller: Caller, content: bytes) -> Caller:
    """An idempotency key belongs to the file it was first sent with."""
    fingerprint = hashlib.sha256(caller.fingerprint + hashlib.sha256(content).digest()).digest()
    return msgspec.structs.replace(caller, fingerprint=fingerprint)


def _filename(sent: str) -> str:
    """What the teacher calls it: without folders, what cannot be printed, and ID numbers in full."""
    name = "".join(sign for sign in PurePath(sent.replace("\\", "/")).name if sign.isprintable())
    return resident_id.hide(name)[-_LONGEST_NAME:] or "未命名"


HANDLERS: Sequence[ControllerRouterHandler] = (
    open_import,
    fetch_import,
    list_rows,
    answer_classes,
    confirm_import,
    cancel_import,
    undo_import,
    fetch_rejected,
)
