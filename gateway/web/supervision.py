"""What a shift leader does about a colleague at work: listen in, whisper, barge in; pause him; sign him out.

To listen in his own phone is rung; who answers it hears by the PBX's ChanSpy. What he did, the PBX tells.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from gateway.ami.errors import AMIError
from gateway.calls.supervision import account_of
from gateway.dismissals import Dismissals
from gateway.house import House
from gateway.seat_queue import PhoneRefusedError
from gateway.seat_states import Device, Occupant, SeatState
from gateway.seats import NotSeatedError
from gateway.web.desk import toast
from gateway.web.leaders import insist_on_leader
from gateway.web.rendering import house_of
from gateway.web.shown import LONGEST_SHOWN
from routing.vocabulary import Supervision
from storage import audit
from storage.errors import StorageError

ROUTES = web.RouteTableDef()
DISMISSALS: Final = web.AppKey("dismissals", Dismissals)

_OPTIONS: Final[Mapping[str, str]] = {
    Supervision.LISTEN: "qES",
    Supervision.WHISPER: "qwES",
    Supervision.BARGE: "qBES",
}
"""ChanSpy: quietly; whisper to the operator, or be heard by both; end with him, and not wait for others."""
_RING_MILLISECONDS: Final = "20000"


class SupervisionError(Exception):
    """It cannot be done now; the message is the key of the text that says why."""


@ROUTES.post("/supervise")
async def supervise(request: web.Request) -> web.Response:
    """Ring the shift leader's phone; who answers it listens in on the call at a seat."""
    leader, form = insist_on_leader(request), await request.post()
    house, how = house_of(request), str(form.get("how", ""))
    try:
        own = _own_phone(house, leader)
        channel = _channel_at(house, str(form.get("seat", "")), leader)
        order = account_of(Supervision(how), leader)
        await house.ami.act(
            "Originate",
            Channel=own.seat.interface,
            Application="ChanSpy",
            Data=f"{channel},{_OPTIONS[how]}",
            Account=order,
            Timeout=_RING_MILLISECONDS,
            Async="true",
        )
    except SupervisionError as problem:
        return toast(request, str(problem), 409)
    except ValueError:
        return toast(request, "refused.unreadable", 422)
    except AMIError as problem:
        return toast(request, "pause.refused", 502, said=str(problem))
    return toast(request, "supervise.answer")


def _own_phone(house: House, leader: str) -> SeatState:
    """Return the leader's seat if its phone is free: one that rings already is not rung again (I6)."""
    state = house.seats.of(leader)
    if state is None or state.device is not Device.NOT_IN_USE:
        raise SupervisionError("supervise.phone_busy")
    return state


def _channel_at(house: House, seat: str, leader: str) -> str:
    """Return the channel of the phone at a seat of ours whose operator is on a call."""
    occupant = _occupant_at(house, seat)
    card = house.board.talking_to(occupant.work_number) if occupant else None
    if card is None or occupant is None or occupant.work_number == leader:
        raise SupervisionError("supervise.no_call")
    if not (channel := house.phone_of(card.leg)):
        raise SupervisionError("supervise.no_call")
    return channel


@ROUTES.post("/supervise/pause")
async def pause(request: web.Request) -> web.Response:
    """Let no calls come to an operator; his page says by whom and why."""
    leader, occupant, reason = await _ordered(request, "pause ordered")
    if occupant is None:
        return toast(request, "supervise.who_and_why", 422)
    try:
        await house_of(request).seats.pause(occupant.work_number, f"{reason} · {leader}")
    except NotSeatedError:
        return toast(request, "supervise.nobody", 409)
    except PhoneRefusedError as problem:
        return toast(request, "pause.refused", 502, said=str(problem))
    except StorageError:
        return toast(request, "error.database", 503)
    return toast(request, "supervise.paused", operator=occupant.work_number)


@ROUTES.post("/supervise/sign-out")
async def sign_out(request: web.Request) -> web.Response:
    """Sign an operator out, after the call that he is on; his page says by whom and why."""
    leader, occupant, reason = await _ordered(request, "sign-out ordered")
    if occupant is None:
        return toast(request, "supervise.who_and_why", 422)
    try:
        out = await request.app[DISMISSALS].order(occupant.work_number, leader, reason)
    except StorageError:
        return toast(request, "error.database", 503)
    return toast(request, "supervise.signed_out" if out else "supervise.after_call", operator=occupant.work_number)


async def _ordered(request: web.Request, what: str) -> tuple[str, Occupant | None, str]:
    """Return (leader, whom, why), and keep it in the audit; nobody where seat or reason make no sense."""
    leader, form = insist_on_leader(request), await request.post()
    house, reason = house_of(request), str(form.get("reason", "")).strip()
    occupant = _occupant_at(house, str(form.get("seat", "")))
    if occupant is None or occupant.work_number == leader or not (0 < len(reason) <= LONGEST_SHOWN):
        return leader, None, ""
    if not reason.isprintable():
        return leader, None, ""
    try:
        async with house.storage.work() as work:
            await audit.note(work, house.clock(), leader, what, {"operator": occupant.work_number, "reason": reason})
            await work.commit()
    except StorageError:
        raise web.HTTPServiceUnavailable(text="refused: the database is away, and this must be on record\n") from None
    return leader, occupant, reason


def _occupant_at(house: House, seat: str) -> Occupant | None:
    return next((state.occupant for state in house.seats.overview() if state.seat.id == seat), None)
