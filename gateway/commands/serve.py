"""Run the gateway: call tracking, console and API, beside an Asterisk that runs already.

It stops on Ctrl-C or SIGTERM. The PBX goes on ringing phones without it.
"""

import argparse
import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

from gateway.alone import alone
from gateway.app import run as run_gateway
from gateway.config import Settings
from gateway.logs import set_up_logs
from gateway.secrets import load_or_create
from storage.migrate import upgrade

NAME = "serve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = "example: fourring serve --config /etc/fourring.toml"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until told to stop."""
    del args
    set_up_logs()
    with alone(settings.data_dir):
        if not settings.database.url:
            await upgrade(settings.database_url)
        secrets = load_or_create(settings)
        await until_stopped(run_gateway(settings, secrets, lambda: print("connected to the PBX", flush=True)))
    return 0


async def until_stopped(service: Coroutine[Any, Any, None]) -> None:
    """Run `service` until it ends, or SIGINT or SIGTERM comes; either way it is taken down in order."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(service)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
