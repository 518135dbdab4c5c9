"""A November of eleven tickets, and what is counted of it, by hand, ticket by ticket (D12)."""

from collections import Counter

from handled_tickets import DIRECTOR, Desk, at

from gateway.assessment import assess
from routing.dispatch import iso
from routing.penalties import Terms
from routing.vocabulary import Action, Actor
from storage.assessment import waive
from storage.engine import Storage

EXPECTED = {
    "inspection": Counter(received=2, report=1, complaint=1, returned=1, redispatched=1),
    "marketing": Counter(
        received=5,
        consultation=2,
        report=1,
        complaint=1,
        information=1,
        closed=1,
        closed_in_time=1,
        answered_in_time=2,
        answered_late=1,
        repeats=1,
        satisfied=1,
        fairly=1,
        visits_connected=2,
        visits_impossible=1,
        rectifications=2,
        charged=3 * 24 * 50 + 24 * 100,
        waived=24 * 50,
        payable=2 * 24 * 50 + 24 * 100,
        open=5,
    ),
    "safety": Counter(
        received=3,
        complaint=2,
        fault_repair=1,
        closed=2,
        closed_late=1,
        answered_in_time=2,
        extended=1,
        unqualified=1,
        satisfied=1,
        dissatisfied=1,
        visits_connected=2,
        rectifications=2,
        rectified=1,
        charged=(2 + 1) * 7 * 50,
        payable=(2 + 1) * 7 * 50,
        open=1,
    ),
}
"""Inspection are 6, marketing 24, safety 7."""


async def november(storage: Storage, terms: Terms, until: str = "12-03 00:00") -> None:
    """Let it happen, be assessed, and one line be waived by the director, whom there must be."""
    desk = Desk(storage)
    await _ruled_on(desk)
    answered = await _answered(desk)
    late = await _sent_on(desk)
    await _fault(desk)
    await _extended(desk)
    await _repeat(desk, answered)
    await _around_its_ends(desk)
    await _withdrawn_and_reopened(desk)
    await assess(storage, terms, at(until))
    async with storage.work() as work:
        cause = at("11-18 00:00").isoformat()
        await waive(work, (late, "P1", "2026-11-18", "marketing", cause), DIRECTOR, "the typhoon")
        await work.commit()


async def _ruled_on(desk: Desk) -> None:
    """Safety answers on the second day after, is ruled unqualified, answers again in time; closed after its date."""
    ticket = await desk.ticket("11-02 09:00")
    await desk.sent(ticket, "11-02 09:05", "safety")
    await desk.answered(ticket, "11-07 09:00")
    await desk.ruled(ticket, "11-09 10:00", "11-20 00:00")
    await desk.answered(ticket, "11-12 09:00")
    await desk.closed(ticket, "11-13 09:00")
    await desk.act(ticket, Action.RECTIFY, "11-30 23:59", Actor.CONTACT, "done")


async def _answered(desk: Desk) -> str:
    """Marketing answers in time, and it is closed in time."""
    ticket = await desk.ticket("11-03 09:00")
    await desk.sent(ticket, "11-03 09:05", "marketing", "11-07 00:00", "consultation")
    await desk.answered(ticket, "11-04 09:00")
    await desk.closed(ticket, "11-05 09:00", "fairly")
    return ticket


async def _sent_on(desk: Desk) -> str:
    """Inspection returns it, marketing is three days late with it, the customer cannot be reached; still open."""
    ticket = await desk.ticket("11-04 09:00")
    await desk.sent(ticket, "11-04 09:05", "inspection", "11-18 00:00", "report")
    await desk.act(ticket, Action.RETURN, "11-05 09:00", Actor.CONTACT, "not ours")
    await desk.sent(ticket, "11-06 09:00", "marketing", "11-18 00:00", "report")
    await desk.answered(ticket, "11-20 09:00")
    await desk.visited(ticket, "11-21 09:00")
    return ticket


async def _fault(desk: Desk) -> None:
    """Safety's crew is there in time; when it is closed is no question of time."""
    ticket = await desk.ticket("11-10 10:00")
    await desk.sent(ticket, "11-10 10:00", "safety", "11-10 11:00", "fault_repair")
    await desk.act(ticket, Action.ARRIVE, "11-10 10:30", Actor.CREW)
    await desk.answered(ticket, "11-20 09:00")
    await desk.closed(ticket, "11-25 09:00", "dissatisfied")


async def _extended(desk: Desk) -> None:
    """Safety gets more time, and has it still."""
    ticket = await desk.ticket("11-11 09:00")
    await desk.sent(ticket, "11-11 09:05", "safety", "11-25 00:00")
    until = iso(at("12-05 00:00"))
    await desk.act(ticket, Action.ASK_EXTENSION, "11-12 09:00", Actor.CONTACT, "a witness", until=until)
    await desk.act(ticket, Action.GRANT_EXTENSION, "11-13 09:00", Actor.APPROVER)


async def _repeat(desk: Desk, earlier: str) -> None:
    """Let one repeat what marketing had answered; confirmed in December, it is November's."""
    ticket = await desk.ticket("11-28 09:00")
    await desk.sent(ticket, "11-28 09:05", "marketing", "12-02 00:00", "information")
    await desk.act(ticket, Action.CONFIRM_REPEAT, "12-01 09:00", Actor.DIRECTOR, of=earlier)


async def _around_its_ends(desk: Desk) -> None:
    """One of October answered in November and closed in December; one of the last minute; one of December's first."""
    before = await desk.ticket("10-30 09:00")
    await desk.sent(before, "10-30 09:05", "marketing", "11-03 00:00", "consultation")
    await desk.answered(before, "11-02 09:00")
    await desk.closed(before, "12-02 09:00")
    last = await desk.ticket("11-30 23:59")
    await desk.sent(last, "11-30 23:59", "marketing", "12-14 00:00")
    await desk.sent(last, "12-01 09:00", "marketing", "12-14 00:00", "report")
    after = await desk.ticket("12-01 00:00")
    await desk.sent(after, "12-01 00:00", "marketing", "12-14 00:00")


async def _withdrawn_and_reopened(desk: Desk) -> None:
    """Let one be withdrawn unanswered, and one be reopened after it was closed."""
    withdrawn = await desk.ticket("11-20 09:00")
    await desk.sent(withdrawn, "11-20 09:05", "inspection", "12-04 00:00")
    await desk.act(withdrawn, Action.CANCEL, "11-21 09:00", Actor.DIRECTOR, "by the customer")
    reopened = await desk.ticket("11-10 09:00")
    await desk.sent(reopened, "11-10 09:05", "marketing", "11-14 00:00", "consultation")
    await desk.answered(reopened, "11-11 09:00")
    await desk.closed(reopened, "11-12 09:00")
    await desk.act(reopened, Action.REOPEN, "11-20 09:00", Actor.DIRECTOR, "not mended")
