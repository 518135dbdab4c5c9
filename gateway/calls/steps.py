"""What is done to a call beyond putting it through (N1): when a greeting is due, what was spoken, what failed. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.ami import events as ami
from gateway.calls.call import Call, Leg, Stage
from gateway.calls.supervision import supervised
from routing.facts import Fact
from routing.vocabulary import FactKind, Step


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step that was due could not be taken; `reason` is one line for people."""

    at: datetime
    uniqueid: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class HarassmentWarned:
    """An operator says on his page that he has warned the caller (N7)."""

    at: datetime
    uniqueid: str
    operator: str


@dataclass(frozen=True, slots=True)
class ApologyShown:
    """The page of the operator who talks to the caller shows that an apology is due (N1)."""

    at: datetime
    uniqueid: str
    operator: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """An operator orders on his page how his call is to end: by the rating (N2), or by a hang-up (N7)."""

    at: datetime
    uniqueid: str
    operator: str
    step: str


@dataclass(frozen=True, slots=True)
class NobodySignedIn:
    """There is nobody at all who could answer."""

    at: datetime


def with_nobody(call: Call, event: NobodySignedIn) -> Iterator[Fact]:
    """Let come due what is due where nobody could answer."""
    for rung in call.ladder.due_with_nobody():
        yield from call.fact(FactKind.STEP_DUE, event.at, rung.step, clause=rung.clause, nobody_signed_in=True)


def pressed(call: Call, event: ami.DigitPressed) -> Iterator[Fact]:
    """Note that a caller who was offered to be called back presses 1 (N3); any other key means nothing."""
    offered = (FactKind.STEP_DUE, Step.OFFER_CALLBACK) in call.seen
    failed = (FactKind.STEP_FAILED, Step.OFFER_CALLBACK) in call.seen
    if event.uniqueid == call.caller and event.digit == "1" and offered and not failed:
        yield from call.fact(FactKind.CALLBACK_ASKED, event.at)
        yield from call.fact(FactKind.STEP_DUE, event.at, Step.PROMISE_CALLBACK, clause="N3")


def greeting_due(call: Call, leg: Leg, at: datetime) -> Iterator[Fact]:
    """Let the caller hear who answered, the first time somebody does."""
    yield from call.fact(FactKind.STEP_DUE, at, Step.GREET, operator=leg.operator, clause="N1")


def spoken(call: Call, event: ami.SpeechChanged) -> Iterator[Fact]:
    """Note what the PBX says of a speech of ours, or of a shift leader who listens in, which has another word."""
    yield from supervised(call, event)
    if event.uniqueid != call.caller or event.account not in set(Step):
        return
    if event.begins:
        yield from call.fact(FactKind.SPEECH_BEGAN, event.at, event.account)
    elif (FactKind.SPEECH_BEGAN, event.account) in call.seen:
        yield from call.fact(FactKind.SPEECH_ENDED, event.at, event.account)


def warned(call: Call, event: HarassmentWarned) -> Iterator[Fact]:
    """Note a warning; only who talks to the caller can give one."""
    if _talks(call, event.operator):
        yield from call.fact(FactKind.HARASSMENT_WARNED, event.at, event.operator, operator=event.operator, clause="N7")


def apology_shown(call: Call, event: ApologyShown) -> Iterator[Fact]:
    """Note what a page shows; only to who talks to the caller is it of use."""
    if _talks(call, event.operator):
        yield from call.fact(FactKind.APOLOGY_SHOWN, event.at, event.operator, operator=event.operator, clause="N1")


def ordered(call: Call, event: Ordered) -> Iterator[Fact]:
    """Note an order, each once; only who talks to the caller can give one, a hang-up only once he has been warned.

    A warning by who passed him on counts: the page shows it to whoever has the caller now.
    """
    rating = (FactKind.RATING_BEGAN, "") in call.seen
    warned_first = any(kind is FactKind.HARASSMENT_WARNED for kind, _ in call.seen)
    clause = {Step.RATE: "N2", Step.HANG_UP: "N7" if warned_first else ""}.get(Step(event.step), "")
    if clause and not rating and _talks(call, event.operator):
        yield from call.fact(FactKind.ORDERED, event.at, event.step, operator=event.operator, clause=clause)


def _talks(call: Call, operator: str) -> bool:
    talked = {leg.operator for key, leg in call.legs.items() if call.answered(key)}
    return call.stage is Stage.TALKING and operator in talked


def told(call: Call, event: ami.DialplanTold) -> Iterator[Fact]:
    """Note what the dialplan says of a caller, not of who else is on its lines."""
    if event.uniqueid == call.caller:
        yield from (_rating if event.about == "Rating" else _ivr)(call, event)


def _rating(call: Call, event: ami.DialplanTold) -> Iterator[Fact]:
    """Note that he is asked for a rating, the one digit that he gave, that he is released."""
    if event.word in _RATINGS:
        yield from call.fact(FactKind.RATED, event.at, rating=int(event.word))
    elif event.word in _RATING_FACTS:
        yield from call.fact(_RATING_FACTS[event.word], event.at)


def _ivr(call: Call, event: ami.DialplanTold) -> Iterator[Fact]:
    """Note a step of the dialogue with the IVR; what is none is not from our dialplan."""
    if step := _IVR_STEP.fullmatch(event.word):
        yield from call.fact(FactKind.IVR_STEP, event.at, event.word, step=step[1], choice=step[2])


_IVR_STEP: Final = re.compile(r"[1-9][0-9]{0,2}/([a-z_]{1,40})/([a-z_]{0,40})")
_RATINGS: Final = frozenset("12345")
_RATING_FACTS: Final = {"began": FactKind.RATING_BEGAN, "over": FactKind.RATING_ENDED}


def failed(call: Call, event: StepFailed) -> Iterator[Fact]:
    """Note that a step failed, and why: it is not tried again (I6)."""
    yield from call.fact(FactKind.STEP_FAILED, event.at, event.step, reason=event.reason)
