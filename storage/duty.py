"""Who was on duty, and what nobody saw: sign-ins, pauses and gaps, as stretches of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, literal, or_, select, union_all

from storage import models
from storage.unit_of_work import UnitOfWork

_sign_ins, _pauses, _gaps = models.sign_ins.c, models.pauses.c, models.gaps.c


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which somebody was signed in or paused, or ("blind", of nobody) calls may have gone unseen."""

    what: Literal["signed_in", "paused", "blind"]
    who: str
    began_at: datetime
    ended_at: datetime


async def stretches(work: UnitOfWork, begins: datetime, over: datetime) -> list[Stretch]:
    """Return what reaches into [begins, over); what still goes on ends now. A pause is part of a sign-in."""
    signed_in = select(
        literal("signed_in").label("what"),
        _sign_ins.work_number.label("who"),
        _sign_ins.signed_in_at.label("began_at"),
        _sign_ins.signed_out_at.label("ended_at"),
    ).where(_sign_ins.signed_in_at < over, or_(_sign_ins.signed_out_at.is_(None), _sign_ins.signed_out_at > begins))
    paused = (
        select(literal("paused"), _sign_ins.work_number, _pauses.began_at, _pauses.ended_at)
        .join(models.sign_ins, _sign_ins.id == _pauses.sign_in)
        .where(_pauses.began_at < over, or_(_pauses.ended_at.is_(None), _pauses.ended_at > begins))
    )
    blind: Select[tuple[str, str, datetime, datetime]] = select(
        literal("blind"), literal(""), _gaps.began_at, _gaps.ended_at
    ).where(_gaps.began_at < over, or_(_gaps.ended_at.is_(None), _gaps.ended_at > begins))
    now = work.now()
    rows = (await work.execute(union_all(signed_in, paused, blind))).mappings()
    return [
        Stretch(row["what"], row["who"], row["began_at"], max(row["began_at"], row["ended_at"] or now)) for row in rows
    ]
