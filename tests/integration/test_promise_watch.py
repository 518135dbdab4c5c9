"""Reminders of promised calls (N3): who made one before its time, the shift leaders after it, everybody once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from answered_calls import NOON, answered
from api_house import recorded

from gateway.conduct import Promises
from gateway.config import Settings
from gateway.handling import Handling
from gateway.promise_watch import PromiseWatch
from gateway.rulebook import RuleShelf
from routing.facts import Fact
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.notices import inbox
from storage.operators import add_operator
from storage.roles import Role

CALL = "yq/yq-1.0"


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now


@pytest.fixture
async def clock(storage: Storage) -> Clock:
    """Return the clock of a hotline with one operator, two shift leaders and one answered call."""
    async with storage.work() as work:
        for number, role in (("1001", Role.OPERATOR), ("9001", Role.SHIFT_LEADER), ("9002", Role.SHIFT_LEADER)):
            await add_operator(work, number, number, "a password", role)
        await work.commit()
    await recorded(storage, answered(CALL, operator="1001"))
    return Clock()


async def looked(storage: Storage, clock: Clock, minutes: float) -> list[str]:
    """Look so many minutes after noon; return whom it wakes."""
    woken: list[str] = []
    clock.now = NOON + timedelta(minutes=minutes)
    handling = Handling(storage, RuleShelf.open(Settings()), clock, woken.extend)
    await PromiseWatch(Promises(), storage, handling, woken.extend, clock).look()
    return woken


async def told(storage: Storage, number: str) -> list[str]:
    """Return the kinds of what somebody was told, the oldest first."""
    async with storage.reading() as work:
        return [one.kind for one in reversed(await inbox(work, number))]


def promised(due_after: float, at: float = 5, by: str = "1001") -> Fact:
    """Return that an operator promised a call; minutes after noon."""
    due_at = NOON + timedelta(minutes=due_after)
    data = {"operator": by, "due_at": due_at.isoformat()}
    return Fact(CALL, FactKind.PROMISED, NOON + timedelta(minutes=at), str(at), data=data)


async def test_n3_who_promised_is_reminded_and_the_leaders_are_told_when_it_is_missed(
    storage: Storage, clock: Clock
) -> None:
    """A quarter of an hour before, and when its time is past; once each, however often it is looked."""
    await recorded(storage, [promised(60)])
    assert [[], ["1001"], [], ["1001", "9001", "9002"], []] == [
        sorted(await looked(storage, clock, minutes)) for minutes in (44, 46, 50, 61, 90)
    ]
    assert ["promise_due_soon", "promise_overdue"] == await told(storage, "1001")
    assert ["promise_overdue"] == await told(storage, "9001")


async def test_n3_what_nobody_promised_in_person_is_the_leaders(storage: Storage, clock: Clock) -> None:
    """A caller who pressed the key is due within the hour."""
    await recorded(storage, [Fact("yq/yq-2.0", FactKind.CALLBACK_ASKED, NOON)])
    assert ["9001", "9002"] == sorted(await looked(storage, clock, 50))


async def test_n3_a_promise_that_is_kept_given_up_or_put_off_reminds_nobody(storage: Storage, clock: Clock) -> None:
    """A new time is another promise."""
    await recorded(storage, [promised(60), promised(600, at=6)])
    assert [] == await looked(storage, clock, 61)
    await recorded(storage, [Fact(CALL, FactKind.CALLED_BACK, NOON + timedelta(minutes=62), data={"operator": "1001"})])
    assert [] == await looked(storage, clock, 601)
    await recorded(storage, [promised(700, at=620)])
    given_up = {"operator": "9001", "why": "三次无人接听"}
    await recorded(storage, [Fact(CALL, FactKind.CALLBACK_GIVEN_UP, NOON + timedelta(minutes=630), data=given_up)])
    assert [] == await looked(storage, clock, 701)
