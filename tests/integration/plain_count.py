"""The monthly tables of simulated tickets, counted from their stories alone: nothing here is the product's (D12)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from plain_rules import DAY, KIND, PEOPLE, ZONE, Step, Story, department, due, midnight_after


@dataclass
class Walk:
    """One story, walked through: what it adds to each month's figures, and what it costs whom."""

    story: Story
    now: datetime
    figures: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    costs: dict[tuple[str, date, str, str], int] = field(default_factory=dict)
    answers: list[tuple[datetime, str]] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    sends: dict[tuple[str, str], str] = field(default_factory=dict)
    holder: str = ""
    kind: str = ""
    with_it: bool = False
    since: datetime | None = None
    due: datetime | None = None
    answer_due: datetime | None = None
    asked: datetime | None = None
    arrived: tuple[datetime, str] | None = None
    answered: tuple[datetime, str] | None = None
    closed: tuple[datetime, str] | None = None
    ended: datetime | None = None
    ruled: bool = False

    def walk(self) -> "Walk":
        """Go through it."""
        for place, step in enumerate(self.story.steps):
            getattr(self, f"_{step.what}", lambda _: None)(step)
            self._late(place, step.at)
        for (month, name), kind in self.sends.items():
            self.figures[month, name, "received"] += 1
            self.figures[month, name, kind] += 1
        self._how_it_ended()
        return self

    def _add(self, at: datetime, figure: str, name: str | None = None) -> None:
        self.figures[f"{at:%Y-%m}", self.holder if name is None else name, figure] += 1

    def _cost(self, clause: str, day: date, name: str, each: int) -> None:
        self.costs.setdefault((clause, day, name, ""), each * PEOPLE[name])

    def _dispatch(self, step: Step) -> None:
        topic, area = step.also["topic"], step.also["area"]
        to, before = department(topic, area), self.holder
        self.kind = KIND[topic]
        if not (self.with_it and to == before):
            self.sends[f"{step.at:%Y-%m}", to] = self.kind
        if before and to != before:
            self._add(step.at, "redispatched")
        self.holder, self.with_it = to, True
        self.due = self.answer_due = due(topic, area, self.since or self.story.received)

    _redispatch = _dispatch

    def _return(self, step: Step) -> None:
        self._add(step.at, "returned")
        self.with_it, self.asked = False, None

    def _ask_extension(self, step: Step) -> None:
        self.asked = step.also["until"]

    def _grant_extension(self, step: Step) -> None:
        self._add(step.at, "extended")
        self.due = self.answer_due = self.asked
        self.asked = None

    def _refuse_extension(self, _: Step) -> None:
        self.asked = None

    def _arrive(self, step: Step) -> None:
        self.arrived = step.at, self.holder

    def _feed_back(self, step: Step) -> None:
        self.answered = step.at, self.holder
        self.answers.append(self.answered)
        self.with_it, self.asked = False, None

    def _rule_unqualified(self, step: Step) -> None:
        self._add(step.at, "unqualified")
        self.costs["P2", step.at.date(), self.holder, f"{step.at}"] = 50 * PEOPLE[self.holder]
        self.answered, self.with_it, self.ruled, self.answer_due = None, True, True, step.also["until"]

    def _visit(self, step: Step) -> None:
        said = step.also["satisfaction"]
        self._add(step.at, "visits_connected" if said else "visits_impossible")
        if said:
            self._add(step.at, said)

    def _order_rectification(self, step: Step) -> None:
        self._add(step.at, "rectifications")

    def _rectify(self, step: Step) -> None:
        self._add(step.at, "rectified")

    def _close(self, step: Step) -> None:
        self.closed, self.ended = (step.at, self.holder), step.at

    def _reopen(self, step: Step) -> None:
        self.closed = self.answered = self.arrived = self.ended = None
        self.ruled, self.since = False, step.at

    def _cancel(self, step: Step) -> None:
        self.with_it, self.ended = False, step.at

    _merge = _settle = _cancel

    def _confirm_repeat(self, step: Step) -> None:
        self.repeats.append(step.also["of"])

    def _late(self, place: int, since: datetime) -> None:
        """Charge the days on which it is late from a step to the next (P1)."""
        following = self.story.steps[place + 1] if place + 1 < len(self.story.steps) else None
        until = following.at if following else self.now
        by = self._effectively_due(place)
        there = self.kind == "fault_repair" and self.arrived is not None and not self.ruled
        if not self.with_it or there or by is None:
            return
        for day in days(max(since, by).date(), until.date()):
            if max(since, by) < midnight_after(day) <= until:
                self._cost("P1", day, self.holder, 50)
        answers = following and (following.what == "feed_back" or (following.what == "arrive" and not self.ruled))
        if answers and until > by:
            self._cost("P1", until.date(), self.holder, 50)

    def _effectively_due(self, place: int) -> datetime | None:
        """Return until when it was to be answered: while more time is asked for, what comes of that decides (T3)."""
        if self.asked is None or self.answer_due is None:
            return self.answer_due
        for step in self.story.steps[place + 1 :]:
            if step.what == "grant_extension":
                return max(self.answer_due, self.asked)
            if step.what in ("refuse_extension", "feed_back", "return", "cancel", "merge"):
                return self.answer_due
        return None

    def _how_it_ended(self) -> None:
        answer = self.arrived if self.kind == "fault_repair" and self.arrived else self.answered
        by = self.due if answer is self.arrived else self.answer_due
        if answer and by:
            self._add(answer[0], "answered_in_time" if answer[0] <= by else "answered_late", answer[1])
        if self.closed and self.due:
            self._add(self.closed[0], "closed", self.closed[1])
            if self.kind != "fault_repair":
                in_time = self.closed[0] <= self.due
                self._add(self.closed[0], "closed_in_time" if in_time else "closed_late", self.closed[1])


def days(first: date, last: date) -> Iterator[date]:
    """Return the days from one to another, both included."""
    while first <= last:
        yield first
        first += DAY


def tables(
    walks: Mapping[str, Walk], months: Iterable[str], waived: Collection[tuple[str, str, str, str]]
) -> dict[str, dict[str, dict[str, int]]]:
    """Return month → department → figure → number, of what is not nothing.

    `waived`: ticket, clause, day, department.
    """
    total: Counter[tuple[str, str, str]] = Counter()
    for walk in walks.values():
        total.update(walk.figures)
        _repeats(walk, walks, total)
        for (clause, day, name, _), yuan in walk.costs.items():
            forgiven = yuan if (walk.story.number, clause, f"{day}", name) in waived else 0
            total[f"{day:%Y-%m}", name, "charged"] += yuan
            total[f"{day:%Y-%m}", name, "waived"] += forgiven
            total[f"{day:%Y-%m}", name, "payable"] += yuan - forgiven
        for month in months:
            over = datetime.combine(_month_after(month), time(), ZONE)
            still = walk.ended is None or walk.ended >= over
            if walk.holder and walk.story.received < over and still:
                total[month, walk.holder, "open"] += 1
    found: dict[str, dict[str, dict[str, int]]] = {month: defaultdict(dict) for month in months}
    for (month, name, figure), number in total.items():
        if month in found and number:
            found[month][name][figure] = number
    return found


def _repeats(walk: Walk, walks: Mapping[str, Walk], total: Counter[tuple[str, str, str]]) -> None:
    """Charge who had answered what this one repeats, as it came in (P3)."""
    received = walk.story.received
    for earlier in dict.fromkeys(walk.repeats):
        before = [name for at, name in walks[earlier].answers if at <= received]
        if before:
            total[f"{received:%Y-%m}", before[-1], "repeats"] += 1
            walk.costs["P3", received.date(), before[-1], earlier] = 100 * PEOPLE[before[-1]]


def _month_after(month: str) -> date:
    return (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1)
