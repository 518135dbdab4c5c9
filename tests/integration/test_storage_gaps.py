"""Gaps in what we saw, and marks of how far we have seen, on both databases."""

from answered_calls import NOON, after

from storage.gaps import Gap, close_gap, gaps, mark, marked, open_gap


async def test_a_gap_is_open_until_we_see_again(storage):
    """A gap has a beginning, a reason and, later, an end that does not move (I8)."""
    async with storage.work() as work:
        number = await open_gap(work, NOON, "AMI connection lost", "calls")
        assert [Gap(number, NOON, None, "AMI connection lost", "calls")] == await gaps(work, after(999))
        await close_gap(work, number, after(20))
        await close_gap(work, number, after(99))
        assert [after(20)] == [each.ended_at for each in await gaps(work, NOON)]


async def test_gaps_since_an_instant_are_those_that_reach_beyond_it(storage):
    """A gap that began before and ended after is one of them; they come oldest first."""
    async with storage.work() as work:
        for began, ended in ((50, 60), (0, 10), (20, 40)):
            await close_gap(work, await open_gap(work, after(began), "x", "y"), after(ended))
        assert [after(20), after(50)] == [each.began_at for each in await gaps(work, after(30))]
        assert [after(50)] == [each.began_at for each in await gaps(work, after(40))]


async def test_a_mark_stands_where_it_was_put_last(storage):
    """A mark that was never put is None; each name has its own."""
    async with storage.work() as work:
        assert None is await marked(work, "seen_until")
        await mark(work, "seen_until", NOON)
        await mark(work, "seen_until", after(0.000001))
        await mark(work, "other", NOON)
        assert after(0.000001) == await marked(work, "seen_until")
