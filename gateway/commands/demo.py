"""Run a whole hotline on this machine: an Asterisk of its own, the gateway, the console, demo operators.

Whatever takes calls, commands or pages listens on this machine only. Ctrl-C, SIGTERM or the end
of the terminal stops all that it started, and nothing else.
"""

import argparse
from functools import partial
from pathlib import Path

from gateway.commands.serve import until_stopped
from gateway.config import Settings
from gateway.demo import Demo
from gateway.logs import set_up_logs

NAME = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--ready-file",
        metavar="FILE",
        type=Path,
        help="write the addresses there, as JSON, once everything answers",
    )
    parser.epilog = "example: fourring demo --ready-file /tmp/fourring.json"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until told to stop."""
    set_up_logs()
    await until_stopped(Demo(_for_trying(settings), partial(print, flush=True), args.ready_file).run())
    print("stopped, and Asterisk with it")
    return 0


def _for_trying(settings: Settings) -> Settings:
    """Let everything be walked in a day: this month can be published, and where no trunk is set a customer answers."""
    assessment = settings.assessment.model_copy(update={"rehearsal": True})
    outgoing = settings.outgoing.model_copy(update={"trunk": settings.outgoing.trunk or "demo"})
    return settings.model_copy(update={"assessment": assessment, "outgoing": outgoing})
