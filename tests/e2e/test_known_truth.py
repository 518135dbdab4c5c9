"""Two hundred calls of known truth: the report's figures against a count of its own, made from SIPp's logs alone."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hotline import Hotline, fourring, hotline, until
from pbx import NUMBER, settings_for
from sip_trace import SIPCall
from truth import Rule, Truth, truth

RULE = Rule(0.6)
SOON = 1.0
OPERATORS = {
    "1001": {"answer_after": 0.3},
    "1002": {"answer_after": 0.9},
    "1003": {"answer_after": 1.5},
    "1004": {"answer_after": 2.7},
    "1005": {"answer_after": 0.3, "hang_up_after": 0.7},
    "1006": {"answer_after": 0.9, "hang_up_after": 0.7},
    "1007": {"answer_after": None},
    "1008": {"refuse": 486},
}
GROUPS = {
    "A": (140, {"hang_up_after": 1.5}),
    "B": (30, {"give_up_after": 0.25, "hang_up_after": 1.5}),
    "C": (20, {"give_up_after": 1.4, "hang_up_after": 1.5}),
    "D": (10, {"give_up_after": 2.75, "hang_up_after": 1.5}),
}
"""How many callers, and when they hang up after the answer, or give up before it."""
MOST_AT_A_BOUNDARY = 10
"""Calls that were answered so near the beginning of a ring that two clocks may differ about it."""


@pytest.fixture(scope="module")
def mixed_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline with eight desks."""
    settings = settings_for(
        tmp_path_factory.mktemp("mixed"),
        rings={"seconds": RULE.seconds},
        queue={"member_ring_seconds": 3},
        reports={"short_abandon_seconds": SOON},
        seats=[{"id": str(seat), "kind": "desk"} for seat in range(11, 19)],
    )
    with hotline(settings, more_operators=[*OPERATORS][3:]) as running:
        yield running


async def group_of_calls(house: Hotline, letter: str) -> list[SIPCall]:
    """Let one group call, spread over a minute and a half, and return their calls once all are over."""
    size, how = GROUPS[letter]
    callers = [f"139{ord(letter)}{number:05}" for number in range(size)]
    async with house.pbx.customer.calling(NUMBER, callers, rate=size / 90, sound=False, **how) as run:
        return await run.ended(within=200)


async def test_the_reports_figures_are_those_of_sipps_logs(mixed_house: Hotline) -> None:
    """Each count of the day is what the phones saw; so is the mean wait, to within a hundredth of a second or so."""
    house = mixed_house
    async with house.desks({number: {"sound": False, **how} for number, how in OPERATORS.items()}) as desks:
        groups = await asyncio.gather(*(group_of_calls(house, letter) for letter in GROUPS))
        calls = [call for group in groups for call in group]
        await until(
            house.tickets, lambda found: len(found) == len(calls) and all(ticket["ended_at"] for ticket in found)
        )
        truths = [truth(call, desks, RULE) for call in calls]
    assert 200 == len(calls)
    told = totals(house)
    assert {name: told[name] for name in counted(truths)} == {name: str(n) for name, n in counted(truths).items()}
    assert_rings_counted(told, truths)
    answered = [each for each in truths if each.answered_by]
    waited = sum(each.waited.total_seconds() for each in answered) / len(answered)
    assert float(told["speed of answer"]) == pytest.approx(waited, abs=0.06)  # printed to a tenth


def totals(house: Hotline) -> dict[str, str]:
    """Return the figures of all calls today, as the command prints them for a spreadsheet."""
    printed = fourring(house.settings, "report", "day", "--format", "csv")
    assert printed.returncode == 0, printed.stderr
    (everything,) = (row for row in csv.DictReader(io.StringIO(printed.stdout)) if row["day"] == "all")
    return everything


def counted(truths: Sequence[Truth]) -> Counter[str]:
    """Return the counts on which no two clocks can differ, from what the phones saw."""
    counts: Counter[str] = Counter({"calls": len(truths), "offered": len(truths), "lost": 0, "unseen": 0})
    for each in truths:
        counts["answered"] += each.answered_by is not None
        counts["operator hung up"] += each.answered_by is not None and each.hung_up_first == "operator"
        counts["left unrung"] += each.answered_by is None and not each.offers
        counts["left ringing"] += each.answered_by is None and bool(each.offers)
        counts["left soon"] += each.answered_by is None and each.waited.total_seconds() < SOON
    return counts


def assert_rings_counted(told: dict[str, str], truths: Sequence[Truth]) -> None:
    """Check in time, late and the histogram; a call at the boundary of two rings may stand on either of them."""
    sure: Counter[int] = Counter()
    possible: Counter[int] = Counter()
    in_time = [0, 0]
    late = [0, 0]
    for each in truths:
        rings = RULE.rings(each.waited)
        if each.answered_by:
            sure.update(rings if len(rings) == 1 else ())
            possible.update(rings)
        verdicts = {ring <= RULE.limit for ring in rings}
        for bounds, verdict in ((in_time, True), (late, False)):
            counts = verdict in verdicts and (each.answered_by is not None or not verdict)
            bounds[1] += counts
            bounds[0] += counts and len(verdicts) == 1
    assert sum(possible.values()) - sum(sure.values()) <= 2 * MOST_AT_A_BOUNDARY
    assert in_time[0] <= int(told["in time"]) <= in_time[1]
    assert late[0] <= int(told["late"]) <= late[1]
    assert min(in_time[0], late[0]) >= MOST_AT_A_BOUNDARY
    for ring in range(1, max(possible) + 1):
        assert sure[ring] <= int(told.get(f"ring {ring}") or 0) <= possible[ring], ring
