"""The office behind the hotline: what people do with tickets, what watches over it, what leaves the house."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from gateway.attention import Attention
from gateway.config import Settings
from gateway.deadline_watch import DeadlineWatch
from gateway.handling import Handling
from gateway.month_watch import MonthWatch
from gateway.monthly import Months
from gateway.outbox import Outbox
from gateway.promise_watch import PromiseWatch
from gateway.rulebook import RuleShelf
from gateway.secrets import Secrets
from gateway.web.live import Live
from gateway.web.views import Alarm
from storage.engine import Storage

Watch: TypeAlias = DeadlineWatch | MonthWatch | PromiseWatch | Outbox
"""Parts of the office that work in the background, each by its `run`."""


@dataclass(frozen=True, slots=True)
class Office:
    """What is shared with the rest of the house, and what has to run."""

    handling: Handling
    outbox: Outbox
    watches: tuple[Watch, ...]


async def opened(
    settings: Settings,
    secrets: Secrets,
    storage: Storage,
    live: Live,
    attention: Attention,
    clock: Callable[[], datetime],
) -> Office:
    """Open the office, under the rules that are in force before anything is dispatched."""

    def wake(told: Iterable[str]) -> None:
        live.told(told)
        outbox.wake()

    def show(refused: bool) -> None:  # noqa: FBT001 - it is all there is to say
        live.alarm(Alarm.RULES_REFUSED, on=refused)

    handling = Handling(
        storage, RuleShelf.open(settings), clock, wake, settings.webhooks, alarms=bool(settings.alarms.urls)
    )
    webhooks = {hook.name: (hook, secrets.webhooks[hook.name]) for hook in settings.webhooks}
    outbox = Outbox(
        settings.notices,
        webhooks,
        settings.web.default_language,
        secrets.session_key,
        storage,
        handling,
        attention,
        clock,
    )
    deadlines = DeadlineWatch(settings.deadlines, storage, handling, attention, show, wake, clock)
    await deadlines.take_in_rules()
    months = MonthWatch(Months(settings, storage, handling.rules, clock), handling, wake)
    promises = PromiseWatch(settings.promises, storage, handling, wake, clock)
    return Office(handling, outbox, (deadlines, months, promises, outbox))
