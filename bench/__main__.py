"""`python -m bench [--rows N …] [--only PART …]`; all of it by default, in some minutes."""

import asyncio

import click
import uvloop

from bench import issuing, main_job, previewing, single_get
from bench.city import open_city
from bench.report import Report

PARTS = ("main-job", "get", "preview", "issuing")


@click.command()
@click.option("--rows", multiple=True, type=int, default=main_job.SIZES, help="Sizes of the main job, up to three.")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="These parts alone.")
def main(rows: tuple[int, ...], only: tuple[str, ...]) -> None:
    """Measure ours beside a floor of raw parts in the same run."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(rows, only or PARTS))


async def measure(rows: tuple[int, ...], parts: tuple[str, ...]) -> None:
    report = Report()
    report.step("starting PostgreSQL, NATS and every service")
    async with open_city() as city:
        # The single GET reads a reader that the main job has made.
        if {"main-job", "get"} & set(parts):
            await main_job.measure(city, report, rows)
        if "get" in parts:
            await single_get.measure(city, report)
        if "preview" in parts:
            await previewing.measure(city, report)
        if "issuing" in parts:
            await issuing.measure(city, report)
    report.close()


if __name__ == "__main__":
    main()
