"""A ticket whose history is told in local times, each step by way of the table of what can be done."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from routing.calendar import Calendar, YearlyNotice
from routing.departments import Department, Departments
from routing.dispatch import iso
from routing.lifecycle import Act, entry_for
from routing.matters import Entry, Matter, Value, after
from routing.penalties import Amounts, Case, Line, Terms, lines_of
from routing.vocabulary import Action, Actor, Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar((YearlyNotice(2026, {date(2026, 10, day): "national_day" for day in range(1, 8)}, {}),))
NAMES = {"zh-Hans": "甲", "zh-Hant": "甲", "en": "A"}
DEPARTMENTS = Departments(
    {
        "a": Department("a", NAMES, (), ((date(2026, 1, 1), 10), (date(2026, 11, 10), 12))),
        "b": Department("b", NAMES, (), ((date(2026, 1, 1), 4),)),
        "uncounted": Department("uncounted", NAMES, (), ()),
    },
    {},
    {},
)
RECEIVED = datetime(2026, 11, 2, 9, tzinfo=SHANGHAI)
NUMBER = "20261102-0001"


def at(text: str) -> datetime:
    """Return the instant of a local time like "11-05 09:30:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI).astimezone(UTC)


class Story:
    """A ticket received on Monday, 2 November at nine; its answer is due when Thursday the 5th is over."""

    def __init__(self, kind: str = "complaint", due: str = "11-06 00:00:00", department: str = "a") -> None:
        self.matter = Matter(NUMBER, RECEIVED, RECEIVED)
        self.entries: list[Entry] = []
        self._kind = kind
        self._route(Action.DISPATCH, "11-02 09:05:00", department, due, "")

    def act(self, action: Action, when: str, actor: Actor, why: str = "", **data: Value) -> "Story":
        """Let somebody do something, if the table allows it."""
        entry = entry_for(self.matter, Act(action, f"{actor}", actor, at(when), why, data))
        self.matter = after(self.matter, entry)
        self.entries.append(entry)
        return self

    def accepted(self, when: str) -> "Story":
        """Let the department accept it."""
        return self.act(Action.ACCEPT, when, Actor.CONTACT)

    def answered(self, when: str) -> "Story":
        """Let the department answer; it accepts first where it has not."""
        if self.matter.stage is Stage.DISPATCHED:
            self.accepted(when)
        told: dict[str, Value] = {"contacted_at": "x", "contacted_how": "phone", "finding": "x", "result": "x"}
        return self.act(Action.FEED_BACK, when, Actor.CONTACT, **told)

    def returned(self, when: str) -> "Story":
        """Let the department send it back."""
        return self.act(Action.RETURN, when, Actor.CONTACT, "not ours")

    def sent_to(self, department: str, when: str, due: str = "11-06 00:00:00") -> "Story":
        """Let the director send it to another department."""
        return self._route(Action.REDISPATCH, when, department, due, "theirs")

    def ruled(self, when: str, due: str) -> "Story":
        """Let the director rule it unqualified."""
        data: dict[str, Value] = {"ground": "inaccurate", "due_at": iso(at(due))}
        return self.act(Action.RULE_UNQUALIFIED, when, Actor.DIRECTOR, "wrong", **data)

    def _route(self, action: Action, when: str, department: str, due: str, why: str) -> "Story":
        data: dict[str, Value] = {
            "topic": "t",
            "kind": self._kind,
            "rules_version": "1",
            "department": department,
            "due_at": iso(at(due)),
            "longest_until": iso(at("12-15 00:00:00")) if self._kind == "complaint" else "",
        }
        return self.act(action, when, Actor.DIRECTOR, why, **data)

    def lines(self, now: str, amounts: Amounts | None = None, **answered_by: str) -> tuple[Line, ...]:
        """Return what is due at a local time."""
        terms = Terms(DEPARTMENTS, CALENDAR, SHANGHAI, amounts or Amounts())
        case = Case(NUMBER, RECEIVED, self.entries, {name.lstrip("_"): by for name, by in answered_by.items()})
        return lines_of(case, terms, at(now))

    def late(self, now: str, amounts: Amounts | None = None) -> list[tuple[str, str, int]]:
        """Return (day, department, yuan) of the lines for lateness."""
        lines = [line for line in self.lines(now, amounts) if line.clause == "P1"]
        return [(f"{line.day:%m-%d}", line.department, line.total) for line in lines]
