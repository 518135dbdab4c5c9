"""A shift leader listens in on a colleague's call, as the PBX tells it; that he does is no conversation. Pure."""

from collections.abc import Iterator

from gateway.ami import events as ami
from gateway.calls.call import Call
from routing.facts import Fact
from routing.vocabulary import FactKind, Supervision


def account_of(how: Supervision, by: str) -> str:
    """Return the word under which a use is ordered, and by which the PBX reports it: "whisper-9001"."""
    return f"{how}-{by}"


def supervised(call: Call, event: ami.SpeechChanged) -> Iterator[Fact]:
    """Note that somebody begins or ends to listen in; each use is told apart by his channel."""
    how, _, by = event.account.partition("-")
    leg = call.legs.get(event.uniqueid)
    if how not in set(Supervision) or leg is None or not call.answered(event.uniqueid):
        return
    if event.begins:
        said = {"how": how, "by": by, "operator": leg.operator}
        yield from call.fact(FactKind.SUPERVISION_BEGAN, event.at, event.speaker, **said)
    elif (FactKind.SUPERVISION_BEGAN, event.speaker) in call.seen:
        yield from call.fact(FactKind.SUPERVISION_ENDED, event.at, event.speaker)
