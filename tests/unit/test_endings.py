"""How a call ends by its operator's order: the rating (N2), the hang-up (N7), and who hung up first."""

import pytest
from one_call import RULE, answered, asked, ended, fact, left, moved, queued
from story import CALLER, Story, at, connected, hung_up, talking
from story import asked as asks
from story import left as leaves

from gateway.ami.events import DialplanTold, event_of
from gateway.ami.wire import decode
from gateway.calls.steps import HarassmentWarned, Ordered
from routing.verdicts import judge
from routing.vocabulary import FactKind, Party

LEG = "yq-1.1"
CUSTOMER, OPERATOR, SYSTEM, UNDETERMINED = Party.CUSTOMER, Party.OPERATOR, Party.SYSTEM, Party.UNDETERMINED
TALK = [queued(), answered(8)]
PARTED = [left(60.1, "customer"), left(60.2, "operator")]


def ordered(seconds, step="rate"):
    """Return the fact that the operator ordered a step."""
    return fact(FactKind.ORDERED, seconds, step, operator="1001")


def rating(kind, seconds, **data):
    """Return what the PBX says of the rating."""
    return fact(FactKind(kind), seconds, **data)


BEGAN, OVER = rating("rating_began", 60.15), rating("rating_ended", 70)


@pytest.mark.parametrize(
    ("facts", "party"),
    [
        ([ordered(60), *PARTED, BEGAN, OVER], SYSTEM),
        ([ordered(60), *PARTED, BEGAN, asked(65, "customer")], CUSTOMER),
        ([ordered(60), *PARTED, BEGAN, asked(65, "customer"), OVER], CUSTOMER),
        ([ordered(60), *PARTED, BEGAN, asked(70, "system")], SYSTEM),
        # he puts his phone down after he has pressed the button: nobody's fault
        ([ordered(60), asked(60.05, "operator"), *PARTED, BEGAN, OVER], SYSTEM),
        ([ordered(60), asked(60.05, "operator"), *PARTED, BEGAN, asked(65, "customer")], CUSTOMER),
        # he hung up before he pressed it
        ([asked(59, "operator"), left(59.1, "operator"), left(59.2, "customer"), ordered(60), BEGAN, OVER], OPERATOR),
        # the order alone explains nothing: the rating never began
        ([ordered(60), asked(61, "operator"), left(61.1, "operator"), left(61.2, "customer")], OPERATOR),
        ([ordered(60), asked(61, "customer"), left(61.1, "customer"), left(61.2, "operator")], CUSTOMER),
        # how it ended was not seen
        ([ordered(60), *PARTED, BEGAN], UNDETERMINED),
        # a rating whose order was not seen
        ([*PARTED, BEGAN, asked(65, "customer")], CUSTOMER),
        # after a transfer
        ([left(30, "operator"), asked(30, "operator"), moved(30.1), ordered(60), *PARTED, BEGAN, OVER], SYSTEM),
    ],
)
def test_a_rating_explains_that_the_operator_leaves_and_nothing_else(facts, party):
    """From its beginning, as the PBX tells it, only the customer or the PBX can end the call."""
    assert party is judge([*TALK, *facts, ended(71)], RULE).hung_up_first


@pytest.mark.parametrize(
    ("facts", "party", "exempt"),
    [
        ([fact(FactKind.HARASSMENT_WARNED, 50), ordered(60, "hang_up"), asked(60.1, "system")], OPERATOR, True),
        ([ordered(60, "hang_up"), asked(60.1, "system")], OPERATOR, False),
        ([fact(FactKind.HARASSMENT_WARNED, 50), asked(59, "customer"), ordered(60, "hang_up")], CUSTOMER, None),
        ([fact(FactKind.HARASSMENT_WARNED, 50), asked(59, "system"), ordered(60, "hang_up")], SYSTEM, None),
    ],
)
def test_a_hang_up_that_was_ordered_is_the_operators(facts, party, exempt):
    """N7: the PBX carries it out, the operator answers for it, and is exempt if he had warned."""
    verdict = judge([*TALK, *facts, left(60.2, "customer"), left(60.3, "operator"), ended(61)], RULE)
    assert (party, exempt) == (verdict.hung_up_first, verdict.hung_up_exempt)


@pytest.mark.parametrize("value", [0, 6, "5", None])
def test_a_rating_that_is_none_of_five_is_none(value):
    """Facts cannot be changed, so nothing in one may break a verdict."""
    assert judge([*TALK, rating("rated", 65, rating=value)], RULE).rating is None


def told(seconds, word, caller=CALLER):
    """Return that the dialplan says something of a rating."""
    return DialplanTold(at(seconds), caller, "Rating", word)


def test_a_rating_goes_from_the_order_to_the_ticket():
    """Ordered once, begun once, one digit, released by us."""
    story = Story()
    order = Ordered(at(10), CALLER, "1001", "rate")
    story.tell(*talking(), order, order, leaves(10.1, "b", CALLER), leaves(10.1, "b", LEG))
    story.tell(told(10.2, "began"), told(15, "4"), told(15.1, "5"), told(18, "over"), hung_up(18.1))
    assert [1, 1, 1] == [len(story.of(kind)) for kind in (FactKind.ORDERED, FactKind.RATING_BEGAN, FactKind.RATED)]
    assert (4, SYSTEM) == (story.verdict().rating, story.verdict().hung_up_first)


@pytest.mark.parametrize("word", ["", "0", "6", "12", "began\r\nX: y", "４"])
def test_only_a_digit_of_five_is_a_rating(word):
    """Nothing else that could stand there becomes a fact."""
    story = Story()
    assert [] == [*story.tell(*talking()), *story.tell(told(10, word))][len(story.facts) :]
    assert [] == story.of(FactKind.RATED)


@pytest.mark.parametrize(
    ("operator", "step"),
    [("1002", "rate"), ("", "rate"), ("1001", "hang_up"), ("1001", "greet"), ("1001", "apologise")],
)
def test_only_who_talks_may_order_and_only_an_ending(operator, step):
    """A colleague's order is none, nor is a hang-up before the warning."""
    story = Story()
    story.tell(*talking(), Ordered(at(10), CALLER, operator, step))
    assert [] == story.of(FactKind.ORDERED)


def test_who_has_warned_may_order_a_hang_up():
    """The order names its clause; the verdict is that he hung up, exempt."""
    story = Story()
    story.tell(*talking(), HarassmentWarned(at(9), CALLER, "1001"), Ordered(at(10), CALLER, "1001", "hang_up"))
    story.tell(asks(10.1, CALLER, soft=True), leaves(10.2, "b", CALLER), leaves(10.2, "b", LEG), hung_up(10.3))
    (order,) = story.of(FactKind.ORDERED)
    assert "N7" == order.text("clause")
    assert (OPERATOR, True, True) == (
        story.verdict().hung_up_first,
        story.verdict().hung_up_exempt,
        story.verdict().harassment,
    )


def test_an_order_is_no_sign_of_the_caller():
    """It ends no doubt; and none is taken while he is being asked already."""
    story = Story()
    story.tell(*talking(), told(9, "began"), Ordered(at(10), CALLER, "1001", "rate"))
    assert [] == story.of(FactKind.ORDERED)
    other = Story()
    other.tell(*talking())
    other.tracker.doubt([CALLER])
    other.tell(Ordered(at(10), CALLER, "1001", "rate"))
    assert [CALLER] == list(other.tracker.in_doubt())


FRAME = (
    b"Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1795665600.5\r\nChannel: PJSIP/trunk-0\r\n"
    b"CallerIDNum: 138\r\nUserEvent: Rating\r\nWord: 5\r\nUniqueid: yq-9.9\r\n"
    b"ConnectedLineNum: 11\r\nUniqueid: yq-1.0\r\nLinkedid: yq-1.0\r\nUserEvent: %s\r\nWord: 3\r\n\r\n"
)


def test_what_a_caller_writes_in_his_number_is_not_his_rating():
    """I10: of two words the one that follows every number is the dialplan's own."""
    event = event_of(decode(FRAME % b"Rating"), at(0))
    assert isinstance(event, DialplanTold)
    assert ("yq-1.0", "3") == (event.uniqueid, event.word)
    assert event_of(decode(FRAME % b"Other"), at(0)) is None


def test_whoever_has_a_warned_caller_now_may_hang_up() -> None:
    """A colleague warned him and passed him on: the page says so, and he need not be warned again (N7)."""
    story = Story()
    story.tell(*talking(), HarassmentWarned(at(9), CALLER, "1001"), connected(12, "yq-1.2", "1002"))
    story.tell(Ordered(at(15), CALLER, "1002", "hang_up"))
    assert ["1002"] == [fact.text("operator") for fact in story.of(FactKind.ORDERED)]
