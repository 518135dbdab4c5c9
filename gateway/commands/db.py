"""Create or upgrade the database's tables, or say how they stand.

`upgrade` is harmless where there is nothing to do, and all or nothing where it is interrupted.
Make a back-up first: fourring backup TARGET. `status` ends with 0 only if nothing is to be done.
"""

import argparse

from gateway.config import Settings
from storage.drivers import address
from storage.migrate import SchemaState, current_state, upgrade

NAME = "db"

_MEANING = {
    SchemaState.UP_TO_DATE: "is up to date",
    SchemaState.BEHIND: "is of an older Fourring: run fourring db upgrade",
    SchemaState.EMPTY: "has no tables yet: run fourring db upgrade",
    SchemaState.NEWER: "was made by a newer Fourring: upgrade the program",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with the tables."""
    what = parser.add_subparsers(dest="what", required=True, metavar="upgrade | status")
    what.add_parser("upgrade", help="create or upgrade the tables")
    what.add_parser("status", help="say how the tables stand")
    parser.epilog = "example: fourring db upgrade --config /etc/fourring.toml"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for; return 1 where `status` found that something is to be done."""
    url = settings.database_url
    if args.what == "upgrade":
        if not settings.database.url:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        await upgrade(url)
    state = await current_state(url)
    print(f"database {address(url)} {_MEANING[state]}")
    return 0 if state is SchemaState.UP_TO_DATE else 1
