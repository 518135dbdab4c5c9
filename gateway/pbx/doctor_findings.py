"""What an examination of a PBX finds: one line per check, which says what to change where it is wrong."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended; only FAIL makes the whole examination fail."""

    OK = "ok"
    WARN = "warn"
    UNKNOWN = "unknown"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check; `text` is one line, for a FAIL with the file and what to write into it."""

    check: str
    outcome: Outcome
    text: str


def ok(check: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Outcome.OK, text)


def warn(check: str, text: str) -> Finding:
    """Return a finding that will do, but should be looked at."""
    return Finding(check, Outcome.WARN, text)


def unknown(check: str, text: str) -> Finding:
    """Return a finding that nothing could be found out; `text` says what to make sure of."""
    return Finding(check, Outcome.UNKNOWN, text)


def fail(check: str, text: str) -> Finding:
    """Return a finding that something has to be changed; `text` says what, and where."""
    return Finding(check, Outcome.FAIL, text)


def shortened(names: list[str], most: int = 4) -> str:
    """Return the first names and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
