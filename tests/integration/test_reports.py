"""Reports on both databases: every count against an independent one, made from how the calls were made up."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from made_calls import SHANGHAI, SHIFTS, Made, counted, made_up, written_and_scored

from routing.facts import Fact
from routing.figures import FIGURES, Counts
from routing.verdicts import RingRule
from routing.vocabulary import FactKind
from storage.engine import Storage
from storage.ledger import record
from storage.reports import By, Period, Question, calls_counted, count

RULE = RingRule()
SOON = timedelta(seconds=5)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize("limit", [None, 3, 6])
@pytest.mark.parametrize(
    ("by", "group_of"),
    [
        (By.DAY, lambda call: f"{call.local_day:%Y%m%d}"),
        (By.MONTH, lambda call: f"{call.local_day:%Y%m}"),
        (By.SHIFT, lambda call: call.shift),
        (By.OPERATOR, lambda call: call.operator),
    ],
    ids=["day", "month", "shift", "operator"],
)
async def test_every_count_is_right(
    storage: Storage, by: By, group_of: Callable[[Made], str], limit: int | None
) -> None:
    """400 made-up calls around both ends of a month, some on each side of midnight and of each ring's edge."""
    chance = random.Random(20261126)  # noqa: S311 # no secret
    calls = [made_up(number, chance) for number in range(400)]
    async with storage.work() as work:
        await record(work, [fact for call in calls for fact in call.facts()], RULE, SHANGHAI)
        await written_and_scored(work, calls)
        await work.commit()
    question = Question(NOVEMBER, by, SOON, limit, shifts=SHIFTS)
    async with storage.reading() as work:
        found = await count(work, question, SHANGHAI)
    inside = [call for call in calls if call.local_day.month == 11]
    groups: dict[str, list[Made]] = {}
    for call in inside:
        groups.setdefault(group_of(call), []).append(call)
    assert 100 < len(inside) < 300
    assert {name: counted(some, limit or RULE.limit) for name, some in sorted(groups.items())} == found
    assert counted(inside, limit or RULE.limit) == sum(found.values(), Counts())
    await assert_opens_to_its_calls(storage, question, found)


async def assert_opens_to_its_calls(storage: Storage, question: Question, found: dict[str, Counts]) -> None:
    """Check that each figure that is a count has as many calls behind it, in each group and in all."""
    async with storage.reading() as work:
        for figure in filter(lambda each: each.counted, FIGURES):
            for name, counts in {**found, None: sum(found.values(), Counts())}.items():
                calls = await calls_counted(work, question, SHANGHAI, figure.counted, name)
                assert figure.of(counts) == len(calls), (figure.name, name)


async def test_hang_ups_and_ratings_are_his_who_had_the_caller_last(storage: Storage) -> None:
    """Who answered first and passed him on is blamed for nothing, nor praised; everything else stays his."""
    at = datetime(2026, 11, 10, 4, tzinfo=UTC)

    def passed_on(call: str, *ends: tuple[FactKind, str, dict[str, object]]) -> list[Fact]:
        begins: list[tuple[FactKind, str, dict[str, object]]] = [
            (FactKind.RECEIVED, "", {}),
            (FactKind.QUEUED, "", {}),
            (FactKind.ANSWERED, "a", {"operator": "1001"}),
            (FactKind.TRANSFERRED, "a:seat-12", {"operator": "1001", "how": "blind"}),
            (FactKind.ANSWERED, "b", {"operator": "1002"}),
        ]
        told = [*begins, *ends, (FactKind.ENDED, "", {})]
        return [Fact(call, kind, at + timedelta(seconds=n), sub, data=data) for n, (kind, sub, data) in enumerate(told)]

    hung_up = (
        (FactKind.HANGUP_REQUESTED, "b", {"party": "operator"}),
        (FactKind.BRIDGE_LEFT, "x:b", {"party": "operator", "bridge": "x"}),
        (FactKind.BRIDGE_LEFT, "x:caller", {"party": "customer", "bridge": "x"}),
    )
    rated = (FactKind.RATING_BEGAN, "", {}), (FactKind.RATED, "", {"rating": 5})
    async with storage.work() as work:
        await record(work, [*passed_on("yq/1", *hung_up), *passed_on("yq/2", *rated)], RULE, SHANGHAI)
        await work.commit()
    question = Question(NOVEMBER, By.OPERATOR, SOON)
    async with storage.reading() as work:
        found = await count(work, question, SHANGHAI)
    assert {"1001", "1002"} == found.keys()
    his = {who: (c.answered, c.operator_hung_up, c.hung_up_exempt, c.rated, c.stars) for who, c in found.items()}
    assert {"1001": (2, 0, 0, 0, 0), "1002": (0, 1, 0, 1, 5)} == his
    await assert_opens_to_its_calls(storage, question, found)


async def test_a_period_without_calls_has_no_groups(storage: Storage) -> None:
    """Nothing is made up for a month in which nobody called."""
    async with storage.reading() as work:
        assert {} == await count(work, Question(NOVEMBER, By.DAY, SOON), SHANGHAI)


async def test_n3_a_promise_that_was_kept_too_late_was_not_kept(storage: Storage) -> None:
    """By the time agreed on, where one was; who pressed the key is kept his promise whenever he is called back."""
    noon = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
    facts: list[Fact] = []
    for number, (due_after, kept_after) in enumerate([(60, 50), (60, 61), (60, None), (None, 500), (None, None)]):
        call, promised = f"yq/yq-{number}.0", {"operator": "1001"}
        facts.append(Fact(call, FactKind.RECEIVED, noon, data={"caller_number": f"1380000000{number}"}))
        if due_after is None:
            facts.append(Fact(call, FactKind.CALLBACK_ASKED, noon))
        else:
            due_at = noon + timedelta(minutes=due_after)
            facts.append(Fact(call, FactKind.PROMISED, noon, "1", data={**promised, "due_at": due_at.isoformat()}))
        if kept_after is not None:
            facts.append(Fact(call, FactKind.CALLED_BACK, noon + timedelta(minutes=kept_after), data=promised))
    async with storage.work() as work:
        await record(work, facts, RULE, SHANGHAI)
        await work.commit()
    async with storage.reading() as work:
        total = sum((await count(work, Question(NOVEMBER, By.MONTH, SOON), SHANGHAI)).values(), Counts())
    assert (5, 2) == (total.callbacks_promised, total.callbacks_kept)
