"""Tickets that are under way, for tests of what befalls them later; and a yearly notice that is not out yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from answered_calls import answered

from gateway.config import Settings
from gateway.handling import Handling
from gateway.rulebook import RuleShelf
from routing.dispatch import Written, dispatch_of
from routing.lifecycle import Act
from routing.matters import Matter
from routing.verdicts import RingRule
from routing.vocabulary import Action, Actor
from storage.engine import Storage
from storage.ledger import record
from storage.operators import add_operator
from storage.roles import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTICE = """year = 2027
source = "invented"
[holidays]
new_years_day = ["2027-01-01..2027-01-03"]
spring_festival = ["2027-02-05..2027-02-11"]
tomb_sweeping_day = ["2027-04-03..2027-04-05"]
labour_day = ["2027-05-01..2027-05-05"]
dragon_boat_festival = ["2027-06-09"]
mid_autumn_festival = ["2027-09-15"]
national_day = ["2027-10-01..2027-10-07"]
[make_up]
new_years_day = ["2026-12-26"]
spring_festival = ["2027-01-30", "2027-02-20"]
"""


def local(text: str) -> datetime:
    """Return the instant of a local time, like "2026-12-24 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class Hotline:
    """Handling on a real database, with a clock that is set by hand, and everybody who was woken."""

    storage: Storage
    now: datetime
    rules: RuleShelf
    woken: list[str] = field(default_factory=list)
    calls: int = 0

    @classmethod
    async def opened(cls, storage: Storage, now: str, settings: Settings | None = None) -> "Hotline":
        """Return one with a shift leader 9001, a director 9101 and an approver 9201."""
        roles = {"9001": Role.SHIFT_LEADER, "9101": Role.DIRECTOR, "9201": Role.APPROVER}
        async with storage.work() as work:
            for number, role in roles.items():
                await add_operator(work, number, number, "four-rings", role)
            await work.commit()
        return cls(storage, local(now), RuleShelf.open(settings or Settings()))

    def clock(self) -> datetime:
        """Return what it is set to."""
        return self.now

    def wake(self, work_numbers: Iterable[str]) -> None:
        """Take down who is woken."""
        self.woken += work_numbers

    @property
    def handling(self) -> Handling:
        """What people do with tickets."""
        return Handling(self.storage, self.rules, self.clock, self.wake)

    async def dispatched(self, received: str, topic: str, area: str = "") -> Matter:
        """Have a call come in, and its ticket sent where it belongs."""
        self.calls += 1
        facts = answered(f"yq/yq-{self.calls}", local(received))
        async with self.storage.work() as work:
            tickets = await record(work, facts, RingRule(), SHANGHAI)
            await work.commit()
        at = local(received)
        found = dispatch_of(self.rules.book, Written(topic, area=area), at)
        act = Act(Action.DISPATCH, "1001", Actor.OPERATOR, at, data=found.particulars)
        return await self.handling.do(tickets[0].number, act)

    async def does(self, ticket: str, action: Action, actor: Actor, by: str, **data: str) -> Matter:
        """Have somebody do something with a ticket now."""
        return await self.handling.do(ticket, Act(action, by, actor, self.now, "because", data))
