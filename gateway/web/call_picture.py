"""One call drawn as a picture: what happened on the caller's line and at each operator's phone, over time. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from markupsafe import Markup

from gateway.web.catalogue import Texts
from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import FactKind, Step

Scale: TypeAlias = Callable[[datetime], float]
_WIDTH, _LEFT, _RIGHT = 1160.0, 120.0, 20.0
_LANE, _BAR, _TOP = 34.0, 18.0, 26.0
_SPOKEN: Final[Mapping[str, str]] = {
    Step.APOLOGISE: "step.apologise",
    Step.GREET: "step.greet",
    Step.OFFER_CALLBACK: "step.offer_callback",
}
_LASTING: Final[Mapping[FactKind, tuple[str, str, tuple[FactKind, ...]]]] = {
    FactKind.QUEUED: ("waited", "picture.waited", (FactKind.ANSWERED, FactKind.ABANDONED, FactKind.ENDED)),
    FactKind.OFFERED: ("rang", "picture.rang", (FactKind.OFFER_ENDED,)),
    FactKind.ANSWERED: ("talked", "picture.talked", (FactKind.TRANSFERRED, FactKind.ANSWERED)),
    FactKind.HELD: ("held", "picture.held", (FactKind.RESUMED,)),
    FactKind.CONSULTED: ("asked", "picture.asked", (FactKind.CONSULTATION_ENDED, FactKind.ANSWERED)),
    FactKind.SPEECH_BEGAN: ("spoken", "picture.system", (FactKind.SPEECH_ENDED,)),
}
"""What is drawn as a bar from one fact to the next of these: its look, its text, what ends it."""
_OF_THE_CALL: Final = frozenset({FactKind.QUEUED, FactKind.ANSWERED})
"""What ends by what happens to the call, and not on the same leg, hold or step only."""
_APART: Final = 16.0
"""How far apart two numbers of rings must stand to be read."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted: `what` is waited, rang, talked, held, asked or spoken."""

    lane: str
    what: str
    began_at: datetime
    ended_at: datetime
    says: str


def picture(facts: Sequence[Fact], rule: RingRule, t: Texts) -> Markup:
    """Return the call as SVG; `facts` are one call's, as they happened."""
    began_at = facts[0].at
    ended_at = max(facts[-1].at, began_at + timedelta(seconds=1))
    bars = list(_bars(facts, ended_at, t))
    lanes = list(dict.fromkeys([t("picture.caller"), *(bar.lane for bar in bars)]))
    scale = (_WIDTH - _LEFT - _RIGHT) / (ended_at - began_at).total_seconds()

    def x(at: datetime) -> float:
        return _LEFT + (at - began_at).total_seconds() * scale

    height = _TOP + len(lanes) * _LANE + 8
    parts = [Markup('<svg class="call-picture" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        f"{_WIDTH:g}", f"{height:g}", t("picture.label"))]  # fmt: skip
    parts += _ring_marks(facts, rule, x, height, t)
    for number, lane in enumerate(lanes):
        y = _TOP + number * _LANE
        parts.append(Markup('<text x="4" y="{}">{}</text>').format(f"{y + 14:g}", lane))
        parts += [_drawn(bar, x, y) for bar in bars if bar.lane == lane]
    return Markup("").join([*parts, Markup("</svg>")])


def _drawn(bar: Bar, x: Scale, y: float) -> Markup:
    width = max(x(bar.ended_at) - x(bar.began_at), 2)
    shape = Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:g}" rx="3"><title>{}</title></rect>'
    )
    return shape.format(bar.what, x(bar.began_at), y, width, _BAR, bar.says)


def _ring_marks(facts: Sequence[Fact], rule: RingRule, x: Scale, height: float, t: Texts) -> Iterator[Markup]:
    """Draw where each ring began, and from where on it was too late."""
    line = Markup('<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="16" y2="{:g}"><title>{}</title></line>')
    last = 0.0
    for fact in facts:
        if fact.kind is FactKind.RING_BEGAN:
            at = x(fact.at)
            yield line.format("ring", at, at, height, t("picture.ring", ring=fact.subject))
            if at - last >= _APART:
                yield Markup('<text class="ring" x="{:.1f}" y="12">{}</text>').format(at - 3, fact.subject)
                last = at
    queued = next((fact for fact in facts if fact.kind is FactKind.QUEUED), None)
    if queued and (limit := queued.at + rule.limit * rule.period) <= facts[-1].at:
        yield line.format("limit", x(limit), x(limit), height, t("picture.limit", limit=rule.limit))


def _bars(facts: Sequence[Fact], ended_at: datetime, t: Texts) -> Iterator[Bar]:
    for number, fact in enumerate(facts):
        if fact.kind not in _LASTING:
            continue
        what, says, ends = _LASTING[fact.kind]
        after = facts[number + 1 :]
        if fact.kind not in _OF_THE_CALL:
            after = [each for each in after if each.subject == fact.subject]
        until = _next(after, *ends) or ended_at
        for lane in _lanes(fact, t):
            yield Bar(lane, what, fact.at, until, t(_SPOKEN.get(fact.subject, says), seconds=_lasted(fact.at, until)))


def _lanes(fact: Fact, t: Texts) -> tuple[str, ...]:
    """Return in whose lanes it is drawn: a conversation in both."""
    match fact.kind:
        case FactKind.QUEUED | FactKind.HELD:
            return (t("picture.caller"),)
        case FactKind.SPEECH_BEGAN:
            return (t("picture.system"),)
        case FactKind.ANSWERED:
            return (_at(fact), t("picture.caller"))
        case _:
            return (_at(fact),)


def _at(fact: Fact) -> str:
    return fact.text("operator") or fact.text("interface")


def _next(facts: Sequence[Fact], *kinds: FactKind) -> datetime | None:
    return next((fact.at for fact in facts if fact.kind in kinds), None)


def _lasted(began_at: datetime, ended_at: datetime) -> str:
    return f"{(ended_at - began_at).total_seconds():.1f}"
