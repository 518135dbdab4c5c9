"""A withheld number: what counts as one."""

import pytest

from routing.withheld_number import is_withheld

WORDS = ("", " ", "anonymous", "Anonymous", "unknown", "private", "restricted", "unavailable", "withheld", "<unknown>")
NUMBERS = ("13800001234", "+86 577 8686 5598", "0577-86865598", "8001", "anonymous1", "1")


@pytest.mark.parametrize("sent", WORDS)
def test_what_holds_no_digit_is_no_number(sent: str) -> None:
    """Whatever word a trunk puts in a number's place, it names nobody."""
    assert is_withheld(sent)


@pytest.mark.parametrize("sent", NUMBERS)
def test_what_holds_a_digit_is_a_number(sent: str) -> None:
    """However it is written, it belongs to somebody."""
    assert not is_withheld(sent)
