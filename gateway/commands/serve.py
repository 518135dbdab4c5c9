"""Run the gateway: call tracking, console and API, beside an Asterisk that runs already.

It stops on Ctrl-C or SIGTERM. The PBX goes on ringing phones without it.
"""

import argparse
import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import structlog

from gateway.alone import alone
from gateway.app import run as run_gateway
from gateway.config import Settings
from gateway.demo_people import refuse_them
from gateway.logs import set_up_logs
from gateway.secrets import load_or_create
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.migrate import upgrade

NAME = "serve"

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger(__name__)


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
        await _refuse_known_passwords(settings)
        secrets = load_or_create(settings)
        await until_stopped(run_gateway(settings, secrets, lambda: print("connected to the PBX", flush=True)))
    return 0


async def _refuse_known_passwords(settings: Settings) -> None:
    storage = Storage.open(settings.database_url)
    try:
        await refuse_them(storage)
    except StorageUnavailableError:
        log.warning("passwords.not_checked", reason="the database is away")  # callers do not wait for it either
    finally:
        await storage.close()


async def until_stopped(service: Coroutine[Any, Any, None]) -> None:
    """Run `service` until it ends or is told to: by Ctrl-C, SIGTERM, or the end of its terminal. All in order.

    Who is started with nohup outlives the terminal.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(service)
    told_by = [number for number in _STOPS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in told_by:
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
    finally:
        for number in told_by:
            loop.remove_signal_handler(number)
