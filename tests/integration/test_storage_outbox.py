"""The outbox on both databases: who takes what, in which order, once; and what a person decides."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from answered_calls import NOON

from storage import outbox
from storage.engine import Storage
from storage.notices import INBOX, Kept, ToKeep, keep

LEASE = timedelta(minutes=5)


@dataclass
class Post:
    """A database whose clock is set by hand."""

    now: datetime = NOON
    storage: Storage = field(init=False)

    async def written(self, *names: str, channel: str = "1", urgent: bool = False) -> None:
        """Keep a notice for each of these people."""
        async with self.storage.work() as work:
            await keep(work, [ToKeep(None, "informed", name, channel, "x", urgent, {}) for name in names])
            await work.commit()

    async def take(self, limit: int = 10, *, urgent_only: bool = False, apart_from: tuple = ()) -> list[Kept]:
        """Take what is due."""
        async with self.storage.work() as work:
            taken = await outbox.take(work, LEASE, limit, urgent_only=urgent_only, apart_from=apart_from)
            await work.commit()
        return taken

    async def fails(self, notice: Kept, again_after: float | None) -> None:
        """Keep that a notice failed; seconds from now, None for good."""
        async with self.storage.work() as work:
            again_at = None if again_after is None else self.now + timedelta(seconds=again_after)
            await outbox.failed(work, notice.id, "no route", again_at)
            await work.commit()

    async def dead(self) -> list[Kept]:
        """Return the dead letters."""
        async with self.storage.reading() as work:
            return await outbox.dead_letters(work)

    async def counts(self) -> tuple[int, int]:
        """Return how many wait, and how many are dead."""
        async with self.storage.reading() as work:
            return await outbox.waiting(work), await outbox.count_dead(work)


@pytest.fixture
async def post(database_url: str) -> AsyncIterator[Post]:
    """Return an empty outbox; each test that asks runs on both databases."""
    made = Post()
    made.storage = Storage.open(database_url, lambda: made.now)
    yield made
    await made.storage.close()


def people(taken: list[Kept]) -> list[str]:
    """Return for whom they are."""
    return [one.recipient for one in taken]


async def test_the_urgent_go_first_then_the_oldest_and_the_inbox_never(post: Post) -> None:
    """Each is taken once; what is being sent is nobody else's meanwhile."""
    await post.written("a", "b")
    await post.written("c", urgent=True)
    await post.written("d", channel=INBOX)
    assert ["c", "a"] == people(await post.take(2))
    assert ["b"] == people(await post.take())
    assert [] == await post.take()
    assert (3, 0) == await post.counts()


async def test_what_was_taken_by_one_that_is_gone_is_taken_again(post: Post) -> None:
    """When its lease is over, as one more attempt."""
    await post.written("a")
    assert [1] == [one.attempts for one in await post.take()]
    post.now += LEASE - timedelta(seconds=1)
    assert [] == await post.take()
    post.now += timedelta(seconds=1)
    assert [2] == [one.attempts for one in await post.take()]


async def test_in_quiet_hours_only_the_urgent_and_busy_channels_later(post: Post) -> None:
    """A channel is a recipient's: his other one is another."""
    await post.written("a", "b")
    await post.written("a", channel="2")
    await post.written("c", urgent=True)
    assert ["c"] == people(await post.take(urgent_only=True))
    taken = await post.take(apart_from=(("a", "1"), ("b", "1")))
    assert [("a", "2")] == [(one.recipient, one.channel) for one in taken]
    assert ["a", "b"] == people(await post.take())


async def test_what_failed_is_taken_again_at_its_time_and_delivered_once(post: Post) -> None:
    """What was delivered is nobody's any more."""
    await post.written("a")
    (notice,) = await post.take()
    await post.fails(notice, 30)
    assert [] == await post.take()
    post.now += timedelta(seconds=30)
    (again,) = await post.take()
    assert (2, "no route") == (again.attempts, again.problem)
    async with post.storage.work() as work:
        await outbox.delivered(work, again.id)
        await work.commit()
    post.now += timedelta(days=1)
    assert [] == await post.take()
    assert (0, 0) == await post.counts()


async def test_a_dead_letter_waits_for_a_person_who_decides_once(post: Post) -> None:
    """Sent again it begins anew; given up it is gone from the list, with by whom."""
    await post.written("a", "b")
    for notice in await post.take():
        await post.fails(notice, None)
    assert (0, 2) == await post.counts()
    one, other = await post.dead()
    async with post.storage.work() as work:
        assert [True, False] == [await outbox.give_up(work, one.id, "9101") for _ in range(2)]
        assert [True, False] == [await outbox.resend(work, other.id) for _ in range(2)]
        assert not await outbox.resend(work, one.id)
        await work.commit()
    assert (1, 0) == await post.counts()
    assert [(other.id, 1)] == [(one.id, one.attempts) for one in await post.take()]


async def test_two_gateways_never_take_the_same_one(post: Post) -> None:
    """However many take at once, each notice is in one hand."""
    await post.written(*(f"{number:03}" for number in range(60)))
    taken = await asyncio.gather(*(post.take(7) for _ in range(12)))
    everybody = [one.id for each in taken for one in each]
    assert len(everybody) == len(set(everybody)) == 60
