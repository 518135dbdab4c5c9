"""The roles people have in the hotline, and which of them take calls at a seat."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The role of a person who can sign in."""

    OPERATOR = "operator"
    SHIFT_LEADER = "shift_leader"
    DIRECTOR = "director"
    CONTACT = "contact"
    APPROVER = "approver"
    IT = "it"


OFFICE: Final = frozenset({Role.DIRECTOR, Role.CONTACT, Role.APPROVER})
"""Who works on tickets, takes no calls and has no seat."""

AT_A_SEAT: Final = frozenset({Role.OPERATOR, Role.SHIFT_LEADER})
"""Who may sit at a seat, be called there and see who calls; nobody else has a use for callers' numbers (I10)."""
