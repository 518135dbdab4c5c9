"""The composition root: builds the house from the settings, runs its tasks in one group, and takes it down in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import structlog

from gateway import office, policy
from gateway.alarms import Alarms
from gateway.ami.client import AMIClient
from gateway.ami.journal import Journal
from gateway.ami.record import Record, RecordKind
from gateway.attention import Attention
from gateway.calls.board import Board
from gateway.calls.intake import Intake
from gateway.calls.tracker import Tracker
from gateway.config import Settings
from gateway.disk_watch import DiskWatch, Room
from gateway.enforcement import Enforcement
from gateway.holds import Holds
from gateway.house import House
from gateway.ivr import flow
from gateway.metrics import Metrics
from gateway.outages import Outages
from gateway.outgoing import OutgoingCaller
from gateway.reception import Reception
from gateway.recorder import SEEN_UNTIL, Recorder
from gateway.recording_pauses import RecordingPauses
from gateway.recordings import Recordings
from gateway.seats import Seats
from gateway.secrets import Secrets
from gateway.speaker import Speaker
from gateway.spoken import prompts_of
from gateway.surge_watch import SurgeWatch
from gateway.transfers import Transfers
from gateway.web.catalogue import texts
from gateway.web.live import Live
from gateway.web.server import build_app, serve
from gateway.web.views import Alarm
from ivr_scripts.server import FastAGIServer
from routing.facts import Fact
from storage import gaps
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.facts import open_calls
from storage.tickets import Ticket

Helper: TypeAlias = Enforcement | Recordings | Outages | SurgeWatch | DiskWatch | office.Watch
"""Parts that work in the background, each by its `run`."""

log = structlog.get_logger(__name__)

_IVR_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_DATABASE_RETRY_SECONDS = 1.0


def utc_now() -> datetime:
    """Return this instant; the only clock of the service."""
    return datetime.now(UTC)


async def run(settings: Settings, secrets: Secrets, ready: Callable[[], None]) -> None:
    """Run the gateway until cancelled; `ready` is called once it answers and knows the PBX's calls."""
    async with AsyncExitStack() as stack:
        storage = Storage.open(settings.database_url)
        stack.push_async_callback(storage.close)
        house, reception, helpers = await _furnish(settings, secrets, storage, stack)
        flows = {"hotline": flow(settings, house.outages)}
        server = await FastAGIServer(flows, _IVR_SECONDS).serve(settings.fastagi.host, settings.fastagi.port)
        stack.push_async_callback(_close, server)
        url = await stack.enter_async_context(
            serve(build_app(house, settings.web.choices_file), settings.web.host, settings.web.port)
        )
        log.info("web.serving", url=url)
        async with _tasks(house, reception, helpers):
            await reception.taken_up.wait()
            ready()
            await asyncio.get_running_loop().create_future()


async def _furnish(
    settings: Settings, secrets: Secrets, storage: Storage, stack: AsyncExitStack
) -> tuple[House, Reception, tuple[Helper, ...]]:
    board, live, metrics = Board(), Live(), Metrics()
    tracker = policy.tracker(settings)
    seen_until = await _take_up(storage, tracker, board)
    recorder = _recorder(settings, storage, live)
    if seen_until is not None:
        recorder.gap_began(seen_until, "the gateway was not running")
    journal = _journal(settings)
    stack.push_async_callback(asyncio.to_thread, journal.close)  # it may wait for the disk

    def on_facts(facts: Sequence[Fact]) -> None:
        for fact in facts:
            metrics.facts.labels(fact.kind).inc()
        live.changed(board.apply(facts))
        enforcement.take(facts)
        transfers.take(facts)
        pauses.take(facts)
        outgoing.take(facts)

    async def on_record(record: Record) -> None:
        await reception.take(record)

    client = AMIClient(settings.manager, secrets.ami, on_record=on_record, journal=journal, clock=utc_now)
    seats = Seats(settings, storage, client, utc_now, live.changed)
    await seats.load()
    reception = Reception(Intake(tracker), recorder, seats, settings.pbx_log_dir, on_facts, seen_until, client)
    attention = Attention(live, seats.overview, Alarms(settings.alarms, utc_now), texts(settings.web.default_language))
    enforcement = _enforcement(settings, client, reception.intake, attention, board)
    _show_totals(metrics, client, journal, recorder)
    lines = tracker.switchboard
    transfers = Transfers(client, seats, lines.operator_channel_of)
    holds = Holds(client, lines.channel_of, lines.operator_channel_of)
    recordings = _recordings(settings, storage, client, board, lines.channel_of)
    pauses = RecordingPauses(recordings.pause, client, board.card)
    outgoing = OutgoingCaller(settings.outgoing, client, seats, storage, settings.hotline.zone, utc_now)
    behind = await office.opened(settings, secrets, storage, live, attention, utc_now)
    metrics.follow_outbox(lambda: behind.outbox.waiting, lambda: behind.outbox.dead)
    outages = Outages(storage, utc_now, live.everybody)
    parts = (board, client, seats, live, metrics, recorder, transfers, holds, recordings, behind.handling, outgoing)
    house = House(settings, secrets, storage, *parts, outages, utc_now, lines.phone_of)
    surge = SurgeWatch(settings.surge.rule, storage, behind.handling, outages, live.told, utc_now)
    disk = (_disk_watch(settings, client, live, attention),) if settings.recording.enabled else ()
    return house, reception, (enforcement, recordings, pauses, outages, surge, *disk, *behind.watches)


def _recorder(settings: Settings, storage: Storage, live: Live) -> Recorder:
    def announce(tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            live.ticket_changed(ticket)

    refused = settings.data_dir / "refused-facts.jsonl"
    return Recorder(storage, policy.ring_rule(settings), settings.hotline.zone, announce, refused)


def _recordings(
    settings: Settings, storage: Storage, client: AMIClient, board: Board, channel_of: Callable[[str], str]
) -> Recordings:
    return Recordings(
        settings.recording,
        settings.pbx_monitor_dir,
        settings.call_recordings_dir,
        settings.pbx.system,
        storage,
        client,
        lambda call: board.card(call) is not None,
        channel_of,
        utc_now,
    )


def _disk_watch(settings: Settings, client: AMIClient, live: Live, attention: Attention) -> DiskWatch:
    def show(room: Room) -> None:
        live.alarm(Alarm.DISK_LOW, on=room is Room.LITTLE)
        live.alarm(Alarm.NOT_RECORDED, on=room is Room.NONE)

    async def alarm(room: Room, megabytes: int) -> None:
        tell = attention.of_no_room if room is Room.NONE else attention.of_little_room
        await tell(megabytes, settings.recording.stop_free_megabytes)

    folders = (settings.pbx_monitor_dir, settings.call_recordings_dir)
    return DiskWatch(settings.recording, folders, client, show, alarm)


def _enforcement(
    settings: Settings, client: AMIClient, intake: Intake, attention: Attention, board: Board
) -> Enforcement:
    speaker = Speaker(client, prompts_of(settings))
    return Enforcement(
        speaker,
        client,
        intake.tracker.switchboard.channel_of,
        lambda: utc_now() + intake.clock.ahead,
        "both" if settings.prompts.greeting_to == "both" else "caller",  # "nobody" makes no greeting due
        attention,
        board.card,
    )


def _journal(settings: Settings) -> Journal:
    journal = Journal(
        settings.journal_dir,
        settings.paths.journal_segment_megabytes << 20,
        timedelta(days=settings.paths.journal_keep_days),
        lambda line: log.error("journal.trouble", what=line),
    )
    journal.append(RecordKind.STARTED, utc_now(), b"{}")
    return journal


def _show_totals(metrics: Metrics, client: AMIClient, journal: Journal, recorder: Recorder) -> None:
    for name, documentation, total in (
        ("fourring_ami_frames", "AMI frames received", lambda: client.counters.frames),
        ("fourring_ami_frames_too_long", "AMI frames dropped for their length", lambda: client.counters.oversized),
        ("fourring_ami_logins_refused", "Times the PBX refused our log-in", lambda: client.counters.refused_logins),
        ("fourring_records_failed", "Records that could not be read and were left out", lambda: client.failed_records),
        ("fourring_ami_logins", "Times logged in to the PBX", lambda: client.counters.connections),
        ("fourring_journal_records_dropped", "Records the journal could not write", lambda: journal.dropped),
        ("fourring_gaps", "Times in which calls may have gone unseen", lambda: recorder.gaps_seen),
    ):
        metrics.show(name, documentation, total)


async def _take_up(storage: Storage, tracker: Tracker, board: Board) -> datetime | None:
    """Take up the calls that were in progress; return how far we had seen. Waits for the database to come up."""
    while True:
        try:
            await storage.check()
            async with storage.work() as work:
                calls = await open_calls(work)
                seen_until = await gaps.marked(work, SEEN_UNTIL)
                if seen_until is None:  # from this first start on, every call is ours to tell of
                    await gaps.mark(work, SEEN_UNTIL, utc_now())
                    await work.commit()
            break
        except StorageUnavailableError as problem:
            log.error("database.unavailable", reason=str(problem), retry_in=_DATABASE_RETRY_SECONDS)
            await asyncio.sleep(_DATABASE_RETRY_SECONDS)
    tracker.restore(calls)
    for facts in calls.values():
        board.apply(facts)
    return seen_until


@asynccontextmanager
async def _tasks(house: House, reception: Reception, helpers: Sequence[Helper]) -> AsyncIterator[None]:
    """Run the house's tasks; one that fails stops the service, visibly. On the way out what is known is written."""
    recorder = house.recorder
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(house.ami.run(), name="AMI"),
                group.create_task(reception.run(group), name="reception"),
                group.create_task(recorder.run(), name="recorder"),
                *(group.create_task(helper.run(), name=type(helper).__name__) for helper in helpers),
                group.create_task(house.seats.watch(), name="seats"),
                group.create_task(_look_after(house, recorder, reception), name="alarms"),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        try:
            async with asyncio.timeout(5):
                await recorder.flush()
        except TimeoutError:
            log.error("recorder.not_written", facts=recorder.backlog, what_to_do="the PBX's records will tell them")


async def _look_after(house: House, recorder: Recorder, reception: Reception) -> None:
    """Show on every page, and in the metrics, what is wrong with the house as a whole."""
    while True:
        house.live.alarm(Alarm.PBX_LOST, on=not house.ami.connected)
        house.live.alarm(Alarm.DATABASE_DELAYED, on=recorder.delayed)
        house.metrics.recorder_backlog.set(recorder.backlog)
        house.live.pbx_ahead = reception.intake.clock.ahead
        await asyncio.sleep(_LOOK_SECONDS)


async def _close(server: asyncio.Server) -> None:
    server.close()
