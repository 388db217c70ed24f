"""The roots of every service's error tree.

A concrete error names its stable `code`; its docstring is the Chinese sentence users read. No HTTP here:
`shared.problems` maps the roots to status codes.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong: with a field, a row of a workbook, or both. `code` is stable, `detail` a Chinese sentence."""

    code: str
    detail: str
    field: str | None = None
    row: str | None = None


class SchoolcardError(Exception):
    """操作未能完成。"""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        self.title = (type(self).__doc__ or "").strip().splitlines()[0]
        self.detail = detail or self.title
        self.errors = tuple(errors)
        super().__init__(self.detail)


class Malformed(SchoolcardError):
    """请求格式不正确。"""

    code = "malformed_request"


class Unauthenticated(SchoolcardError):
    """请先登录。"""

    code = "unauthenticated"


class Forbidden(SchoolcardError):
    """您没有进行此操作的权限。"""

    code = "forbidden"


class NotFound(SchoolcardError):
    """没有找到您要的内容。"""

    code = "not_found"


class Conflict(SchoolcardError):
    """当前状态不允许此操作。"""

    code = "conflict"


class Stale(SchoolcardError):
    """该记录已被他人修改，请刷新后重试。"""

    code = "stale_version"


class TooLarge(SchoolcardError):
    """提交的内容太大。"""

    code = "too_large"


class Invalid(SchoolcardError):
    """填写的内容有误，请检查后重试。"""

    code = "invalid"


class TooManyRequests(SchoolcardError):
    """操作过于频繁，请稍后再试。"""

    code = "too_many_requests"


class Unavailable(SchoolcardError):
    """系统暂时繁忙，请稍后重试。"""

    code = "unavailable"
