"""Callers and calls as pages show them: cut to size, because whatever a caller sends must not break a layout. Pure."""

from hashlib import blake2s
from typing import Final

from gateway.calls.board import CallCard
from gateway.web.catalogue import Texts
from gateway.web.shelf import Form
from routing.withheld_number import is_withheld

LONGEST_SHOWN: Final = 64
LONGEST_NUMBER: Final = 40


def slug(call: str) -> str:
    """Return a call's name as part of an element's id."""
    return blake2s(call.encode(), digest_size=6).hexdigest()


def shortened(text: str) -> str:
    """Return what of a number or name fits on a page."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def caller_of(card: CallCard, t: Texts) -> str:
    """Return the caller's number as shown, or that he withholds it."""
    return _shown(card.caller_number, t)


def number_of(form: Form, t: Texts) -> str:
    """Return whose call a form belongs to, as shown."""
    return _shown(_caller_number(form), t)


def phone_of(form: Form) -> str:
    """Return the number to call back that a new form begins with: the caller's own, if it is one."""
    number = _caller_number(form)
    return number if len(number) <= LONGEST_NUMBER and number.lstrip("+").isdigit() else ""


def _caller_number(form: Form) -> str:
    return form.ticket.caller_number if form.ticket else form.card.caller_number if form.card else ""


def _shown(number: str, t: Texts) -> str:
    return t("caller.withheld") if is_withheld(number) else shortened(number)
