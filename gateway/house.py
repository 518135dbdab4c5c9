"""What the parts of the running service share; gateway.app fills it, pages and commands read it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from gateway.calls.board import Board
from gateway.config import Settings
from gateway.policy import ring_rule
from gateway.secrets import Secrets
from routing.verdicts import RingRule
from storage.engine import Storage

if TYPE_CHECKING:
    from gateway.ami.client import AMIClient
    from gateway.handling import Handling
    from gateway.holds import Holds
    from gateway.metrics import Metrics
    from gateway.outages import Outages
    from gateway.outgoing import OutgoingCaller
    from gateway.recorder import Recorder
    from gateway.recordings import Recordings
    from gateway.seats import Seats
    from gateway.transfers import Transfers
    from gateway.web.live import Live


@dataclass(slots=True)
class House:
    """One running gateway. `clock` returns an aware UTC instant, `phone_of` the channel of an operator's leg."""

    settings: Settings
    secrets: Secrets
    storage: Storage
    board: Board
    ami: "AMIClient"
    seats: "Seats"
    live: "Live"
    metrics: "Metrics"
    recorder: "Recorder"
    transfers: "Transfers"
    holds: "Holds"
    recordings: "Recordings"
    handling: "Handling"
    outgoing: "OutgoingCaller"
    outages: "Outages"
    clock: Callable[[], datetime]
    phone_of: Callable[[str], str]

    @property
    def ring_rule(self) -> RingRule:
        """The ring rule in force (N1)."""
        return ring_rule(self.settings)


HOUSE: web.AppKey[House] = web.AppKey("house", House)
