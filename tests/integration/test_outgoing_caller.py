"""Ordering calls to customers: one from each phone at a time, and nothing twice where the PBX's answer is lost (I6)."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from gateway.ami.errors import ActionRefusedError, ActionTimeoutError, AMIError, ConnectionLostError
from gateway.ami.record import RecordKind
from gateway.conduct import Outgoing
from gateway.outgoing import NotCalled, OutgoingCaller, OutgoingError
from gateway.seat_states import Device
from routing.facts import Fact
from routing.outgoing import Purpose
from routing.outgoing_limits import day_begins
from routing.vocabulary import FactKind
from storage.audit import notes
from storage.engine import Storage

CALLER = "yq-1.0"
SHANGHAI = ZoneInfo("Asia/Shanghai")
CALL, NUMBER = f"yq/{CALLER}", "13800138000"
PHONES = {"9101": "13", "9102": "13"}


def at(seconds: float) -> datetime:
    """Return an instant so many seconds after a noon."""
    return datetime(2026, 11, 23, 4, tzinfo=UTC) + timedelta(seconds=seconds)


@dataclass
class PBX:
    """Takes orders, or fails; 1001 sits at seat 11, whose phone is in this state."""

    storage: Storage
    trouble: AMIError | None = None
    device: Device = Device.NOT_IN_USE
    ordered: list[dict[str, str]] = field(default_factory=list)
    noted: list[dict[str, str]] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: at(0))

    async def act(self, _action: str, /, **headers: str) -> None:
        """Take an order."""
        self.ordered.append(headers)
        if self.trouble:
            raise self.trouble

    async def note(self, kind: RecordKind, payload: bytes) -> None:
        """Put something on record."""
        assert RecordKind.OUTGOING is kind
        self.noted.append(json.loads(payload))

    def of(self, number: str) -> SimpleNamespace | None:
        """Return the seat of 1001."""
        return SimpleNamespace(seat=SimpleNamespace(id="11"), device=self.device) if number == "1001" else None

    def caller(self, trunk: str = "demo", **limits: object) -> OutgoingCaller:
        """Return who calls."""
        settings = Outgoing(trunk=trunk, phones=PHONES, **limits)
        return OutgoingCaller(settings, self, self, self.storage, SHANGHAI, lambda: self.now)


async def why(
    caller: OutgoingCaller, by: str = "1001", number: str = NUMBER, purpose: Purpose = Purpose.CALLBACK
) -> NotCalled | None:
    """Try to call; return why it was not done, None where it was."""
    try:
        await caller.call(CALL, number, by, purpose)
    except OutgoingError as problem:
        return problem.why
    return None


async def test_the_phone_of_who_calls_is_rung_and_then_the_customers(storage: Storage) -> None:
    """It is on record before it is ordered, under a name that says whose call it is about."""
    pbx = PBX(storage)
    assert await why(pbx.caller()) is None
    (order,), (note,) = pbx.ordered, pbx.noted
    assert ("PJSIP/seat-11", "call-out", NUMBER) == (order["Channel"], order["Context"], order["Exten"])
    assert order["ChannelId"] == note["id"]
    assert note["id"].endswith(CALLER)


@pytest.mark.parametrize(
    ("by", "number", "trunk", "device", "expected"),
    [
        ("1001", NUMBER, "", Device.NOT_IN_USE, NotCalled.NO_TRUNK),
        ("1001", "anonymous", "demo", Device.NOT_IN_USE, NotCalled.NO_NUMBER),
        ("1001", "0044207946000012", "demo", Device.NOT_IN_USE, NotCalled.NO_NUMBER),
        ("1002", NUMBER, "demo", Device.NOT_IN_USE, NotCalled.NO_SEAT),
        ("1001", NUMBER, "demo", Device.IN_USE, NotCalled.PHONE_BUSY),
        ("1001", NUMBER, "demo", Device.UNAVAILABLE, NotCalled.PHONE_BUSY),
    ],
)
async def test_what_cannot_be_called_is_said_and_orders_nothing(
    storage: Storage, by: str, number: str, trunk: str, device: Device, expected: NotCalled
) -> None:
    """Neither by whom, nor whom, nor with what."""
    pbx = PBX(storage, device=device)
    assert expected is await why(pbx.caller(trunk), by, number)
    assert [] == pbx.ordered + pbx.noted


async def test_i6_a_phone_calls_once_at_a_time_also_where_two_share_it(storage: Storage) -> None:
    """Until that call is over, however long it lasts; a refused order frees it at once."""
    pbx = PBX(storage)
    caller = pbx.caller()
    assert await why(caller, "9101") is None
    assert NotCalled.PHONE_BUSY is await why(caller, "9102")
    outgoing = pbx.ordered[0]["ChannelId"]
    caller.take([Fact(CALL, FactKind.OUTGOING_ANSWERED, at(60), outgoing)])
    pbx.now += timedelta(minutes=30)
    assert NotCalled.PHONE_BUSY is await why(caller, "9101")
    caller.take([Fact(CALL, FactKind.OUTGOING_ENDED, at(1900), outgoing)])
    pbx.trouble = ActionRefusedError("Originate", "no such extension")
    assert NotCalled.REFUSED is await why(caller, "9101")
    assert "REFUSED" == pbx.noted[-1]["status"]
    pbx.trouble = None
    assert await why(caller, "9102") is None


@pytest.mark.parametrize("trouble", [ActionTimeoutError("late"), ConnectionLostError("gone")])
async def test_i8_an_order_without_an_answer_is_not_called_refused_and_not_repeated(
    storage: Storage, trouble: AMIError
) -> None:
    """The PBX may have begun; after a while in which nothing is heard of it the phone is free again."""
    pbx = PBX(storage, trouble=trouble)
    caller = pbx.caller()
    assert NotCalled.UNKNOWN is await why(caller)
    assert ["operator" in note for note in pbx.noted] == [True]
    pbx.trouble = None
    assert NotCalled.PHONE_BUSY is await why(caller)
    assert 1 == len(pbx.ordered)
    pbx.now += timedelta(minutes=4)
    assert await why(caller) is None


async def test_i10_who_is_called_stands_in_the_audit_before_he_is(storage: Storage) -> None:
    """By whom, why and at which number; what is refused for a reason of ours orders nothing and leaves nothing."""
    pbx = PBX(storage)
    caller = pbx.caller(a_day_each=1)
    assert await why(caller) is None
    over(caller, pbx)
    assert NotCalled.EACH is await why(caller, "9101")
    assert len(pbx.ordered) == 1
    async with storage.reading() as work:
        (note,) = await notes(work, at(-60))
    assert (note.at, note.who, note.what) == (pbx.now, "1001", "customer called")
    assert note.detail == {"call": CALL, "purpose": "callback", "number": NUMBER}


async def test_i10_the_limits_hold_across_a_restart_and_end_with_the_local_day(storage: Storage) -> None:
    """They are counted from the audit, not from what a process remembers."""
    pbx = PBX(storage)
    for number in ("13800138000", "13800138001"):
        caller = pbx.caller(a_day=2)
        assert await why(caller, number=number) is None
    assert NotCalled.A_DAY is await why(pbx.caller(a_day=2), number="13800138002")
    pbx.now = day_begins(pbx.now, SHANGHAI) + timedelta(days=1)
    assert await why(pbx.caller(a_day=2), number="13800138002") is None


async def test_i10_at_night_nobody_is_visited_and_who_was_promised_a_call_gets_it(storage: Storage) -> None:
    """By the hotline's own time; a phone that was refused is free at once."""
    pbx = PBX(storage, now=day_begins(at(0), SHANGHAI) + timedelta(hours=22))
    caller = pbx.caller("127.0.0.1:5070")
    assert NotCalled.QUIET is await why(caller, purpose=Purpose.VISIT)
    assert await why(caller, purpose=Purpose.CALLBACK) is None


async def test_i10_so_many_are_called_at_once_and_no_more(storage: Storage) -> None:
    """Until one of them is over."""
    pbx = PBX(storage)
    caller = pbx.caller(at_once=1)
    assert await why(caller) is None
    assert NotCalled.AT_ONCE is await why(caller, "9101", "13800138001")
    over(caller, pbx)
    assert await why(caller, "9101", "13800138001") is None


def over(caller: OutgoingCaller, pbx: PBX) -> None:
    """Let the call that was ordered last be over."""
    caller.take([Fact(CALL, FactKind.OUTGOING_ENDED, pbx.now, pbx.ordered[-1]["ChannelId"])])
