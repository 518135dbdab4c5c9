"""Who may do what only a shift leader does; nothing here decides what that is."""

from aiohttp import web

from gateway.web.desk import insist
from gateway.web.rendering import house_of
from gateway.web.visitors import seated


def insist_on_leader(request: web.Request) -> str:
    """Return the work number of the shift leader who asks; refuse everybody else with 403."""
    visitor = insist(request)
    state = seated(house_of(request), visitor)
    if state is None or state.occupant is None or not state.occupant.leads:
        raise web.HTTPForbidden(text="refused: only a shift leader may do this\n")
    return visitor.work_number
