"""Reports on both databases: every count against an independent one, made from how the calls were made up."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.facts import Fact
from routing.figures import FIGURES, Counts
from routing.verdicts import RingRule
from routing.vocabulary import FactKind, Source
from storage.engine import Storage
from storage.ledger import record
from storage.reports import By, Period, Question, calls_counted, count

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULE = RingRule()
SOON = timedelta(seconds=5)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


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

    @property
    def local_day(self) -> date:
        """The day in Shanghai on which it came in."""
        return self.opened_at.astimezone(SHANGHAI).date()

    @property
    def ring(self) -> int:
        """The ring on which he was answered or gave up."""
        return (self.waited or 0) // 5000 + 1

    def facts(self) -> Iterator[Fact]:
        """Yield what happened."""
        call, at = f"yq/yq-{self.number}.0", self.opened_at

        def fact(kind: FactKind, ms: int, subject: str = "", **data: str) -> Fact:
            return Fact(call, kind, at + timedelta(milliseconds=ms), subject, self.source, data)

        yield fact(FactKind.RECEIVED, 0, caller_number="138")
        if self.waited is None:
            yield fact(FactKind.ENDED, 700)
            return
        yield fact(FactKind.QUEUED, 100)
        if self.rung:
            yield fact(FactKind.OFFERED, 120, "leg", operator=self.operator or "1009")
        over = 100 + self.waited
        if self.apologised:
            yield fact(FactKind.SPEECH_BEGAN, over - 300, "apologise")
            yield fact(FactKind.SPEECH_ENDED, over, "apologise")
        if self.operator:
            yield fact(FactKind.ANSWERED, over, "leg", operator=self.operator)
            over += self.talked
            if self.warned:
                yield fact(FactKind.HARASSMENT_WARNED, over - 3, self.operator, operator=self.operator)
            if self.first != "undetermined":
                yield fact(FactKind.HANGUP_REQUESTED, over - 2, "x", party=self.first)
                yield fact(FactKind.BRIDGE_LEFT, over - 1, "b:1", party=self.first, bridge="b")
                other = "operator" if self.first == "customer" else "customer"
                yield fact(FactKind.BRIDGE_LEFT, over, "b:2", party=other, bridge="b")
        yield fact(FactKind.LOST_SIGHT if self.lost else FactKind.ENDED, over)


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
        left_unrung=sum(not call.rung for call in left),
        left_ringing=sum(call.rung for call in left),
        left_soon=sum(call.waited < 5000 for call in left),
        lost=sum(call.lost and call.waited is not None for call in calls),
        operator_hung_up=sum(call.first == "operator" and not call.lost for call in answered),
        hung_up_exempt=sum(call.first == "operator" and call.warned and not call.lost for call in answered),
        hung_up_unknown=sum(call.first == "undetermined" and not call.lost for call in answered),
        unseen=sum(call.source is not Source.LIVE for call in calls),
        apologies_spoken=sum(call.apologised for call in waiting),
        waited_us=sum(call.waited for call in answered) * 1000,
        talked_us=sum(call.talked for call in answered if not call.lost) * 1000,
        rings=dict(sorted(Counter(call.ring for call in answered).items())),
    )


@pytest.mark.parametrize("limit", [None, 3, 6])
@pytest.mark.parametrize(
    ("by", "group_of"),
    [
        (By.DAY, lambda call: f"{call.local_day:%Y%m%d}"),
        (By.MONTH, lambda call: f"{call.local_day:%Y%m}"),
        (By.OPERATOR, lambda call: call.operator),
    ],
    ids=["day", "month", "operator"],
)
async def test_every_count_is_right(
    storage: Storage, by: By, group_of: Callable[[Made], str], limit: int | None
) -> None:
    """400 made-up calls around both ends of a month, some on each side of midnight and of each ring's edge."""
    chance = random.Random(20261126)  # noqa: S311 # no secret
    calls = [made_up(number, chance) for number in range(400)]
    async with storage.work() as work:
        await record(work, [fact for call in calls for fact in call.facts()], RULE, SHANGHAI)
        await work.commit()
    async with storage.reading() as work:
        found = await count(work, Question(NOVEMBER, by, SOON, limit), SHANGHAI)
    inside = [call for call in calls if call.local_day.month == 11]
    groups: dict[str, list[Made]] = {}
    for call in inside:
        groups.setdefault(group_of(call), []).append(call)
    assert 100 < len(inside) < 300
    assert {name: counted(some, limit or RULE.limit) for name, some in sorted(groups.items())} == found
    assert counted(inside, limit or RULE.limit) == sum(found.values(), Counts())
    await assert_opens_to_its_calls(storage, Question(NOVEMBER, by, SOON, limit), found)


async def assert_opens_to_its_calls(storage: Storage, question: Question, found: dict[str, Counts]) -> None:
    """Check that each figure that is a count has as many calls behind it, in each group and in all."""
    async with storage.reading() as work:
        for figure in filter(lambda each: each.counted, FIGURES):
            for name, counts in {**found, None: sum(found.values(), Counts())}.items():
                calls = await calls_counted(work, question, SHANGHAI, figure.counted, name)
                assert figure.of(counts) == len(calls), (figure.name, name)


async def test_a_period_without_calls_has_no_groups(storage: Storage) -> None:
    """Nothing is made up for a month in which nobody called."""
    async with storage.reading() as work:
        assert {} == await count(work, Question(NOVEMBER, By.DAY, SOON), SHANGHAI)
