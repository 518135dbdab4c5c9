"""Who sees who called: people of the hotline always, others only where they have to talk to him. Pure.

Whoever reports a theft or complains is hidden from the department he complains of, and from every cc.
"""

from collections.abc import Collection
from typing import Final

from routing.matters import Matter
from routing.vocabulary import Actor

HOTLINE: Final = frozenset({Actor.OPERATOR, Actor.SHIFT_LEADER, Actor.DIRECTOR, Actor.SYSTEM})
"""In which capacities somebody sees every ticket, and who called."""


def may_see_ticket(actor: Actor, departments: Collection[str], matter: Matter) -> bool:
    """Say whether somebody, acting for these departments, sees a ticket at all."""
    if actor in HOTLINE or actor is Actor.APPROVER:
        return True
    return matter.department in departments or any(name in departments for name in matter.cc)


def may_see_customer(actor: Actor, departments: Collection[str], matter: Matter, concerns: str) -> bool:
    """Say whether he sees the customer's name and number; `concerns` is the department complained of, "" for none."""
    if actor in HOTLINE:
        return True
    hidden_from = {concerns, *matter.masked_from}
    return actor is Actor.CONTACT and matter.department in departments and matter.department not in hidden_from


def may_see_file(*, sees_customer: bool, for_department: bool) -> bool:
    """Say whether somebody who sees a ticket sees a file of it: it may show who called, unless somebody said no."""
    return sees_customer or for_department


def may_act(actor: Actor, departments: Collection[str], matter: Matter) -> bool:
    """Say whether a ticket is somebody's to act on, as far as his role lets him: a cc is informed, nothing else."""
    return actor is not Actor.CONTACT or matter.department in departments


def may_attach(actor: Actor, departments: Collection[str], matter: Matter) -> bool:
    """Say whether somebody may attach a file: people of the hotline and who has to answer, until it is closed."""
    return actor is not Actor.APPROVER and may_act(actor, departments, matter) and not matter.over
