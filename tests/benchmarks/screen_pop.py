"""From the event at the PBX to the pop in the operator's page: `fourring serve`, a scripted PBX, Chromium pages."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from statistics import median

from browser import chromium
from playwright.async_api import Browser, Page, expect

from gateway.config import Settings

from .capture import Place, Recording, recording_of
from .figures import PERCENTILES, Result, Task, percentile, spread
from .scripted_pbx import ScriptedPBX
from .served import OPERATORS, house, operator, seat

TARGET_MS = 50.0
CALLS_A_SECOND = 10
_SECONDS, _FEW_SECONDS, _WARM_UP = 40, 8, 3
_SHRINK = 6.0
"""The recorded call rings 2 s and lasts 5: at ten calls a second, ten operators have 1 s for each."""
_SCENE = "customer-hangs-up"

_WATCH = """
window.seenPops = {};
document.addEventListener("DOMContentLoaded", () => {
  let shown = "";
  new MutationObserver(() => {
    const number = document.querySelector("#pop [data-testid=caller-number]")?.textContent ?? "";
    if (number && number !== shown) window.seenPops[number] ??= performance.timeOrigin + performance.now();
    shown = number;
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  setInterval(() => {
    for (const form of document.querySelectorAll("#forms form:not([data-saved])")) {
      form.dataset.saved = "";
      form.requestSubmit();
    }
  }, 500);
});
"""
"""Notes when each caller's number is in the page, and saves each form as an operator does: it goes with its call."""

_NOW = "performance.timeOrigin + performance.now()"
_TAKE = "() => { const seen = window.seenPops; window.seenPops = {}; return seen; }"


def measure(task: Task) -> Result:
    """Run one gateway and its pages, and measure as often as asked."""
    recording = recording_of(task.recordings / _SCENE)
    return asyncio.run(_measure(task, recording))


async def _measure(task: Task, recording: Recording) -> Result:
    seconds = _FEW_SECONDS if task.quick else _SECONDS
    rounds: list[list[float]] = []
    async with house(task) as (settings, pbx, gateway), chromium() as browser, AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(_page(browser, settings, lane)) for lane in range(OPERATORS)]
        clock = [await _clock_error(page) for page in pages]
        numbers = count(1)
        await _traffic(pbx, recording, numbers, _WARM_UP)
        busy, began = sum(gateway.cpu_times()[:2]), time.monotonic()
        for _ in range(task.repetitions):
            rung = await _traffic(pbx, recording, numbers, seconds)
            rounds.append(await _delays(pages, rung))
            await asyncio.gather(*map(_all_saved, pages))
        busy = (sum(gateway.cpu_times()[:2]) - busy) / (time.monotonic() - began)
    return _result(rounds, seconds, max(clock), busy)


def _result(rounds: Sequence[Sequence[float]], seconds: int, clock_error: float, busy: float) -> Result:
    p99 = [percentile(delays, 0.99) for delays in rounds]
    rows = [(name, spread([percentile(delays, part) for delays in rounds], 1)) for name, part in PERCENTILES]
    return Result(
        title="From the event to the screen-pop",
        target=f"p99 under {TARGET_MS:.0f} ms at {CALLS_A_SECOND} calls/s",
        measured=f"p99 {median(p99):.1f} ms, p50 {median(percentile(delays, 0.5) for delays in rounds):.1f} ms",
        met=median(p99) < TARGET_MS,
        method=(
            f"fourring serve on SQLite; a scripted PBX sends the events of a recorded call {CALLS_A_SECOND} times a"
            f" second, to {OPERATORS} operators in turn, each signed in on a Chromium page of his own on the same"
            f" machine; {seconds} s a round. From just before AgentCalled is written to the PBX's socket until a"
            " MutationObserver sees that caller's number in #pop. One clock: time.time() there, performance.timeOrigin"
            f" + performance.now() here, on the same machine; they agree within {clock_error:.1f} ms, as asking the"
            " pages for the time and halving the shortest way there and back shows. Every call is found on its page."
        ),
        header=("milliseconds", "median of the rounds (least to most)"),
        rows=rows,
        remarks=[
            f"{len(rounds[0])} calls a round; the gateway kept {100 * busy:.0f} % of one processor busy meanwhile.",
            f"The {OPERATORS} pages share the machine's processors with the gateway; on real desks they would not.",
        ],
    )


@asynccontextmanager
async def _page(browser: Browser, settings: Settings, lane: int) -> AsyncIterator[Page]:
    """Sign an operator in, on a page of his own."""
    context = await browser.new_context()
    try:
        await context.add_init_script(_WATCH)
        page = await context.new_page()
        await page.goto(f"http://{settings.web.host}:{settings.web.port}/sign-in")
        await page.get_by_test_id("work-number").fill(operator(lane))
        await page.get_by_test_id("password").fill(f"demo-{operator(lane)}")
        await page.get_by_test_id(f"seat-{seat(lane)}").check()
        await page.get_by_test_id("sign-in").click()
        await page.locator("[data-testid=seat-mood][data-mood=ready]").wait_for()
        yield page
    finally:
        await context.close()


async def _traffic(pbx: ScriptedPBX, recording: Recording, numbers: Iterator[int], seconds: int) -> dict[str, float]:
    """Let callers come, evenly; return when each rang, by his number, once all calls are over."""
    pbx.rung_at.clear()
    began = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for turn in range(round(seconds * CALLS_A_SECOND)):
            await asyncio.sleep(max(0.0, began + turn / CALLS_A_SECOND - time.monotonic()))
            place = Place(turn % OPERATORS, next(numbers), 0)
            calls.create_task(pbx.call(recording, place, _SHRINK))
    return dict(pbx.rung_at)


async def _delays(pages: Sequence[Page], rung: dict[str, float]) -> list[float]:
    """Return the milliseconds that each call's pop took; every call must be found."""
    seen: dict[str, float] = {}
    for page in pages:
        seen |= await page.evaluate(_TAKE)
    missing = rung.keys() - seen.keys()
    if missing:
        raise RuntimeError(f"{len(missing)} of {len(rung)} calls never popped up, among them {min(missing)}")
    return [seen[number] - at * 1000 for number, at in rung.items()]


async def _all_saved(page: Page) -> None:
    """Wait until no form is left: a page on which they pile up is not an operator's."""
    await expect(page.locator("#forms form")).to_have_count(0)


async def _clock_error(page: Page) -> float:
    """Return by how many milliseconds a page's clock may differ from ours, the way of the question included."""
    bounds: list[tuple[float, float]] = []
    for _ in range(50):
        asked = time.time() * 1000
        there = await page.evaluate(_NOW)
        answered = time.time() * 1000
        half = (answered - asked) / 2
        bounds.append((half, abs(there - asked - half) + half))
    return min(bounds)[1]
