"""What a ticket's form asks for, by the topic that was chosen, and what of it decides where the ticket goes. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from routing.dispatch import Rulebook, Written
from routing.vocabulary import Kind, Scope
from storage.tickets import Ticket

PAID: Final = "paid_agreed"
"""The answer that says that the customer was told what is paid for, and agreed (N5)."""


def asked(ticket: Ticket | None, book: Rulebook, wished: str = "") -> dict[str, Any]:
    """Return what a form's template needs of the rules, for a ticket as saved; before that, for the topic `wished`."""
    topic = book.rules.topics.get(ticket.topic if ticket and ticket.form_version else wished)
    return {
        "topics": book.rules.topics,
        "topic": topic,
        "scopes": tuple(Scope) if topic and Kind.FAULT_REPAIR in topic.kinds else (),
        "areas": book.departments.areas,
        "departments": book.departments.departments,
        "given": _given(ticket) if ticket else {},
        "way": None,
        "missing": "",
    }


def written(fields: Mapping[str, str]) -> Written:
    """Return what of a form decides where its ticket goes."""
    named = {name: fields.get(name, "").strip() for name in ("topic", "kind", "scope", "area", "address")}
    return Written(**named, paid_agreed=fields.get(f"answer.{PAID}", "") == "yes")


def _given(ticket: Ticket) -> dict[str, str]:
    """Return a ticket's fields as its form would send them."""
    answers = {f"answer.{name}": value for name, value in (ticket.answers or {}).items()}
    return {"kind": ticket.kind, "scope": ticket.scope, "area": ticket.area, "concerns": ticket.concerns, **answers}
