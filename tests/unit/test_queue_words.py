"""What a queue says of its members and of finished conversations: of ours it counts, of another it does not."""

from dataclasses import replace

import pytest
from story import (
    CALLER,
    Story,
    arrived,
    asked,
    at,
    completed,
    connected,
    hung_up,
    in_queue,
    joined,
    left,
    talking,
)

from gateway.ami import events as ami
from routing.vocabulary import CallState, FactKind, Party


def test_a_caller_in_another_queue_is_not_ours() -> None:
    """The PBX may have queues that are no hotline."""
    story = Story()
    story.tell(joined(3, queue="sales"))

    assert [] == story.facts


@pytest.mark.parametrize(("uniqueid", "leg"), [(CALLER, "yq-1.1"), (CALLER, ""), ("", "yq-1.1"), ("", "")])
def test_the_queue_account_may_come_late_and_lack_channels(uniqueid: str, leg: str) -> None:
    """AgentComplete finds its call after the caller's hang-up, by queue and interface if it must."""
    story = Story()
    story.tell(*talking(), hung_up(9), completed(9.5, uniqueid, leg))

    (account,) = story.of(FactKind.COMPLETED)
    assert ("yq/yq-1.0", "yq-1.1") == (account.call, account.subject)


def test_an_account_without_channels_is_of_who_talked_on_that_phone() -> None:
    """Of two calls in one queue it is the one whose operator sits at that phone, not simply the latest."""
    story = Story()
    story.tell(*talking(), arrived(0, "yq-2.0"), joined(0, "yq-2.0"), connected(3, "yq-2.1", "1002", "yq-2.0"))

    assert ["yq/yq-1.0"] == [fact.call for fact in story.tell(completed(5, "", "", "1001"))]
    assert ["yq/yq-2.0"] == [fact.call for fact in story.tell(completed(6, "", "", "1002"))]


@pytest.mark.parametrize(("uniqueid", "queue"), [("yq-50.0", "hotline"), ("yq-50.0", "sales"), ("", "sales")])
def test_an_account_of_another_call_is_nobodys(uniqueid: str, queue: str) -> None:
    """It names a caller whom we do not know, or comes from a queue that is not ours: its phone alone says nothing."""
    story = Story()
    story.tell(*talking())

    assert [] == story.tell(replace(completed(5, uniqueid), queue=queue))


def test_the_members_of_another_queue_are_no_operators() -> None:
    """Who joins it or leaves it with a phone of ours changes nothing about whose phone that is here."""
    story = Story()
    story.tell(in_queue("1001"), replace(in_queue("1001"), queue="sales", name="Alice"))
    story.tell(ami.MemberRemoved(at(1), "sales", "PJSIP/seat-1001", "Alice"))

    assert "1001" == story.tracker.switchboard.roster.operator_at("PJSIP/seat-1001", at(2))


def test_a_call_is_complete_without_the_queue_account() -> None:
    """AgentComplete never comes: the verdict does not wait for it."""
    story = Story()
    story.tell(*talking(), asked(8, CALLER), left(8, "b", CALLER), hung_up(9))

    assert (CallState.ENDED, Party.CUSTOMER) == (story.verdict().state, story.verdict().hung_up_first)


def test_what_is_told_of_members_makes_no_facts() -> None:
    """Who is in the queue is remembered for naming legs; leaving it does not unname the calls he was offered."""
    story = Story()
    removed = ami.MemberRemoved(at(1), "hotline", "PJSIP/seat-1001", "1001")

    assert [] == story.tell(in_queue("1001"), removed)
    whose = story.tracker.switchboard.roster.operator_at
    assert ["1001", ""] == [whose("PJSIP/seat-1001", at(seconds)) for seconds in (0.5, 2)]
