"""Who is told of what is done with a ticket, and of its deadlines: kinds of notices and their audiences. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from routing.departments import Departments
from routing.lifecycle import DIRECTOR_DECIDES_FROM
from routing.matters import WITH_DEPARTMENT, Entry, Matter
from routing.vocabulary import Action, Actor


class NoticeKind(StrEnum):
    """What a notice says; each has its texts in the catalogue."""

    DISPATCHED = "dispatched"
    INFORMED = "informed"
    DANGER = "danger"
    WITHOUT_CONTACT = "without_contact"
    RETURNED = "returned"
    RETURNED_AGAIN = "returned_again"
    FED_BACK = "fed_back"
    UNQUALIFIED = "unqualified"
    RECTIFICATION_ORDERED = "rectification_ordered"
    RECTIFIED = "rectified"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    DATE_CHANGED = "date_changed"
    ARRIVED = "arrived"
    DUE_SOON = "due_soon"
    HALF_WAY = "half_way"
    DUE = "due"
    OVERDUE = "overdue"
    EXTENSION_WAITING = "extension_waiting"
    RECTIFICATION_DUE_SOON = "rectification_due_soon"
    RECTIFICATION_OVERDUE = "rectification_overdue"
    NO_CONTACTS = "no_contacts"
    RULES_REFUSED = "rules_refused"
    PROMISE_DUE_SOON = "promise_due_soon"
    PROMISE_OVERDUE = "promise_overdue"
    UNDELIVERED = "undelivered"
    MONTH_DUE = "month_due"
    MONTH_OVERDUE = "month_overdue"
    SUSPECTED_OUTAGE = "suspected_outage"


class Audience(StrEnum):
    """Whom a notice is for."""

    DEPARTMENT = "department"
    CC = "cc"
    LEADERS = "leaders"
    DIRECTOR = "director"
    APPROVER = "approver"


_ROLE_OF: Final = {
    Audience.LEADERS: Actor.SHIFT_LEADER,
    Audience.DIRECTOR: Actor.DIRECTOR,
    Audience.APPROVER: Actor.APPROVER,
}
_TOLD: Final[Mapping[Action, tuple[tuple[NoticeKind, Audience], ...]]] = {
    Action.DISPATCH: ((NoticeKind.DISPATCHED, Audience.DEPARTMENT), (NoticeKind.INFORMED, Audience.CC)),
    Action.REDISPATCH: ((NoticeKind.DISPATCHED, Audience.DEPARTMENT), (NoticeKind.INFORMED, Audience.CC)),
    Action.FEED_BACK: ((NoticeKind.FED_BACK, Audience.DIRECTOR),),
    Action.RULE_UNQUALIFIED: ((NoticeKind.UNQUALIFIED, Audience.DEPARTMENT),),
    Action.ORDER_RECTIFICATION: ((NoticeKind.RECTIFICATION_ORDERED, Audience.DEPARTMENT),),
    Action.RECTIFY: ((NoticeKind.RECTIFIED, Audience.DIRECTOR),),
    Action.ASK_EXTENSION: ((NoticeKind.EXTENSION_ASKED, Audience.APPROVER),),
    Action.GRANT_EXTENSION: ((NoticeKind.EXTENSION_GRANTED, Audience.DEPARTMENT),),
    Action.REFUSE_EXTENSION: ((NoticeKind.EXTENSION_REFUSED, Audience.DEPARTMENT),),
    Action.REOPEN: ((NoticeKind.REOPENED, Audience.LEADERS), (NoticeKind.REOPENED, Audience.DIRECTOR)),
    Action.CANCEL: ((NoticeKind.WITHDRAWN, Audience.DEPARTMENT),),
    Action.MERGE: ((NoticeKind.WITHDRAWN, Audience.DEPARTMENT),),
    Action.CORRECT: ((NoticeKind.CORRECTED, Audience.DEPARTMENT),),
    Action.RECOMPUTE: ((NoticeKind.DATE_CHANGED, Audience.DEPARTMENT),),
    Action.ARRIVE: ((NoticeKind.ARRIVED, Audience.LEADERS),),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one person, by work number; `urgent` ones keep no quiet hours."""

    kind: NoticeKind
    recipient: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Addressees:
    """Who there is to be told: the departments' contacts, and everybody of a role, by work number."""

    departments: Departments
    people: Mapping[Actor, tuple[str, ...]]


def notices_of(entry: Entry, matter: Matter, addressees: Addressees, at: datetime) -> tuple[Notice, ...]:
    """Return whom an entry is told to; `matter` is how the ticket stands after it, `at` a local instant."""
    notices = notices_to(_told(entry, matter), matter, addressees, at)
    if entry.action is Action.REDISPATCH and entry.before in WITH_DEPARTMENT and entry.department != matter.department:
        taken_from = replace(matter, department=entry.department)
        notices += notices_to(((NoticeKind.WITHDRAWN, Audience.DEPARTMENT),), taken_from, addressees, at)
    return notices


def _told(entry: Entry, matter: Matter) -> tuple[tuple[NoticeKind, Audience], ...]:
    if entry.action is Action.RETURN:
        return _returned(matter)
    if entry.action is Action.RECOMPUTE and entry.text("due_at") == entry.text("due_at_before"):
        return ()  # the date stays, it is only certain now
    if entry.action is Action.DISPATCH and matter.urgent:
        return (*_TOLD[entry.action], (NoticeKind.DANGER, Audience.LEADERS), (NoticeKind.DANGER, Audience.DIRECTOR))
    return _TOLD.get(entry.action, ())


def notices_to(
    told: Iterable[tuple[NoticeKind, Audience]], matter: Matter, addressees: Addressees, at: datetime
) -> tuple[Notice, ...]:
    """Return one notice of a kind to each person of an audience; whoever does something himself is told as well.

    What is for a department without a contact goes to the director (G1).
    """
    found: dict[tuple[NoticeKind, str], Notice] = {}
    for kind, audience in told:
        says, people = kind, _people(audience, matter, addressees, at)
        if not people and audience is Audience.DEPARTMENT and matter.department:
            says, people = NoticeKind.WITHOUT_CONTACT, _people(Audience.DIRECTOR, matter, addressees, at)
        found |= {(says, number): Notice(says, number, matter.urgent) for number in people}
    return tuple(found.values())


def _returned(matter: Matter) -> tuple[tuple[NoticeKind, Audience], ...]:
    """Return who decides where a returned ticket goes: the second time the director (G0)."""
    if matter.returns >= DIRECTOR_DECIDES_FROM:
        return ((NoticeKind.RETURNED_AGAIN, Audience.DIRECTOR),)
    return ((NoticeKind.RETURNED, Audience.LEADERS), (NoticeKind.RETURNED, Audience.DIRECTOR))


def _people(audience: Audience, matter: Matter, addressees: Addressees, at: datetime) -> tuple[str, ...]:
    if audience in _ROLE_OF:
        return addressees.people.get(_ROLE_OF[audience], ())
    departments = matter.cc if audience is Audience.CC else (matter.department,)
    known = [name for name in departments if name in addressees.departments.departments]
    return tuple(one.work_number for name in known for one in addressees.departments.on_duty(name, at))
