"""Which earlier tickets one may repeat (P3): the same caller or address, on the same topic. Pure.

It only points at them: a repeat is one once a person has confirmed it, and nothing is charged before.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from routing.vocabulary import Stage
from routing.withheld_number import is_withheld

_NO_MORE_THERE: Final = frozenset({Stage.MERGED, Stage.CANCELLED})
_BETWEEN: Final = re.compile(r"[\W_]+")


class Sign(StrEnum):
    """Why a ticket may be the repeat of another; each has a text in the catalogue."""

    SAME_CALLER = "same_caller"
    SAME_NUMBER = "same_number"
    SAME_ADDRESS = "same_address"
    SAME_TOPIC = "same_topic"
    UNQUALIFIED = "unqualified"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Concern:
    """What a ticket says of who called, from where and about what, and how it stands; instants are aware UTC.

    `caller` is the number that called, `phone` the one that was given; `answered_at`: when a department first answered.
    """

    ticket: str
    received_at: datetime
    topic: str
    caller: str = ""
    phone: str = ""
    address: str = ""
    stage: Stage = Stage.OPENED
    rulings: int = 0
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """An earlier ticket that may be repeated, and why."""

    earlier: Concern
    signs: tuple[Sign, ...]


def likenesses(present: Concern, earlier: Iterable[Concern], window: timedelta) -> tuple[Likeness, ...]:
    """Return which of these tickets the present one may repeat, best first.

    What was ruled unqualified comes first, then what a department had answered, for these cost something (P3); then
    what is alike in more ways, then what is newer. Nothing older than the window, nor what was merged or cancelled.
    """
    first = present.received_at - window
    candidates = (
        one
        for one in earlier
        if one.ticket != present.ticket
        and first <= one.received_at < present.received_at
        and one.stage not in _NO_MORE_THERE
    )
    found = [Likeness(one, signs) for one in candidates if (signs := signs_of(present, one))]
    return tuple(sorted(found, key=_better, reverse=True))


def signs_of(present: Concern, earlier: Concern) -> tuple[Sign, ...]:
    """Return why one ticket may repeat an earlier one; () where it does not look so."""
    if not present.topic or present.topic != earlier.topic:
        return ()
    given = (_number(present.phone) & _numbers(earlier)) | (_numbers(present) & _number(earlier.phone))
    address = folded(present.address)
    who = {
        Sign.SAME_CALLER: bool(_number(present.caller) & _number(earlier.caller)),
        Sign.SAME_NUMBER: bool(given),
        Sign.SAME_ADDRESS: bool(address) and address == folded(earlier.address),
    }
    found = [sign for sign, holds in who.items() if holds]
    if not found:
        return ()
    answered = earlier.answered_at is not None and earlier.answered_at <= present.received_at
    stands = [Sign.UNQUALIFIED] * (earlier.rulings > 0) + [Sign.ANSWERED] * answered
    return (*found, Sign.SAME_TOPIC, *stands)


def folded(text: str) -> str:
    """Return an address as it is compared: width, case, blanks and punctuation do not tell two apart."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def _numbers(concern: Concern) -> frozenset[str]:
    return _number(concern.caller) | _number(concern.phone)


def _number(text: str) -> frozenset[str]:
    return frozenset() if is_withheld(text) else frozenset({folded(text)})


def _better(one: Likeness) -> tuple[bool, bool, int, datetime, str]:
    earlier = one.earlier
    return (
        Sign.UNQUALIFIED in one.signs,
        Sign.ANSWERED in one.signs,
        len(one.signs),
        earlier.received_at,
        earlier.ticket,
    )
