"""A gateway as in service, `fourring serve` on SQLite, on a PBX that is only a script."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
from ami_peer import AMIPeer
from hotline import environment, hire, until
from pbx import settings_for

from gateway.config import Settings
from gateway.secrets import load_or_create

from .figures import Task
from .scripted_pbx import ScriptedPBX

OPERATORS = 10


def seat(lane: int) -> str:
    """Return the desk seat whose phone takes part in a lane's calls."""
    return f"{lane:02}11"


def operator(lane: int) -> str:
    """Return the work number of who sits there."""
    return f"{lane + 20}01"


@asynccontextmanager
async def house(task: Task, **tables: Any) -> AsyncIterator[tuple[Settings, ScriptedPBX, psutil.Process]]:
    """Run a gateway on a scripted PBX, with operators who may sign in; `tables` as in pbx.settings_for."""
    seats = [{"id": seat(lane), "kind": "desk"} for lane in range(OPERATORS)]
    settings = settings_for(task.folder / "data", seats=seats, **tables)
    peer = AMIPeer(load_or_create(settings).ami)
    await hire(settings, [operator(lane) for lane in range(OPERATORS)])
    peer.port = settings.ami.port
    async with peer:
        pbx = ScriptedPBX(peer)
        with _gateway(task, settings) as gateway:
            log = task.folder / "serve.log"
            await until(lambda: asyncio.to_thread(log.read_text, "utf-8"), lambda said: "connected to the PBX" in said)
            yield settings, pbx, gateway


@contextlib.contextmanager
def _gateway(task: Task, settings: Settings) -> Iterator[psutil.Process]:
    command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "gateway", "serve"]
    with (task.folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment(settings), stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
