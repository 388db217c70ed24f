"""Districts and counties of the city (GB/T 2260), as data, with the abolished ones and their successors.

Former names whose code was given to another district, or that were never a district's, are a table of their own.
"""

import csv
import re
from datetime import date
from functools import cache
from importlib import resources

import msgspec

CITY = "重庆"

# Longest first, so that 石柱土家族自治县 loses its whole ending.
_ETHNIC_ENDINGS = ("土家族苗族自治县", "苗族土家族自治县", "土家族自治县", "苗族自治县")
_CITY_PREFIXES = (f"{CITY}市", CITY, "市辖区")
_WITH_STREET = re.compile(r"(.{1,12}?[区县])[^区县]{1,12}(?:街道|镇|乡)(?:办事处)?")
_SEPARATORS = re.compile(r"[\s/\-—·,，、.]+|[(（][^)）]*[)）]$")


class District(msgspec.Struct, frozen=True):
    """`code` is GB/T 2260; `since` and `until` are years; `successor` the code of what an abolished one became."""

    code: str
    name: str
    since: int
    until: int | None
    successor: str | None

    @property
    def short_name(self) -> str:
        """渝中 for 渝中区, 石柱 for 石柱土家族自治县; 忠县 stays, as one character is no name."""
        return _shorten(self.name)


class Resolved(msgspec.Struct, frozen=True):
    """The living district a text means; `abolished` is the one the text named, when that no longer exists."""

    district: District
    abolished: District | None = None


@cache
def districts() -> tuple[District, ...]:
    """All districts, abolished ones included, by code."""
    table = resources.files("shared.data").joinpath("chongqing_districts.csv").read_text("utf-8-sig")
    return tuple(
        District(
            code=row["code"],
            name=row["name"],
            since=int(row["since"]),
            until=int(row["until"]) if row["until"] else None,
            successor=row["successor"] or None,
        )
        for row in csv.DictReader(table.splitlines())
    )


def by_code(code: str) -> District | None:
    """The district with this code, living or abolished."""
    return _by_code().get(code)


def living(on: date) -> tuple[District, ...]:
    """The districts that exist on the day `on`."""
    return tuple(district for district in districts() if _exists(district, on))


def resolve(text: str, on: date) -> Resolved | None:
    """The district a cleaned text names: short (渝中), full (渝中区), long (重庆市渝中区), or its code.

    A full name may be followed by a street or a town (渝中区大坪街道). An abolished one leads to the living successor.
    None: no such district in this city.
    """
    bare = _bare(text)
    named = _by_name().get(bare) or _by_code().get(text)
    if named is None and (within := _WITH_STREET.fullmatch(bare)):
        named = _by_name().get(within[1])
    if named is None:
        return None
    found = named
    while not _exists(found, on) and found.successor is not None:
        found = _by_code()[found.successor]
    return Resolved(district=found, abolished=None if found is named else named)


def is_anothers(code: str, own: str) -> bool:
    """Whether `code` is a district's that neither is `own`, nor became it, nor the one it became."""
    return code in _by_code() and _lasting(code) != _lasting(own)


def _lasting(code: str) -> str:
    """The code of what a district became in the end."""
    found = _by_code().get(code)
    return code if found is None or found.successor is None else _lasting(found.successor)


def _exists(district: District, on: date) -> bool:
    # The table knows years only: in the year of a change the new order counts.
    return district.since <= on.year and (district.until is None or on.year < district.until)


def _bare(text: str) -> str:
    bare = _SEPARATORS.sub("", text)
    # 重庆市 and 重庆 exclude each other; 市辖区 may stand after either.
    for prefix in _CITY_PREFIXES:
        if len(bare) > len(prefix):
            bare = bare.removeprefix(prefix)
    return bare


def _shorten(name: str) -> str:
    for ending in (*_ETHNIC_ENDINGS, "新区", "区", "县"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name


@cache
def _by_code() -> dict[str, District]:
    return {district.code: district for district in districts()}


@cache
def _former() -> tuple[District, ...]:
    table = resources.files("shared.data").joinpath("chongqing_former_names.csv").read_text("utf-8-sig")
    return tuple(
        District(code="", name=row["name"], since=0, until=int(row["until"]), successor=row["successor"])
        for row in csv.DictReader(table.splitlines())
    )


@cache
def _by_name() -> dict[str, District]:
    names: dict[str, District] = {}
    for district in districts():
        short = district.short_name
        for name in (district.name, short, f"{short}区", f"{short}县", f"{short}自治县", f"{short}新区"):
            names.setdefault(name, district)
    for former in _former():
        for name in (former.name, former.short_name):
            names.setdefault(name, former)
    return names
