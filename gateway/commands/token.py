"""Make, list and revoke the tokens with which programs use the API.

A token is shown once, when it is made; only a hash of it is kept. Whoever has it reads every
ticket, or with --for sees what that person sees, and with --acts does what he may do, in his
name. Give each program its own, and revoke it when the program goes. One that is made for a
person is worth nothing once he has left or has another role.
"""

import argparse
import sys
from datetime import datetime

from gateway.commands import arguments
from gateway.commands.database import note, opened
from gateway.config import Settings
from storage.engine import Storage
from storage.tokens import create_token, revoke, tokens

NAME = "token"

_EXAMPLE = """examples:
  fourring token create wallboard > wallboard.token
  curl -H "Authorization: Bearer $(cat wallboard.token)" http://127.0.0.1:8086/api/v1/tickets
  fourring token create workflow --for 7101 --acts > workflow.token
  fourring token revoke wallboard"""


class NoPersonError(Exception):
    """--acts needs somebody in whose name: add --for WORK_NUMBER."""


class UnknownTokenError(Exception):
    """There is no valid token of this name: `fourring token list` shows them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with tokens."""
    what = parser.add_subparsers(dest="what", required=True, metavar="create | list | revoke")
    create = what.add_parser("create", help="make a token and print it, once")
    create.add_argument("name", metavar="NAME", type=arguments.name, help="which program it is for")
    create.add_argument("--for", dest="person", metavar="WORK_NUMBER", help="see what this person sees, nothing else")
    create.add_argument("--acts", action="store_true", help="and do what he may do, in his name")
    end = what.add_parser("revoke", help="make a token invalid, at once")
    end.add_argument("name", metavar="NAME")
    what.add_parser("list", help="show every token there ever was, without what is secret")
    parser.epilog = _EXAMPLE


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    async with opened(settings) as storage:
        await _DO[args.what](args, storage)
    return 0


async def _create(args: argparse.Namespace, storage: Storage) -> None:
    if args.acts and args.person is None:
        raise NoPersonError("--acts needs somebody in whose name: add --for WORK_NUMBER")
    async with storage.work() as work:
        token = await create_token(work, args.name, args.person, acts=args.acts)
        await note(work, "token.created", name=args.name, person=args.person, acts=args.acts)
        await work.commit()
    print(token)
    print("keep it: it is not shown again", file=sys.stderr)


async def _revoke(args: argparse.Namespace, storage: Storage) -> None:
    async with storage.work() as work:
        if not await revoke(work, args.name):
            raise UnknownTokenError(f"there is no valid token {args.name!r}: see fourring token list")
        await note(work, "token.revoked", name=args.name)
        await work.commit()
    print(f"{args.name} is not valid any more")


async def _list(args: argparse.Namespace, storage: Storage) -> None:
    del args
    async with storage.reading() as work:
        known = await tokens(work)
    print(f"{'created (UTC)':19}  {'last used':19}  {'revoked':19}  {'scope':16}  {'for':8}  name")
    for each in known:
        instants = (each.created_at, each.last_used_at, each.revoked_at)
        holder = f"{each.scope:16}  {each.work_number or '-':8}"
        print("  ".join(f"{_shown(instant):19}" for instant in instants), holder, each.name, sep="  ")


_DO = {"create": _create, "revoke": _revoke, "list": _list}


def _shown(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else "-"
