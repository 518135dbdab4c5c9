"""What the API shows of a ticket's life, to each what he may see; its description is made from these models as well."""

from datetime import date
from typing import Any, Final, Self

from pydantic import Field

from gateway.web.acting import offered
from gateway.web.api_models import ErrorShown, Instant, Shown
from gateway.web.viewers import Viewer
from routing.calendar import Day, DayKind
from routing.departments import Department, Departments
from routing.matters import Entry, Matter, Value
from routing.privacy import HOTLINE
from routing.topics import Topic
from routing.vocabulary import Action, Actor, Ground, Kind, Remoteness, Scope, Stage
from storage.desks import Waiting
from storage.notices import Kept
from storage.tickets import Ticket

_OF_THE_HOTLINE: Final = frozenset({"masked_from", "call"})
"""Particulars of an entry that say from whom the customer is hidden, or lead to his call."""


class CustomerShown(Shown):
    """Who called."""

    name: str
    phone: str = Field(description="As he left it; empty where he left none.")
    caller_number: str


class MatterShown(Shown):
    """A ticket and where its handling stands after `version` entries; null means "not so, or not yet"."""

    ticket: str
    version: int = Field(ge=0, description="Send it as `seen` with an act.")
    stage: Stage
    topic: str
    kind: Kind | None
    scope: Scope | None
    urgent: bool
    area: str
    remoteness: Remoteness | None
    customer: CustomerShown | None = Field(description="null where who asks is not shown who called.")
    address: str
    description: str
    answers: dict[str, str] = Field(description="To the topic's questions, by their ids.")
    concerns: str = Field(description="The department complained of.")
    department: str = Field(description="Which has to answer.")
    cc: tuple[str, ...]
    rule: str
    clause: str = Field(description="By which it went there (D1 to D8).")
    limit_clause: str = Field(description="By which it is due (T1 to T4).")
    rules_version: str
    received_at: Instant
    counted_from: Instant = Field(description="From when the deadline counts: receipt, or reopening.")
    dispatched_at: Instant | None
    accepted_at: Instant | None
    due_at: Instant | None = Field(description="From then on it is late.")
    answer_due_at: Instant | None = Field(description="When the department must have answered.")
    provisional: bool = Field(description="May a yearly notice still to come change the date?")
    longest_until: Instant | None = Field(description="What no extension goes beyond (T3).")
    extension_asked_until: Instant | None
    extended: bool
    returns: int
    redispatches: int
    arrived_at: Instant | None
    fed_back_at: Instant | None
    substantiated: bool
    rulings: int
    ground: Ground | None
    visited_at: Instant | None
    satisfaction: str
    rectification_due_at: Instant | None
    rectified_at: Instant | None
    repeat_of: str
    merged_into: str
    customer_told_at: Instant | None
    closed_at: Instant | None

    @classmethod
    def of(cls, ticket: Ticket, matter: Matter, who: Viewer) -> Self:
        """Return how it is shown to somebody."""
        return cls(**_values(ticket, matter, who))


class DayShown(Shown):
    """One day on the way to a deadline; `name` is the holiday it belongs to."""

    on: date
    kind: DayKind
    name: str
    counts: bool
    provisional: bool

    @classmethod
    def of(cls, day: Day) -> Self:
        """Return how a day is shown."""
        return cls(on=day.on, kind=day.kind, name=day.name, counts=day.counts, provisional=day.provisional)


class MatterWithDaysShown(MatterShown):
    """The same, with why it is due when it is, and what who asks could do with it."""

    days: tuple[DayShown, ...] = Field(description="Every day counted or skipped on the way to `due_at`.")
    possible: tuple[Action, ...] = Field(description="What the token's person could do with it now, fields aside.")

    @classmethod
    def with_days(cls, ticket: Ticket, matter: Matter, who: Viewer, days: tuple[Day, ...]) -> Self:
        """Return how it is shown to somebody."""
        shown, possible = tuple(map(DayShown.of, days)), tuple(offered(who, matter))
        return cls(**_values(ticket, matter, who), days=shown, possible=possible)


class EntryShown(Shown):
    """One thing done with a ticket; entries are never changed."""

    number: int = Field(ge=1)
    at: Instant
    by: str = Field(description="A work number; empty for the software.")
    actor: Actor
    action: Action
    before: Stage
    after: Stage
    why: str
    department: str = Field(description="Which had it then.")
    data: dict[str, Value] = Field(description="The particulars; instants are ISO texts in UTC.")

    @classmethod
    def of(cls, entry: Entry, who: Viewer) -> Self:
        """Return how it is shown to somebody."""
        hidden = frozenset() if who.actor in HOTLINE else _OF_THE_HOTLINE
        data = {name: value for name, value in entry.data.items() if name not in hidden}
        own = {name: getattr(entry, name) for name in cls.model_fields if name != "data"}
        return cls(**own, data=data)


class EntriesShown(Shown):
    """A ticket's history, in order."""

    entries: tuple[EntryShown, ...]


class DeskShown(Shown):
    """What waits for somebody, what expires first on top."""

    waiting: tuple[MatterShown, ...]

    @classmethod
    def of(cls, found: list[Waiting], who: Viewer) -> Self:
        """Return how it is shown to somebody."""
        return cls(waiting=tuple(MatterShown.of(each.ticket, each.matter, who) for each in found))


class StaleShown(ErrorShown):
    """Somebody else did something with the ticket meanwhile: how it stands now, and what was done since."""

    matter: MatterShown
    since: tuple[EntryShown, ...]


class ActRefusedShown(ErrorShown):
    """It cannot be done."""

    refusal: str = Field(description="Why, as a word; empty where a field cannot be understood.")
    clause: str = Field(description="The clause of the regulation that stands against it; empty where none does alone.")


class NoticeShown(Shown):
    """Something that a person was told."""

    id: int
    ticket: str | None
    kind: str
    urgent: bool
    payload: dict[str, Any]
    created_at: Instant
    read_at: Instant | None

    @classmethod
    def of(cls, notice: Kept) -> Self:
        """Return how a notice is shown."""
        return cls(**{name: getattr(notice, name) for name in cls.model_fields})


class NoticesShown(Shown):
    """An inbox: the unread first, the newest first. Reading it here marks nothing as read."""

    notices: tuple[NoticeShown, ...]


class ContactShown(Shown):
    """A ticket contact (G1)."""

    work_number: str
    name: str


class DepartmentShown(Shown):
    """A department; `names` by language."""

    id: str
    names: dict[str, str]
    contacts: tuple[ContactShown, ...]

    @classmethod
    def of(cls, department: Department, known: Departments) -> Self:
        """Return how a department is shown; by which channels its contacts are told is nobody's business."""
        people = (known.contacts[number] for number in department.contacts)
        contacts = tuple(ContactShown(work_number=one.work_number, name=one.name) for one in people)
        return cls(id=department.id, names=dict(department.texts), contacts=contacts)


class DepartmentsShown(Shown):
    """Every department of the rules in force."""

    departments: tuple[DepartmentShown, ...]


class QuestionShown(Shown):
    """What an operator asks on a topic, by language."""

    id: str
    names: dict[str, str]


class TopicShown(Shown):
    """A topic; of which kinds a ticket on it can be, the usual one first."""

    id: str
    names: dict[str, str]
    kinds: tuple[Kind, ...]
    clause: str
    urgent: bool
    questions: tuple[QuestionShown, ...]

    @classmethod
    def of(cls, topic: Topic) -> Self:
        """Return how a topic is shown."""
        questions = tuple(QuestionShown(id=each.id, names=dict(each.texts)) for each in topic.questions)
        common = {"kinds": topic.kinds, "clause": topic.clause, "urgent": topic.urgent}
        return cls(id=topic.id, names=dict(topic.texts), questions=questions, **common)


class TopicsShown(Shown):
    """Every topic of the rules in force."""

    version: str = Field(description="Of the rules.")
    topics: tuple[TopicShown, ...]


def _values(ticket: Ticket, matter: Matter, who: Viewer) -> dict[str, Any]:
    customer = None
    if who.sees_customer(ticket, matter):
        number = ticket.caller_number
        customer = CustomerShown(name=ticket.customer_name, phone=ticket.customer_phone, caller_number=number)
    written = {name: getattr(ticket, name) for name in ("address", "description", "concerns")}
    stands = {name: getattr(matter, name) for name in MatterShown.model_fields if hasattr(matter, name)}
    stands["topic"] = matter.topic or ticket.topic
    return {**stands, **written, "answers": dict(ticket.answers or {}), "customer": customer}
