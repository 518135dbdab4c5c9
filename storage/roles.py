"""Who may do what in the hotline; a word only: what each role may see and do is decided where it is asked."""

from enum import StrEnum


class Role(StrEnum):
    """The role of a person who can sign in."""

    OPERATOR = "operator"
    SHIFT_LEADER = "shift_leader"
    DIRECTOR = "director"
    IT = "it"
