"""What is printed: one line a measurement, ours beside its floor, the ratio beside what is aimed at."""

import statistics
from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

_NOTHING = 0.02


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """`ours` and `floor` in `unit`, seconds or a speed; `aim` says which way their ratio is to be."""

    name: str
    unit: str
    ours: float
    floor: float | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Report:
    """Shows measurements as they come and all of them at the end."""

    def __init__(self) -> None:
        self._console = Console()
        self._all: list[Measurement] = []

    def step(self, text: str) -> None:
        self._console.print(f"[bold]{text}[/bold]")

    def add(self, measurement: Measurement) -> None:
        self._all.append(measurement)
        self._console.print(_line(measurement))

    def spent(self, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        """Processor time of each process between two looks, the busiest first."""
        seconds = {name: value - before.get(name, 0.0) for name, value in after.items()}
        busy = sorted(((value, name) for name, value in seconds.items() if value >= _NOTHING), reverse=True)
        each = ", ".join(f"{name} {value:.2f}" for value, name in busy)
        self._console.print(f"  processor {sum(seconds.values()):.1f} s: {each}", style="dim")

    def close(self) -> None:
        table = Table(title="ours beside the floor of the same run")
        for title in ("measurement", "ours", "floor", "ratio", "aim"):
            table.add_column(title, justify="left" if title in ("measurement", "aim") else "right")
        for item in self._all:
            floor = "" if item.floor is None else f"{item.floor:,.2f} {item.unit}"
            ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
            table.add_row(item.name, f"{item.ours:,.2f} {item.unit}", floor, ratio, item.aim)
        self._console.print(table)


def _line(item: Measurement) -> str:
    floor = "" if item.ratio is None else f", floor {item.floor:,.2f} {item.unit}, ratio {item.ratio:.2f}"
    return f"  {item.name}: {item.ours:,.2f} {item.unit}{floor}"
