"""Write a back-up of the database while everything runs; nobody waits for it.

TARGET appears complete or not at all; an older back-up of that name is replaced. It holds
customers' names and numbers: only its owner may read it. To put one back, stop Fourring, then
  SQLite:      remove the -wal and -shm files beside the database, copy the back-up over it;
  PostgreSQL:  createdb fourring; pg_restore --no-owner --exit-on-error --dbname=fourring TARGET
and run: fourring db upgrade

Recordings (<data>/calls) and files attached to tickets (<data>/files) are not in it: copy
these folders afterwards. Nothing in them is ever changed, so that rsync copies what is new.
"""

import argparse
from pathlib import Path

from gateway.config import Settings
from storage.backup import backup

NAME = "backup"


class TargetError(Exception):
    """The back-up cannot be written there; the message says what to name instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to."""
    parser.add_argument("target", metavar="TARGET", type=Path, help="the file to write")
    parser.epilog = "example: fourring backup /srv/backup/fourring-$(date +%F).db"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write it and say where it is."""
    target = args.target.absolute()
    if target.is_dir():
        raise TargetError(f"{target} is a folder: name the file to write in it")
    if not target.parent.is_dir():
        raise TargetError(f"folder {target.parent} does not exist: create it")
    print(await backup(settings.database_url, target))
    return 0
