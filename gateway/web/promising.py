"""The promise to call back that an operator gives with a ticket (N3): until when, and that he has given it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.ami.record import RecordKind
from gateway.house import House
from storage.tickets import Ticket

_LONGEST: Final = timedelta(days=30)


class PromiseError(ValueError):
    """That is no time until which to promise anything; the message is the key of the text that says why."""


def promised_until(house: House, sent: Mapping[str, str], present: Ticket | None, by: str) -> datetime | None:
    """Return until when a form promises a call anew, in UTC; None where it promises none, or what holds already.

    A form that is saved again says again what was promised with it. Raises PromiseError.
    """
    written = sent.get("promise_until", "").strip()
    if not written:
        return None
    try:
        until = datetime.fromisoformat(written).replace(tzinfo=house.settings.hotline.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PromiseError("promise.no_time") from None
    if present and (present.callback_due_at, present.callback_owner) == (until, by):
        return None
    if not house.clock() < until < house.clock() + _LONGEST:
        raise PromiseError("promise.not_ahead")
    return until


async def promise(house: House, call: str, by: str, until: datetime) -> None:
    """Put on record that this customer is called back until then; who promises answers for it."""
    told = {"call": call, "operator": by, "due_at": until.isoformat()}
    await house.ami.note(RecordKind.PROMISED, json.dumps(told).encode())
