"""What operators' pages know from the database: who calls again, which forms are to be filled in or corrected.

It never makes a page wait: what is not read yet is simply not shown yet.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from gateway.calls.board import Board, CallCard
from gateway.web.lookup import Lookup
from gateway.web.out_tray import OutTray
from routing.vocabulary import CallState
from routing.withheld_number import is_withheld
from storage.callers import earlier_tickets, known_name
from storage.engine import Storage
from storage.harassment import why_watched
from storage.tickets import Ticket, TicketFilter, ticket_of_call, tickets, tickets_of_calls

_SHOWN: Final = 5
_LOOKUPS: Final = 500
_UNSAVED_SINCE: Final = timedelta(days=3)
_MOST_UNSAVED: Final = 200
_MOST_ASKED: Final = 20
_IN_PROGRESS: Final = (CallState.RECEIVED, CallState.WAITING, CallState.RINGING, CallState.TALKING)

Caller: TypeAlias = tuple[str, str, datetime]
Asked: TypeAlias = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a caller: his name as last saved, his earlier tickets, newest first, and the flag on him."""

    name: str
    earlier: tuple[Ticket, ...]
    watched: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A ticket's form on an operator's page; `ticket` is None until the database has it.

    `card` is the call as last seen on the line, None for one that was not; `talking`: it is on the line now.
    `reopened`: it was saved before, and is to be corrected.
    """

    call: str
    card: CallCard | None
    ticket: Ticket | None
    talking: bool
    reopened: bool

    @property
    def elsewhere(self) -> bool:
        """Whether the call goes on without this operator: he has passed the caller on."""
        return not self.talking and self.ticket is not None and self.ticket.state in _IN_PROGRESS

    @property
    def opened_ms(self) -> int:
        """When the call came in (Unix time in milliseconds): the order of forms on a page."""
        opened_at = self.ticket.opened_at if self.ticket else self.card.opened_at if self.card else None
        return int(opened_at.timestamp() * 1000) if opened_at else 0


@dataclass(frozen=True, slots=True)
class Place:
    """A form's place on a desk: the call as last seen on the line, and the version past which it is done with."""

    card: CallCard | None = None
    version: int = 0


class Shelf:
    """Kept for operators whose pages are open; `wake` is told whose page has something new."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime], wake: Callable[[Iterable[str]], None]) -> None:
        self._storage = storage
        self._clock = clock
        self._wake = wake
        self._tickets: dict[str, Ticket] = {}
        self._desks: dict[str, dict[str, Place]] = {}
        self._asked: dict[Caller, set[str]] = {}
        self._readers: dict[str, set[str]] = {}
        self._asked_back: dict[str, set[Asked]] = {}
        self._out_tray = OutTray(storage, clock, wake)
        self._histories = Lookup(self._load_history, self._history_found, _LOOKUPS)
        self._unsaved = Lookup(self._load_unsaved, self._unsaved_found, _LOOKUPS)
        self._missing = Lookup(self._load_missing, self._missing_found, _LOOKUPS)
        self._own = Lookup(self._load_own, self._own_found, _LOOKUPS)

    async def close(self) -> None:
        """Stop reading."""
        for reader in (self._histories, self._unsaved, self._missing, self._own, self._out_tray):
            await reader.close()

    def history(self, card: CallCard, work_number: str) -> History | None:
        """Return what is known of a caller; None while it is read, this operator is woken afterwards."""
        if is_withheld(card.caller_number) or card.opened_at is None:
            return History("", ())
        caller = (card.call, card.caller_number, card.opened_at)
        found = self._histories.get(caller)
        if found is None:
            self._asked.setdefault(caller, set()).add(work_number)
            while len(self._asked) > _LOOKUPS:
                del self._asked[next(iter(self._asked))]
        return found

    def complete(self, work_number: str) -> bool:
        """Say whether all of an operator's unsaved forms have been read."""
        return self._unsaved.get(work_number) is not None

    def forms(self, work_number: str, board: Board) -> tuple[Form, ...]:
        """Return the forms on an operator's page, oldest first."""
        on_line = board.talking_to(work_number)
        desk = self._desks.setdefault(work_number, {})
        if on_line:
            place = desk.get(on_line.call) or Place(version=self._version(on_line.call))
            desk[on_line.call] = replace(place, card=on_line)
        forms = [self._form(call, place, on_line) for call, place in desk.items()]
        for form in forms:
            if form.ticket and form.ticket.form_version > desk[form.call].version and not form.talking:
                del desk[form.call]
        for asked in self._asked_back.get(work_number, ()):
            self._own.get(asked)
        return tuple(sorted((form for form in forms if form.call in desk), key=lambda form: form.opened_ms))

    def so_far(self, call: str, work_number: str) -> Ticket | None:
        """Return a ticket as a colleague left it, for who is to take over; None while it is read, he is woken then."""
        self._readers.setdefault(call, set()).add(work_number)
        ticket = self._tickets.get(call)
        if ticket is None:
            self._missing.get(call)
        return ticket

    def saved(self, work_number: str) -> tuple[Ticket, ...]:
        """Return the tickets an operator saved last that are not on his desk, the last one first."""
        return tuple(ticket for ticket in self._out_tray.tickets(work_number) if not self.has(work_number, ticket.call))

    def reopen(self, work_number: str, calls: tuple[str, ...]) -> None:
        """Put forms on an operator's desk again that were saved; none of a caller to whom he did not talk."""
        asked_back = self._asked_back.setdefault(work_number, set())
        if calls and len(asked_back) < _MOST_ASKED:
            asked_back.add((work_number, calls))
            self._wake([work_number])

    def ticket_changed(self, ticket: Ticket) -> None:
        """Take in a ticket as it was just committed."""
        ticket = _with_latest_form(ticket, self._tickets.get(ticket.call))
        for work_number in ticket.operators:
            if work_number in self._desks and ticket.form_version == 0:
                self._desks[work_number].setdefault(ticket.call, Place())
        shown_to = {number for number, desk in self._desks.items() if ticket.call in desk}
        in_progress = ticket.state in _IN_PROGRESS
        if in_progress or shown_to:
            self._tickets[ticket.call] = ticket
        else:
            self._tickets.pop(ticket.call, None)
        readers = self._readers.get(ticket.call, set()) if in_progress else self._readers.pop(ticket.call, set())
        self._wake(shown_to | readers)
        self._out_tray.ticket_changed(ticket)

    def has(self, work_number: str, call: str) -> bool:
        """Say whether this call's form is on this operator's page."""
        return call in self._desks.get(work_number, {})

    def left(self, work_number: str) -> None:
        """Drop what was kept for an operator none of whose pages is open any more."""
        self._unsaved.forget(work_number)
        self._asked_back.pop(work_number, None)
        self._out_tray.left(work_number)
        gone = self._desks.pop(work_number, {})
        still_shown = {call for desk in self._desks.values() for call in desk}
        for call in set(gone) - still_shown:
            ticket = self._tickets.get(call)
            if ticket and ticket.state not in _IN_PROGRESS:
                del self._tickets[call]

    def _version(self, call: str) -> int:
        """Return how often a form was saved: who takes a caller over is not done with what a colleague saved."""
        ticket = self._tickets.get(call)
        return ticket.form_version if ticket else 0

    def _form(self, call: str, place: Place, on_line: CallCard | None) -> Form:
        talking = on_line is not None and on_line.call == call
        ticket = self._tickets.get(call)
        if ticket is None and talking:
            self._missing.get(call)
        return Form(call, place.card, ticket, talking, reopened=place.version > 0)

    async def _load_history(self, caller: Caller) -> History:
        _, number, opened_at = caller
        async with self._storage.reading() as work:
            name = await known_name(work, number)
            earlier = tuple(await earlier_tickets(work, number, opened_at, _SHOWN))
            return History(name, earlier, await why_watched(work, number))

    def _history_found(self, caller: Caller, _: History) -> None:
        self._wake(self._asked.pop(caller, set()))

    async def _load_unsaved(self, work_number: str) -> tuple[Ticket, ...]:
        which = TicketFilter(talked=work_number, opened_from=self._clock() - _UNSAVED_SINCE, form_version=0)
        async with self._storage.reading() as work:
            page = await tickets(work, which, limit=_MOST_UNSAVED)
        return tuple(reversed(page.tickets))

    def _unsaved_found(self, work_number: str, unsaved: tuple[Ticket, ...]) -> None:
        for ticket in unsaved:
            if ticket.call not in self._tickets:
                self.ticket_changed(ticket)
            self._desks.setdefault(work_number, {}).setdefault(ticket.call, Place())
        self._wake([work_number])

    async def _load_missing(self, call: str) -> Ticket | None:
        async with self._storage.reading() as work:
            return await ticket_of_call(work, call)

    def _missing_found(self, call: str, ticket: Ticket) -> None:
        self._missing.forget(call)
        self.ticket_changed(ticket)

    async def _load_own(self, asked: Asked) -> tuple[Ticket, ...]:
        work_number, calls = asked
        async with self._storage.reading() as work:
            found = await tickets_of_calls(work, calls)
        return tuple(ticket for ticket in found.values() if work_number in ticket.operators)

    def _own_found(self, asked: Asked, own: tuple[Ticket, ...]) -> None:
        work_number, _ = asked
        self._own.forget(asked)
        self._asked_back.get(work_number, set()).discard(asked)
        desk = self._desks.get(work_number)
        if desk is None:
            return
        for ticket in own:
            place = desk.setdefault(ticket.call, Place())
            self.ticket_changed(ticket)
            desk[ticket.call] = replace(place, version=self._tickets[ticket.call].form_version)


def _with_latest_form(ticket: Ticket, known: Ticket | None) -> Ticket:
    """Two writers announce tickets, each right after its commit: the form never goes back a version."""
    if known is None or known.form_version <= ticket.form_version:
        return ticket
    return replace(
        ticket,
        **asdict(known.form),
        form_version=known.form_version,
        form_saved_at=known.form_saved_at,
        form_saved_by=known.form_saved_by,
    )
