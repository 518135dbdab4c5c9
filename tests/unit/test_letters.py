"""What notices say outside the console: every kind, in every language, and nothing personal."""

from datetime import UTC, datetime

import pytest
from shipped_rules import BOOK

from gateway.outbox import event_of
from gateway.web.catalogue import LANGUAGES, texts
from gateway.web.letters import letter_of
from routing.notices import NoticeKind
from storage.notices import Kept

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
PRIVATE = ("13800138000", "张三", "1001", "因为")


def notice(kind: NoticeKind = NoticeKind.DISPATCHED, *, urgent: bool = False, **said: str) -> Kept:
    """Return a notice that holds more than may leave the house."""
    payload = {"topic": "complaint", "why": "因为张三 13800138000", "by": "1001", **said}
    key = f"20261123-0001/1/{kind}/7101/1"
    return Kept(
        1, key, "20261123-0001", kind, "7101", "1", urgent, payload, NOW, NOW, 1, "", None, None, None, None
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_its_letter(kind: NoticeKind, language: str) -> None:
    """Title and text say what, on which ticket and on what topic, by when, and where to look."""
    t = texts(language)
    letter = letter_of(notice(kind, due_at="2026-12-03T16:00:00+00:00"), t, BOOK, "https://hotline.example.cn/", "key")
    assert f"{t(f'told.{kind}')} 20261123-0001" == letter.title
    lines = letter.body.splitlines()
    assert f"{t('tickets.due')}: 2026-12-03" in lines
    assert "https://hotline.example.cn/tickets/20261123-0001" in lines
    assert any(BOOK.rules.topics["complaint"].texts[language] in line for line in lines)


def test_what_is_urgent_says_so_and_an_hour_is_an_hour() -> None:
    """A crew's deadline is no whole day."""
    letter = letter_of(notice(urgent=True, due_at="2026-11-23T05:30:00+00:00"), texts("en"), BOOK, "", "key")
    assert letter.title.startswith(texts("en")("tickets.urgent"))
    assert "2026-11-23 13:30" in letter.body
    assert "http" not in letter.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_personal_leaves_the_house(language: str) -> None:
    """Neither names and numbers nor the words that somebody gave as a reason."""
    letter = letter_of(notice(), texts(language), BOOK, "", "key")
    for private in PRIVATE:
        assert private not in letter.title + letter.body
        assert private not in str(event_of(notice()))


def test_a_topic_that_the_rules_have_forgotten_is_left_out() -> None:
    """The letter goes all the same."""
    assert "complaint" not in letter_of(notice(topic="gone"), texts("en"), BOOK, "", "key").body


def test_t4_only_a_crew_that_is_not_there_yet_is_given_the_link() -> None:
    """A fault's dispatch: no reminder, no other kind, and nothing where people's pages have no address."""
    sent_at, t, console = NOW.isoformat(), texts("en"), "https://hotline.example.cn"
    assert "/arrive/20261123-0001/" in letter_of(notice(sent_at=sent_at), t, BOOK, console, "key").body
    assert "/arrive/" not in letter_of(notice(), t, BOOK, console, "key").body
    assert "/arrive/" not in letter_of(notice(NoticeKind.OVERDUE, sent_at=sent_at), t, BOOK, console, "key").body
    assert "/arrive/" not in letter_of(notice(sent_at=sent_at), t, BOOK, "", "key").body
