"""What a ticket must say, derived from what SIPp sent and received and from what the PBX wrote down; nothing of ours.

Tickets are the API's JSON; instants are aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pbx import PBX
from sip_trace import SIPCall
from sipp import DeskPhone

TOLERANCE = timedelta(milliseconds=100)
"""How far a ticket's instants may be from the PBX's records, and from SIPp's clock on a machine that is not busy."""

_AT_A_BOUNDARY = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Rule:
    """N1 as these tests were set up: seconds a ring, rings allowed."""

    seconds: float
    limit: int = 4

    def rings(self, waited: timedelta) -> set[int]:
        """Return the ring a caller hears after waiting so long; two numbers where he is at a boundary."""
        both = (waited - _AT_A_BOUNDARY, waited + _AT_A_BOUNDARY)
        return {int(max(each.total_seconds(), 0) / self.seconds) + 1 for each in both}


@dataclass(frozen=True, slots=True)
class Offer:
    """One ringing of one operator's phone for this caller, as the phone saw it."""

    work_number: str
    call: SIPCall


@dataclass(frozen=True, slots=True)
class Truth:
    """One caller's call, as his phone and the operators' phones saw it."""

    caller: SIPCall
    offers: Sequence[Offer]
    rule: Rule
    answered_by: Offer | None = field(default=None)

    @property
    def waited(self) -> timedelta:
        """How long he heard ringing before a person answered or he gave up."""
        until = self.caller.answered_at or self.caller.ended_at
        assert until is not None, "he still waits"
        assert self.caller.ringing_at is not None, "he heard no ringing"
        return until - self.caller.ringing_at

    @property
    def hung_up_first(self) -> str:
        """Who sent the first BYE, or gave up."""
        if self.caller.answered_at is None or self.caller.hung_up_here:
            return "customer"
        assert self.answered_by is not None, "nobody of ours answered"
        return "operator" if self.answered_by.call.hung_up_here else "nobody"

    def of_ticket(self) -> dict[str, Any]:
        """Return the ticket's values that are certain."""
        answered = self.answered_by is not None
        return {
            "caller_number": self.caller.caller,
            "state": "ended" if answered else "abandoned",
            "operator": self.answered_by.work_number if self.answered_by else None,
            "offered_to": list(dict.fromkeys(offer.work_number for offer in self.offers)),
            "hung_up_first": self.hung_up_first,
        }


def truth(caller: SIPCall, desks: Mapping[str, DeskPhone], rule: Rule, *, answered_by: str | None = None) -> Truth:
    """Put together what the phones saw of one caller; `desks` by work number.

    `answered_by` settles which of several phones that picked up at the same instant the PBX has given the caller.
    """
    offers = sorted(
        (
            Offer(number, call)
            for number, phone in desks.items()
            for call in phone.calls
            if call.caller == caller.caller
        ),
        key=lambda offer: offer.call.invited_at,
    )
    picked_up = [offer for offer in offers if offer.call.answered_at and answered_by in (None, offer.work_number)]
    assert len(picked_up) <= 1, "several picked up: the PBX's own record has to say who was connected"
    return Truth(caller, offers, rule, picked_up[0] if picked_up else None)


def assert_true(
    ticket: Mapping[str, Any], expected: Truth, *, source: str = "live", within: timedelta = TOLERANCE
) -> None:
    """Fail unless the ticket says what the phones saw; its instants `within` this of SIPp's."""
    certain = {**expected.of_ticket(), "source": source}
    assert certain == {name: ticket[name] for name in certain}
    assert_rings(ticket, expected)
    for name, at in (
        ("opened_at", expected.caller.invited_at),
        ("queued_at", expected.caller.ringing_at),
        ("answered_at", expected.caller.answered_at),
        ("ended_at", expected.caller.ended_at),
    ):
        assert_at(name, ticket[name], at, within)


def assert_rings(ticket: Mapping[str, Any], expected: Truth) -> None:
    """Fail unless the rings and the verdict on them follow from how long the caller heard ringing."""
    assert ticket["rings"] in expected.rule.rings(expected.waited), f"waited {expected.waited}"
    assert_verdict(ticket, expected)


def assert_verdict(ticket: Mapping[str, Any], expected: Truth) -> None:
    """Fail unless the verdict follows from the rings and from whether somebody answered."""
    late = ticket["rings"] > expected.rule.limit
    if expected.answered_by:
        assert ticket["answered_on_ring"] == ticket["rings"]
        assert ticket["in_time"] is not late
    else:
        assert ticket["answered_on_ring"] is None
        assert ticket["in_time"] is (False if late else None)


def assert_at(name: str, told: str | None, at: datetime | None, within: timedelta) -> None:
    """Fail unless an instant of the ticket is this one, or both are none."""
    if told is None or at is None:
        assert told is at, f"{name} is {told}, and should be {at}"
    else:
        apart = abs(datetime.fromisoformat(told) - at)
        assert apart <= within, f"{name} is {told}, {apart} from {at}"


@dataclass(frozen=True, slots=True)
class Written:
    """What the PBX wrote of one caller: instants from CEL; operators and events from queue_log."""

    opened_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    answered_by: str | None
    queue_events: tuple[str, ...]


def written(pbx: PBX, caller: str) -> Written:
    """Return what the PBX wrote of the one call of this caller."""
    rows = [row for row in pbx.cel() if row["cidnum"] == caller and row["context"] in {"from-trunk", "hotline"}]
    (uniqueid,) = {row["linkedid"] for row in rows}
    own = [row for row in pbx.cel() if row["uniqueid"] == uniqueid]

    def first(kind: str, app: str | None = None) -> datetime | None:
        found = (row for row in own if row["eventtype"] == kind and app in (None, row["appname"]))
        return next((datetime.fromtimestamp(float(row["eventtime"]), UTC) for row in found), None)

    notes = [row for row in pbx.queue_log() if row[1] == uniqueid]
    opened_at = first("CHAN_START")
    assert opened_at is not None, "the PBX wrote no beginning of the call"
    return Written(
        opened_at,
        first("APP_START", "Queue"),
        first("BRIDGE_ENTER"),
        first("CHAN_END"),
        next((row[3] for row in notes if row[4] == "CONNECT"), None),
        tuple(row[4] for row in notes),
    )


def assert_as_written(ticket: Mapping[str, Any], pbx: PBX) -> None:
    """Fail unless the ticket agrees with the PBX's own records, to within 100 ms."""
    told = written(pbx, ticket["caller_number"])
    assert ticket["operator"] == told.answered_by
    for name in ("opened_at", "queued_at", "answered_at", "ended_at"):
        assert_at(name, ticket[name], getattr(told, name), TOLERANCE)
