"""The parts of an .xlsx and how they refer to each other (OPC, ECMA-376 part 2), to read it and to write it again."""

import posixpath
import zipfile
from typing import IO
from urllib.parse import unquote

import msgspec

from shared.workbook.markup import local_name, parse
from shared.workbook.refusals import corrupt

_WORKSHEET = "worksheet"
_USUAL_WORKBOOK = "xl/workbook.xml"


class Relation(msgspec.Struct, frozen=True):
    """An internal relationship: `target` is the name of a part, `kind` the last word of its type."""

    kind: str
    target: str
    identity: str


class SheetPart(msgspec.Struct, frozen=True):
    """A worksheet as the workbook names it; `position` counts all sheets, those that are no worksheets, too."""

    name: str
    target: str
    hidden: bool
    position: int


class Workbook(msgspec.Struct, frozen=True):
    """The workbook's part and what it names; a part that is declared but missing is None."""

    part: str
    sheets: list[SheetPart]
    shared_strings: str | None
    styles: str | None
    from_1904: bool


class Package:
    """An open .xlsx."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # Parts are found by name without regard to case or the slash some writers turn round.
        self._names = {name.replace("\\", "/").lstrip("/").lower(): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        return part.lstrip("/").lower() in self._names

    def open(self, part: str) -> IO[bytes]:
        """A part's bytes, unpacked as they are read. Raises WorkbookRefused (corrupt) when there is none."""
        found = self._names.get(part.lstrip("/").lower())
        if found is None:
            raise corrupt()
        return self._archive.open(found)

    def workbook(self) -> Workbook:
        """The workbook. Raises WorkbookRefused (corrupt) when it has no worksheet."""
        office = [relation.target for relation in self.relations("") if relation.kind == "officeDocument"]
        part = office[0] if office else _USUAL_WORKBOOK
        relations = self.relations(part)
        by_identity = {relation.identity: relation for relation in relations}
        sheets: list[SheetPart] = []
        from_1904 = False
        position = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal from_1904, position
            local = local_name(tag)
            if local == "workbookPr":
                from_1904 = attributes.get("date1904", "0").lower() in ("1", "true", "on")
            elif local == "sheet":
                identity = next((value for key, value in attributes.items() if local_name(key) == "id"), "")
                relation = by_identity.get(identity)
                # Chart sheets, dialog sheets and Excel 4 macro sheets hold no roster.
                if relation is not None and relation.kind == _WORKSHEET:
                    hidden = attributes.get("state", "visible").lower() != "visible"
                    sheets.append(SheetPart(attributes.get("name", ""), relation.target, hidden, position))
                position += 1

        with self.open(part) as stream:
            parse(stream, start)
        if not sheets:
            raise corrupt()
        return Workbook(
            part=part,
            sheets=sheets,
            shared_strings=self._one(relations, "sharedStrings"),
            styles=self._one(relations, "styles"),
            from_1904=from_1904,
        )

    def relations(self, part: str) -> list[Relation]:
        """The internal relationships of a part; "" stands for the package."""
        folder, base = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{base}.rels")
        found: list[Relation] = []
        if not self.has(source):
            return found

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local_name(tag) != "Relationship" or attributes.get("TargetMode") == "External":
                return
            target = unquote(attributes.get("Target", "").replace("\\", "/"))
            absolute = target if target.startswith("/") else posixpath.join("/", folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found.append(Relation(kind, posixpath.normpath(absolute).lstrip("/"), attributes.get("Id", "")))

        with self.open(source) as stream:
            parse(stream, start)
        return found

    def _one(self, relations: list[Relation], kind: str) -> str | None:
        return next((found.target for found in relations if found.kind == kind and self.has(found.target)), None)
