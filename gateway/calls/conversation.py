"""What happens between an operator's answer and the end: hold, transfers, the queue's own account. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from gateway.ami import events as ami
from gateway.calls.call import Call
from routing.facts import Fact
from routing.vocabulary import FactKind


def held(call: Call, event: ami.HoldChanged) -> Iterator[Fact]:
    """Note a change of hold; that it stays as it is, is none."""
    times = {
        kind: sum(seen is kind and subject.startswith(f"{event.uniqueid}:") for seen, subject in call.seen)
        for kind in (FactKind.HELD, FactKind.RESUMED)
    }
    kind = FactKind.HELD if event.held else FactKind.RESUMED
    if event.held is (times[FactKind.HELD] == times[FactKind.RESUMED]):
        yield from call.fact(kind, event.at, f"{event.uniqueid}:{times[kind] + 1}", by=call.party(event.uniqueid))


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
