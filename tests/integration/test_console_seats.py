"""Sign-ins, pauses and what the queue hears of them, against a real database; the PBX is a queue of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from console_house import OPERATORS, PASSWORD, PBX, SEATS, hire

from gateway.ami.errors import ActionRefusedError, NotConnectedError
from gateway.ami.events import MemberStatus
from gateway.config import Settings
from gateway.seat_queue import PhoneRefusedError
from gateway.seats import Consent, NotSeatedError, SeatConflictError, Seats, UnknownSeatError
from storage.audit import notes
from storage.engine import Storage
from storage.sign_ins import open_sign_ins

BROWSER = "PJSIP/seat-01"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the instant it stands at."""
        return self.now

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Hotline:
    """Seats over a database and a queue, and what the tests look at."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        self.storage = storage
        self.clock = Clock()
        self.pbx = PBX()
        self.changed: list[set[str]] = []
        self.settings = Settings(seats=SEATS, paths={"data": folder})
        self.seats = self.restarted()

    def restarted(self) -> Seats:
        """Return seats that know nothing yet, as after a restart."""
        self.seats = Seats(
            self.settings, self.storage, self.pbx, self.clock, lambda numbers: self.changed.append(set(numbers))
        )
        self.pbx.seats = self.seats
        return self.seats

    async def sits(self, number: str, seat: str, consent: Consent | None = None) -> None:
        """Sign an operator in."""
        await self.seats.sign_in(number, OPERATORS[number], seat, consent)

    async def stored(self) -> dict[str, str]:
        """Return who sits where according to the database."""
        async with self.storage.reading() as work:
            return {one.seat: one.work_number for one in await open_sign_ins(work)}

    async def audited(self) -> list[tuple[str, str]]:
        """Return who did what, oldest first."""
        async with self.storage.reading() as work:
            found = await notes(work, self.clock.now - timedelta(days=1))
        return [(note.who, note.what) for note in reversed(found)]

    def queue(self) -> dict[str, tuple[str, bool, str]]:
        """Return the queue's members: interface → (name, paused, reason)."""
        return {m.interface: (m.name, m.paused, m.pause_reason) for m in self.pbx.members.values()}


@pytest.fixture
async def hotline(storage: Storage, tmp_path: Path) -> AsyncIterator[Hotline]:
    """Return seats over a database with three operators; each test runs on both databases."""
    await hire(storage)
    return Hotline(storage, tmp_path)


async def test_signing_in_seats_an_operator_and_queues_his_phone(hotline: Hotline) -> None:
    """After a sign-in, database, queue and seat list name the same operator at the same seat."""
    await hotline.sits("1001", "01")
    assert await hotline.stored() == {"01": "1001"}
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
    state = hotline.seats.of("1001")
    assert state
    assert state.in_queue
    assert {"1001"} in hotline.changed


async def test_the_password_decides_who_may_sign_in(hotline: Hotline) -> None:
    """The right password gives the operator, a wrong one nobody."""
    operator = await hotline.seats.check_password("1001", PASSWORD)
    assert operator
    assert operator.name == OPERATORS["1001"]
    assert await hotline.seats.check_password("1001", "wrong") is None


async def test_a_taken_seat_is_refused_and_nothing_changes(hotline: Hotline) -> None:
    """Without the newcomer's word the occupant keeps his seat, and the refusal names him and since when."""
    await hotline.sits("1001", "01")
    with pytest.raises(SeatConflictError) as refusal:
        await hotline.sits("1002", "01")
    assert refusal.value.here
    assert refusal.value.here.occupant
    assert (refusal.value.here.occupant.work_number, refusal.value.here.occupant.since) == ("1001", hotline.clock.now)
    assert await hotline.stored() == {"01": "1001"}
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_seat_is_taken_over_with_the_newcomers_word(hotline: Hotline) -> None:
    """A confirmed take-over moves the queue's member to the newcomer's name, is audited, and tells the displaced."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert await hotline.stored() == {"01": "1002"}
    assert hotline.queue() == {BROWSER: ("1002", False, "")}
    displaced = hotline.seats.displaced("1001")
    assert displaced
    assert (displaced.seat, displaced.by, displaced.at) == ("01", "1002", hotline.clock.now)
    assert {"1001", "1002"} in hotline.changed
    async with hotline.storage.reading() as work:
        latest = (await notes(work, hotline.clock.now))[0]
    assert (latest.who, latest.what, latest.detail["taken_from"]) == ("1002", "signed in", "1001")


async def test_a_confirmation_holds_only_for_whom_it_named(hotline: Hotline) -> None:
    """Who confirmed that one colleague loses the seat is asked again when another sits there by then."""
    await hotline.sits("1003", "01")
    with pytest.raises(SeatConflictError):
        await hotline.sits("1002", "01", Consent(occupant="1001"))
    assert await hotline.stored() == {"01": "1003"}


async def test_moving_to_another_seat_needs_a_word_too(hotline: Hotline) -> None:
    """Who sits elsewhere is asked, and once he agrees the old seat is free and its phone out of the queue."""
    await hotline.sits("1001", "01")
    with pytest.raises(SeatConflictError) as refusal:
        await hotline.sits("1001", "02")
    assert refusal.value.here is None
    assert refusal.value.elsewhere
    assert refusal.value.elsewhere.seat.id == "01"
    await hotline.sits("1001", "02", Consent(leave="01"))
    assert await hotline.stored() == {"02": "1001"}
    assert hotline.queue() == {"PJSIP/seat-02": ("1001", False, "")}


async def test_signing_in_again_at_ones_own_seat_changes_nothing(hotline: Hotline) -> None:
    """An operator whose browser forgot him gets his seat back as it was, pause included."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    told = len(hotline.pbx.told)
    await hotline.sits("1001", "01")
    assert len(hotline.pbx.told) == told
    assert hotline.queue() == {BROWSER: ("1001", True, "meal")}


async def test_a_seat_that_does_not_exist_is_refused(hotline: Hotline) -> None:
    """An invented seat is an error, not a new seat."""
    with pytest.raises(UnknownSeatError, match="choose one of the list"):
        await hotline.sits("1001", "99")


async def test_a_refusing_pbx_leaves_nobody_signed_in(hotline: Hotline) -> None:
    """What the PBX refuses is taken back in the database, and the audit says so."""
    hotline.pbx.trouble = ActionRefusedError("QueueAdd", "No such queue")
    with pytest.raises(PhoneRefusedError, match="No such queue"):
        await hotline.sits("1001", "01")
    assert await hotline.stored() == {}
    assert hotline.seats.of("1001") is None
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "signed out")]


async def test_a_pbx_that_is_away_keeps_nobody_from_signing_in(hotline: Hotline) -> None:
    """Without a connection the sign-in stands, shows that the phone is not queued, and is told on reconnect."""
    hotline.pbx.trouble = NotConnectedError("away")
    await hotline.sits("1001", "01")
    state = hotline.seats.of("1001")
    assert state
    assert not state.in_queue
    hotline.pbx.trouble = None
    await hotline.seats.reconcile([])
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_time_out_is_told_again_without_a_reconnect(hotline: Hotline) -> None:
    """A phone that did not get into the queue is tried again after some seconds."""
    hotline.pbx.trouble = NotConnectedError("away")
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = None
    await hotline.seats.look()
    assert hotline.queue() == {}
    hotline.clock.passes(5)
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_signing_out_frees_seat_and_queue(hotline: Hotline) -> None:
    """After a sign-out nobody sits there and no call rings there."""
    await hotline.sits("1001", "01")
    await hotline.seats.sign_out("1001")
    assert await hotline.stored() == {}
    assert hotline.queue() == {}
    with pytest.raises(NotSeatedError):
        await hotline.seats.sign_out("1001")


async def test_a_pbx_that_refuses_keeps_nobody_signed_in(hotline: Hotline) -> None:
    """An operator can always go home; the queue is told again later."""
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = ActionRefusedError("QueueRemove", "Member not dynamic")
    await hotline.seats.sign_out("1001")
    assert await hotline.stored() == {}
    hotline.pbx.trouble = None
    hotline.clock.passes(5)
    await hotline.seats.look()
    assert hotline.queue() == {}


async def test_a_pause_reaches_the_queue_with_its_reason(hotline: Hotline) -> None:
    """Pause and resume are stored, told and audited."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    assert hotline.queue() == {BROWSER: ("1001", True, "meal")}
    await hotline.seats.resume("1001")
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "paused"), ("1001", "resumed")]


async def test_a_pause_that_the_pbx_refuses_is_taken_back(hotline: Hotline) -> None:
    """Who cannot be paused in the queue is not shown as paused."""
    await hotline.sits("1001", "01")
    hotline.pbx.trouble = ActionRefusedError("QueuePause", "Permission denied")
    with pytest.raises(PhoneRefusedError, match="Permission denied"):
        await hotline.seats.pause("1001", "meal")
    state = hotline.seats.of("1001")
    assert state
    assert state.occupant
    assert state.occupant.pause_reason is None
    async with hotline.storage.reading() as work:
        assert (await open_sign_ins(work))[0].paused_at is None


async def test_reconciling_touches_our_own_phones_only(hotline: Hotline) -> None:
    """Missing, foreign-named, unpaused and left-over members are put right; other members are left alone."""
    await hotline.sits("1001", "01")
    await hotline.sits("1002", "02")
    await hotline.seats.pause("1002", "meal")

    def member(interface: str, name: str, queue: str = "hotline") -> MemberStatus:
        return MemberStatus(hotline.clock.now, queue, interface, name, paused=False, device=1, pause_reason="")

    foreign = member("PJSIP/manager", "boss")
    found = [
        member(BROWSER, "1003"),
        member("PJSIP/seat-02", "1002"),
        member("PJSIP/seat-11", "1003"),
        foreign,
        member("PJSIP/seat-12", "1003", queue="other"),
    ]
    hotline.pbx.members = {each.interface: each for each in found if each.queue == "hotline"}
    hotline.pbx.told.clear()
    await hotline.seats.reconcile(found)
    assert hotline.queue() == {
        BROWSER: ("1001", False, ""),
        "PJSIP/seat-02": ("1002", True, "meal"),
        "PJSIP/manager": ("boss", False, ""),
    }
    assert [action for action, _ in hotline.pbx.told] == ["QueueRemove", "QueueAdd", "QueuePause", "QueueRemove"]


async def test_after_a_restart_everybody_sits_where_he_sat(hotline: Hotline) -> None:
    """Open sign-ins, names and pauses come back from the database."""
    await hotline.sits("1001", "01")
    await hotline.seats.pause("1001", "meal")
    seats = hotline.restarted()
    await seats.load()
    state = seats.of("1001")
    assert state
    assert state.occupant
    assert (state.seat.id, state.occupant.name, state.occupant.pause_reason) == ("01", OPERATORS["1001"], "meal")


async def test_a_sign_in_at_a_seat_that_is_no_longer_configured_is_ended(hotline: Hotline) -> None:
    """A seat taken out of the configuration does not keep its operator from sitting elsewhere."""
    await hotline.sits("1001", "12")
    hotline.settings = Settings(seats=SEATS[:2], paths={"data": hotline.settings.paths.data})
    await hotline.restarted().load()
    assert await hotline.stored() == {}
    await hotline.sits("1001", "01")
    assert await hotline.stored() == {"01": "1001"}


async def test_a_lost_browser_is_audited_once_and_so_is_its_return(hotline: Hotline) -> None:
    """Ten seconds without a page are noted, however often one looks, and nobody is signed out for it."""
    await hotline.sits("1001", "11")
    hotline.seats.browser_came("1001")
    hotline.seats.browser_went("1001")
    for _ in range(3):
        hotline.clock.passes(5)
        await hotline.seats.look()
    hotline.seats.browser_came("1001")
    await hotline.seats.look()
    assert await hotline.audited() == [("1001", "signed in"), ("1001", "browser lost"), ("1001", "browser back")]
    assert hotline.queue() == {"PJSIP/seat-11": ("1001", False, "")}


async def test_a_browser_seat_without_browser_and_phone_is_paused_until_it_is_back(hotline: Hotline) -> None:
    """Calls do not ring where nothing can ring, and come again with the page."""
    await hotline.sits("1001", "01")
    hotline.seats.browser_came("1001")
    hotline.pbx.phone(BROWSER, 5)
    hotline.seats.browser_went("1001")
    hotline.clock.passes(11)
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", True, "browser-lost")}
    hotline.seats.browser_came("1001")
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}


async def test_a_member_that_vanishes_from_the_queue_comes_back(hotline: Hotline) -> None:
    """An operator who is signed in does not silently miss calls because somebody emptied the queue."""
    await hotline.sits("1001", "01")
    await hotline.pbx.act("QueueRemove", Queue="hotline", Interface=BROWSER)
    state = hotline.seats.of("1001")
    assert state
    assert not state.in_queue
    await hotline.seats.look()
    assert hotline.queue() == {BROWSER: ("1001", False, "")}
