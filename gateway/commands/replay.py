"""Turn a journal of AMI frames into facts and tickets, in a fresh database: the same every time.

JOURNAL is a folder of segments (as in <data>/journal) or one segment.
"""

import argparse
import hashlib
from pathlib import Path

from gateway.ami.journal import read_journal
from gateway.config import Settings
from gateway.replay import Replay
from routing.facts import canonical
from storage.engine import Storage
from storage.facts import all_facts
from storage.migrate import upgrade

NAME = "replay"


class NotFreshError(Exception):
    """The database for the replay is there already: name a new one with --into."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("journal", metavar="JOURNAL", type=Path, help="a journal's folder, or one segment of it")
    parser.add_argument(
        "--into",
        metavar="FILE",
        type=Path,
        default=Path("replay.db"),
        help="the SQLite database to make (default: %(default)s)",
    )
    parser.add_argument("--facts", action="store_true", help="print every fact, one line of JSON each")
    parser.epilog = "example: fourring replay var/journal --into monday.db"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Replay, and print what came of it."""
    into = _fresh(args.into.absolute())
    records = read_journal(args.journal)
    url = f"sqlite:///{into}"
    await upgrade(url)
    storage = Storage.open(url)
    try:
        replay = Replay(settings, storage)
        await replay.run(records)
        await _report(storage, replay, print_facts=args.facts)
    finally:
        await storage.close()
    return 0


def _fresh(into: Path) -> Path:
    if into.exists():
        raise NotFreshError(f"{into} is there already: remove it, or name a new database with --into")
    return into


async def _report(storage: Storage, replay: Replay, *, print_facts: bool) -> None:
    digest = hashlib.sha256()
    count = 0
    async with storage.reading() as work:
        async for fact in all_facts(work):
            line = canonical(fact)
            count += 1
            digest.update(line.encode() + b"\n")
            if print_facts:
                print(line)
    print(f"{replay.records} records, {count} facts, {len(replay.tickets)} tickets")
    print(f"facts sha256 {digest.hexdigest()}")
