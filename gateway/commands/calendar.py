"""List the years whose working days are known, and import the State Council's notice of a year.

A year whose notice is not known yet has provisional days: weekends and the holidays of a fixed
date. `import` stores a notice, in place of one of its year, and counts the deadlines of all open
tickets that depend on it anew; whose date moves is told to its department. A running gateway
takes the notice in by itself. FILE is TOML:

  year = 2027
  [holidays]
  new_years_day = ["2027-01-01..2027-01-03"]
  [make_up]
  spring_festival = ["2027-02-20"]
"""

import argparse
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from gateway.commands import arguments
from gateway.commands.database import machine_user, note, opened
from gateway.config import Settings
from gateway.handling import Handling
from gateway.recomputation import Change, recompute
from gateway.rulebook import RuleShelf
from routing.calendar import YearlyNotice
from routing.matters import Matter
from routing.yearly_notices import YearlyNoticeError, notice_of, published
from storage.calendars import Imported, imported, imported_notices, keep_notice
from storage.deadlines import counted
from storage.engine import Storage

NAME = "calendar"

_EXAMPLE = """examples:
  fourring calendar list
  fourring calendar import notice-2027.toml --by 王主任"""


class CalendarError(Exception):
    """The file cannot be imported; the message says what to correct."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with calendars."""
    what = parser.add_subparsers(dest="what", required=True, metavar="list | import")
    what.add_parser("list", help="show each year that is known, from where, and what is provisional")
    take = what.add_parser("import", help="store a yearly notice, and count deadlines anew")
    take.add_argument("file", metavar="FILE", type=Path, help="the notice, as TOML")
    take.add_argument("--by", metavar="NAME", type=arguments.name, help="who vouches for it (default: this user)")
    parser.epilog = _EXAMPLE


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    async with opened(settings) as storage:
        return await (_list(settings, storage) if args.what == "list" else _import(args, settings, storage))


async def _list(settings: Settings, storage: Storage) -> int:
    async with storage.reading() as work:
        by_year = {one.notice.year: one for one in await imported(work)}
    library = f"chinesecalendar {version('chinesecalendar')}"
    known = {notice.year: notice for notice in published().notices} | {
        year: one.notice for year, one in by_year.items()
    }
    print(f"{'year':4}  {'days off':>8}  {'make-up':>7}  from")
    for year in sorted(known):
        print(_row(known[year], _source(by_year[year]) if year in by_year else library))
    for year in range(max(known) + 1, max(*known, datetime.now(settings.hotline.zone).year) + 2):
        print(
            f"{year:4}  {'-':>8}  {'-':>7}  provisional: weekends and fixed-date holidays, until its notice is imported"
        )
    return 0


def _row(notice: YearlyNotice, source: str) -> str:
    return f"{notice.year:4}  {len(notice.holidays):8}  {len(notice.make_up):7}  {source}"


def _source(one: Imported) -> str:
    return f"imported {one.imported_at:%Y-%m-%d %H:%M} UTC by {one.imported_by}"


async def _import(args: argparse.Namespace, settings: Settings, storage: Storage) -> int:
    notice, shelf = _read(args.file), RuleShelf.open(settings)
    async with storage.work() as work:
        known = {one.year: one for one in (*published().notices, *await imported_notices(work))}.get(notice.year)
        before = await counted(work, certain_too=known not in (None, notice))
        by = args.by or machine_user()
        if known != notice:
            await keep_notice(work, notice, by)
            detail = {"year": str(notice.year), "by": by, "replaced": "no" if known is None else "yes"}
            await note(work, "calendar.imported", **detail)
        notices = await imported_notices(work)
        await work.commit()
    shelf.refresh(notices)
    print(_said(notice, known))
    handling = Handling(storage, shelf, lambda: datetime.now(UTC), lambda _: None)
    _tell(settings, before, await recompute(storage, handling, lambda: datetime.now(UTC), before))
    return 0


def _read(file: Path) -> YearlyNotice:
    try:
        return notice_of(tomllib.loads(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise CalendarError(f"{file}: cannot be read: {problem}") from None
    except YearlyNoticeError as problem:
        raise CalendarError(f"{file}: {problem}") from None


def _said(notice: YearlyNotice, known: YearlyNotice | None) -> str:
    if known == notice:
        return f"{notice.year} is known already, the same: nothing was changed"
    how = "imported" if known is None else "imported, in place of what was known of it"
    return f"{notice.year} {how}: {len(notice.holidays)} days off, {len(notice.make_up)} make-up days"


def _tell(settings: Settings, before: Sequence[Matter], changes: Sequence[Change]) -> None:
    moved = [change for change in changes if change.moved]
    print(f"{len(before)} open tickets looked at, {len(changes)} recomputed, {len(moved)} moved")
    for change in moved:
        print(f"  {change.after.ticket}  {_last_day(settings, change.before)} -> {_last_day(settings, change.after)}")


def _last_day(settings: Settings, one: Matter) -> str:
    """Return the last day that is in time: a deadline is its end."""
    return f"{one.due_at.astimezone(settings.hotline.zone) - timedelta(microseconds=1):%Y-%m-%d}" if one.due_at else "-"
