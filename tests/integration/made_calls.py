"""Made-up calls of which everything is known: the facts they leave, and what is counted of them by hand."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update

from routing.facts import Fact, Value
from routing.figures import Counts
from routing.vocabulary import FactKind, Source
from storage import models
from storage.reports import By
from storage.tickets import ticket_of_call
from storage.unit_of_work import UnitOfWork

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHIFTS = (time(7), time(15, 30), time(23))


@dataclass(frozen=True)
class Made:
    """One made-up call: what is true of it, in the words of the regulation; `waited` and `talked` in milliseconds."""

    number: int
    opened_at: datetime
    waited: int | None
    rung: bool
    operator: str
    talked: int
    first: str
    apologised: bool
    lost: bool
    warned: bool
    source: Source
    held: int
    escalated: bool
    shown: bool
    nobody: bool
    rating: int
    saved_after: int | None
    score: int | None

    @property
    def local_day(self) -> date:
        """The day in Shanghai on which it came in."""
        return self.opened_at.astimezone(SHANGHAI).date()

    @property
    def shift(self) -> str:
        """The shift in which it came in: three a day, the last of which ends at seven in the morning."""
        return group_of_minute(By.SHIFT, self.opened_at.astimezone(SHANGHAI), "")

    @property
    def call(self) -> str:
        """Its id."""
        return f"yq/yq-{self.number}.0"

    @property
    def followed_up(self) -> bool:
        """Whether its form was saved within fifteen minutes of its end, if there is one."""
        return not self.lost and self.saved_after is not None and 0 <= self.saved_after <= 900_000

    @property
    def ring(self) -> int:
        """The ring on which he was answered or gave up."""
        return (self.waited or 0) // 5000 + 1

    def facts(self) -> Iterator[Fact]:
        """Yield what happened."""
        call, at = self.call, self.opened_at

        def fact(kind: FactKind, ms: int, subject: str = "", **data: Value) -> Fact:
            return Fact(call, kind, at + timedelta(milliseconds=ms), subject, self.source, data)

        yield fact(FactKind.RECEIVED, 0, caller_number="138")
        if self.waited is None:
            yield fact(FactKind.ENDED, 700)
            return
        yield from self._waiting(fact)
        over = 100 + self.waited
        if self.operator:
            yield from self._conversation(fact, over)
            over += self.talked
        yield fact(FactKind.LOST_SIGHT if self.lost else FactKind.ENDED, over)

    def _waiting(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        yield fact(FactKind.QUEUED, 100)
        if self.nobody:
            yield fact(FactKind.STEP_DUE, 100, "apologise", nobody_signed_in=True)
        if self.rung:
            yield fact(FactKind.OFFERED, 120, "leg", operator=self.operator or "1009")
        over = 100 + (self.waited or 0)
        if self.apologised:
            yield fact(FactKind.SPEECH_BEGAN, over - 300, "apologise")
            yield fact(FactKind.SPEECH_ENDED, over, "apologise")

    def _conversation(self, fact: Callable[..., Fact], over: int) -> Iterator[Fact]:
        yield fact(FactKind.ANSWERED, over, "leg", operator=self.operator)
        if self.shown:
            yield fact(FactKind.APOLOGY_SHOWN, over, self.operator, operator=self.operator)
        if self.escalated:
            yield fact(FactKind.TRANSFERRED, over + 1, "leg:x", how="attended", to_leader=True)
        if self.held:
            yield fact(FactKind.HELD, over + 2, "leg:1", by="operator")
            yield fact(FactKind.RESUMED, over + 2 + self.held, "leg:1", by="operator")
        over += self.talked
        if self.rating:
            yield fact(FactKind.RATED, over, rating=self.rating)
        if self.warned:
            yield fact(FactKind.HARASSMENT_WARNED, over - 3, self.operator, operator=self.operator)
        if self.first != "undetermined":
            yield fact(FactKind.HANGUP_REQUESTED, over - 2, "x", party=self.first)
            yield fact(FactKind.BRIDGE_LEFT, over - 1, "b:1", party=self.first, bridge="b")
            other = "operator" if self.first == "customer" else "customer"
            yield fact(FactKind.BRIDGE_LEFT, over, "b:2", party=other, bridge="b")


def made_up(number: int, chance: random.Random) -> Made:
    """Make up one call, around the ends of November in Shanghai; waits stand on both sides of each ring's edge."""
    edges = [ring * 5000 + step for ring in range(7) for step in (-1, 0, 1)]
    operator = chance.choice(["1001", "1002", "1003", ""])
    near = chance.choice([datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)])
    waited = max(0, chance.choice([*edges, chance.randrange(40_000)]))
    return Made(
        number,
        near + timedelta(milliseconds=chance.randrange(-90_000_000, 90_000_000)),
        None if not operator and chance.random() < 0.2 else waited,
        bool(operator) or chance.random() < 0.5,
        operator,
        chance.randrange(10, 600_000),
        chance.choice(["customer", "operator", "undetermined"]),
        chance.random() < 0.3,
        chance.random() < 0.1,
        chance.random() < 0.2,
        chance.choice([Source.LIVE, Source.LIVE, Source.LIVE, Source.BACKFILLED]),
        chance.choice([0, 0, 3, 5]),
        chance.random() < 0.2,
        chance.random() < 0.2,
        chance.random() < 0.3,
        chance.choice([0, 0, 1, 3, 5]),
        chance.choice([None, -1, 0, 899_999, 900_000, 900_001, chance.randrange(900_000)]),
        chance.choice([None, None, 0, 55, 100]),
    )


def counted(calls: list[Made], limit: int) -> Counts:
    """Count by hand, call by call."""
    answered = [call for call in calls if call.operator]
    left = [call for call in calls if not call.operator and not call.lost and call.waited is not None]
    waiting = [call for call in calls if call.waited is not None]
    return Counts(
        calls=len(calls),
        offered=len(waiting),
        answered=len(answered),
        in_time=sum(call.ring <= limit for call in answered),
        late=sum(call.ring > limit for call in waiting),
        left_before_queue=sum(call.waited is None for call in calls),
        left_unrung=sum(not call.rung and not call.nobody for call in left),
        left_with_nobody=sum(not call.rung and call.nobody for call in left),
        left_ringing=sum(call.rung for call in left),
        left_soon=sum(call.waited < 5000 for call in left),
        lost=sum(call.lost and call.waited is not None for call in calls),
        operator_hung_up=sum(call.first == "operator" and not call.lost for call in answered),
        hung_up_exempt=sum(call.first == "operator" and call.warned and not call.lost for call in answered),
        hung_up_unknown=sum(call.first == "undetermined" and not call.lost for call in answered),
        unseen=sum(call.source is not Source.LIVE for call in calls),
        apologies_spoken=sum(call.apologised for call in waiting),
        apologies_shown=sum(call.shown for call in answered),
        escalated=sum(call.escalated for call in answered),
        held=sum(call.held > 0 for call in answered),
        held_us=sum(call.held for call in answered) * 1000,
        followed_up=len(soon := [call.saved_after for call in answered if call.followed_up]),
        followed_up_us=sum(soon) * 1000,
        rated=sum(call.rating > 0 for call in answered),
        stars=sum(call.rating for call in answered),
        scored=sum(call.score is not None for call in answered),
        points=sum(call.score or 0 for call in answered),
        waited_us=sum(call.waited for call in answered) * 1000,
        talked=sum(not call.lost for call in answered),
        talked_us=sum(call.talked for call in answered if not call.lost) * 1000,
        rings=dict(sorted(Counter(call.ring for call in answered).items())),
    )


async def written_and_scored(work: UnitOfWork, calls: list[Made]) -> None:
    """Let forms be saved, and calls be scored, as was made up."""
    t = models.tickets
    for call in calls:
        ticket = await ticket_of_call(work, call.call)
        assert ticket is not None
        if call.operator and call.saved_after is not None and ticket.ended_at is not None:
            saved_at = ticket.ended_at + timedelta(milliseconds=call.saved_after)
            await work.execute(update(t).where(t.c.number == ticket.number).values(form_saved_at=saved_at))
        if call.operator and call.score is not None:
            common = {"drawn_at": call.opened_at, "drawn_by": "9001", "scored_at": call.opened_at, "marks": {}}
            values = {"call": call.call, "ticket": ticket.number, "operator": call.operator, "score": call.score}
            await work.execute(insert(models.reviews).values(**common, **values))


def group_of_minute(by: By, local: datetime, who: str) -> str:
    """Return the group of a minute of somebody's time."""
    minute = local.hour * 60 + local.minute
    shift = "07:00-15:30" if 420 <= minute < 930 else "15:30-23:00" if 930 <= minute < 1380 else "23:00-07:00"
    return {By.DAY: f"{local:%Y%m%d}", By.MONTH: f"{local:%Y%m}", By.SHIFT: shift, By.OPERATOR: who}[by]
