"""What the commands show: bars on a terminal, plain lines where the output goes to a file or a log."""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Advance: TypeAlias = Callable[[int, int], None]
"""Takes how much is done and how much there is."""

_QUARTER = 0.25


class _Terminal(Console):
    """Nobody who reads any more is an error like others: rich would end the event loop over the heads of its tasks."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


class Screen:
    """Everything a command tells its user."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or _Terminal(highlight=False, markup=False, emoji=False)

    def say(self, text: str = "") -> None:
        self._console.print(text, soft_wrap=True)

    def step(self, text: str) -> None:
        """Something begins."""
        self._console.print(Text.assemble(("▸ ", "bold cyan"), text), soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if not self._console.is_terminal:
            for row in [heads, *rows] if any(heads) else rows:
                self.say("    " + "  ".join(row))
            return
        table = Table(*heads, box=None, padding=(0, 2, 0, 2))
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console.print(table)

    @contextmanager
    def progress(self, title: str) -> Iterator[Advance]:
        """`advance(done, total)` moves the bar; without a terminal each quarter is a line."""
        if not self._console.is_terminal:
            yield self._lines(title)
            return
        columns = (
            TextColumn("  {task.description:<26}", markup=False),
            BarColumn(bar_width=36),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def _lines(self, title: str) -> Advance:
        shown = -1

        def advance(done: int, total: int) -> None:
            nonlocal shown
            quarter = int(done / total / _QUARTER) if total else 0
            if quarter > shown:
                shown = quarter
                self.say(f"  {title}: {done} of {total}")

        return advance
