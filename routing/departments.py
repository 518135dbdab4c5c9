"""Departments (D, G1): who answers for what, whom each names as ticket contact, where it lies, how many it is. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from routing.reading import RulesError, insist_on_keys, list_of, placed, strings_of, texts_of
from routing.vocabulary import Remoteness

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DUTY: Final = re.compile(r"(?:(\w{3})(?:-(\w{3}))? )?(\d{2}:\d{2})-(\d{2}:\d{2})")
_ID: Final = re.compile(r"[a-z0-9-]{1,40}")
_WORK_NUMBER: Final = re.compile(r"[0-9]{2,8}")


@dataclass(frozen=True, slots=True)
class Duty:
    """A time of the week, local: from `begins` to `over` on each of `days` (0 is Monday), perhaps past midnight."""

    days: frozenset[int]
    begins: time
    over: time

    def covers(self, at: datetime) -> bool:
        """Say whether a local instant lies in it."""
        clock, day = at.time(), at.weekday()
        if self.begins < self.over:
            return day in self.days and self.begins <= clock < self.over
        return (day in self.days and clock >= self.begins) or ((day - 1) % 7 in self.days and clock < self.over)


@dataclass(frozen=True, slots=True)
class Contact:
    """A ticket contact (G1): signs in by work number; `channels` are Apprise addresses, which may hold secrets.

    `duty` empty: always. `deputies` are told in his place while he is off duty, the first who is on duty.
    """

    work_number: str
    name: str
    channels: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()
    duty: tuple[Duty, ...] = ()
    language: str = ""

    def on_duty(self, at: datetime) -> bool:
        """Say whether he is on duty at a local instant."""
        return not self.duty or any(duty.covers(at) for duty in self.duty)


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `head_counts` hold from their dates on, the earliest first."""

    id: str
    texts: Mapping[str, str]
    contacts: tuple[str, ...]
    head_counts: tuple[tuple[date, int], ...]

    def people_on(self, day: date) -> int:
        """Return how many people it has on a day (P); before the first date as many as on it."""
        since = [people for begins, people in self.head_counts if begins <= day]
        return since[-1] if since else self.head_counts[0][1] if self.head_counts else 0


@dataclass(frozen=True, slots=True)
class Area:
    """An area (D5, D6): how addresses in it are recognised, which 供電所 serves it, how far out it lies (T4)."""

    id: str
    texts: Mapping[str, str]
    places: tuple[str, ...]
    station: str
    remoteness: Remoteness


@dataclass(frozen=True, slots=True)
class Departments:
    """Everything in a departments file, by id; people by work number."""

    departments: Mapping[str, Department]
    contacts: Mapping[str, Contact]
    areas: Mapping[str, Area]

    def area_of(self, address: str) -> Area | None:
        """Return the area that an address names; of several the one whose name stands longest, then first in it."""
        named = [
            (-len(place), address.index(place), area)
            for area in self.areas.values()
            for place in area.places
            if place in address
        ]
        return min(named, key=lambda found: found[:2])[2] if named else None

    def on_duty(self, department: str, at: datetime) -> list[Contact]:
        """Return whom a notice to a department reaches at a local instant: each contact, or his deputy.

        Where nobody is on duty it goes to all contacts: late is better than to nobody.
        """
        named = [self.contacts[number] for number in self.departments[department].contacts]
        reached = [found for contact in named if (found := self._present(contact, at))]
        return list(dict.fromkeys(reached or named))

    def departments_of(self, work_number: str) -> tuple[str, ...]:
        """Return the departments for which somebody may act: as contact, or as a contact's deputy."""
        return tuple(name for name, one in self.departments.items() if work_number in self._acting_for(one))

    def without_contact(self) -> tuple[str, ...]:
        """Return the departments that nobody is named for (G1)."""
        return tuple(name for name, one in self.departments.items() if not one.contacts)

    def _acting_for(self, department: Department) -> set[str]:
        deputies = (deputy for number in department.contacts for deputy in self.contacts[number].deputies)
        return {*department.contacts, *deputies}

    def _present(self, contact: Contact, at: datetime) -> Contact | None:
        standing_in = (self.contacts[number] for number in contact.deputies)
        return next((one for one in (contact, *standing_in) if one.on_duty(at)), None)


def departments_of(tables: Mapping[str, Any], languages: Iterable[str]) -> Departments:
    """Return what stands in a departments file; raises RulesError."""
    languages = tuple(languages)
    insist_on_keys(tables, "the file", {"departments", "contacts", "areas"})
    contacts = _by_id("contacts", tables.get("contacts", []), _contact)
    departments = _by_id(
        "departments", list_of(tables, "departments"), lambda entry, place: _department(entry, place, languages)
    )
    areas = _by_id("areas", tables.get("areas", []), lambda entry, place: _area(entry, place, languages))
    for number, contact in enumerate(contacts.values(), 1):
        with placed("contacts", number, "deputies"):
            _insist_on_known(f"contact {contact.work_number}: deputies", contact.deputies, contacts)
    for number, department in enumerate(departments.values(), 1):
        with placed("departments", number, "contacts"):
            _insist_on_known(f"department {department.id}: contacts", department.contacts, contacts)
    for number, area in enumerate(areas.values(), 1):
        with placed("areas", number, "station"):
            _insist_on_known(f"area {area.id}: station", (area.station,), departments)
    return Departments(departments, contacts, areas)


def _by_id(name: str, entries: Any, make: Any) -> dict[str, Any]:
    if not isinstance(entries, list):
        raise RulesError(f"{name}: each stands under [[{name}]]", name)
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries, 1):
        place = f"{name} {number}"
        with placed(name, number):
            one = make(entry, place)
            key = one.work_number if isinstance(one, Contact) else one.id
            if key in found:
                raise RulesError(f"{place}: {key} stands there twice: leave one out")
        found[key] = one
    return found


def _insist_on_known(place: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise RulesError(f"{place}: {name} is unknown: name one of this file's")


def _id(entry: Mapping[str, Any], place: str) -> str:
    if not isinstance(entry.get("id"), str) or not _ID.fullmatch(entry["id"]):
        raise RulesError(f"{place}: it needs an id of small letters, digits and hyphens")
    return str(entry["id"])


def _department(entry: Mapping[str, Any], place: str, languages: tuple[str, ...]) -> Department:
    insist_on_keys(entry, place, {"id", "contacts", "head_counts", *languages})
    name = _id(entry, place)
    counts = entry.get("head_counts", {})
    if not isinstance(counts, dict) or not all(type(people) is int and people >= 0 for people in counts.values()):
        raise RulesError(f'department {name}: head_counts are like {{ "2026-01-01" = 12 }}')
    try:
        dated = sorted((date.fromisoformat(begins), people) for begins, people in counts.items())
    except ValueError as problem:
        raise RulesError(f"department {name}: head_counts: {problem}") from None
    return Department(name, texts_of(entry, place, languages), strings_of(entry, "contacts", place), tuple(dated))


def _contact(entry: Mapping[str, Any], place: str) -> Contact:
    insist_on_keys(entry, place, {"work_number", "name", "channels", "deputies", "duty", "language"})
    number, name = str(entry.get("work_number", "")), str(entry.get("name", ""))
    if not _WORK_NUMBER.fullmatch(number) or not name:
        raise RulesError(f'{place}: it needs work_number = "7101" and a name')
    duty = tuple(_duty(f"contact {number}", text) for text in strings_of(entry, "duty", place))
    channels, deputies = strings_of(entry, "channels", place), strings_of(entry, "deputies", place)
    return Contact(number, name, channels, deputies, duty, str(entry.get("language", "")))


def _duty(place: str, text: str) -> Duty:
    match = _DUTY.fullmatch(text)
    first_day, last_day, *clocks = match.groups() if match else ("", "", "", "")
    try:
        first = _DAYS.index(first_day) if first_day else 0
        last = _DAYS.index(last_day) if last_day else first if first_day else 6
        begins, over = map(time.fromisoformat, clocks)
    except ValueError:
        raise RulesError(f'{place}: duty {text!r}: write "mon-fri 08:00-17:30", or "00:00-00:00" for always') from None
    span = range(first, last + 1) if first <= last else (*range(first, 7), *range(last + 1))
    return Duty(frozenset(span), begins, over)


def _area(entry: Mapping[str, Any], place: str, languages: tuple[str, ...]) -> Area:
    insist_on_keys(entry, place, {"id", "places", "station", "remoteness", *languages})
    name = _id(entry, place)
    try:
        remoteness = Remoteness(str(entry.get("remoteness", "")))
    except ValueError:
        raise RulesError(f"area {name}: remoteness is one of {', '.join(Remoteness)}") from None
    places = strings_of(entry, "places", place)
    return Area(name, texts_of(entry, place, languages), places, str(entry.get("station", "")), remoteness)
