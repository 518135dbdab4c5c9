"""How late a step of the ladder comes: the apology that is due as the first ring past the limit begins."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import count
from statistics import median

from .capture import Place, Recording, recording_of
from .cpu_per_call import sitting
from .figures import PERCENTILES, Result, Task, percentile, spread
from .scripted_pbx import ScriptedPBX
from .served import OPERATORS, house, operator, seat

TARGET_MS = 150.0
CALLS_A_SECOND = 10
_SECONDS, _FEW_SECONDS, _WARM_UP = 40, 8, 3
_RING_S, _LIMIT = 0.5, 4
"""The recorded caller waits 3 s: with such rings the fifth begins 2 s after the first."""
_SCENE = "abandoned-while-ringing"


def measure(task: Task) -> Result:
    """Run one gateway with its operators' pages, and measure as often as asked."""
    return asyncio.run(_measure(task, recording_of(task.recordings / _SCENE)))


async def _measure(task: Task, recording: Recording) -> Result:
    seconds = _FEW_SECONDS if task.quick else _SECONDS
    rules = {"seconds": _RING_S, "limit": _LIMIT}
    async with (
        house(task, rings=rules) as (settings, pbx, _),
        AsyncExitStack() as stack,
    ):
        web = f"http://{settings.web.host}:{settings.web.port}"
        for lane in range(OPERATORS):
            await stack.enter_async_context(sitting(web, operator(lane), seat(lane)))
        numbers = count(1)
        await _traffic(pbx, recording, numbers, _WARM_UP)
        rounds = [await _traffic(pbx, recording, numbers, seconds) for _ in range(task.repetitions)]
    return _result(rounds, seconds)


async def _traffic(pbx: ScriptedPBX, recording: Recording, numbers: Iterator[int], seconds: int) -> list[float]:
    """Let callers come, evenly, and wait too long; return by how many milliseconds each was spoken to late."""
    pbx.joined_at.clear()
    pbx.spoken_to.clear()
    began = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for turn in range(seconds * CALLS_A_SECOND):
            await asyncio.sleep(max(0.0, began + turn / CALLS_A_SECOND - time.monotonic()))
            calls.create_task(pbx.call(recording, Place(turn % OPERATORS, next(numbers), 0), 1.0))
    if pbx.joined_at.keys() != pbx.spoken_to.keys():
        raise RuntimeError(f"{len(pbx.spoken_to)} of {len(pbx.joined_at)} callers were apologised to")
    return [1000 * (pbx.spoken_to[caller] - at - _LIMIT * _RING_S) for caller, at in pbx.joined_at.items()]


def _result(rounds: Sequence[Sequence[float]], seconds: int) -> Result:
    p99 = [percentile(late, 0.99) for late in rounds]
    return Result(
        title="Lateness of a step",
        target=f"p99 under {TARGET_MS:.0f} ms at {CALLS_A_SECOND} calls/s",
        measured=f"p99 {median(p99):.0f} ms, p50 {median(percentile(late, 0.5) for late in rounds):.0f} ms",
        met=median(p99) < TARGET_MS,
        method=(
            f"fourring serve on SQLite, {OPERATORS} operators signed in with their pages open; a scripted PBX sends the"
            f" events of a recorded caller who waits 3 s, {CALLS_A_SECOND} times a second, for {seconds} s a round;"
            f" {_LIMIT} rings of {_RING_S} s are allowed. From the instant at which the first ring past the limit"
            " begins, on the PBX's clock, until the order to speak the apology is read from the PBX's socket. One"
            " machine, one clock. Every caller is apologised to, or there is no figure."
        ),
        header=("milliseconds", "median of the rounds (least to most)"),
        rows=[(name, spread([percentile(late, part) for late in rounds], 1)) for name, part in PERCENTILES],
        remarks=[
            f"{len(rounds[0])} callers a round, each apologised to.",
            "100 ms of it are waited on purpose: of an answer just before the ring is due we may hear just after.",
        ],
    )
