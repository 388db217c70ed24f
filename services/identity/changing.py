"""What the changes of schools and users have in common."""

from datetime import date

import msgspec
from msgspec import UNSET

from services.identity.errors import DistrictInvalid
from services.identity.schemas import SchoolChange, UserChange
from shared import district as city_districts
from shared.errors import FieldError, Stale

_DISTRICT_UNKNOWN = FieldError("district_unknown", "没有这个区县，或该区县已撤销，请重新选择。", "district")
_DISTRICT_MISSING = FieldError("district_missing", "请选择区县。", "district")


def changes(change: SchoolChange | UserChange) -> dict[str, object]:
    """The fields that are named, without the version."""
    return {
        field: value
        for field, value in msgspec.structs.asdict(change).items()
        if value is not UNSET and field != "version"
    }


def check_version(kept: int, expected: int | None, change: SchoolChange | UserChange) -> None:
    """Raises Stale when the version in the body, else the one of `If-Match`, is another."""
    wanted = expected if change.version is UNSET else change.version
    if wanted is not None and wanted != kept:
        raise Stale


def living_district(code: str | None, today: date) -> str:
    """Raises DistrictInvalid: missing, unknown, abolished."""
    if code is None:
        raise DistrictInvalid(errors=[_DISTRICT_MISSING])
    if code not in {district.code for district in city_districts.living(today)}:
        raise DistrictInvalid(errors=[_DISTRICT_UNKNOWN])
    return code
