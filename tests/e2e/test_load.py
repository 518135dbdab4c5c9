"""Thirty customers at once on ten desks: nobody is lost, none are mixed up, nobody idles while somebody waits."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hotline import Hotline, hotline, until
from pbx import NUMBER, settings_for
from sip_trace import SIPCall
from sipp import DeskPhone
from truth import Rule, assert_verdict, truth, written

RULE = Rule(0.6)
OPERATORS = [str(number) for number in range(1001, 1011)]
CALLERS = [f"138200000{n:02}" for n in range(30)]


@pytest.fixture(scope="module")
def big_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Run a hotline with ten desk phones."""
    settings = settings_for(
        tmp_path_factory.mktemp("big"),
        rings={"seconds": RULE.seconds},
        seats=[{"id": str(seat), "kind": "desk"} for seat in range(11, 21)],
    )
    with hotline(settings, more_operators=OPERATORS[3:]) as running:
        yield running


async def test_thirty_calls_at_once_on_ten_desks(big_house: Hotline) -> None:
    """Each of thirty simultaneous callers has one ticket that is true; each operator takes one call after another."""
    async with big_house.desks({number: {"answer_after": 0.4, "sound": False} for number in OPERATORS}) as desks:
        async with big_house.pbx.customer.calling(NUMBER, CALLERS, rate=1000, hang_up_after=1.2, sound=False) as run:
            calls = await run.ended(within=90)
        tickets = await until(
            big_house.tickets,
            lambda found: len(found) >= len(CALLERS) and all(ticket["ended_at"] for ticket in found),
        )
        phones = {number: phone.calls for number, phone in desks.items()}

    began = sorted(call.invited_at for call in calls)
    assert began[-1] - began[0] < timedelta(seconds=1.5), "they did not call at once"
    assert Counter(CALLERS) == Counter(ticket["caller_number"] for ticket in tickets)
    assert len(CALLERS) == len({ticket["call"] for ticket in tickets}) == len({ticket["number"] for ticket in tickets})
    for call in calls:
        ticket = next(each for each in tickets if each["caller_number"] == call.caller)
        _assert_true(big_house, desks, call, ticket)
    for number, taken in phones.items():
        _assert_one_after_another(number, taken)
    assert set(OPERATORS) == {ticket["operator"] for ticket in tickets}


def _assert_true(house: Hotline, desks: dict[str, DeskPhone], call: SIPCall, ticket: dict[str, object]) -> None:
    expected = truth(call, desks, RULE)
    certain = {**expected.of_ticket(), "source": "live"}
    assert certain == {name: ticket[name] for name in certain}
    told = written(house.pbx, call.caller)
    assert told.answered_by == ticket["operator"]
    # SIPp, with forty calls in its hands, is late itself: here the PBX's own clock is the judge
    for name in ("queued_at", "answered_at", "ended_at"):
        at = getattr(told, name)
        assert at is not None
        assert abs(datetime.fromisoformat(str(ticket[name])) - at) < timedelta(milliseconds=200), name
    waited = datetime.fromisoformat(str(ticket["answered_at"])) - datetime.fromisoformat(str(ticket["queued_at"]))
    assert ticket["rings"] == waited // timedelta(seconds=RULE.seconds) + 1, f"waited {waited}"
    assert_verdict(ticket, expected)


def _assert_one_after_another(number: str, taken: list[SIPCall]) -> None:
    answered = sorted((call for call in taken if call.answered_at), key=lambda call: call.invited_at)
    assert len(answered) >= 2, f"{number} took {len(answered)} of thirty calls"
    for one, following in pairwise(answered):
        assert one.ended_at is not None
        assert one.ended_at <= following.invited_at, f"{number} was rung while he talked"
