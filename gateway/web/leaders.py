"""Who may do what only a shift leader does, or who sees every call; nothing here decides what that is."""

from aiohttp import web

from gateway.web.desk import insist
from gateway.web.visitors import leads, oversees, role_here
from storage.roles import Role


def insist_on_leader(request: web.Request) -> str:
    """Return the work number of the shift leader who asks; refuse everybody else with 403."""
    visitor = insist(request)
    if not leads(request, visitor):
        raise web.HTTPForbidden(text="refused: only a shift leader may do this\n")
    return visitor.work_number


def insist_on_oversight(request: web.Request) -> str:
    """Return the work number of the shift leader or director who asks; refuse everybody else with 403."""
    visitor = insist(request)
    if not oversees(request):
        raise web.HTTPForbidden(text="refused: only a shift leader or the director may see this\n")
    return visitor.work_number


def insist_on_director(request: web.Request) -> str:
    """Return the work number of the director who asks; refuse everybody else with 403."""
    visitor = insist(request)
    if role_here(request) is not Role.DIRECTOR:
        raise web.HTTPForbidden(text="refused: only the hotline director may do this\n")
    return visitor.work_number
