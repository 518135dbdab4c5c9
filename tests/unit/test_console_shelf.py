"""What pages know from the database: read once, tried again after a failure, and never an older form than was seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.calls.board import Board
from gateway.web import lookup
from gateway.web.lookup import Lookup
from gateway.web.out_tray import OutTray
from gateway.web.push import calls_asked_back
from gateway.web.shelf import Shelf
from routing.facts import Fact
from routing.vocabulary import CallState, FactKind, Source
from storage.errors import StorageUnavailableError
from storage.tickets import Ticket

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


async def until_idle() -> None:
    """Let every task that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


class Answers:
    """Answers look-ups with what it was given, in order."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def load(self, key: str) -> str | None:
        """Answer one look-up."""
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer and f"{key}: {answer}"


async def test_what_is_found_is_kept() -> None:
    """The first who asks waits for nothing and starts the reading; everybody after it gets what was found."""
    source, found = Answers("Chen"), []
    looked = Lookup(source.load, lambda key, value: found.append((key, value)), 10)
    assert looked.get("1001") is None
    assert looked.get("1001") is None
    await until_idle()
    assert looked.get("1001") == "1001: Chen"
    assert found == [("1001", "1001: Chen")]
    assert source.asked == 1


@pytest.mark.parametrize("nothing", [None, StorageUnavailableError("down")])
async def test_what_was_not_found_is_looked_for_again(
    nothing: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure and an empty answer are nothing to keep: who asks later makes it tried again."""
    monkeypatch.setattr(lookup, "_PAUSE", 0)
    source = Answers(nothing, "Chen")
    looked = Lookup(source.load, lambda *_: None, 10)
    looked.get("1001")
    await until_idle()
    assert looked.get("1001") is None
    await until_idle()
    assert looked.get("1001") == "1001: Chen"


async def test_no_more_is_kept_than_allowed() -> None:
    """The oldest findings make room."""
    looked = Lookup(Answers("a", "b", "c").load, lambda *_: None, 2)
    for key in "123":
        looked.get(key)
        await until_idle()
    assert looked.get("3") == "3: c"
    assert looked.get("2") == "2: b"
    source = Answers("again")
    looked._load = source.load  # noqa: SLF001 # the fourth answer
    assert looked.get("1") is None
    await looked.close()


class Nowhere:
    """A database that is down."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Refuse."""
        raise StorageUnavailableError("down")
        yield


def ticket(version: int = 0, state: CallState = CallState.ENDED, description: str = "") -> Ticket:
    return Ticket(
        number="20261123-0001",
        call="yq/1",
        system="yq",
        linkedid="1",
        caller_number="13800001234",
        caller_name="",
        called_number="86865598",
        opened_at=NOON,
        queued_at=NOON,
        answered_at=NOON,
        ended_at=None,
        last_seen_at=None,
        state=state,
        source=Source.LIVE,
        operator="1001",
        operators=("1001",),
        last_operator="1001",
        offered_to=("1001",),
        rings=1,
        answered_on_ring=1,
        in_time=True,
        hung_up_first=None,
        rule_version="1",
        description=description,
        form_version=version,
    )


def on_board(*facts: FactKind) -> Board:
    board = Board()
    board.apply(Fact("yq/1", kind, NOON, "leg", data={"operator": "1001", "caller_number": "1"}) for kind in facts)
    return board


TALKING = (FactKind.RECEIVED, FactKind.QUEUED, FactKind.OFFERED, FactKind.ANSWERED)


async def test_a_form_stays_from_the_answer_until_it_is_saved_and_the_call_over() -> None:
    """The form is there with the call, before its ticket, after the call, and gone once it is saved."""
    shelf = Shelf(Nowhere(), lambda: NOON, lambda _: None)
    talking, over = on_board(*TALKING), Board()
    (form,) = shelf.forms("1001", talking)
    assert (form.call, form.ticket, form.talking) == ("yq/1", None, True)
    assert [form.talking for form in shelf.forms("1001", over)] == [False]
    shelf.ticket_changed(ticket())
    assert [form.ticket for form in shelf.forms("1001", over)] == [ticket()]
    shelf.ticket_changed(ticket(version=1))
    assert len(shelf.forms("1001", talking)) == 1
    assert shelf.forms("1001", over) == ()
    await shelf.close()


async def test_a_form_never_goes_back_a_version() -> None:
    """The recorder's news of a call, read before the form was saved and told after, changes the call only."""
    shelf = Shelf(Nowhere(), lambda: NOON, lambda _: None)
    talking = on_board(*TALKING)
    shelf.forms("1001", talking)
    shelf.ticket_changed(ticket(version=2, state=CallState.TALKING, description="new"))
    shelf.ticket_changed(ticket(version=1, state=CallState.ENDED, description="old"))
    (form,) = shelf.forms("1001", talking)
    assert form.ticket
    assert (form.ticket.state, form.ticket.form_version, form.ticket.description) == (CallState.ENDED, 2, "new")
    await shelf.close()


async def test_a_call_answered_while_nobody_watched_leaves_its_form() -> None:
    """A ticket that comes from the PBX's own records is put before its operator as well, and wakes his page."""
    woken: list[str] = []
    shelf = Shelf(Nowhere(), lambda: NOON, woken.extend)
    assert shelf.forms("1001", Board()) == ()
    shelf.ticket_changed(ticket())
    assert [form.call for form in shelf.forms("1001", Board())] == ["yq/1"]
    assert "1001" in woken
    assert shelf.forms("1002", Board()) == ()
    await shelf.close()


async def test_a_transferred_calls_form_is_on_both_desks() -> None:
    """Whoever talked to the caller has the form to fill in, until one of them has saved it."""
    shelf = Shelf(Nowhere(), lambda: NOON, lambda _: None)
    passed_on = replace(ticket(), operators=("1001", "1002"))
    for number in ("1001", "1002", "1003"):
        shelf.forms(number, Board())
    shelf.ticket_changed(passed_on)
    shown = {number: len(shelf.forms(number, Board())) for number in ("1001", "1002", "1003")}
    assert {"1001": 1, "1002": 1, "1003": 0} == shown
    shelf.ticket_changed(replace(passed_on, form_version=1))
    assert () == shelf.forms("1001", Board()) == shelf.forms("1002", Board())
    await shelf.close()


async def test_no_more_forms_are_asked_for_than_a_page_may() -> None:
    """While the database is away, a page that keeps asking fills no memory."""
    shelf = Shelf(Nowhere(), lambda: NOON, lambda _: None)
    for number in range(100):
        shelf.reopen("1001", (f"yq/{number}",))
    assert len(shelf._asked_back["1001"]) <= 20  # noqa: SLF001 # what is bounded has no other face
    await shelf.close()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"reopen": ["yq/1", "yq/2"]}', ("yq/1", "yq/2")),
        ('{"reopen": "yq/1"}', ()),
        ('{"reopen": [1]}', ()),
        (f'{{"reopen": ["{"9" * 201}"]}}', ()),
        ("[" * 10_000, ()),
        ('"', ()),
        (b"\xff", ()),
        ("null", ()),
    ],
)
def test_what_a_page_asks_for_is_read_with_care(message: str | bytes, expected: tuple[str, ...]) -> None:
    """Calls, as many as a page can hold; anything else is nothing."""
    assert expected == calls_asked_back(message)


async def test_a_tray_that_was_being_read_when_its_page_closed_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is opened again shows what was saved, though the first reading came too late for its page."""
    reading = asyncio.Event()

    async def load(_: OutTray, __: str) -> list[Ticket]:
        await reading.wait()
        return [ticket(version=1)]

    monkeypatch.setattr(OutTray, "_load", load)
    tray = OutTray(Nowhere(), lambda: NOON, lambda _: None)
    assert () == tray.tickets("1001")
    tray.left("1001")
    reading.set()
    await until_idle()
    tray.tickets("1001")
    await until_idle()
    assert ["yq/1"] == [each.call for each in tray.tickets("1001")]
    await tray.close()


async def test_nothing_is_kept_for_operators_without_a_page() -> None:
    """Tickets of operators who have no page open are not held in memory, and are let go when the page goes."""
    shelf = Shelf(Nowhere(), lambda: NOON, lambda _: None)
    shelf.ticket_changed(ticket())
    assert not shelf.has("1001", "yq/1")
    shelf.forms("1001", Board())
    shelf.ticket_changed(ticket())
    assert shelf.has("1001", "yq/1")
    shelf.left("1001")
    assert not shelf.has("1001", "yq/1")
    await shelf.close()
