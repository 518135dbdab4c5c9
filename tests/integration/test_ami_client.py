"""What the link to the manager interface delivers over a real socket: everything, once, in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from ami_link import SECRET, Desk, await_true, linked, numbered
from ami_peer import AMIPeer, block
from structlog.testing import capture_logs

from gateway.ami.delivery import MOST_RECORDS, Delivery
from gateway.ami.errors import ActionTimeoutError
from gateway.ami.journal import Journal, Record, RecordKind, read_journal
from gateway.ami.wire import decode


@pytest.fixture
async def peer() -> AsyncIterator[AMIPeer]:
    """Return a manager interface that answers."""
    async with AMIPeer(SECRET) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    """Return an empty desk."""
    return Desk()


async def test_records_come_in_order_between_connected_and_disconnected(peer, desk):
    """Each connection is announced with Asterisk's greeting and ended with a reason, frames in between."""
    async with linked(peer, desk.take):
        await peer.push(numbered(0, 3))
        await await_true(lambda: len(desk.events) == 3)
        peer.cut()
        await await_true(lambda: peer.connections == 2 and desk.kinds.endswith("C"))
        await peer.push(numbered(3, 5))
        await await_true(lambda: len(desk.events) == 5)
        assert desk.kinds == "CFFFDCFF"
    assert desk.events == ["0", "1", "2", "3", "4"]
    assert json.loads(desk.records[0].payload)["greeting"] == "Asterisk Call Manager/11.0.0"
    reason = json.loads(desk.records[4].payload)["reason"]
    assert reason.startswith(("Asterisk closed the connection", "the connection broke"))
    assert all(record.at.tzinfo is UTC for record in desk.records)


async def test_an_event_that_comes_with_the_login_answer_follows_connected(peer, desk):
    """FullyBooted often shares a packet with the answer to the login."""
    peer.with_login = block("Event: FullyBooted", "Status: Fully Booted")
    async with linked(peer, desk.take):
        await await_true(lambda: desk.kinds == "CF")
    assert desk.events == ["FullyBooted"]


async def test_an_event_before_the_login_answer_is_kept_for_after_connected(peer, desk):
    """Nothing that Asterisk sent is lost, and nothing comes before CONNECTED."""
    early = block("Event: Early") + block("Event: Earlier still") + block("Response: Success")
    peer.on_action = lambda action: early if action["Action"] == ["Login"] else None
    peer.with_login = block("Event: FullyBooted")
    async with linked(peer, desk.take):
        await await_true(lambda: len(desk.records) == 4)
    assert desk.records[0].kind is RecordKind.CONNECTED
    assert desk.events == ["Early", "Earlier still", "FullyBooted"]


async def test_a_character_split_over_two_packets_arrives_whole(peer, desk):
    """However TCP cuts a name, it is the same name."""
    message = block("Event: Newchannel", "CallerIDName: 鄭成功")
    async with linked(peer, desk.take):
        for byte in message:
            await peer.push(bytes([byte]))
            await asyncio.sleep(0)
        await await_true(lambda: desk.kinds == "CF")
    assert decode(desk.records[1].payload).get("CallerIDName") == "鄭成功"


async def test_repeated_headers_arrive_and_leave_repeated(peer, desk):
    """ChanVariable comes several times in an event, Variable goes several times into an action."""
    async with linked(peer, desk.take) as client:
        await peer.push(block("Event: Status", "ChanVariable: A=1", "chanvariable: B=2"))
        await client.act("Originate", Channel="PJSIP/seat-01", Variable=["A=1", "B=2"], also={"X-Y": "z"})
        await await_true(lambda: desk.kinds == "CFF")
    assert decode(desk.records[1].payload).all("ChanVariable") == ("A=1", "B=2")
    (originate,) = peer.sent("Originate")
    assert originate["Variable"] == ["A=1", "B=2"]
    assert originate["X-Y"] == ["z"]


async def test_garbage_and_giant_frames_cost_nothing_but_themselves(peer, desk):
    """Frames behind 16 MB of one header, no headers or no UTF-8 are as if these had not come."""
    with capture_logs() as logs:
        async with linked(peer, desk.take) as client:
            await peer.push(block("Event: 1"), b"no colon\xff\r\n\r\n\0\0\0\r\n\r\n", block("Event: 2"))
            await peer.push(b"Event: Huge\r\nData: ", b"x" * (16 << 20), b"\r\n\r\n", block("Event: 3"))
            await await_true(lambda: "3" in desk.events)
            assert client.counters.oversized == 1
    assert desk.events == ["1", "2", "3"]
    assert [line["dropped"] for line in logs if line["event"] == "ami.frames_too_long"] == [1]


async def test_that_a_frame_was_too_long_is_journaled_and_delivered(peer, desk, tmp_path):
    """What it said is lost; that something was lost is known in its place, now and at every replay (I8)."""
    folder = tmp_path / "journal"
    with closing(Journal(folder, 1 << 20, timedelta(days=1), print)) as journal, capture_logs():
        async with linked(peer, desk.take, journal=journal):
            await peer.push(block("Event: 1"))
            await await_true(lambda: desk.events == ["1"])
            await peer.push(b"Event: Huge\r\nData: ", b"x" * (2 << 20), b"\r\n\r\n")
            await await_true(lambda: desk.kinds == "CFL")
            await peer.push(block("Event: 2"))
            await await_true(lambda: desk.kinds == "CFLF")
    assert "".join(record.kind for record in read_journal(folder)) == "CFLFD"


async def test_a_connection_that_is_not_relied_on_is_replaced(peer, desk):
    """Whoever finds that a connection does not serve gets another one, and the reason is on record."""
    async with linked(peer, desk.take) as client:
        client.reconnect("it says nothing")
        await await_true(lambda: desk.kinds == "CDC")
        assert client.connected
    assert json.loads(desk.records[1].payload)["reason"] == "it says nothing"


async def test_every_frame_is_journaled_as_it_came_before_anybody_looks_into_it(peer, tmp_path):
    """When a consumer sees a frame, the journal has it; what the consumer makes of it changes nothing."""
    seen = Desk()
    messages = block("Event: A", "Name: 王") + b"garbage \xff\r\n\r\n" + block("Event: B")
    folder = tmp_path / "journal"
    with closing(Journal(folder, 1 << 20, timedelta(days=1), print)) as journal:

        async def fail(record: Record) -> None:
            await seen.take(record)
            raise ValueError("the consumer is broken")

        with capture_logs():
            async with linked(peer, fail, journal=journal):
                await peer.push(messages)
                await await_true(lambda: seen.kinds == "CFFF")
    journaled = list(read_journal(folder))
    assert "".join(record.kind for record in journaled) == "CFFFD"
    assert journaled[:4] == seen.records[:4]
    assert journaled[2].payload == b"garbage \xff"
    assert "the gateway stopped" in journaled[4].payload.decode()


async def test_a_note_of_our_own_stands_in_line_with_the_frames(peer, desk):
    """So that a replay of the journal sees ticks where the consumer saw them."""
    async with linked(peer, desk.take) as client:
        await peer.push(numbered(0, 1))
        await await_true(lambda: desk.kinds == "CF")
        await client.note(RecordKind.TICK, b"{}")
        await peer.push(numbered(1, 2))
        await await_true(lambda: desk.kinds == "CFTF")


async def test_a_consumer_that_raises_loses_no_other_record(peer):
    """Failures are logged and counted; the connection, the order and the records behind are untouched."""
    seen = Desk()

    async def fail_on_even(record: Record) -> None:
        await seen.take(record)
        if record.payload.endswith((b"0", b"2", b"4", b"6", b"8")):
            raise ValueError("an even number")

    with capture_logs() as logs:
        async with linked(peer, fail_on_even) as client:
            await peer.push(numbered(0, 100))
            await await_true(lambda: len(seen.events) == 100)
            await await_true(lambda: client.failed_records == 50)
            assert client.connected
    assert seen.events == [str(number) for number in range(100)]
    assert peer.connections == 1
    assert len([line for line in logs if line["event"] == "ami.record_failed"]) == 50


async def test_a_slow_consumer_holds_the_peer_back_and_loses_nothing(peer):
    """Past the queue's limit nothing more is read, pings or not; later every frame is there, in order."""
    seen, go = Desk(), asyncio.Event()

    async def wait_for_go(record: Record) -> None:
        await go.wait()
        await seen.take(record)

    frames = 60_000
    padding = "Padding: " + "x" * 300
    async with linked(peer, wait_for_go, ping_interval=0.1, ping_timeout=0.3) as client:
        payload = b"".join(block(f"Event: {number}", padding) for number in range(frames))
        pushing = asyncio.create_task(peer.push(payload))
        await await_true(lambda: client.waiting >= MOST_RECORDS)
        held = client.waiting
        for _ in range(3):  # as long as three pings: none of them may end the connection
            with pytest.raises(ActionTimeoutError):
                await client.act("Ping", within=timedelta(seconds=0.4))
        assert client.waiting == held < MOST_RECORDS + 1000
        assert not pushing.done()
        go.set()
        await pushing
        await await_true(lambda: sum(record.payload.startswith(b"Event") for record in seen.records) == frames)
        assert client.connected
    assert seen.events == [str(number) for number in range(frames)]
    assert peer.connections == 1


async def test_the_queue_is_bounded_in_bytes_as_well():
    """A few very large frames fill it as many small ones do."""
    delivery = Delivery(Desk().take, None, most_bytes=1000)
    delivery.enter([Record(datetime.now(UTC), RecordKind.FRAME, b"x" * 600)] * 2)
    assert delivery.full
    running = asyncio.create_task(delivery.run())
    await delivery.room()
    assert delivery.waiting <= 1
    running.cancel()


async def test_a_consumer_that_never_waits_does_not_keep_others_from_their_turn():
    """While a thousand records are handed over, everybody else gets to run again and again."""
    desk = Desk()
    delivery = Delivery(desk.take, None)
    delivery.enter(Record(datetime.now(UTC), RecordKind.FRAME, b"%d" % number) for number in range(1000))
    running = asyncio.create_task(delivery.run())
    turns = 0
    while len(desk.records) < 1000:
        await asyncio.sleep(0)
        turns += 1
    running.cancel()
    assert turns > 20
