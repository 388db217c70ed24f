"""What is left of the limits on rows and cells while a file is read, whatever its format."""

from collections.abc import Mapping

from shared.workbook.cells import Cell
from shared.workbook.refusals import too_many_cells, too_many_rows
from shared.workbook.roster import Limits, WorkbookRefused

_MOST_FAR_CELLS = 1_000
# Runs of rich text, links, painted cells that hold nothing.
_OTHERS_PER_ROW = 12


class Budget:
    """What is left of the limits, over all sheets of a file."""

    def __init__(self, limits: Limits) -> None:
        self._most_rows = limits.rows
        self.cells = limits.cells
        self.rows = limits.rows + 1_000  # headers, notes and titles are not yet told from pupils
        self.columns = limits.columns
        self.far_cells = _MOST_FAR_CELLS
        # Painted cells and rows without content cost time as well.
        self.elements = limits.cells
        self.others = limits.rows * _OTHERS_PER_ROW

    def pass_over(self, elements: int) -> None:
        """Account for cells and rows read, blank or not."""
        self.elements -= elements
        if self.elements < 0:
            raise too_many_cells()

    def pass_by(self) -> None:
        """Account for one element that is neither a cell with something in it nor the text of one."""
        self.others -= 1
        if self.others < 0:
            raise too_many_cells()

    def take(self, cells: Mapping[int, Cell]) -> None:
        """Account for one non-blank row."""
        self.rows -= 1
        self.cells -= len(cells)
        if max(cells) >= self.columns:
            self.far_cells -= sum(1 for column in cells if column >= self.columns)
            if self.far_cells < 0:
                raise WorkbookRefused("too_large", "表格右侧很远的列里还有内容，请删除名单以外的列后再上传。")
        if self.rows < 0:
            raise too_many_rows(self._most_rows)
        if self.cells < 0:
            raise too_many_cells()
