"""The ladder (N1): what is done to a caller who waits, and on which of his rings. Pure: it says what is due."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.vocabulary import Step


class LadderError(ValueError):
    """The rules are no ladder; the message says which rung is wrong and how to write it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step, due when ring number `ring` begins, as `clause` demands; None: on no ring.

    `nobody_signed_in`: it is due at once where there is nobody who could answer.
    """

    step: Step
    ring: int | None
    clause: str
    nobody_signed_in: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs. `greets`: as the call connects, the caller hears company and work number."""

    rungs: tuple[Rung, ...] = ()
    greets: bool = False

    @property
    def last_ring(self) -> int:
        """The last ring on which anything is due; 0 where nothing is."""
        return max((rung.ring or 0 for rung in self.rungs), default=0)

    def ring_of(self, step: Step) -> int | None:
        """Return the ring on which a step is due; None for never."""
        return next((rung.ring for rung in self.rungs if rung.step is step), None)

    def due_on(self, ring: int) -> Iterator[Rung]:
        """Yield the rungs of one ring, in the order in which the rules name them."""
        return (rung for rung in self.rungs if rung.ring == ring)

    def due_with_nobody(self) -> Iterator[Rung]:
        """Yield the rungs that are due where nobody is signed in."""
        return (rung for rung in self.rungs if rung.nobody_signed_in)


NO_LADDER: Final = Ladder()
_OF_THEMSELVES: Final = frozenset({Step.GREET, Step.PROMISE_CALLBACK})
"""Steps that no ring makes due: an answer does, and a caller's key."""


def ladder_of(rules: Mapping[str, Any], limit: int, *, greets: bool) -> Ladder:
    """Return the ladder in a rules file, where `limit` rings are allowed; raises LadderError."""
    strange = ", ".join(rules.keys() - {"ladder"})
    rungs = rules.get("ladder", [])
    if strange or not isinstance(rungs, list) or not all(isinstance(rung, dict) for rung in rungs):
        raise LadderError(f"each rung stands under [[ladder]], and nothing else is known{strange and f': {strange}'}")
    ladder = Ladder(tuple(_rung(number, rung, limit) for number, rung in enumerate(rungs, 1)), greets)
    for step in {rung.step for rung in ladder.rungs}:
        if sum(rung.step is step for rung in ladder.rungs) > 1:
            raise LadderError(f"the step {step} stands there twice: leave one of them out")
    return ladder


def _rung(number: int, rule: Mapping[str, Any], limit: int) -> Rung:
    steps = [step.value for step in Step if step not in _OF_THEMSELVES]
    if rule.get("step") not in steps:
        raise LadderError(f"rung {number}: step is one of {', '.join(steps)}, not {rule.get('step')!r}")
    name = f"rung {number} ({rule['step']})"
    if strange := rule.keys() - _KEYS:
        raise LadderError(f"{name}: {', '.join(sorted(strange))} is unknown: it has {', '.join(_KEYS)}")
    nobody = rule.get("nobody_signed_in", False)
    if type(nobody) is not bool:
        raise LadderError(f"{name}: nobody_signed_in is true or false")
    rings = {key: rule[key] for key in ("ring", "after_limit") if key in rule}
    if len(rings) > 1 or not (rings or nobody) or not all(type(ring) is int and ring >= 1 for ring in rings.values()):
        raise LadderError(f"{name}: it needs either ring or after_limit, a number from 1, or nobody_signed_in = true")
    ring = rings["ring"] if "ring" in rings else limit + rings["after_limit"] if rings else None
    return Rung(Step(rule["step"]), ring, str(rule.get("clause", "")), nobody)


_KEYS: Final = ("step", "ring", "after_limit", "nobody_signed_in", "clause")
