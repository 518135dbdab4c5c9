"""Check the rules files, and show the way a ticket would take, with every reason.

`check` reads the files that [rules] names and says what is wrong in which line; a department
without a ticket contact is a warning (G1). `explain` goes through the rules as the hotline
does when an operator saves: each rule that is passed over and why, the one that fits, who is
told, and until when, with every day that counts or does not.
"""

import argparse
import sys
from collections.abc import Awaitable
from datetime import UTC, datetime

from gateway.commands.database import opened
from gateway.config import Settings
from gateway.explanation import explained
from gateway.rulebook import load
from routing.calendar import YearlyNotice, with_notices
from routing.dispatch import Rulebook, UnroutableError, Written, dispatch_of
from routing.vocabulary import Kind, Scope
from routing.yearly_notices import published
from storage.calendars import imported_notices
from storage.errors import StorageError

NAME = "route"

_EXAMPLE = """examples:
  fourring route check
  fourring route explain --topic fault.wire --address 瑶溪街道河滨路8号
  fourring route explain --topic complaint --at 2026-09-29T10:00
  fourring route --explain --topic fault --scope company --area yaoxi"""


class RouteError(Exception):
    """There is no such way; the message says what to name instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be asked, and of which ticket."""
    parser.add_argument("what", nargs="?", metavar="check | explain", choices=["check", "explain"], help="what to do")
    parser.add_argument("--explain", action="store_true", help="the same as explain")
    parser.add_argument("--topic", metavar="TOPIC", help="of the ticket, as the rules file has it, e.g. fault.wire")
    parser.add_argument("--kind", choices=[kind.value for kind in Kind], help="default: the topic's usual one")
    parser.add_argument("--scope", choices=[scope.value for scope in Scope], help="whose a fault is")
    parser.add_argument("--paid-agreed", action="store_true", help="the customer agreed to pay for his own fault (N5)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--area", metavar="AREA", help="as the departments file has it, e.g. yaoxi")
    where.add_argument("--address", metavar="TEXT", help="an address: the area is found in it")
    parser.add_argument("--at", metavar="TIME", type=_instant, help="received, local: 2026-09-29T10:00 (default: now)")
    parser.set_defaults(refuse=parser.error)
    parser.epilog = _EXAMPLE


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a time like 2026-09-29T10:00, not {text!r}") from None


def run(args: argparse.Namespace, settings: Settings) -> int | Awaitable[int]:
    """Do what was asked for."""
    about = any((args.topic, args.kind, args.scope, args.area, args.address, args.at))
    explains = args.explain or args.what == "explain"
    if not explains and args.what is None:
        args.refuse("say check or explain")
    if (args.explain and args.what == "check") or (about and not explains):
        args.refuse("check takes no ticket: say explain")
    if explains and not args.topic:
        args.refuse("say of which --topic the ticket is")
    return _explain(args, settings) if explains else _check(settings)


def _check(settings: Settings) -> int:
    book = load(settings)
    for name in book.departments.without_contact():
        print(f"warning: department {name} has no ticket contact: the directors are told in its place (G1)")
    counts = (len(book.rules.topics), len(book.rules.rules), len(book.departments.departments))
    print("ok: {} topics, {} rules, {} departments".format(*counts))
    return 0


async def _explain(args: argparse.Namespace, settings: Settings) -> int:
    book = load(settings, with_notices(published(), await _imported(settings)))
    at = _received(args.at, book)
    written = Written(
        args.topic, args.kind or "", args.scope or "", args.area or "", args.address or "", args.paid_agreed
    )
    try:
        found = dispatch_of(book, written, at)
    except UnroutableError as problem:
        raise RouteError(_refusal(str(problem), args, book)) from None
    print("\n".join(explained(book, found, at)))
    return 0


def _received(at: datetime | None, book: Rulebook) -> datetime:
    """Return when it was received; a time without a zone is local."""
    if at is None:
        return datetime.now(UTC)
    return at if at.tzinfo else at.replace(tzinfo=book.zone)


async def _imported(settings: Settings) -> tuple[YearlyNotice, ...]:
    """Return the calendars that were imported; without a database the way is shown all the same."""
    try:
        async with opened(settings) as storage, storage.reading() as work:
            return await imported_notices(work)
    except StorageError as problem:
        print(f"imported calendars are not looked at: {problem}", file=sys.stderr)
        return ()


def _refusal(field: str, args: argparse.Namespace, book: Rulebook) -> str:
    """Return what to name instead of what the rules do not know."""
    if field == "topic":
        return f"topic {args.topic!r} is unknown: it is one of {', '.join(book.rules.topics)}"
    if field == "area":
        return f"area {args.area!r} is unknown: it is one of {', '.join(book.departments.areas)}"
    if field == "kind":
        kinds = ", ".join(book.rules.topics[args.topic].kinds)
        return f"a ticket on {args.topic} is never {args.kind}: name one of {kinds}"
    if field == "paid_agreed":
        return "the customer's own fault is repaired only once he agreed to pay (N5): add --paid-agreed if he did"
    return f"with this {field} a ticket goes nowhere: leave it out, or name another"
