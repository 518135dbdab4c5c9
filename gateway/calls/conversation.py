"""What happens between an operator's answer and the end: hold, transfers, the queue's own account. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg
from routing.conversations import PARKED
from routing.facts import Fact
from routing.vocabulary import FactKind, Party

_HOLD: Final = (FactKind.HELD, FactKind.RESUMED)
_PAUSE: Final = (FactKind.RECORDING_PAUSED, FactKind.RECORDING_RESUMED)


def held(call: Call, event: ami.HoldChanged) -> Iterator[Fact]:
    """Note a change of hold; that it stays as it is, is none."""
    yield from _changed(call, _HOLD, event.uniqueid, event.at, begins=event.held, by=call.party(event.uniqueid))


def music(call: Call, event: ami.MusicChanged) -> Iterator[Fact]:
    """Note that the PBX holds a caller, or no longer; a hold by a phone tells of itself, whatever music he hears."""
    if event.uniqueid != call.caller or (event.plays and _held_by_phone(call)):
        return
    if event.plays or call.parked_at is not None:
        call.parked_at = event.at if event.plays else None
        yield from _changed(call, _HOLD, PARKED, event.at, begins=event.plays, by=Party.OPERATOR)


def together(call: Call, at: datetime) -> Iterator[Fact]:
    """Note that a parked caller talks to somebody again, where the end of his music went unseen.

    That he did before he was parked may be told late.
    """
    if call.parked_at is not None and call.parked_at < at:
        yield from music(call, ami.MusicChanged(at, plays=False, uniqueid=call.caller))


def _held_by_phone(call: Call) -> bool:
    """Say whether the phone of somebody who is with the caller has put him on hold; who has left holds nobody."""
    company = {one for present in call.bridges.values() if call.caller in present for one in present}
    return any(
        _times(call, FactKind.HELD, leg) > _times(call, FactKind.RESUMED, leg) for leg in company - {call.caller}
    )


def _times(call: Call, kind: FactKind, of: str) -> int:
    return sum(seen is kind and subject.startswith(f"{of}:") for seen, subject in call.seen)


def let_go(call: Call, leg_id: str, event: ami.HangupRequested) -> Iterator[Fact]:
    """Note that the operator of a parked caller hangs up: he leaves him to a colleague or to the queue, not alone."""
    leg = call.legs[leg_id]
    leg.passed_on = True
    yield from call.fact(FactKind.TRANSFERRED, event.at, f"{leg_id}:", how="let_go", operator=leg.operator, target="")


def consulted(call: Call, event: ami.LegDialled) -> Iterator[Fact]:
    """Note that an operator asks a colleague about his caller, who is on hold meanwhile."""
    call.legs.setdefault(event.leg, Leg(event.operator, event.interface, event.at))
    yield from call.fact(
        FactKind.CONSULTED,
        event.at,
        event.leg,
        by=call.legs[event.uniqueid].operator,
        operator=event.operator,
        interface=event.interface,
        **({"to_leader": True} if event.to_leader else {}),
    )


def consultant_picked_up(call: Call, event: ami.DialEnded) -> Iterator[Fact]:
    """Note that the colleague talks to who asks him."""
    if event.status == "ANSWER":
        yield from call.fact(FactKind.CONSULTANT_ANSWERED, event.at, event.leg, operator=call.legs[event.leg].operator)


def consultation_over(call: Call, leg: str, at: datetime) -> Iterator[Fact]:
    """Note that the colleague is gone; if the caller was left to him, that is the end of a conversation instead."""
    if call.was_asked(leg) and not call.answered(leg):
        yield from call.fact(FactKind.CONSULTATION_ENDED, at, leg, operator=call.legs[leg].operator)


def recording_began(call: Call, event: ami.RecordingBegan) -> Iterator[Fact]:
    """Note that whatever the caller talks will be recorded. One that is begun anew is paused no longer, by nobody."""
    if event.uniqueid == call.caller:
        yield from call.fact(FactKind.RECORDING_BEGAN, event.at)
        yield from _changed(call, _PAUSE, event.uniqueid, event.at, begins=False, by="")


def recording_muted(call: Call, event: ami.RecordingMuted) -> Iterator[Fact]:
    """Note that the recording is silent, or no longer, and who talks to the caller meanwhile."""
    if event.uniqueid == call.caller:
        operator = call.legs[call.answers[-1][1]].operator if call.answers else ""
        yield from _changed(call, _PAUSE, event.uniqueid, event.at, begins=event.muted, by=operator)


def _changed(
    call: Call, kinds: tuple[FactKind, FactKind], of: str, at: datetime, *, begins: bool, by: str
) -> Iterator[Fact]:
    """Note the n-th beginning or end of what goes on and off; that it stays as it is, is none."""
    began, over = (_times(call, kind, of) for kind in kinds)
    kind, times = (kinds[0], began) if begins else (kinds[1], over)
    if begins is (began == over):
        yield from call.fact(kind, at, f"{of}:{times + 1}", by=by)


def transferred(call: Call, event: ami.CallTransferred) -> Iterator[Fact]:
    """Note a transfer: it explains that the operator who acted leaves the caller."""
    leg = call.legs.get(event.transferer)
    if leg is not None:
        leg.passed_on = True
        call.passed_on = event.how == "blind"
    yield from call.fact(
        FactKind.TRANSFERRED,
        event.at,
        f"{event.transferer}:{event.target}",
        how=event.how,
        operator=leg.operator if leg else "",
        target=event.target,
        **({"to_leader": True} if event.to_leader else {}),
    )


def completed(call: Call, event: ami.OperatorCompleted) -> Iterator[Fact]:
    """Note the queue's own account; it may come after the caller's hang-up and may lack the leg."""
    leg = event.leg or next((key for key, leg in call.legs.items() if leg.interface == event.interface), "")
    yield from call.fact(
        FactKind.COMPLETED,
        event.at,
        leg or event.interface,
        operator=event.operator,
        reason=event.reason,
        talked_s=event.talked // timedelta(seconds=1),
    )
