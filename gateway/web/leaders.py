"""Who may do what only a shift leader does; nothing here decides what that is."""

from aiohttp import web

from gateway.web.desk import insist
from gateway.web.rendering import house_of
from gateway.web.visitors import Visitor, seated


def leads(request: web.Request, visitor: Visitor) -> bool:
    """Say whether this visitor is a shift leader at his seat."""
    state = seated(house_of(request), visitor)
    return state is not None and state.occupant is not None and state.occupant.leads


def insist_on_leader(request: web.Request) -> str:
    """Return the work number of the shift leader who asks; refuse everybody else with 403."""
    visitor = insist(request)
    if not leads(request, visitor):
        raise web.HTTPForbidden(text="refused: only a shift leader may do this\n")
    return visitor.work_number
