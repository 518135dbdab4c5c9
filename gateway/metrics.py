"""The service's figures for Prometheus, in a registry of their own; this module counts and asks nobody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

PUSH_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class _KeptElsewhere(Collector):
    """A counter whose total is read, not counted here."""

    name: str
    documentation: str
    total: Callable[[], int]

    def collect(self) -> Iterator[Metric]:
        """Yield the total as it stands."""
        yield CounterMetricFamily(self.name, self.documentation, value=self.total())


class Metrics:
    """Every figure by name. Counters go up; gauges are set by whoever knows. Durations are in seconds."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count_intake()
        self._count_service()

    def _count_intake(self) -> None:
        """Declare what comes in from the PBX and what becomes of it."""
        where = self.registry
        self.facts = Counter("fourring_facts", "Facts made, by kind", ["kind"], registry=where)
        self.ami_connected = Gauge("fourring_ami_connected", "1 while logged in to the PBX", registry=where)
        self.recorder_backlog = Gauge("fourring_recorder_backlog", "Facts that wait for the database", registry=where)

    def _count_service(self) -> None:
        """Declare what callers, operators and programs see of us."""
        where = self.registry
        self.calls_in_progress = Gauge("fourring_calls_in_progress", "Calls in progress", registry=where)
        self.queue_waiting = Gauge("fourring_queue_waiting", "Callers who wait for a person", registry=where)
        self.push_seconds = Histogram(
            "fourring_screen_pop_push_seconds",
            "From a call's change to the page's update handed to the network",
            buckets=PUSH_BUCKETS,
            registry=where,
        )
        self.http_requests = Counter(
            "fourring_http_requests",
            "HTTP requests answered, by route and status",
            ["method", "route", "status"],
            registry=where,
        )

    def follow_outbox(self, waiting: Callable[[], int], dead: Callable[[], int]) -> None:
        """Show how many notices wait to be sent, and on how many a person has to decide."""
        for name, documentation, value in (
            ("fourring_notices_waiting", "Notices that wait to be sent", waiting),
            ("fourring_notices_undelivered", "Notices that reached nobody, on which a person has to decide", dead),
        ):
            Gauge(name, documentation, registry=self.registry).set_function(value)

    def show(self, name: str, documentation: str, total: Callable[[], int]) -> None:
        """Show a total that somebody else keeps, read when the figures are asked for."""
        self.registry.register(_KeptElsewhere(name, documentation, total))

    def render(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        return generate_latest(self.registry)
