"""The `fourring` command: finds the command's module, reads the settings, turns errors into one line each.

It does no command's work. Modules are imported when their command is asked for: `--help` answers at once.
"""

import argparse
import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Awaitable, Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, cast

from gateway.complaints import complaint, keep_traceback

if TYPE_CHECKING:
    from gateway.config import Settings

COMMANDS: Final = {
    "serve": "run the gateway: call tracking, console, API",
    "demo": "run everything, an Asterisk of its own included",
    "call": "make a test call to the hotline",
    "doctor": "check an Asterisk, ours or an existing one, and say what to change",
    "replay": "turn a journal of AMI frames into facts and tickets, in a fresh database",
    "report": "count the calls of a month or a day, also as if another rule were in force",
    "route": "check the rules files, and show the way a ticket would take, with every reason",
    "calendar": "list the years whose working days are known, and import a yearly notice",
    "months": "say what is due of the monthly tables; show one, or write it to a file",
    "prompts": "list, make, check and play what callers hear",
    "user": "add and list the people who may sign in",
    "token": "make, list and revoke the tokens of the API",
    "db": "create or upgrade the database's tables",
    "backup": "write a consistent copy of the database, while it is in use",
}
"""Every command and what it is for; its module is gateway.commands.<name>."""

OK, FAILED, WRONG_USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Command(Protocol):
    """What a module in gateway.commands has; its docstring is what `--help` begins with."""

    NAME: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments; `parser.epilog` gets an example."""

    def run(self, args: argparse.Namespace, settings: "Settings") -> int | Awaitable[int]:
        """Do it; return the exit code."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line that says where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message} (try: {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 (done), 1 (failed), 2 (wrong usage), 130 (Ctrl-C) or 143 (SIGTERM)."""
    try:
        command, args = _parsed(list(sys.argv[1:] if arguments is None else arguments))
        return _run(command, args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except asyncio.CancelledError:
        return TERMINATED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to read what follows
        return FAILED
    except Exception as problem:
        if os.environ.get("FOURRING_DEBUG") == "1":
            raise
        line = complaint(problem)
        if line is None:
            line = f"internal error ({type(problem).__name__}): details in {keep_traceback(problem)}"
        print(f"fourring: {line}", file=sys.stderr)  # noqa: T201 - this is where a person looks
        return FAILED


def _parsed(arguments: list[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command's module and its arguments; `--config` may stand anywhere among them."""
    everywhere = _Parser(prog="fourring", add_help=False, allow_abbrev=False)
    _add_config(everywhere)
    args, others = everywhere.parse_known_args(arguments)
    name = others[0] if others else ""
    if name not in COMMANDS:
        top = _top_parser()
        top.parse_args(others[:1])
        top.error(f"there is no command {name!r}" if name else "say which command")
    command = cast("Command", import_module(f"gateway.commands.{name}"))
    return command, _parser_of(command).parse_args(others[1:], args)


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    parser = _Parser(
        prog="fourring",
        usage="fourring [--config FILE] COMMAND …",
        description="The hotline gateway: every call is answered within four rings or apologised for,\n"
        "and every call has its ticket.",
        epilog="commands:\n"
        + "".join(f"  {name:{width}}  {purpose}\n" for name, purpose in COMMANDS.items())
        + "\n`fourring COMMAND --help` shows what a command takes, with an example.\n"
        "example: fourring --config /etc/fourring.toml serve\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_config(parser)
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="one of those below")
    return parser


def _parser_of(command: Command) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"fourring {command.NAME}",
        description=inspect.getdoc(command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    _add_config(parser)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the settings (default: fourring.toml in this folder, if there is one)",
    )


def _run(command: Command, args: argparse.Namespace) -> int:
    from gateway.config import load  # noqa: PLC0415 - it takes a while, and `--help` does not need it

    outcome = command.run(args, load(args.config))
    if inspect.iscoroutine(outcome):
        return asyncio.run(_until_terminated(cast("Coroutine[Any, Any, int]", outcome)))
    return cast("int", outcome)


async def _until_terminated(outcome: Coroutine[Any, Any, int]) -> int:
    """Wait for a command; SIGTERM cancels it, so that it cleans up as it does on Ctrl-C."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await outcome
