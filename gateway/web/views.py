"""What stands on an operator's desk page now: a fragment each for the pop, the call, the seat, the notices.

Nothing here waits or changes anything. A fragment's `key` is all that its look depends on, but for the passing
of time, which the browser counts itself: the page is sent a fragment again when its key has changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gateway.calls.board import CallCard
from gateway.house import House
from gateway.seat_states import SeatState
from gateway.web.asked import asked
from gateway.web.callbacks import Owed
from gateway.web.catalogue import Texts
from gateway.web.choices import Choices, labels
from gateway.web.greeting import greeting, rings
from gateway.web.seat_rows import DEVICE_TEXTS, pause_label, seat_row
from gateway.web.shelf import Shelf
from gateway.web.shown import slug
from routing.vocabulary import CallState


class Alarm(StrEnum):
    """What can be wrong with the house as a whole; the value is the notice's key in the catalogue."""

    PBX_LOST = "notice.pbx_lost"
    DATABASE_DELAYED = "notice.database_delayed"
    DISK_LOW = "notice.disk_low"
    NOT_RECORDED = "notice.not_recorded"
    RULES_REFUSED = "notice.rules_refused"


@dataclass(frozen=True, slots=True)
class Fragment:
    """One piece of a page: the element's id, what its look depends on, and what its template is given."""

    id: str
    key: object
    context: Mapping[str, Any]

    @property
    def template(self) -> str:
        """The template's file: form-1a2b is made by form.html."""
        return f"live/{self.id.partition('-')[0]}.html"


_NO_HURRY: Final = Fragment("hurry", None, {"count": 0})


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose page it is, in which language, and what else it shows."""

    house: House
    shelf: Shelf
    choices: Choices
    t: Texts
    state: SeatState
    work_number: str
    alarms: frozenset[Alarm]
    newest_page: bool
    unseen: int = 0

    @property
    def now(self) -> datetime:
        """The present instant on the PBX's clock, by which rings are counted."""
        return self.house.clock() + self.house.live.pbx_ahead


def urgent(desk: Desk) -> Iterator[Fragment]:
    """Return what a page must show at once, the most urgent first."""
    yield _pop(desk)
    yield _hurry(desk)
    yield _overdue(desk)
    yield _call(desk)
    yield _preview(desk)
    yield _passing(desk)
    yield _notices(desk)
    yield from _forms(desk)
    yield _seat(desk)
    yield _duty(desk)
    yield Fragment("unseen", desk.unseen, {"count": desk.unseen})
    if desk.state.leads:
        yield _supervise(desk)


def every_page(house: House, choices: Choices, owed: tuple[Owed, ...], t: Texts) -> Iterator[Fragment]:
    """Return what concerns everybody, changes with every call, and is soon enough within a second."""
    waiting = sum(card.state in (CallState.WAITING, CallState.RINGING) for card in house.board.cards())
    yield Fragment("queue", waiting, {"waiting": waiting})
    rows = tuple(seat_row(house, choices, state, t) for state in house.seats.overview())
    yield Fragment("seats", rows, {"rows": rows})
    now = house.clock()
    key = tuple((one.ticket.call, one.due_at, one.due_at <= now) for one in owed)
    yield Fragment("callbacks", key, {"owed": owed, "now": now, "calls": house.outgoing.offered})


def _supervise(desk: Desk) -> Fragment:
    """Return the colleagues who are on a call, in which a shift leader may listen in."""
    board = desk.house.board
    colleagues = tuple(
        (state.seat.id, state.occupant)
        for state in desk.house.seats.overview()
        if state.occupant and state.occupant.work_number != desk.work_number
        if board.talking_to(state.occupant.work_number)
    )
    key = tuple((seat, occupant.work_number, occupant.name) for seat, occupant in colleagues)
    return Fragment("supervise", key, {"colleagues": colleagues})


def _pop(desk: Desk) -> Fragment:
    board = desk.house.board
    cards = () if board.talking_to(desk.work_number) else board.ringing_for(desk.work_number)
    asked_about = board.asked_of(desk.work_number)
    card = next(iter(cards), asked_about)
    if card is None:
        return Fragment("pop", None, {"card": None})
    history = desk.shelf.history(card, desk.work_number)
    asked = card is asked_about
    outages = desk.house.outages.now()
    context = {
        "card": card,
        "asked": asked,
        "outages": outages,
        "history": history,
        "others": max(0, len(cards) - 1),
        "rings": rings(as_it_rings(card), desk.now, desk.house.ring_rule),
        "greeting": greeting(desk.t, desk.house.settings.company, desk.work_number),
    }
    return Fragment("pop", (card, asked, history, len(cards), outages), context)


def _preview(desk: Desk) -> Fragment:
    """Return the ticket, as a colleague left it, of the caller who is passed on to him or about whom he is asked."""
    board = desk.house.board
    passed_on = (card for card in board.ringing_for(desk.work_number) if card.passed_on_by)
    card = board.asked_of(desk.work_number) or next(passed_on, None)
    ticket = desk.shelf.so_far(card.call, desk.work_number) if card else None
    return Fragment("preview", ticket, {"ticket": ticket})


def as_it_rings(card: CallCard) -> CallCard:
    """Let who was passed on ring from then: he was answered before, and that stands (N1)."""
    return replace(card, queued_at=card.passed_on_at) if card.passed_on_at else card


def _hurry(desk: Desk) -> Fragment:
    """Return that callers wait too long; not to who talks to one."""
    if desk.house.board.talking_to(desk.work_number) is not None:
        return _NO_HURRY
    return needing_attention(desk.house, desk.now)


def needing_attention(house: House, now: datetime) -> Fragment:
    """Return how many callers wait too long, and how long the first of them."""
    cards = house.board.needing_attention()
    if not cards:
        return _NO_HURRY
    context = {"count": len(cards), "rings": rings(cards[0], now, house.ring_rule)}
    return Fragment("hurry", tuple(card.call for card in cards), context)


def _overdue(desk: Desk) -> Fragment:
    """Return who waits past the limit, for the shift leader."""
    cards = desk.house.board.past_limit() if desk.state.leads else ()
    waits = [(card, rings(card, desk.now, desk.house.ring_rule)) for card in cards]
    return Fragment("overdue", tuple((card.call, card.ringing) for card in cards), {"waits": waits})


def _call(desk: Desk) -> Fragment:
    card = desk.house.board.talking_to(desk.work_number)
    if card is None:
        return Fragment("call", None, {"card": None})
    now = desk.now
    answered_at = card.answered_at or now
    context = {
        "card": card,
        "history": desk.shelf.history(card, desk.work_number),
        "elapsed_ms": max(0, (now - answered_at) // timedelta(milliseconds=1)),
        "held_ms": max(0, (now - (card.held_at or now)) // timedelta(milliseconds=1)),
        "rings": rings(card, answered_at, desk.house.ring_rule),
        "greeting": greeting(desk.t, desk.house.settings.company, desk.work_number),
    }
    return Fragment("call", (card, context["history"]), context)


def apology_due(desk: Desk, card: CallCard) -> bool:
    """Say whether the greeting line of who talks to this caller asks for an apology."""
    return rings(card, card.answered_at or desk.now, desk.house.ring_rule).late


def _passing(desk: Desk) -> Fragment:
    """Return to whom the caller on the line could be passed on; nothing while there is none."""
    card = desk.house.board.talking_to(desk.work_number)
    if card is None:
        return Fragment("passing", None, {"card": None})
    free = desk.house.transfers.free(desk.work_number)
    colleagues = tuple((each.seat.id, each.occupant.work_number, each.occupant.name) for each in free if each.occupant)
    leader = any(each.leads for each in free)
    context = {"card": card, "leader": leader, "colleagues": colleagues}
    return Fragment("passing", (card.call, card.parked, card.asked, leader, colleagues), context)


def _notices(desk: Desk) -> Fragment:
    lost = desk.house.seats.overdue(desk.state)
    keys = [alarm.value for alarm in Alarm if alarm in desk.alarms]
    if lost.phone_dead:
        dead = "notice.phone_dead_browser" if desk.state.seat.kind == "browser" else "notice.phone_dead"
        keys.append(dead)
    elif not desk.state.in_queue:
        keys.append("notice.not_in_queue")
    if not desk.newest_page:
        keys.append("notice.other_page")
    return Fragment("notice", (tuple(keys), desk.newest_page), {"keys": keys, "phone": desk.newest_page})


def _forms(desk: Desk) -> Iterator[Fragment]:
    """Return the forms, each with its facts, then which of them are still open, and what was saved last."""
    forms = desk.shelf.forms(desk.work_number, desk.house.board)
    complete = desk.shelf.complete(desk.work_number)
    for form in forms:
        history = desk.shelf.history(form.card, desk.work_number) if form.card else None
        book = desk.house.handling.rules.book
        wish = form.card.wish if form.card else ""
        wished = desk.house.settings.ivr.topics.get(wish, "")
        context = {"form": form, "name": history.name if history else "", **asked(form.ticket, book, wished)}
        yield Fragment(f"form-{slug(form.call)}", form.call, context)
        yield Fragment(f"facts-{slug(form.call)}", (form.ticket, form.talking), {"form": form})
    open_ones = tuple(slug(form.call) for form in forms)
    yield Fragment("open", (open_ones, complete), {"slugs": open_ones, "complete": complete})
    saved = desk.shelf.saved(desk.work_number)
    yield Fragment("saved", saved, {"tickets": saved})


def _seat(desk: Desk) -> Fragment:
    state, occupant = desk.state, desk.state.occupant
    talking = desk.house.board.talking_to(desk.work_number) is not None
    ringing = not talking and bool(desk.house.board.ringing_for(desk.work_number))
    dead = desk.house.seats.overdue(state).phone_dead
    reason = occupant.pause_reason if occupant else None
    context = {
        "state": state,
        "occupant": occupant,
        "talking": talking,
        "ringing": ringing,
        "phone_dead": dead,
        "device_key": DEVICE_TEXTS[state.device],
        "reason": pause_label(desk.choices, reason, desk.t),
    }
    key = (
        state.seat,
        occupant and (occupant.name, occupant.passing_on),
        reason,
        state.in_queue,
        state.device,
        talking,
        ringing,
        dead,
    )
    return Fragment("seat", key, context)


def _duty(desk: Desk) -> Fragment:
    """Return the buttons to pause, resume and sign out: they stand still while everything else moves."""
    paused = desk.state.occupant is not None and desk.state.occupant.pause_reason is not None
    reasons = labels(desk.choices.pause_reasons, desk.t.language)
    return Fragment("duty", paused, {"paused": paused, "reasons": reasons})
