"""Add and list the people who may sign in, set their passwords, let them sign in no more.

A password is asked for, or read from standard input with --password-stdin; it never stands on
a command line, where everybody on this machine could read it. Who has left keeps his tickets.
"""

import argparse
import getpass
import sys

from gateway.commands import arguments
from gateway.commands.database import note, opened
from gateway.config import Settings
from storage.engine import Storage
from storage.operators import activate, add_operator, deactivate, operators, role_of, set_password
from storage.roles import Role

NAME = "user"

_EXAMPLE = """examples:
  fourring user add 1001 --name 陈晓燕
  fourring user password 1001 --password-stdin < password.txt
  fourring user list"""


class PasswordError(Exception):
    """No password was given; the message says how to give one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done, and with whom."""
    what = parser.add_subparsers(dest="what", required=True, metavar="add | list | password | deactivate | activate")
    add = what.add_parser("add", help="add a person", description="Add a person who may sign in.")
    add.add_argument("work_number", metavar="WORK_NUMBER", help="2 to 8 digits; spoken to callers")
    add.add_argument("--name", required=True, type=arguments.name, help="his name, for colleagues")
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.OPERATOR.value)
    password = what.add_parser("password", help="set a password and sign the person out within seconds")
    password.add_argument("work_number", metavar="WORK_NUMBER")
    for each in (add, password):
        each.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    leave = what.add_parser("deactivate", help="sign a person out within seconds, and let him sign in no more")
    leave.add_argument("work_number", metavar="WORK_NUMBER")
    back = what.add_parser("activate", help="let a person who was deactivated sign in again")
    back.add_argument("work_number", metavar="WORK_NUMBER")
    what.add_parser("list", help="show everybody, also those who have left")
    parser.epilog = _EXAMPLE


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    async with opened(settings) as storage:
        await _DO[args.what](args, storage)
    return 0


async def _add(args: argparse.Namespace, storage: Storage) -> None:
    password = _password(from_stdin=args.password_stdin)
    async with storage.work() as work:
        await add_operator(work, args.work_number, args.name, password, Role(args.role))
        await note(work, "user.added", work_number=args.work_number, role=args.role)
        await work.commit()
    print(f"{args.work_number} may sign in now")


async def _set_password(args: argparse.Namespace, storage: Storage) -> None:
    password = _password(from_stdin=args.password_stdin)
    async with storage.work() as work:
        await set_password(work, args.work_number, password)
        await note(work, "user.password_set", work_number=args.work_number)
        await work.commit()
        active = await role_of(work, args.work_number) is not None
    print(f"{args.work_number} has a new password, and has to sign in with it")
    if not active:
        print(f"{args.work_number} may not sign in: fourring user activate {args.work_number}", file=sys.stderr)


async def _deactivate(args: argparse.Namespace, storage: Storage) -> None:
    async with storage.work() as work:
        await deactivate(work, args.work_number)
        await note(work, "user.deactivated", work_number=args.work_number)
        await work.commit()
    print(f"{args.work_number} is signed out and may sign in no more")


async def _activate(args: argparse.Namespace, storage: Storage) -> None:
    async with storage.work() as work:
        await activate(work, args.work_number)
        await note(work, "user.activated", work_number=args.work_number)
        await work.commit()
    print(f"{args.work_number} may sign in again, with the password he had")


async def _list(args: argparse.Namespace, storage: Storage) -> None:
    del args
    async with storage.reading() as work:
        everybody = await operators(work)
    print(f"{'number':8}  {'role':12}  {'active':6}  name")
    for each in everybody:
        print(f"{each.work_number:8}  {each.role.value:12}  {'yes' if each.active else 'no':6}  {each.name}")


_DO = {"add": _add, "password": _set_password, "deactivate": _deactivate, "activate": _activate, "list": _list}


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        try:
            return sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise PasswordError("the password is not UTF-8: give it in that encoding") from None
    if not sys.stdin.isatty():
        raise PasswordError("there is no terminal to ask for the password: give it with --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise PasswordError("the two passwords differ: try again")
    return password
