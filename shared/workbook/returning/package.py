"""An .xlsx written again part by part: the roster's sheets reduced, and everything then unused left out."""

import posixpath
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from shared.workbook.markup import local_name, parse
from shared.workbook.package import Package, SheetPart, Workbook
from shared.workbook.returning.markup_out import MarkupOut
from shared.workbook.returning.plan import SheetPlan
from shared.workbook.returning.sheet import write_sheet
from shared.workbook.returning.strings import SharedStrings
from shared.workbook.returning.styles import Styles

# What a part may refer to and keep. Comments, drawings, tables, pivots, macros and calculation orders go: they name
# rows that are gone. A list of sheet titles goes, too, as it would no longer be true.
_KEPT_KINDS = frozenset(
    {"officeDocument", "core-properties", "custom-properties", "worksheet", "styles", "sharedStrings",
     "theme", "printerSettings"}
)  # fmt: skip
_MACRO_TYPE = re.compile(r"application/vnd\.ms-excel\.(?:sheet|template)\.macroEnabled\.main\+xml")
_PLAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_TYPES = "[Content_Types].xml"
_DROPPED_FROM_WORKBOOK = frozenset(
    {"externalReferences", "pivotCaches", "functionGroups", "extLst", "AlternateContent"}
)


def write_package(source: Path, target: Path, plans: Mapping[str, SheetPlan], gone: frozenset[str]) -> None:
    """Write `target` from `source`: sheets with a plan reduced by it, those in `gone` left out, the others as they are.

    Sheets are named as in the workbook. Raises WorkbookRefused.
    """
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        _Writer(Package(archive), out, plans, gone).write()


class _Writer:
    def __init__(
        self, package: Package, out: zipfile.ZipFile, plans: Mapping[str, SheetPlan], gone: frozenset[str]
    ) -> None:
        self._package = package
        self._out = out
        self._plans = plans
        self._gone = gone
        self._workbook: Workbook = package.workbook()
        self._strings = SharedStrings()
        self._written: set[str] = set()

    def write(self) -> None:
        workbook = self._workbook
        styles = self._read_styles()
        kept = [sheet for sheet in workbook.sheets if sheet.name not in self._gone]
        for sheet in kept:
            self._write_sheet(sheet, styles)
        if workbook.styles is not None:
            with self._package.open(workbook.styles) as part, self._open(workbook.styles) as target:
                styles.write(part, target)
        if workbook.shared_strings is not None:
            with self._package.open(workbook.shared_strings) as part, self._open(workbook.shared_strings) as target:
                self._strings.write(part, target)
        self._write_workbook(kept)
        self._write_rest()
        self._write_types()

    def _open(self, part: str) -> IO[bytes]:
        self._written.add(part.lower())
        return self._out.open(part, "w")

    def _read_styles(self) -> Styles:
        if self._workbook.styles is None:
            return Styles(None)
        with self._package.open(self._workbook.styles) as part:
            return Styles(part)

    def _write_sheet(self, sheet: SheetPart, styles: Styles) -> None:
        with self._package.open(sheet.target) as part, self._open(sheet.target) as target:
            write_sheet(part, target, self._plans.get(sheet.name), self._strings, styles)

    def _write_workbook(self, kept: list[SheetPart]) -> None:
        """The workbook without the sheets that go, and without names that mean cells of sheets that changed."""
        gone = {sheet.position for sheet in self._workbook.sheets if sheet.name in self._gone}
        gone |= self._sheetless_positions()
        changed = [*self._plans, *self._gone]
        first = next((sheet for sheet in kept if sheet.name in self._plans), kept[0])
        position = -1
        left_out_at = depth = 0
        name: tuple[str, dict[str, str]] | None = None
        text = ""

        def moved(written: str) -> str | None:
            old = int(written) if written.isdigit() else 0
            return None if old in gone else str(old - sum(1 for at in gone if at < old))

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal position, left_out_at, depth, name, text
            depth += 1
            if left_out_at:
                return
            local = local_name(tag)
            if local in _DROPPED_FROM_WORKBOOK:
                left_out_at = depth
                return
            if local == "sheet":
                position += 1
                if position in gone:
                    left_out_at = depth
                    return
            elif local == "workbookView":
                attributes = {key: value for key, value in attributes.items() if key not in ("firstSheet", "activeTab")}
                attributes["activeTab"] = moved(str(first.position)) or "0"
            elif local == "definedName":
                name, text = (tag, attributes), ""
                return
            out.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal left_out_at, depth, name
            depth -= 1
            if left_out_at:
                if depth < left_out_at:
                    left_out_at = 0
                return
            if name is not None:
                attributes = dict(name[1])
                scope = moved(attributes["localSheetId"]) if "localSheetId" in attributes else ""
                if scope is not None and not any(f"{sheet}!" in text or f"{sheet}'!" in text for sheet in changed):
                    if scope:
                        attributes["localSheetId"] = scope
                    out.start(name[0], attributes)
                    out.text(text)
                    out.end(tag)
                name = None
                return
            out.end(tag)

        def characters(piece: str) -> None:
            nonlocal text
            if name is not None:
                text += piece
            elif not left_out_at:
                out.text(piece)

        with self._package.open(self._workbook.part) as part, self._open(self._workbook.part) as target:
            out = MarkupOut(target)
            parse(part, start, end, characters)
            out.close()

    def _sheetless_positions(self) -> set[int]:
        """Positions of sheets that are no worksheets: charts and dialogs show rows that are gone."""
        worksheets = {sheet.position for sheet in self._workbook.sheets}
        count = 0

        def start(tag: str, _: dict[str, str]) -> None:
            nonlocal count
            count += local_name(tag) == "sheet"

        with self._package.open(self._workbook.part) as part:
            parse(part, start)
        return set(range(count)) - worksheets

    def _write_rest(self) -> None:
        """What is still referred to, as it is, and the relationships without what is not."""
        gone = {sheet.target for sheet in self._workbook.sheets if sheet.name in self._gone}
        waiting = [""]
        seen: set[str] = set()
        while waiting:
            part = waiting.pop()
            if part in seen:
                continue
            seen.add(part)
            if part and part.lower() not in self._written:
                with self._package.open(part) as source, self._open(part) as target:
                    while piece := source.read(1 << 16):
                        target.write(piece)
            kept = {
                relation.identity: relation.target
                for relation in self._package.relations(part)
                if relation.kind in _KEPT_KINDS and relation.target not in gone and self._package.has(relation.target)
            }
            self._write_relations(part, kept)
            waiting += kept.values()

    def _write_relations(self, part: str, kept: Mapping[str, str]) -> None:
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        if not kept or not self._package.has(name):
            return
        skipping = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal skipping
            skipping = local_name(tag) == "Relationship" and (
                attributes.get("Id", "") not in kept or attributes.get("TargetMode") == "External"
            )
            if not skipping:
                out.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal skipping
            if not skipping:
                out.end(tag)
            skipping = False

        with self._package.open(name) as source, self._open(name) as target:
            out = MarkupOut(target)
            parse(source, start, end)
            out.close()

    def _write_types(self) -> None:
        skipping = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal skipping
            local = local_name(tag)
            part = attributes.get("PartName", "").lstrip("/").lower()
            skipping = local == "Override" and part not in self._written
            if local == "Override" and _MACRO_TYPE.fullmatch(attributes.get("ContentType", "")):
                attributes = {**attributes, "ContentType": _PLAIN_TYPE}
            if not skipping:
                out.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal skipping
            if not skipping:
                out.end(tag)
            skipping = False

        with self._package.open(_TYPES) as source, self._open(_TYPES) as target:
            out = MarkupOut(target)
            parse(source, start, end)
            out.close()
