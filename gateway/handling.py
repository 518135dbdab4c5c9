"""What people do with tickets after the call: an act, its entry and the notices it causes commit together (I7)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from gateway.conduct import Webhook
from gateway.rulebook import RuleShelf
from routing.dispatch import UnroutableError, Written, dispatch_of
from routing.lifecycle import Act
from routing.matters import Entry, Matter
from routing.notices import Addressees, Notice, NoticeKind, notices_of
from routing.vocabulary import Action, Actor, Kind, Stage
from storage import audit
from storage.engine import Storage
from storage.matters import do, matter
from storage.notices import INBOX, ToKeep, keep
from storage.operators import work_numbers_by_role
from storage.roles import Role
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork

ACTORS: Final[Mapping[Role, Actor]] = {
    Role.OPERATOR: Actor.OPERATOR,
    Role.SHIFT_LEADER: Actor.SHIFT_LEADER,
    Role.DIRECTOR: Actor.DIRECTOR,
    Role.CONTACT: Actor.CONTACT,
    Role.APPROVER: Actor.APPROVER,
}
"""In which capacity each role acts on tickets."""

ALARMS: Final = "@alarms"
"""The recipient of what goes to whom [alarms] names."""

WEBHOOK: Final = "@webhook"
"""The recipient of what goes to a program; the channel is the webhook's name."""


class Handling:
    """Does it, and wakes whose inboxes have something new. `clock` returns an aware UTC instant."""

    def __init__(
        self,
        storage: Storage,
        rules: RuleShelf,
        clock: Callable[[], datetime],
        wake: Callable[[Iterable[str]], None],
        webhooks: Iterable[Webhook] = (),
        *,
        alarms: bool = False,
    ) -> None:
        self._storage = storage
        self.rules = rules
        self._clock = clock
        self.wake = wake
        self._webhooks = tuple(webhooks)
        self._alarms = alarms

    async def do(self, ticket: str, act: Act, seen: int | None = None, through: str = "") -> Matter:
        """Do something with a ticket in a transaction of its own; raises what storage.matters.do raises.

        `through`: by whom in his name, put into the audit; "" for himself.
        """
        async with self._storage.work() as work:
            result, told = await self.do_within(work, ticket, act, seen)
            if through:
                detail = {"ticket": ticket, "version": result.version, "action": act.action, "for": act.by}
                await audit.note(work, self._clock(), through, "ticket act", detail)
            await work.commit()
        self.wake(told)
        return result

    async def do_within(
        self, work: UnitOfWork, ticket: str, act: Act, seen: int | None = None
    ) -> tuple[Matter, list[str]]:
        """Do something within a transaction; return how the ticket stands, and whom to wake once it is committed."""
        entry, result = await do(work, ticket, act, seen)
        return result, await self._tell(work, entry, result)

    async def dispatch_within(
        self, work: UnitOfWork, ticket: Ticket, by: str, actor: Actor, *, settled: bool = False
    ) -> list[str]:
        """Send a ticket that was just saved where it belongs (D9); return whom to wake once it is committed.

        One without a topic goes nowhere yet; one that is `settled` was answered at once. One that is under way already
        is corrected, or sent elsewhere while nobody has accepted it. Raises UnroutableError, and LifecycleError for one
        that cannot be settled.
        """
        if not ticket.topic:
            return []
        present = await matter(work, ticket.number)
        act = self._sending(present, ticket, by, actor, settled=settled)
        if act is None:
            return []
        _, told = await self.do_within(work, ticket.number, act)
        return told

    def _sending(self, present: Matter, ticket: Ticket, by: str, actor: Actor, *, settled: bool) -> Act | None:
        """Return what a saved form means for a ticket that stands so; None where that is nothing."""
        now = self._clock()
        corrected = Act(Action.CORRECT, by, actor, now, data={"fields": ["form"]})
        if present.stage not in (Stage.OPENED, Stage.DISPATCHED):
            return corrected if present.stage is Stage.ACCEPTED else None
        paid = settled or (ticket.answers or {}).get("paid_agreed") == "yes"
        written = Written(ticket.topic, ticket.kind, ticket.scope, ticket.area, ticket.address, paid)
        try:
            found = dispatch_of(self.rules.book, written, present.counted_from)
        except UnroutableError:  # of one under way the rules may have forgotten the topic: it stays where it is
            if present.stage is Stage.OPENED:
                raise
            return corrected
        if present.stage is Stage.OPENED:
            action = Action.SETTLE if settled else Action.DISPATCH
            return Act(action, by, actor, now, data=found.particulars)
        if _elsewhere(present, found.particulars):
            return Act(Action.REDISPATCH, by, actor, now, why="corrected", data=found.particulars)
        return corrected

    async def _tell(self, work: UnitOfWork, entry: Entry, result: Matter) -> list[str]:
        local = entry.at.astimezone(self.rules.book.zone)
        notices = notices_of(entry, result, await self.addressees(work), local)
        return await keep(work, self.addressed(result, notices, str(entry.number), {"by": entry.by, "why": entry.why}))

    async def addressees(self, work: UnitOfWork) -> Addressees:
        """Return who there is to be told."""
        by_role = await work_numbers_by_role(work)
        people = {actor: by_role.get(role, ()) for role, actor in ACTORS.items()}
        return Addressees(self.rules.book.departments, people)

    def addressed(
        self, about: Matter, notices: Iterable[Notice], cause: str, payload: Mapping[str, str]
    ) -> Iterable[ToKeep]:
        """Yield one notice for the inbox of each person and one for each of his channels; no name, no number in it."""
        said = {"topic": about.topic, "due_at": about.due_at.isoformat() if about.due_at else "", **payload}
        if about.kind is Kind.FAULT_REPAIR and about.arrived_at is None and about.dispatched_at is not None:
            said["sent_at"] = about.dispatched_at.isoformat()  # whose crew can report its arrival (T4)
        return self.to_each_channel(about.ticket, notices, cause, said)

    def to_each_channel(
        self, ticket: str | None, notices: Iterable[Notice], cause: str, payload: Mapping[str, str]
    ) -> Iterable[ToKeep]:
        """Yield the same of any ticket or of none, with nothing added to what it says."""
        contacts = self.rules.book.departments.contacts
        for notice in notices:
            channels = contacts[notice.recipient].channels if notice.recipient in contacts else ()
            for channel in (INBOX, *(str(number) for number, _ in enumerate(channels, 1))):
                yield ToKeep(ticket, notice.kind, notice.recipient, channel, cause, notice.urgent, payload)
            if self._alarms and notice.kind is NoticeKind.DANGER:  # it must not wait until somebody looks at a page
                yield ToKeep(ticket, notice.kind, ALARMS, ALARMS, cause, notice.urgent, payload)
            for webhook in self._webhooks:  # one event, however many people are told of it
                if webhook.wants(notice.kind):
                    yield ToKeep(ticket, notice.kind, WEBHOOK, webhook.name, cause, notice.urgent, payload)


def _elsewhere(present: Matter, particulars: Mapping[str, object]) -> bool:
    """Say whether what was corrected changes where a ticket goes, or by when."""
    kind = present.kind or Kind.CONSULTATION
    return (present.department, kind.value, present.topic) != (
        particulars["department"],
        particulars["kind"],
        particulars["topic"],
    )
