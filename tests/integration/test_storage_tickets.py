"""Reading tickets, page by page or one by one, and saving the form, on both databases."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, after, answered, received

from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import CallState, FactKind, Source
from storage.callers import earlier_tickets, known_name, saved_tickets
from storage.engine import Storage
from storage.ledger import record
from storage.tickets import (
    CursorError,
    StaleFormError,
    Ticket,
    TicketFilter,
    TicketForm,
    UnknownTicketError,
    facts_of,
    open_calls,
    save_form,
    ticket,
    ticket_of_call,
    tickets,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def recorded(storage: Storage, facts: list[Fact]) -> list[Ticket]:
    """Record facts and commit."""
    async with storage.work() as work:
        changed = await record(work, facts, RingRule(), SHANGHAI)
        await work.commit()
    return changed


async def saved(storage: Storage, number: str, form: TicketForm, version: int = 0, by: str = "1001") -> Ticket:
    """Save a form and commit."""
    async with storage.work() as work:
        result = await save_form(work, number, form, by, version)
        await work.commit()
    return result


async def test_what_is_not_there_is_none(storage):
    """A number or a call that nobody knows is no error and nothing."""
    async with storage.reading() as work:
        assert None is await ticket(work, "20261123-0001")
        assert None is await ticket_of_call(work, "yq/yq-1")
        assert await facts_of(work, "yq/yq-1") == []
        assert await open_calls(work) == {}
        assert ((page := await tickets(work)).tickets, page.next_cursor) == ([], None)


@pytest.fixture
async def three_calls(storage: Storage) -> Storage:
    """Record an answered, an abandoned and a waiting call, an hour apart, of two callers."""
    facts = [
        *answered("yq/yq-1", NOON, caller="111"),
        received("yq/yq-2", after(3600), caller="222"),
        Fact("yq/yq-2", FactKind.QUEUED, after(3600)),
        Fact("yq/yq-2", FactKind.ENDED, after(3630)),
        received("yq/yq-3", after(7200), caller="111"),
        Fact("yq/yq-3", FactKind.QUEUED, after(7201), source=Source.RECONSTRUCTED),
    ]
    changed = await recorded(storage, facts)
    await saved(storage, changed[1].number, TicketForm("Ünal 100%_", "0577-88", "永強大道 8 號", "停電", "a\\b"))
    return storage


FILTERS = {
    TicketFilter(): "321",
    TicketFilter(caller_number="111"): "31",
    TicketFilter(caller_number="11"): "",
    TicketFilter(operator="1001"): "1",
    TicketFilter(talked="1001"): "1",
    TicketFilter(talked="100"): "",
    TicketFilter(talked="%"): "",
    TicketFilter(state=CallState.ABANDONED): "2",
    TicketFilter(source=Source.RECONSTRUCTED): "3",
    TicketFilter(source=Source.LIVE): "21",
    TicketFilter(in_time=True): "1",
    TicketFilter(in_time=False): "2",
    TicketFilter(opened_from=after(3600)): "32",
    TicketFilter(opened_until=after(3600)): "1",
    TicketFilter(opened_from=after(1), opened_until=after(7200)): "2",
    TicketFilter(caller_number="111", operator="1001"): "1",
    TicketFilter(caller_number="222", operator="1001"): "",
    TicketFilter(text="停電"): "2",
    TicketFilter(text="大道 8"): "2",
    TicketFilter(text="NAL 100%_"): "2",
    TicketFilter(text="1%"): "",
    TicketFilter(text="a\\b"): "2",
    TicketFilter(text="20261123-0003"): "3",
    TicketFilter(text="22"): "2",
    TicketFilter(text="' OR 1=1 --"): "",
}


async def test_a_filter_finds_what_it_says_and_nothing_else(three_calls):
    """Each condition narrows the list, together they all hold, and the newest ticket comes first."""
    async with three_calls.reading() as work:
        pages = {which: await tickets(work, which) for which in FILTERS}
    found = {which: "".join(each.call[-1] for each in page.tickets) for which, page in pages.items()}
    assert found == FILTERS
    assert {None} == {page.next_cursor for page in pages.values()}


async def test_pages_neither_repeat_nor_skip_a_ticket_while_calls_come_in(storage):
    """Whoever turns pages sees each ticket that was there once, also those of the same instant."""
    await recorded(storage, [received(f"yq/old-{n}", after(n // 4)) for n in range(25)])
    seen: list[str] = []
    cursor = None
    for turn in range(4):
        async with storage.reading() as work:
            page = await tickets(work, limit=7, after=cursor)
        seen += [found.call for found in page.tickets]
        cursor = page.next_cursor
        await recorded(storage, [received(f"yq/new-{turn}", after(1000 + turn))])
    assert None is cursor
    assert {f"yq/old-{n}" for n in range(25)} == set(seen)
    assert len(seen) == 25


async def test_a_last_page_that_is_full_says_that_it_is_the_last(storage):
    """There is no cursor to an empty page."""
    await recorded(storage, [received(f"yq/{n}") for n in range(4)])
    async with storage.reading() as work:
        first = await tickets(work, limit=2)
        second = await tickets(work, limit=2, after=first.next_cursor)
    assert (len(second.tickets), second.next_cursor) == (2, None)


async def test_what_is_no_cursor_is_refused(storage):
    """A cursor that somebody made up is an error that says so, and never reaches the database."""
    async with storage.reading() as work:
        for cursor in ("", "x", "1e3.1", ".", "99999999999999999999999.1", "'; --.1", "²"):
            with pytest.raises(CursorError, match="as it came"):
                await tickets(work, after=cursor)


async def test_earlier_tickets_are_this_callers_newest_first(storage):
    """The screen-pop shows what the same number asked before, and not the call it pops for."""
    await recorded(storage, [received(f"yq/{n}", after(n), caller="1" if n % 2 else "2") for n in range(10)])
    async with storage.reading() as work:
        found = await earlier_tickets(work, "1", after(7), limit=2)
        assert [each.call for each in found] == ["yq/5", "yq/3"]
        assert await earlier_tickets(work, "3", after(99)) == []


@pytest.mark.parametrize("sent", ["", "anonymous"])
async def test_callers_who_withhold_their_number_have_nothing_in_common(storage, sent):
    """A withheld number has no earlier tickets and no known name: it is nobody's (I8)."""
    [found] = await recorded(storage, [received("yq/1", caller=sent)])
    await saved(storage, found.number, TicketForm("單小姐"))
    async with storage.reading() as work:
        assert await earlier_tickets(work, sent, after(1)) == []
        assert await known_name(work, sent) == ""


async def test_the_known_name_is_the_one_saved_last(three_calls):
    """Who was entered last for a number is who we greet, and an empty name does not hide an earlier one."""
    async with three_calls.reading() as work:
        assert await known_name(work, "111") == ""
    await saved(three_calls, "20261123-0003", TicketForm("李先生"))
    await saved(three_calls, "20261123-0001", TicketForm("單小姐"))
    async with three_calls.reading() as work:
        assert await known_name(work, "111") == "單小姐"
    await saved(three_calls, "20261123-0001", TicketForm(""), version=1)
    async with three_calls.reading() as work:
        assert await known_name(work, "111") == "李先生"


async def test_who_took_a_call_over_has_its_ticket_among_his(storage):
    """A transferred call is a ticket of both operators: to be filled in, and afterwards among what they saved."""
    [found] = await recorded(
        storage,
        [
            *answered("yq/1")[:4],
            Fact("yq/1", FactKind.TRANSFERRED, after(20), "t", data={"operator": "1001"}),
            Fact("yq/1", FactKind.ANSWERED, after(21), "leg-1002", data={"operator": "1002"}),
        ],
    )
    async with storage.reading() as work:
        for number in ("1001", "1002"):
            assert [found] == (await tickets(work, TicketFilter(talked=number, form_version=0))).tickets
            assert await saved_tickets(work, number, after(0), 5) == []
    after_saving = await saved(storage, found.number, TicketForm("單小姐"), by="1002")
    async with storage.reading() as work:
        for number in ("1001", "1002"):
            assert [after_saving] == await saved_tickets(work, number, after(0), 5)
        assert await saved_tickets(work, "1003", after(0), 5) == []


async def test_what_was_saved_last_comes_first(database_url):
    """Of an operator's saved tickets the last few are returned, and none that was saved before the instant."""
    now = after(0)
    storage = Storage.open(database_url, clock=lambda: now)
    found = await recorded(storage, [fact for n in range(4) for fact in answered(f"yq/{n}", after(n))])
    for minute, which in enumerate((2, 0, 3)):
        now = after(60 * minute)
        await saved(storage, found[which].number, TicketForm(str(which)))
    async with storage.reading() as work:
        assert ["3", "0"] == [each.customer_name for each in await saved_tickets(work, "1001", after(30), 9)]
        assert ["3"] == [each.customer_name for each in await saved_tickets(work, "1001", after(0), 1)]
    await storage.close()


async def test_a_saved_form_carries_its_version_who_and_when(database_url):
    """The ticket says who saved it last and when, by the clock that was passed in."""
    storage = Storage.open(database_url, clock=lambda: after(5))
    [found] = await recorded(storage, [received("yq/1")])
    form = TicketForm("單小姐", "0577-1", "永強大道", "停電", "整條街\r\n<script>alert(1)</script>")
    result = await saved(storage, found.number, form)
    assert (form, 1, after(5), "1001") == (
        result.form,
        result.form_version,
        result.form_saved_at,
        result.form_saved_by,
    )
    async with storage.reading() as work:
        assert result == await ticket(work, found.number)
    await storage.close()


async def test_a_form_that_somebody_saved_meanwhile_is_not_overwritten(storage):
    """The second of two who save the same version is shown what the first one wrote."""
    [found] = await recorded(storage, [received("yq/1")])
    await saved(storage, found.number, TicketForm("first"))
    with pytest.raises(StaleFormError, match="saved meanwhile by 1001") as refused:
        await saved(storage, found.number, TicketForm("second"), by="1002")
    assert (refused.value.ticket.customer_name, refused.value.ticket.form_version) == ("first", 1)
    assert (await saved(storage, found.number, TicketForm("second"), 1, "1002")).form_version == 2


async def test_the_form_of_an_unknown_ticket_cannot_be_saved(storage):
    """Saving on a number that does not exist is an error and not a silence."""
    with pytest.raises(UnknownTicketError, match="no ticket 20261123-0009"):
        await saved(storage, "20261123-0009", TicketForm())


async def test_open_calls_are_those_that_neither_ended_nor_were_lost(storage):
    """After a restart the tracker gets the calls that may still be up, with all their facts in order."""
    talking = answered("yq/talking")[:4]
    await recorded(
        storage,
        [
            *reversed(talking),
            *answered("yq/over"),
            received("yq/waiting"),
            Fact("yq/waiting", FactKind.QUEUED, after(1)),
            received("yq/lost"),
            Fact("yq/lost", FactKind.LOST_SIGHT, NOON + timedelta(minutes=1)),
        ],
    )
    async with storage.reading() as work:
        found = await open_calls(work)
    assert {"yq/talking", "yq/waiting"} == set(found)
    assert talking == found["yq/talking"]
