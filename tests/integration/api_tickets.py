"""People and tickets for tests of the API: each ticket is sent where the shipped rules say."""

from datetime import UTC, datetime, timedelta

from answered_calls import answered
from api_house import API, SHANGHAI
from sqlalchemy import insert

from routing.dispatch import Written, dispatch_of
from routing.lifecycle import Act
from routing.verdicts import RingRule
from routing.vocabulary import Action, Actor
from storage import models
from storage.ledger import record
from storage.roles import Role
from storage.tickets import TicketForm, save_form

PEOPLE = {
    "1001": Role.OPERATOR,
    "9001": Role.SHIFT_LEADER,
    "9101": Role.DIRECTOR,
    "9201": Role.APPROVER,
    "7101": Role.CONTACT,
    "7301": Role.CONTACT,
    "7601": Role.CONTACT,
    "9901": Role.IT,
}
"""7101 is of the party office, 7301 of marketing, 7601 of none that these tickets go to."""


async def employ(api: API) -> None:
    """Let there be everybody; nobody can sign in."""
    common = {"name": "-", "password_hash": "-", "active": True, "created_at": datetime.now(UTC)}
    async with api.house.storage.work() as work:
        rows = [{"work_number": number, "role": role, **common} for number, role in PEOPLE.items()]
        await work.execute(insert(models.operators), rows)
        await work.commit()


async def opened(api: API, call: str = "1", **form: str) -> str:
    """Open a ticket, with what an operator wrote down."""
    at = datetime.now(UTC) - timedelta(hours=1)
    async with api.house.storage.work() as work:
        (ticket,) = await record(work, answered(f"yq/yq-{call}", at), RingRule(), SHANGHAI)
        await save_form(work, ticket.number, TicketForm(customer_name="张三", **form), "1001", 0)
        await work.commit()
    return ticket.number


async def sent(api: API, topic: str, call: str = "1", **form: str) -> str:
    """Open a ticket and send it where its topic belongs."""
    number = await opened(api, call, topic=topic, **form)
    handling = api.house.handling
    found = dispatch_of(handling.rules.book, Written(topic), datetime.now(UTC) - timedelta(hours=1))
    act = Act(Action.DISPATCH, "1001", Actor.OPERATOR, datetime.now(UTC), data=found.particulars)
    await handling.do(number, act)
    return number


async def acted(api: API, number: str, action: str, seen: int, status: int = 200, why: str = "", **fields: str) -> dict:
    """Do something with a ticket through the API."""
    body = {"action": action, "seen": seen, "why": why, "fields": fields}
    return await api.post(f"/tickets/{number}/acts", body, status)
