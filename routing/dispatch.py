"""What a dispatch says (D9): department, cc, rule, clause and deadline of what an operator has written down. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from routing.calendar import Calendar
from routing.deadlines import LONGEST, Deadline, after_minutes, after_working_days
from routing.departments import Area, Departments
from routing.matters import Value
from routing.rules import Decision, Inquiry, Limit, Rules
from routing.topics import Topic
from routing.vocabulary import Kind, Remoteness, Scope


class UnroutableError(ValueError):
    """What was written down names something that the rules do not know; the message is the field's name."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force: what goes where, who answers for what, which days count."""

    rules: Rules
    departments: Departments
    calendar: Calendar
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Written:
    """What an operator wrote that decides where a ticket goes; each may be "" but the topic.

    `paid_agreed`: the customer was told that the repair of his own fault is paid for, and agreed (N5).
    """

    topic: str
    kind: str = ""
    scope: str = ""
    area: str = ""
    address: str = ""
    paid_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Where a ticket goes, why, and until when."""

    topic: Topic
    inquiry: Inquiry
    area: Area | None
    remoteness: Remoteness
    decision: Decision
    deadline: Deadline
    longest: Deadline | None
    rules_version: str

    @property
    def particulars(self) -> dict[str, Value]:
        """What the entry in the ticket's history keeps of it."""
        decision, inquiry = self.decision, self.inquiry
        return {
            "topic": inquiry.topic,
            "kind": inquiry.kind.value,
            "scope": inquiry.scope.value if inquiry.scope else "",
            "urgent": self.topic.urgent,
            "area": inquiry.area,
            "remoteness": self.remoteness.value,
            "department": decision.department,
            "cc": list(decision.cc),
            "masked_from": list(decision.masked_from),
            "rule": decision.rule,
            "clause": decision.clause,
            "limit_clause": decision.limit.clause,
            "working_days": decision.limit.working_days,
            "extended": decision.limit.extended,
            "rules_version": self.rules_version,
            "due_at": iso(self.deadline.due_at),
            "longest_until": iso(self.longest.due_at) if self.longest else "",
            "provisional": self.deadline.provisional or bool(self.longest and self.longest.provisional),
        }


def dispatch_of(book: Rulebook, written: Written, counted_from: datetime) -> Dispatch:
    """Return where a ticket received at an instant goes; raises UnroutableError."""
    topic = book.rules.topics.get(written.topic)
    if topic is None:
        raise UnroutableError("topic")
    kind, scope = _kind(topic, written.kind), _scope(topic, written.scope)
    if scope is Scope.CUSTOMER and not written.paid_agreed:
        raise UnroutableError("paid_agreed")
    area = _area(book.departments, written)
    inquiry = Inquiry(topic.id, kind, scope, area.id if area else "")
    decision = book.rules.decide(inquiry, book.departments)
    remoteness = area.remoteness if area else Remoteness.URBAN  # the strictest limit, until somebody knows better
    deadline, longest = deadlines(book, decision.limit, remoteness, counted_from)
    return Dispatch(topic, inquiry, area, remoteness, decision, deadline, longest, book.rules.version)


def deadlines(
    book: Rulebook, limit: Limit, remoteness: Remoteness, counted_from: datetime
) -> tuple[Deadline, Deadline | None]:
    """Return a limit's deadline, and the longest to which it may be extended (T3); None where it may not."""
    if limit.minutes:
        return after_minutes(counted_from, limit.minutes[remoteness]), None
    days = (limit.working_days, *((min(limit.extended, LONGEST),) if limit.extended else ()))
    found = [
        after_working_days(counted_from, number, book.calendar, book.zone, count_first=book.rules.count_first_day)
        for number in days
    ]
    return found[0], found[1] if len(found) > 1 else None


def iso(instant: datetime) -> str:
    """Return an instant as an entry's particulars keep it."""
    return instant.astimezone(UTC).isoformat()


def _kind(topic: Topic, kind: str) -> Kind:
    if not kind:
        return topic.kinds[0]
    if kind not in topic.kinds:
        raise UnroutableError("kind")
    return Kind(kind)


def _scope(topic: Topic, scope: str) -> Scope | None:
    """Return whose a fault is; what nobody knows is treated as the company's (N5)."""
    if topic.kinds[0] is not Kind.FAULT_REPAIR:
        return None
    if scope and scope not in set(Scope):
        raise UnroutableError("scope")
    return Scope(scope) if scope else Scope.UNKNOWN


def _area(departments: Departments, written: Written) -> Area | None:
    if not written.area:
        return departments.area_of(written.address)
    if written.area not in departments.areas:
        raise UnroutableError("area")
    return departments.areas[written.area]
