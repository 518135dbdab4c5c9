"""Count the calls of a month or a day, by day or by operator, with every formula beside its figure.

Under another rule (--what-if) stored calls are scored again and nothing is changed.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gateway import policy
from gateway.commands.database import opened
from gateway.config import Settings
from gateway.periods import period_of
from gateway.report_paper import Paper, as_pdf
from gateway.report_sheets import WHOSE, as_csv, as_xlsx, sheet, title_of
from gateway.web.catalogue import LANGUAGES, texts
from routing.figures import FIGURES, Counts
from storage.reports import By, Question, count

NAME = "report"

_EXAMPLE = """examples:
  fourring report month
  fourring report month 2026-11 --by operator
  fourring report day 2026-11-26 --what-if rings=3 --format csv > day.csv
  fourring report month --by operator --format xlsx --output month.xlsx
  fourring report month --by shift --format pdf --output month.pdf"""
_MAIN = frozenset({"calls", "answered", "in time", "late", "share in time", "speed of answer", "abandoned"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which period, grouped how, under which rule."""
    parser.add_argument("period", choices=["month", "day"], help="how long")
    parser.add_argument("which", nargs="?", metavar="DATE", help="2026-11 or 2026-11-26 (default: the one that is now)")
    parser.add_argument("--by", choices=["day", "shift", "operator"], default="day", help="rows (default: %(default)s)")
    parser.add_argument(
        "--what-if", metavar="rings=N", type=_limit, help="score the calls as if so many rings were allowed"
    )
    parser.add_argument(
        "--format", choices=["text", "csv", "xlsx", "pdf"], default="text", help="what is made (default: %(default)s)"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it there; needed for xlsx and pdf")
    parser.add_argument(
        "--language", choices=LANGUAGES, help="of a pdf (default: that of the console, [web] default_language)"
    )
    parser.epilog = _EXAMPLE


def _limit(text: str) -> int:
    found = re.fullmatch(r"rings=([1-9][0-9]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"rings=N, N from 1 to 99, not {text!r}")
    return int(found[1])


class OutputError(Exception):
    """The report cannot be put there; the message says why."""


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Count, and print or write."""
    if args.format in ("xlsx", "pdf") and args.output is None:
        raise OutputError(f"a {args.format} is written to a file: name it with --output month.{args.format}")
    period = period_of(args.period, args.which, datetime.now(settings.hotline.zone).date())
    question = policy.question(settings, period, By(args.by), args.what_if)
    async with opened(settings) as storage, storage.reading() as work:
        groups = await count(work, question, settings.hotline.zone, _tell_days)
    _say(f"{sum(groups.values(), Counts()).calls} calls; making the {args.format} ...")
    _put_out(args, _made(args, settings, question, groups))
    return 0


async def _tell_days(counted: int, of: int) -> None:
    _say(f"counting: day {counted} of {of}", end="\r" if counted < of else "\n")


def _say(progress: str, end: str = "\n") -> None:
    """Tell who waits at a terminal what is being done; a million calls take some seconds."""
    if sys.stderr.isatty():
        print(progress, end=end, file=sys.stderr, flush=True)


def _made(args: argparse.Namespace, settings: Settings, question: Question, groups: Mapping[str, Counts]) -> bytes:
    rule = policy.ring_rule(settings)
    if args.format == "pdf":
        language = texts(args.language or settings.web.default_language)
        return as_pdf(Paper(language, settings.company, settings.hotline.number, rule), question, groups)
    title = title_of(question, rule)
    if args.format == "text":
        return f"{title}\n\n{_text(args.by, groups)}\n".encode()
    return {"csv": as_csv, "xlsx": as_xlsx}[args.format](sheet(title, args.by, groups))


def _put_out(args: argparse.Namespace, content: bytes) -> None:
    """Print the report, or write it to the file that was named."""
    if args.output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    else:
        args.output.write_bytes(content)


def _text(by: str, groups: Mapping[str, Counts]) -> str:
    """Return every figure of all calls with its formula, then the main ones of each group."""
    total = sum(groups.values(), Counts())
    width = max(len(figure.name) for figure in FIGURES)
    lines = [f"{figure.name:{width}}  {figure.shown(total):>8}  {figure.formula}" for figure in FIGURES]
    rings = ", ".join(f"{number} on ring {ring}" for ring, number in total.rings.items())
    lines.append(f"{'answered':{width}}  {rings or 'none'}\n")
    columns = [figure for figure in FIGURES if figure.name in _MAIN]
    rows = [(name or "nobody", counts) for name, counts in groups.items()]
    first = max(len(by), *(len(name) for name, _ in rows), 0)
    lines.append("  ".join([f"{by:{first}}", *(figure.name for figure in columns)]))
    for name, counts in rows:
        cells = (f"{figure.shown(counts):>{len(figure.name)}}" for figure in columns)
        lines.append("  ".join([f"{name:{first}}", *cells]))
    lines += [f"\n{WHOSE}"] if by == By.OPERATOR else []
    return "\n".join(lines)
