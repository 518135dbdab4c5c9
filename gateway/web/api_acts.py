"""Doing something with a ticket through the API: one act of its life, in the name of the token's person."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final, Self

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.attached_files import CUT_OFF
from gateway.web.act_forms import FIELDS, LONGEST, FormError
from gateway.web.acting import BY_THE_SOFTWARE, Wanted, done
from gateway.web.api_answers import json_answer, storable
from gateway.web.api_callers import RefusedError
from gateway.web.api_matter_models import ActRefusedShown, EntryShown, MatterShown, StaleShown
from gateway.web.api_matters import found_or_404
from gateway.web.api_models import ErrorShown
from gateway.web.api_queries import NothingAsked, QueryError
from gateway.web.catalogue import texts
from gateway.web.openapi import Asking, Deed
from routing.lifecycle import LifecycleError, Refusal
from routing.vocabulary import Action
from storage.matters import StaleMatterError
from storage.tickets import Ticket

_LARGEST: Final = 64 * 1024
_WITHIN: Final = 30.0
_CLAUSES: Final[Mapping[Refusal, str]] = {
    Refusal.DIRECTOR_DECIDES: "G0",
    Refusal.TOO_LATE: "T3",
    Refusal.TOO_LONG: "T3",
    Refusal.ASKED_ALREADY: "T3",
    Refusal.NOTHING_ASKED: "T3",
    Refusal.OWN_REQUEST: "T3",
    Refusal.NOT_RECTIFIED: "P4",
}
_CLAUSES_OF_ACTS: Final[Mapping[tuple[Action, Refusal], str]] = {
    (Action.FEED_BACK, Refusal.INCOMPLETE): "D10",
    (Action.VISIT, Refusal.INCOMPLETE): "D11",
    (Action.ASK_EXTENSION, Refusal.NOT_THIS_KIND): "T3",
    (Action.ARRIVE, Refusal.NOT_THIS_KIND): "T4",
}

_NAMED: Final = "; ".join(f"{action}: {', '.join(names)}" for action, names in FIELDS.items())
_Words = Annotated[str, StringConstraints(max_length=LONGEST)]


class ActAsked(BaseModel):
    """One act. `fields` are those of the ticket's page: days as 2026-12-31, times as 2026-11-26T10:00 (local)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    action: Annotated[Action, Field(strict=False)]
    seen: int = Field(ge=0, le=999_999_999, description="The version over which it is done, as matter shows it.")
    why: _Words = Field("", description="The reason; most acts want one.")
    fields: dict[str, _Words] = Field({}, description=f"By action: {_NAMED}.")

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return what a body asks for; raises QueryError."""
        try:
            asked = cls.model_validate_json(body)
        except ValidationError as problem:
            raise QueryError(_first_complaint(problem)) from None
        known = FIELDS.get(asked.action, ())
        for name in asked.fields:
            if name not in known:
                choices = f"choose from {', '.join(known)}" if known else "it has none"
                raise QueryError(f"fields.{name[:40]}: there is no such field of {asked.action}: {choices}")
        storable([("why", asked.why), *((f"fields.{name}", value) for name, value in asked.fields.items())])
        return asked


def _first_complaint(problem: ValidationError) -> str:
    error = problem.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part)[:40] for part in error["loc"])
    return f"{where}: {error['msg']}" if where else f"the body: {error['msg']}"


async def _act(request: Asking, raw: web.Request) -> web.StreamResponse:
    asked = ActAsked.read(await _body(raw))
    if asked.action in BY_THE_SOFTWARE:
        raise RefusedError(403, f"{asked.action} is done by saving the ticket's form, or by the software itself")
    house, who = request.house, request.who.viewer
    async with house.storage.reading() as work:
        both = await found_or_404(request, work)
    wanted = Wanted(asked.action, asked.fields, asked.why, asked.seen)
    try:
        result = await done(house, who, both, wanted, request.who.on_record_as)
    except FormError as problem:
        return _refused(texts("en")(str(problem)))
    except LifecycleError as problem:
        clause = _CLAUSES.get(problem.refusal) or _CLAUSES_OF_ACTS.get((asked.action, problem.refusal), "")
        return _refused(texts("en")(f"refusal.{problem.refusal}"), problem.refusal, clause)
    except StaleMatterError as stale:
        return _stale(request, both[0], stale)
    return json_answer(MatterShown.of(both[0], result, who).model_dump_json())


def _refused(says: str, refusal: str = "", clause: str = "") -> web.Response:
    return json_answer(ActRefusedShown(error=says, refusal=refusal, clause=clause).model_dump_json(), 422)


def _stale(request: Asking, ticket: Ticket, stale: StaleMatterError) -> web.Response:
    """Say how the ticket stands now, if it is still for his eyes."""
    who = request.who.viewer
    if not who.sees(stale.matter):
        raise RefusedError(404, f"ticket {ticket.number} is not for this token any more")
    shown = StaleShown(
        error=str(stale),
        matter=MatterShown.of(ticket, stale.matter, who),
        since=tuple(EntryShown.of(each, who) for each in stale.since),
    )
    return json_answer(shown.model_dump_json(), 409)


async def _body(raw: web.Request) -> bytes:
    if raw.content_type != "application/json":
        raise RefusedError(415, "the body: send JSON, with Content-Type: application/json")
    if (raw.content_length or 0) > _LARGEST:
        raise RefusedError(413, f"the body: no larger than {_LARGEST} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(_WITHIN):
            async for piece in raw.content.iter_chunked(_LARGEST):
                body += piece
                if len(body) > _LARGEST:
                    raise RefusedError(413, f"the body: no larger than {_LARGEST} bytes")
    except CUT_OFF:
        raise RefusedError(400, "the body: it did not arrive whole: send it again") from None
    return bytes(body)


ENDPOINTS: Final = (
    Deed(
        hdrs.METH_POST,
        "/tickets/{number}/acts",
        "Do something with a ticket, over the version that was seen",
        NothingAsked,
        ActAsked,
        {
            200: ("How the ticket stands now.", MatterShown),
            409: ("Somebody did something with it meanwhile; nothing was done.", StaleShown),
            413: ("The body is too large.", ErrorShown),
            415: ("The body is no JSON.", ErrorShown),
            422: ("It cannot be done.", ActRefusedShown),
        },
        _act,
    ),
)
