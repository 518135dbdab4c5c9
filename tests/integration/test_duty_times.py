"""Time on duty, pauses and blind spots in reports, on both databases, against a count minute by minute."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest
from made_calls import SHANGHAI, SHIFTS, group_of_minute

from routing.figures import Counts
from storage.engine import Storage
from storage.gaps import close_gap, open_gap
from storage.operators import add_operator
from storage.reports import By, Period, Question, count
from storage.roles import Role
from storage.sign_ins import pause, resume, sign_in, sign_out
from storage.unit_of_work import UnitOfWork

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
SOON, MINUTE = timedelta(seconds=5), timedelta(minutes=1)


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant of 2026 in Shanghai."""
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


SPANS = [  # who, from, until, pauses (after how many minutes, for how many); local time
    ("1001", local(10, 31, 22, 0), local(11, 1, 6, 30), [(23, 20), (500, 10)]),
    ("1001", local(11, 3, 7, 0), local(11, 3, 15, 30), [(60, 15), (100, 1)]),
    ("1002", local(11, 3, 12, 13), local(11, 5, 1, 1), []),
    ("1002", local(11, 30, 20, 0), local(12, 1, 4, 0), [(200, 90)]),
    ("1003", local(12, 2, 8, 0), local(12, 2, 9, 0), [(10, 10)]),
]
GAPS = [
    (local(11, 3, 15, 29), local(11, 3, 15, 32)),
    (local(11, 30, 23, 59), local(12, 1)),
]


@pytest.mark.parametrize("by", By)
async def test_time_on_duty_is_cut_to_its_groups(storage: Storage, by: By) -> None:
    """Minute by minute counted: duty over midnight, a pause over a month's end, one that is cut off by the sign-out."""
    async with storage.work() as work:
        for person in ("1001", "1002", "1003"):
            await add_operator(work, person, "x", "secret", Role.OPERATOR)
        for who, begins, ends, pauses in SPANS:
            await on_duty(work, who, begins, ends, pauses)
        for begins, ends in GAPS:
            number = await open_gap(work, begins, "cut", "calls")
            await close_gap(work, number, ends)
        await work.commit()
    async with storage.reading() as work:
        found = await count(work, Question(NOVEMBER, by, SOON, shifts=SHIFTS), SHANGHAI)
    assert minute_by_minute(by) == found


async def on_duty(work: UnitOfWork, who: str, begins: datetime, ends: datetime, pauses: list[tuple[int, int]]) -> None:
    """Let somebody be signed in, and pause."""
    await sign_in(work, "11", who, begins)
    for after, length in pauses:
        began_at = begins + after * MINUTE
        await pause(work, who, began_at, "rest")
        if began_at + length * MINUTE < ends:
            await resume(work, who, began_at + length * MINUTE)
    await sign_out(work, who, ends, who)


async def test_what_still_goes_on_lasts_until_now(storage: Storage) -> None:
    """A sign-in, a pause and a gap that are open; one pause follows another without an end in between."""
    async with storage.work() as work:
        await add_operator(work, "1001", "x", "secret", Role.OPERATOR)
        now = work.now()
        await sign_in(work, "11", "1001", now - 60 * MINUTE)
        await pause(work, "1001", now - 30 * MINUTE, "rest")
        await pause(work, "1001", now - 20 * MINUTE, "lunch")
        await open_gap(work, now - 10 * MINUTE, "cut", "calls")
        await work.commit()
    today = now.astimezone(SHANGHAI).date()
    async with storage.reading() as work:
        found = await count(work, Question(Period(today - timedelta(days=1), today), By.MONTH, SOON), SHANGHAI)
    total = sum(found.values(), Counts())
    minutes = [us // 60_000_000 for us in (total.signed_in_us, total.paused_us, total.blind_us)]
    assert [60, 30, 10] == minutes


def minute_by_minute(by: By) -> dict[str, Counts]:
    """Count each minute for itself."""
    groups: defaultdict[str, Counts] = defaultdict(Counts)

    def add(begins: datetime, ends: datetime, who: str, each: Counts) -> None:
        while begins < ends:
            if begins.month == 11:
                groups[group_of_minute(by, begins, who)] += each
            begins += MINUTE

    us = MINUTE // timedelta(microseconds=1)
    for who, begins, ends, pauses in SPANS:
        add(begins, ends, who, Counts(signed_in_us=us))
        for after, length in pauses:
            add(begins + after * MINUTE, min(ends, begins + (after + length) * MINUTE), who, Counts(paused_us=us))
    for begins, ends in GAPS:
        add(begins, ends, "", Counts(blind_us=us))
    return dict(sorted(groups.items()))
