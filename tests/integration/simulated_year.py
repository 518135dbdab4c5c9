"""A year of tickets made up by chance, and what the product's own rules make of each: entries, and how it stands."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from plain_rules import GOES_TO, KIND, STATION, ZONE, Step, Story, due, end_of_working_day, midnight_after

from routing.dispatch import Rulebook, Written, dispatch_of, iso
from routing.lifecycle import Act, entry_for
from routing.matters import Entry, Matter, after
from routing.vocabulary import Action, Actor

BEGINS: Final = datetime(2026, 1, 1, tzinfo=ZONE)
NOW: Final = datetime(2027, 1, 11, tzinfo=ZONE)
TOPICS: Final = tuple(topic for topic in GOES_TO if topic != "fault.outage")
_SATISFACTIONS: Final = ("satisfied", "satisfied", "fairly", "dissatisfied")
_ACTORS: Final = {
    "accept": Actor.CONTACT,
    "return": Actor.CONTACT,
    "ask_extension": Actor.CONTACT,
    "grant_extension": Actor.APPROVER,
    "refuse_extension": Actor.APPROVER,
    "arrive": Actor.CREW,
    "feed_back": Actor.CONTACT,
}


def stories(count: int, chance: random.Random) -> list[Story]:
    """Return so many stories, spread over the year, by when they were received."""
    found: list[Story] = []
    for number in range(count):
        received = BEGINS + timedelta(days=365) * ((number + chance.random()) / count)
        earlier = chance.choice(found).number if found and chance.random() < 0.04 else ""
        ticket = f"{received:%Y%m%d}-{number:06}"
        steps = Life(received, chance).steps(earlier)
        found.append(Story(ticket, received, [step for step in steps if step.at < NOW]))
    return found


class Life:
    """What happens to one ticket: `at` is how far it has come."""

    def __init__(self, received: datetime, chance: random.Random) -> None:
        self.at = self.since = received
        self.chance = chance
        self.done: list[Step] = []
        self.fault = chance.random() < 0.2
        self._choose()

    def steps(self, earlier: str) -> list[Step]:
        """Let it happen; `earlier` is the ticket that it repeats, "" for none."""
        if KIND[self.topic] == "consultation" and self._happens(0.1):
            self._do("settle", 0.05, topic=self.topic, area=self.area)
        else:
            self._do("dispatch", 0.05, topic=self.topic, area=self.area)
            at_once = self._happens(0.5)
            if earlier and at_once:
                self._do("confirm_repeat", 1, of=earlier)
            self._handled()
            if earlier and not at_once:
                self._do("confirm_repeat", 24 * 20, of=earlier)
        return self.done

    def _choose(self) -> None:
        self.topic = "fault.outage" if self.fault else self.chance.choice(TOPICS)
        self.area = self.chance.choice(tuple(STATION))

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _do(self, what: str, hours: float, **also: Any) -> None:
        """Do it some hours later, so many on the average."""
        self.at += timedelta(microseconds=1, hours=self.chance.expovariate(1 / hours))
        self.done.append(Step(what, self.at, also))

    def _handled(self) -> None:
        self._passed_about()
        if self._happens(0.02):
            self._do(self.chance.choice(("cancel", "merge")), 5)
        elif not self._happens(0.004):  # which nobody ever answers
            self._answered()
            if self._happens(0.97):
                self._closed()

    def _passed_about(self) -> None:
        """Let it be corrected, given to another department, or be returned, at most twice."""
        if self._happens(0.03):
            self._do("redispatch", 3, topic=self.topic, area=self.area)
        if self._happens(0.04):
            self._choose()
            self._do("redispatch", 3, topic=self.topic, area=self.area)
        while self._happens(0.08) and len(self.done) < 6:
            if self._happens(0.5):
                self._do("accept", 1)
            self._do("return", 8)
            self._choose()
            self._do("redispatch", 12, topic=self.topic, area=self.area)

    def _answered(self) -> None:
        by = due(self.topic, self.area, self.since)
        if self.fault and self._happens(0.95):
            self._at("arrive", self._around(by))
            self._do("feed_back", 6)
            return
        self._do("accept", 0.4 if self.fault else 2)
        if KIND[self.topic] in ("complaint", "report") and self.at < by and self._happens(0.15):
            by = self._asks_for_more(by)
        self._at("feed_back", self._around(by))

    def _around(self, by: datetime) -> datetime:
        """Return an instant before something is due, mostly."""
        if self.at < by and self._happens(0.85):
            return self.at + (by - self.at) * self.chance.random()
        return max(self.at, by) + timedelta(hours=self.chance.expovariate(1 / 60))

    def _at(self, what: str, at: datetime, **also: Any) -> None:
        self.at = max(self.at + timedelta(microseconds=1), at)
        self.done.append(Step(what, self.at, also))

    def _asks_for_more(self, by: datetime) -> datetime:
        until = end_of_working_day(self.since, self.chance.randrange(11, 31))
        self._at("ask_extension", self.at + (by - self.at) * self.chance.random() * 0.99, until=until)
        decided = self.chance.random()
        if decided < 0.6:
            self._do("grant_extension", 60)
            return until
        if decided < 0.85:
            self._do("refuse_extension", 60)
        return by

    def _closed(self) -> None:
        rulings = 0
        while self._happens(0.08) and rulings < 2:
            until = midnight_after((self.at + timedelta(days=self.chance.randrange(3, 9))).date())
            self._do("rule_unqualified", 10, until=until)
            self._at("feed_back", self._around(until))
            rulings += 1
        true = self._happens(0.3)
        self._do("review", 20, substantiated=true)
        satisfaction = self.chance.choice(_SATISFACTIONS) if self._happens(0.85) else ""
        self._do("visit", 10, satisfaction=satisfaction)
        if true:
            self._do("order_rectification", 1)
        self._do("close", 5)
        if true and self._happens(0.7):
            self._do("rectify", 24 * 10)
        if self._happens(0.03):
            self._do("reopen", 24 * 8)
            self.since = self.at
            if self._happens(0.3):
                self._choose()
            self._do("redispatch", 2, topic=self.topic, area=self.area)
            self._answered()
            self._closed()


def handled(story: Story, book: Rulebook) -> tuple[list[Entry], Matter]:
    """Return what the table of a ticket's life makes of a story, with where the rules send it and until when."""
    matter = Matter(story.number, story.received, story.received)
    entries = []
    for step in story.steps:
        actor = _ACTORS.get(step.what, Actor.DIRECTOR)
        act = Act(Action(step.what), f"{actor}", actor, step.at, "because", _particulars(step, matter, book))
        entries.append(entry_for(matter, act))
        matter = after(matter, entries[-1])
    return entries, matter


def _particulars(step: Step, matter: Matter, book: Rulebook) -> dict[str, Any]:
    also = step.also
    if "topic" in also:
        found = dispatch_of(book, Written(also["topic"], KIND[also["topic"]], area=also["area"]), matter.counted_from)
        return found.particulars
    later = {"due_at": iso(step.at + timedelta(days=30))}
    told = {"contacted_at": "x", "contacted_how": "phone", "finding": "x", "result": "x"}
    particulars: dict[str, dict[str, Any]] = {
        "feed_back": told,
        "order_rectification": later,
        "merge": {"into": "20260101-000000"},
        "review": dict(also),
        "confirm_repeat": dict(also),
    }
    if step.what == "visit":
        return {"call": "yq/yq-v", **also} if also["satisfaction"] else {}
    if "until" in also:
        return {"until": iso(also["until"]), "due_at": iso(also["until"]), "ground": "inaccurate"}
    return particulars.get(step.what, {})
