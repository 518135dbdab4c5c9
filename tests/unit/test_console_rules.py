"""The console's small rules: what is said at which ring, who may try a password again, what of a name is shown."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.calls.board import CallCard
from gateway.sections import Company
from gateway.web.catalogue import texts
from gateway.web.greeting import greeting, rings
from gateway.web.shown import caller_of, shortened, slug
from gateway.web.throttle import Throttle
from routing.verdicts import RingRule

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the instant it stands at."""
        return self.now


@pytest.mark.parametrize(
    ("waited", "count", "late"),
    [(0, 1, False), (4.999, 1, False), (5, 2, False), (19.999, 4, False), (20, 5, True), (61, 13, True)],
)
def test_the_counter_counts_as_the_rule_does(waited: float, count: int, late: bool) -> None:  # noqa: FBT001 # a table
    """Ring n begins n-1 periods after the caller began to wait; the fifth is past the limit of four (N1)."""
    card = CallCard("yq/1", opened_at=NOON - timedelta(hours=1), queued_at=NOON)
    shown = rings(card, NOON + timedelta(seconds=waited), RingRule())
    assert (count, late, round(waited * 1000), 5000, 4) == (
        shown.count,
        shown.late,
        shown.elapsed_ms,
        shown.period_ms,
        shown.limit,
    )


def test_a_clock_that_is_behind_counts_no_negative_ring() -> None:
    """A PBX whose clock is ahead of ours makes the counter begin at the first ring."""
    shown = rings(CallCard("yq/1", queued_at=NOON), NOON - timedelta(seconds=3), RingRule())
    assert (shown.count, shown.elapsed_ms) == (1, 0)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-Hans", "您好，让您久等了，非常抱歉。永强供电公司，1001 号为您服务。"),
        ("zh-Hant", "您好，讓您久等了，非常抱歉。永強供電公司，1001 號為您服務。"),
        (
            "en",
            "Good day, I am sorry to have kept you waiting. Yongqiang Power Supply Company, operator 1001 speaking.",
        ),
    ],
)
def test_the_greeting_has_the_order_of_the_clause(language: str, expected: str) -> None:
    """Greeting first, then the apology, then the company's name and the operator's work number (N1)."""
    said = greeting(texts(language), Company(), "1001")
    assert expected == said.hello + said.apology + said.introduction


def test_five_wrong_passwords_make_an_operator_wait_at_that_address_only() -> None:
    """The sixth try within five minutes is refused; a colleague, and the same man elsewhere, may go on."""
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(5):
        assert timedelta() == throttle.wait("10.0.0.1", "1001")
        throttle.tries("10.0.0.1", "1001")
    assert timedelta(minutes=5) == throttle.wait("10.0.0.1", "1001")
    assert timedelta() == throttle.wait("10.0.0.1", "1002")
    assert timedelta() == throttle.wait("10.0.0.2", "1001")
    clock.now += timedelta(minutes=5)
    assert timedelta() == throttle.wait("10.0.0.1", "1001")


def test_thirty_wrong_passwords_close_an_address() -> None:
    """To everybody there, also to who never tried: one sender may try no number after the other."""
    throttle = Throttle(Clock())
    for number in range(30):
        assert not throttle.wait("10.0.0.1", "1001")
        throttle.tries("10.0.0.1", str(number))
    assert timedelta(minutes=5) == throttle.wait("10.0.0.1", "1001")
    assert not throttle.wait("10.0.0.2", "7")


def test_a_try_that_nobody_could_judge_counts_for_nothing() -> None:
    """While the database is away nobody is made to wait for it afterwards."""
    throttle = Throttle(Clock())
    for _ in range(40):
        throttle.tries("10.0.0.1", "1001")
        throttle.undecided("10.0.0.1", "1001")
    assert not throttle.wait("10.0.0.1", "1001")


def test_a_right_password_clears_an_operators_failures() -> None:
    """Four failures and a success leave nothing to wait for after the next failure."""
    throttle = Throttle(Clock())
    for _ in range(4):
        throttle.tries("10.0.0.1", "1001")
    throttle.succeeded("10.0.0.1", "1001")
    throttle.tries("10.0.0.1", "1001")
    assert not throttle.wait("10.0.0.1", "1001")


def test_what_the_throttle_remembers_is_bounded() -> None:
    """A flood of invented work numbers does not fill the memory."""
    throttle = Throttle(Clock())
    for number in range(12_000):
        throttle.tries(f"10.0.{number % 7}.1", str(number))
    assert len(throttle._failures) <= 10_000  # noqa: SLF001 # what is bounded has no other face


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("a\r\nb\tc", "a b c"), ("9" * 64, "9" * 64), ("9" * 65, "9" * 64 + "…"), ("<b>", "<b>")],
)
def test_what_a_caller_sends_is_cut_to_size(text: str, expected: str) -> None:
    """Line breaks become spaces and what is too long is cut; escaping is the templates' business."""
    assert expected == shortened(text)


@pytest.mark.parametrize("sent", ["", "anonymous"])
def test_a_caller_without_number_is_said_to_withhold_it(sent: str) -> None:
    """An empty number, and a word in place of one, are shown as ours."""
    assert caller_of(CallCard("yq/1", caller_number=sent), texts("en")) == "Number withheld"


def test_a_calls_slug_can_stand_in_an_element_id() -> None:
    """Whatever a call's name holds, its slug is twelve letters and digits, and the same each time."""
    assert slug('yq/"><x') == slug('yq/"><x') != slug("yq/1")
    assert slug('yq/"><x').isalnum()
    assert len(slug("yq/1")) == 12
