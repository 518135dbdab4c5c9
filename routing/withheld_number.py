"""A caller's number that is withheld: what a trunk sends in its place is a word, and never tells two callers apart."""

import re
from typing import Final

_DIGIT: Final = re.compile("[0-9]")


def is_withheld(caller_number: str) -> bool:
    """Say whether this is no number: nothing, or a word such as "anonymous", "private" or "unavailable"."""
    return _DIGIT.search(caller_number) is None
