"""Who asks the API: the token that is presented, and the person for whom it stands as he is now."""

from dataclasses import dataclass
from enum import StrEnum

from aiohttp import hdrs, web

from gateway.house import House
from gateway.web.viewers import Viewer
from routing.vocabulary import Actor
from storage.operators import role_of
from storage.roles import Role
from storage.tokens import Token, token_named
from storage.unit_of_work import UnitOfWork


class Needs(StrEnum):
    """What a token must be for: to read everything, anything, to see what a person sees, to do what he does."""

    READS = "reads"
    ANY = "any"
    PERSON = "person"
    ACTS = "acts"


class RefusedError(Exception):
    """A request gets an error and nothing else: `status` is HTTP's, the message says what to do."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Caller:
    """A program with its token, and what it may see."""

    token: Token
    viewer: Viewer

    @property
    def on_record_as(self) -> str:
        """How the audit names it."""
        name = f"token {self.token.name}"
        return f"{name} for {self.token.work_number}" if self.token.work_number else name

    def insist_on(self, roles: tuple[Role, ...]) -> None:
        """Refuse whoever stands for somebody in none of these roles; a program that reads everything may."""
        if self.viewer.role is not None and self.viewer.role not in roles:
            raise RefusedError(403, f"this is not for a {self.viewer.role}")


async def caller(house: House, work: UnitOfWork, request: web.Request, needs: Needs) -> Caller:
    """Return who asks; raises RefusedError."""
    token = await token_named(work, _presented(request))
    if token is None:
        raise _no_token("this token is not valid")
    if token.work_number is None or token.role is None:
        _insist(token, needs)
        return Caller(token, Viewer("", None, Actor.SYSTEM))
    if await role_of(work, token.work_number) is not token.role:
        raise RefusedError(403, f"{token.work_number} is no {token.role} any more: this token is worth nothing")
    _insist(token, needs)
    return Caller(token, Viewer.of(house, token.work_number, token.role))


def _insist(token: Token, needs: Needs) -> None:
    if needs is Needs.READS and token.role is not None:
        raise RefusedError(403, "this token stands for a person: make one with `fourring token create NAME`")
    if needs is Needs.PERSON and token.role is None:
        raise RefusedError(403, "this token stands for nobody: make one with `fourring token create NAME --for NUMBER`")
    if needs is Needs.ACTS and not token.acts:
        how = "fourring token create NAME --for NUMBER --acts"
        raise RefusedError(403, f"this token only reads: make one with `{how}`")


def _presented(request: web.Request) -> str:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _no_token("a token is needed, in the header `Authorization: Bearer TOKEN`")
    return token.strip()


def _no_token(what: str) -> RefusedError:
    advice = "make one with `fourring token create NAME`"
    return RefusedError(401, f"{what}: {advice}", {hdrs.WWW_AUTHENTICATE: 'Bearer realm="fourring"'})
