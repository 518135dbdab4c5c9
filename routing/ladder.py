"""The ladder (N1): what is done to a caller who waits, and on which of his rings. Pure: it says what is due."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.vocabulary import Step


class LadderError(ValueError):
    """The rules are no ladder; the message says which rung is wrong and how to write it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step, due when ring number `ring` begins, as `clause` demands."""

    step: Step
    ring: int
    clause: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs. `greets`: as the call connects, the caller hears company and work number."""

    rungs: tuple[Rung, ...] = ()
    greets: bool = False

    @property
    def last_ring(self) -> int:
        """The last ring on which anything is due; 0 where nothing is."""
        return max((rung.ring for rung in self.rungs), default=0)

    def due_on(self, ring: int) -> Iterator[Rung]:
        """Yield the rungs of one ring, in the order in which the rules name them."""
        return (rung for rung in self.rungs if rung.ring == ring)


NO_LADDER: Final = Ladder()


def ladder_of(rules: Iterable[Mapping[str, Any]], limit: int, *, greets: bool) -> Ladder:
    """Return the ladder that the rules describe, where `limit` rings are allowed; raises LadderError."""
    rungs = tuple(_rung(number, rule, limit) for number, rule in enumerate(rules, 1))
    for rung in rungs:
        if sum(other.step is rung.step for other in rungs) > 1:
            raise LadderError(f"the step {rung.step} stands there twice: leave one of them out")
    return Ladder(rungs, greets)


def _rung(number: int, rule: Mapping[str, Any], limit: int) -> Rung:
    steps = [step.value for step in Step if step is not Step.GREET]
    if rule.get("step") not in steps:
        raise LadderError(f"rung {number}: step is one of {', '.join(steps)}, not {rule.get('step')!r}")
    rings = {name: rule[name] for name in ("ring", "after_limit") if name in rule}
    if len(rings) != 1 or not all(type(ring) is int and ring >= 1 for ring in rings.values()):
        raise LadderError(f"rung {number} ({rule['step']}): it needs either ring or after_limit, a number from 1")
    ring = rings.get("ring") or limit + rings["after_limit"]
    return Rung(Step(rule["step"]), ring, str(rule.get("clause", "")))
