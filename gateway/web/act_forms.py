"""What the forms of a ticket's page hold: the particulars of each act, as routing.matters.Entry keeps them.

What is wrong with a form is said by a key of the catalogue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from routing.deadlines import end_of
from routing.departments import Departments
from routing.dispatch import Rulebook, UnroutableError, Written, dispatch_of, iso
from routing.matters import Matter, Value
from routing.vocabulary import Action, Ground, Scope
from storage.tickets import Ticket

LONGEST: Final = 4000
SATISFACTION: Final = ("satisfied", "fairly", "dissatisfied")
HOW_CONTACTED: Final = ("phone", "visit", "message")


class FormError(ValueError):
    """A form cannot be used; the message is the key of the text that says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent, about a ticket that stands so, under the rules in force."""

    fields: Mapping[str, str]
    ticket: Ticket
    matter: Matter
    book: Rulebook

    def text(self, name: str) -> str:
        """Return a field without blanks around it; raises FormError for one that is too long."""
        value = self.fields.get(name, "").strip()
        if len(value) > LONGEST:
            raise FormError("act.too_long")
        return value

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        """Return a field that is one of some choices, or empty; raises FormError."""
        value = self.text(name)
        if value and value not in choices:
            raise FormError("act.unknown_choice")
        return value

    def day_over(self, name: str) -> str:
        """Return the end of a local day as an entry keeps it, "" where none is given; raises FormError."""
        value = self.text(name)
        try:
            return iso(end_of(date.fromisoformat(value), self.book.zone)) if value else ""
        except (ValueError, OverflowError):
            raise FormError("act.no_date") from None

    def instant(self, name: str) -> str:
        """Return a time, local if it does not say, as an entry keeps it, "" where none is given; raises FormError."""
        value = self.text(name)
        try:
            local = datetime.fromisoformat(value) if value else None
            aware = local if local is None or local.tzinfo else local.replace(tzinfo=self.book.zone)
            return iso(aware.astimezone(UTC)) if aware else ""
        except (ValueError, OverflowError):
            raise FormError("act.no_date") from None


_Read: TypeAlias = Callable[[Sent], dict[str, Value]]


def particulars(action: Action, sent: Sent) -> dict[str, Value]:
    """Return the particulars of an act; raises FormError."""
    return _READERS[action](sent) if action in _READERS else {}


def _redispatch(sent: Sent) -> dict[str, Value]:
    """Send it by the rules to where its topic belongs, or where who decides says."""
    ticket, matter, department = sent.ticket, sent.matter, sent.text("department")
    written = Written(
        sent.text("topic") or matter.topic or ticket.topic,
        matter.kind.value if matter.kind and not sent.text("topic") else "",
        matter.scope.value if matter.scope else "",
        matter.area,
        ticket.address,
        matter.scope is Scope.CUSTOMER,  # he had agreed to pay before it was sent the first time (N5)
    )
    try:
        found = dispatch_of(sent.book, written, matter.counted_from)
    except UnroutableError:
        raise FormError("act.unknown_choice") from None
    if not department or department == found.decision.department:
        return found.particulars
    _insist_on_department(sent.book.departments, department)
    return {**found.particulars, "department": department, "cc": [], "rule": "by-hand"}


def _insist_on_department(departments: Departments, name: str) -> None:
    if name not in departments.departments:
        raise FormError("act.unknown_choice")


def _feedback(sent: Sent) -> dict[str, Value]:
    return {
        "contacted_at": sent.instant("contacted_at"),
        "contacted_how": sent.one_of("contacted_how", HOW_CONTACTED),
        "finding": sent.text("finding"),
        "result": sent.text("result"),
    }


def _ruling(sent: Sent) -> dict[str, Value]:
    return {"ground": sent.one_of("ground", tuple(Ground)), "due_at": sent.day_over("due")}


def _visit(sent: Sent) -> dict[str, Value]:
    return {"call": sent.text("call"), "satisfaction": sent.one_of("satisfaction", SATISFACTION)}


_READERS: Final[Mapping[Action, _Read]] = {
    Action.REDISPATCH: _redispatch,
    Action.FEED_BACK: _feedback,
    Action.REVIEW: lambda sent: {"substantiated": sent.one_of("substantiated", ("yes", "no")) == "yes"},
    Action.RULE_UNQUALIFIED: _ruling,
    Action.VISIT: _visit,
    Action.MERGE: lambda sent: {"into": sent.text("into")},
    Action.CONFIRM_REPEAT: lambda sent: {"of": sent.text("of")},
    Action.ASK_EXTENSION: lambda sent: {"until": sent.day_over("until")},
    Action.ORDER_RECTIFICATION: lambda sent: {"due_at": sent.day_over("due")},
    Action.ARRIVE: lambda _: {"how": "console"},
}

FIELDS: Final[Mapping[Action, tuple[str, ...]]] = {
    Action.REDISPATCH: ("department", "topic"),
    Action.FEED_BACK: ("contacted_at", "contacted_how", "finding", "result"),
    Action.REVIEW: ("substantiated",),
    Action.RULE_UNQUALIFIED: ("ground", "due"),
    Action.VISIT: ("call", "satisfaction"),
    Action.MERGE: ("into",),
    Action.CONFIRM_REPEAT: ("of",),
    Action.ASK_EXTENSION: ("until",),
    Action.ORDER_RECTIFICATION: ("due",),
}
"""What each form is asked for besides a reason."""
