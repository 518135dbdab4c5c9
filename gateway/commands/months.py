"""Show or write down a month's summary table (D12), as it is now or as it was published.

A month is published, corrected, and its amounts are waived by the hotline director, in the console at /months.
"""

import argparse
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.commands.database import opened
from gateway.config import Settings
from gateway.monthly import Months
from gateway.rulebook import RuleShelf
from gateway.web.catalogue import LANGUAGES, texts
from gateway.web.month_sheets import FILES, Shown
from routing.monthly import FIGURES
from storage.editions import Edition, EditionKind, editions
from storage.engine import Storage

NAME = "months"

_EXAMPLE = """examples:
  fourring months
  fourring months 2026-11
  fourring months 2026-11 --now --format xlsx --output 2026-11.xlsx
  fourring months 2026-11 --format public.html --output 2026-11.html"""


class MonthsError(Exception):
    """It cannot be shown so; the message says what to write instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which month, in which form."""
    parser.add_argument("month", nargs="?", metavar="MONTH", type=_month, help="2026-11 (default: say what is due)")
    parser.add_argument("--now", action="store_true", help="as it is now, also where it was published")
    parser.add_argument(
        "--format", choices=["text", *FILES], default="text", help="what is made (default: %(default)s)"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it there; needed for all but text and csv")
    parser.add_argument("--language", choices=LANGUAGES, help="(default: that of the console)")
    parser.epilog = _EXAMPLE


def _month(text: str) -> str:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no month: write it as 2026-11")
    return text


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print or write the table; without a month, what is due."""
    if args.output is None and args.format not in ("text", "csv", "public.csv"):
        raise MonthsError(f"a {args.format} is written to a file: name it with --output month.{args.format}")
    async with opened(settings) as storage:
        tables = Months(settings, storage, RuleShelf.open(settings), lambda: datetime.now(UTC))
        if args.month is None:
            for each in await tables.due():
                print(f"{each.month}  {each.step}  to be published by {each.publish_by}")
            return 0
        edition = None if args.now else await _published(storage, args.month)
        content = edition.content if edition else await _present(tables, args.month)
    shown = Shown(settings, texts(args.language or settings.web.default_language), content, edition)
    made = _text(shown).encode() if args.format == "text" else FILES[args.format][0](shown)
    if args.output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(made)
    else:
        args.output.write_bytes(made)
    return 0


async def _published(storage: Storage, month: str) -> Edition | None:
    """Return what was published last, None where nothing was."""
    async with storage.reading() as work:
        made = await editions(work, month)
    return next((each for each in reversed(made) if each.kind is not EditionKind.DRAFT), None)


async def _present(tables: Months, month: str) -> Mapping[str, Any]:
    content, uncounted = await tables.present(month)
    if uncounted:
        names = ", ".join(uncounted)
        print(f"not charged, since nobody has written down how many people they are: {names}", file=sys.stderr)
    return content


def _text(shown: Shown) -> str:
    """Return what departments with any figure have, one figure a line."""
    lines = [f"{shown.content['month']}  {shown.state}", *([shown.sha256] if shown.sha256 else [])]
    for _, name, figures in shown.columns:
        if any(figures.values()):
            lines.append(f"\n{name}")
            lines += [f"  {figures[each]:>8}  {shown.t(f'month_figure.{each}')}" for each in FIGURES if figures[each]]
    return "\n".join(lines) + "\n"
