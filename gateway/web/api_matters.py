"""Tickets' lives as the API shows them: how one stands and why, what was done, what waits, who was told of what."""

from typing import Final, Literal

from pydantic import Field

from gateway.web.acting import days_of
from gateway.web.api_callers import Needs, RefusedError
from gateway.web.api_matter_models import (
    DepartmentShown,
    DepartmentsShown,
    DeskShown,
    EntriesShown,
    EntryShown,
    MatterWithDaysShown,
    NoticeShown,
    NoticesShown,
    TopicShown,
    TopicsShown,
)
from gateway.web.api_queries import Asked, NothingAsked
from gateway.web.openapi import Asking, Endpoint
from gateway.web.viewers import looked_up
from routing.matters import Matter
from storage.deadlines import last_dispatch
from storage.desks import waiting
from storage.matters import history
from storage.notices import inbox
from storage.roles import Role
from storage.tickets import Ticket
from storage.unit_of_work import UnitOfWork


class DeskAsked(Asked):
    """Whose desk."""

    whose: Literal["operator", "shift_leader", "director", "contact", "approver"] | None = Field(
        None, alias="for", description="In which role; that of the token's person is his own and need not be said."
    )
    department: str = Field("", description="Of ticket contacts, whose; a token for a person knows.")


class NoticesAsked(Asked):
    """How many notices."""

    limit: int = Field(50, ge=1, le=200, description="At most so many.")


async def found_or_404(request: Asking, work: UnitOfWork) -> tuple[Ticket, Matter]:
    """Return the ticket that a path names and how it stands; raises RefusedError where who asks sees none."""
    both = await looked_up(work, request.who.viewer, request.path["number"])
    if both is None:
        raise RefusedError(404, f"there is no ticket {request.path['number']}, or it is not for this token")
    return both


async def _matter(request: Asking, work: UnitOfWork) -> MatterWithDaysShown:
    found, present = await found_or_404(request, work)
    days = days_of(request.house, present, await last_dispatch(work, present.ticket))
    return MatterWithDaysShown.with_days(found, present, request.who.viewer, days)


async def _entries(request: Asking, work: UnitOfWork) -> EntriesShown:
    _, present = await found_or_404(request, work)
    entries = await history(work, present.ticket)
    return EntriesShown(entries=tuple(EntryShown.of(each, request.who.viewer) for each in entries))


async def _desk(request: Asking, work: UnitOfWork) -> DeskShown:
    who, asked = request.who.viewer, request.asked
    wanted = Role(asked.whose) if asked.whose else who.role
    if wanted is None:
        raise RefusedError(400, "for: this token stands for nobody: say for which role")
    if who.role not in (None, wanted):
        raise RefusedError(403, f"for: this token stands for a {who.role}, and shows no other desk")
    if who.role is not None and asked.department not in ("", *who.departments):
        raise RefusedError(403, "department: this token's person does not act for it")
    departments = (asked.department,) if asked.department else who.departments
    return DeskShown.of(await waiting(work, wanted, departments), who)


async def _notices(request: Asking, work: UnitOfWork) -> NoticesShown:
    told = await inbox(work, request.who.viewer.work_number, request.asked.limit)
    return NoticesShown(notices=tuple(map(NoticeShown.of, told)))


async def _departments(request: Asking, work: UnitOfWork) -> DepartmentsShown:
    del work
    known = request.house.handling.rules.book.departments
    return DepartmentsShown(departments=tuple(DepartmentShown.of(each, known) for each in known.departments.values()))


async def _topics(request: Asking, work: UnitOfWork) -> TopicsShown:
    del work
    rules = request.house.handling.rules.book.rules
    return TopicsShown(version=rules.version, topics=tuple(map(TopicShown.of, rules.topics.values())))


ENDPOINTS: Final = (
    Endpoint(
        "/tickets/{number}/matter",
        "How a ticket's handling stands, and why it is due when it is",
        NothingAsked,
        MatterWithDaysShown,
        _matter,
        Needs.ANY,
    ),
    Endpoint("/tickets/{number}/entries", "A ticket's history", NothingAsked, EntriesShown, _entries, Needs.ANY),
    Endpoint("/desk", "What waits for somebody, what expires first on top", DeskAsked, DeskShown, _desk, Needs.ANY),
    Endpoint("/notices", "What the token's person was told", NoticesAsked, NoticesShown, _notices, Needs.PERSON),
    Endpoint("/departments", "Departments and their contacts", NothingAsked, DepartmentsShown, _departments, Needs.ANY),
    Endpoint("/topics", "Topics, and what is asked on each", NothingAsked, TopicsShown, _topics, Needs.ANY),
)
