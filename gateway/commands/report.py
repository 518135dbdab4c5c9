"""Count the calls of a month or a day, by day or by operator, with every formula beside its figure.

Under another rule (--what-if) stored calls are scored again and nothing is changed.
"""

import argparse
import csv
import re
import sys
from collections.abc import Sequence
from datetime import datetime

from gateway.commands.database import opened
from gateway.config import Settings
from gateway.periods import period_of
from routing.figures import FIGURES, Counts, Figure
from storage.reports import By, Question, count

NAME = "report"

_EXAMPLE = """examples:
  fourring report month
  fourring report month 2026-11 --by operator
  fourring report day 2026-11-26 --what-if rings=3 --csv > day.csv"""
_MAIN = frozenset({"calls", "answered", "in time", "late", "share in time", "speed of answer", "abandoned"})
_FORMULA = "=+-@\t\r"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which period, grouped how, under which rule."""
    parser.add_argument("period", choices=["month", "day"], help="how long")
    parser.add_argument("which", nargs="?", metavar="DATE", help="2026-11 or 2026-11-26 (default: the one that is now)")
    parser.add_argument("--by", choices=["day", "operator"], default="day", help="rows (default: %(default)s)")
    parser.add_argument(
        "--what-if", metavar="rings=N", type=_limit, help="score the calls as if so many rings were allowed"
    )
    parser.add_argument("--csv", action="store_true", help="print comma-separated values")
    parser.epilog = _EXAMPLE


def _limit(text: str) -> int:
    found = re.fullmatch(r"rings=([1-9][0-9]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"rings=N, N from 1 to 99, not {text!r}")
    return int(found[1])


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Count and print."""
    period = period_of(args.period, args.which, datetime.now(settings.hotline.zone).date())
    question = Question(period, By(args.by), settings.reports.short_abandon, args.what_if)
    async with opened(settings) as storage, storage.reading() as work:
        counts = await count(work, question, settings.hotline.zone)
    rows = [(name or "nobody", group) for name, group in counts.items()]
    total = sum(counts.values(), Counts())
    if args.csv:
        _print_csv(args.by, [*rows, ("all", total)])
    else:
        print(f"{_title(question, settings)}\n")
        _print_report(args.by, rows, total)
    return 0


def _title(question: Question, settings: Settings) -> str:
    rule = f"{settings.rings.limit} rings" if question.limit is None else f"as if {question.limit} rings"
    first, last = question.period.first, question.period.last
    days = f"{first}" if first == last else f"{first} to {last}"
    soon = f"short abandon within {question.soon.total_seconds():g} s"
    return f"{days}: {rule} of {settings.rings.seconds:g} s allowed, {soon}"


def _print_report(by: str, rows: Sequence[tuple[str, Counts]], total: Counts) -> None:
    """Print every figure of all calls with its formula, then the main ones of each group."""
    width = max(len(figure.name) for figure in FIGURES)
    for figure in FIGURES:
        print(f"{figure.name:{width}}  {_shown(figure, total):>8}  {figure.formula}")
    rings = ", ".join(f"{number} on ring {ring}" for ring, number in total.rings.items())
    print(f"{'answered':{width}}  {rings or 'none'}\n")
    columns = [figure for figure in FIGURES if figure.name in _MAIN]
    first = max(len(by), *(len(name) for name, _ in rows), 0)
    print("  ".join([f"{by:{first}}", *(figure.name for figure in columns)]))
    for name, counts in rows:
        cells = (f"{_shown(figure, counts):>{len(figure.name)}}" for figure in columns)
        print("  ".join([f"{name:{first}}", *cells]))


def _print_csv(by: str, rows: Sequence[tuple[str, Counts]]) -> None:
    rings = sorted({ring for _, counts in rows for ring in counts.rings})
    writer = csv.writer(sys.stdout)
    writer.writerow([by, *(figure.name for figure in FIGURES), *(f"ring {ring}" for ring in rings)])
    for name, counts in rows:
        figures = (_shown(figure, counts, unit=False) for figure in FIGURES)
        writer.writerow([harmless(name), *figures, *(counts.rings.get(ring, 0) for ring in rings)])


def _shown(figure: Figure, counts: Counts, *, unit: bool = True) -> str:
    value = figure.of(counts)
    if value is None:
        return "-" if unit else ""
    return f"{value:.1f}{figure.unit if unit else ''}" if figure.unit else f"{value:.0f}"


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(tuple(_FORMULA)) else cell
