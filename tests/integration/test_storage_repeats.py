"""Earlier tickets that one may repeat are found by number and address, on both databases, and charge nobody (P3)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from answered_calls import received
from handled_tickets import Desk, at, employ
from sqlalchemy import func, select

from gateway.assessment import assess, terms
from gateway.config import Settings
from gateway.rulebook import load
from routing.repeats import Likeness, Sign
from routing.verdicts import RingRule
from routing.vocabulary import Action, Actor
from storage import models, search
from storage.engine import Storage
from storage.ledger import record
from storage.matters import matter
from storage.repeats import possible_repeats
from storage.tickets import TicketForm, save_form, ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")
ADDRESS = "永中街道8号2幢"


@pytest.fixture(autouse=True, params=[0, 5_000], ids=["by the index", "among the newest"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at so many of the newest tickets first: what is found must not depend on it."""
    monkeypatch.setattr(search, "_WINDOW", request.param)


async def noted(storage: Storage, when: str, caller: str, **form: str) -> str:
    """Let somebody call, and an operator write down what for; return the ticket's number."""
    async with storage.work() as work:
        [made] = await record(work, [received(f"yq/{when}", at(when), caller)], RingRule(), SHANGHAI)
        await save_form(work, made.number, TicketForm(**{"topic": "service", **form}), "1001", 0)
        await work.commit()
    return made.number


async def repeats(storage: Storage, number: str) -> tuple[Likeness, ...]:
    """Look for what a ticket may repeat."""
    async with storage.reading() as work:
        found = await ticket(work, number)
        assert found is not None
        return await possible_repeats(work, found, await matter(work, number), timedelta(days=90))


async def test_a_repeat_is_found_by_caller_number_and_address(storage):
    """Each by itself, also where an address is written otherwise; nothing else is found."""
    by_caller = await noted(storage, "03-01 09:00", "13800000001")
    by_number = await noted(storage, "03-02 09:00", "13800000002", customer_phone="13800000001")
    by_address = await noted(storage, "03-03 09:00", "13800000003", address="永中街道 8号,2幢")
    await noted(storage, "03-04 09:00", "13800000004", address="永中街道8号3幢")
    await noted(storage, "03-05 09:00", "13800000001", topic="bill")
    await noted(storage, "01-01 09:00", "13800000001")
    present = await noted(storage, "04-10 09:00", "13800000001", address=ADDRESS)
    await noted(storage, "04-11 09:00", "13800000001")
    found = {one.earlier.ticket: one.signs[0] for one in await repeats(storage, present)}
    assert {by_caller: Sign.SAME_CALLER, by_number: Sign.SAME_NUMBER, by_address: Sign.SAME_ADDRESS} == found


async def test_callers_who_withhold_their_number_have_nothing_in_common(storage):
    """However often somebody calls as "anonymous"."""
    await noted(storage, "03-01 09:00", "anonymous")
    assert () == await repeats(storage, await noted(storage, "03-02 09:00", "anonymous"))


async def test_p3_recognised_is_not_charged_confirmed_is(storage):
    """What the rules only point at costs nothing; a person's word does, once, and then nobody has to look."""
    await employ(storage)
    desk, by = Desk(storage), terms(Settings(), load(Settings()))
    first = await noted(storage, "03-02 09:00", "13800000001")
    await desk.sent(first, "03-02 09:05", "safety", "03-30 00:00")
    await desk.answered(first, "03-04 09:00")
    await desk.ruled(first, "03-05 09:00", "03-30 00:00")
    again = await noted(storage, "03-10 09:00", "13800000001")
    await desk.sent(again, "03-10 09:05", "safety", "03-30 00:00")
    [found] = await repeats(storage, again)
    assert (Sign.SAME_CALLER, Sign.SAME_TOPIC, Sign.UNQUALIFIED, Sign.ANSWERED) == found.signs
    await assess(storage, by, at("03-12 00:00"))
    assert {"P2": 1} == await charged(storage)
    await desk.act(again, Action.CONFIRM_REPEAT, "03-11 09:00", Actor.SHIFT_LEADER, of=first)
    await assess(storage, by, at("03-12 00:00"))
    assert {"P2": 1, "P3": 1} == await charged(storage)
    assert () == await repeats(storage, again)


async def charged(storage: Storage) -> dict[str, int]:
    """Return how many lines there are under each clause."""
    clause = models.penalties.c.clause
    async with storage.reading() as work:
        rows = await work.execute(select(clause, func.count()).group_by(clause))
        return {row.clause: row.count for row in rows}
