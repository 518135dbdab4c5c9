"""The link to the manager interface over real sockets: what it delivers, what it sends, and how it fails."""

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ami_peer import AMIPeer, block
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from gateway.ami.backoff import Backoff
from gateway.ami.client import AMIClient
from gateway.ami.delivery import MOST_RECORDS, Delivery
from gateway.ami.errors import (
    ActionRefusedError,
    ActionTimeoutError,
    AMIError,
    CertificateFileError,
    ConnectionLostError,
    NotConnectedError,
    UnsafeValueError,
)
from gateway.ami.journal import Journal, Record, RecordKind, read_journal
from gateway.ami.wire import decode
from gateway.config import AMI

QUICK = {"backoff_first": 0.01, "backoff_limit": 0.05, "ping_interval": 60.0, "action_timeout": 5.0}
SECRET = "s3cret"
Handler = Callable[[Record], Awaitable[None]]


async def await_true(condition: Callable[[], bool]) -> None:
    """Look again and again until it is so, for 20 s at most."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 # conditions of every kind: no one event tells of all
            await asyncio.sleep(0.005)


@dataclass
class Desk:
    """Takes records as they are delivered; `kinds` and `events` say what came, in order."""

    records: list[Record] = field(default_factory=list)

    async def take(self, record: Record) -> None:
        """Take one record."""
        self.records.append(record)

    @property
    def kinds(self) -> str:
        """The records' kinds as a string of letters."""
        return "".join(record.kind for record in self.records)

    @property
    def events(self) -> list[str]:
        """The names of the events among them."""
        frames = (decode(record.payload) for record in self.records if record.kind is RecordKind.FRAME)
        return [frame.event for frame in frames if frame.event]


@asynccontextmanager
async def linked(
    peer: AMIPeer,
    handler: Handler,
    *,
    secret: str = SECRET,
    journal: Journal | None = None,
    up: bool = True,
    **settings: object,
) -> AsyncIterator[AMIClient]:
    """Run a client against a peer until the block ends; `up`: begin once it is logged in."""
    given = AMI.model_validate({"port": peer.port, **QUICK, **settings})
    client = AMIClient(given, secret, on_record=handler, journal=journal, clock=lambda: datetime.now(UTC))
    task = asyncio.create_task(client.run())
    try:
        if up:
            async with asyncio.timeout(20):
                await client.wait_connected()
        yield client
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def peer() -> AsyncIterator[AMIPeer]:
    """Return a manager interface that answers."""
    async with AMIPeer(SECRET) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    """Return an empty desk."""
    return Desk()


def numbered(first: int, last: int) -> bytes:
    """Return events named by number."""
    return b"".join(block(f"Event: {number}") for number in range(first, last))


async def test_the_login_proves_the_secret_without_sending_it(peer, desk):
    """A challenge is answered with its MD5, and events are asked for."""
    async with linked(peer, desk.take, user="fourring") as client:
        assert client.connected
    (login,) = peer.sent("Login")
    assert login["Username"] == ["fourring"]
    assert login["Events"] == ["on"]
    assert SECRET not in str(peer.actions)


async def test_no_secret_is_sent_in_the_clear(peer, desk):
    """Where the challenge is refused and there is no TLS, there is no login."""
    peer.challenges = False
    with capture_logs() as logs:
        async with linked(peer, desk.take, up=False):
            await await_true(lambda: any(line["event"] == "ami.login_refused" for line in logs))
    assert peer.sent("Login") == []
    assert SECRET not in str(peer.actions)


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


async def test_answers_are_read_while_the_consumer_is_busy(peer):
    """Reading goes on, and an action is answered, while one record takes its time."""
    go = asyncio.Event()

    async def wait_for_go(_record: Record) -> None:
        await go.wait()

    async with linked(peer, wait_for_go) as client:
        answer = await client.act("Ping")
        assert answer.get("Ping") == "Pong"
        assert client.waiting >= 1


async def test_an_action_gets_its_own_answer_whatever_the_order(peer, desk):
    """Answers are matched by ActionID, and reach the consumer as frames too."""
    held: list[bytes] = []

    def hold(action: dict[str, list[str]]) -> bytes | None:
        if action["Action"] != ["Getvar"]:
            return None
        (action_id,), (name,) = action["ActionID"], action["Variable"]
        held.append(block("Response: Success", f"ActionID: {action_id}", f"Value: of {name}"))
        return b"".join(reversed(held)) if len(held) == 3 else b"Event: Nothing\r\n\r\n"

    peer.on_action = hold
    async with linked(peer, desk.take) as client:
        answers = await asyncio.gather(*(client.act("Getvar", Variable=name) for name in "abc"))
        await await_true(lambda: desk.kinds.count("F") == 5)
    assert [answer.get("Value") for answer in answers] == ["of a", "of b", "of c"]


async def test_a_refused_action_says_what_asterisk_said(peer, desk):
    """`Response: Error` is an exception with Asterisk's own words; the connection goes on."""
    peer.on_action = lambda action: (
        block("Response: Error", "Message: No such channel") if action["Action"] == ["Hangup"] else None
    )
    async with linked(peer, desk.take) as client:
        with pytest.raises(ActionRefusedError, match="Asterisk refused Hangup: No such channel") as refusal:
            await client.act("Hangup", Channel="PJSIP/x")
        assert refusal.value.answer == "No such channel"
        assert (await client.act("Ping")).response == "Success"


async def test_an_action_without_an_answer_times_out_on_its_own(peer, desk):
    """Its time is up, the connection and other actions are not concerned."""
    peer.silent = {"Originate"}
    async with linked(peer, desk.take) as client:
        with pytest.raises(ActionTimeoutError, match=r"no answer to Originate within 0\.05 s"):
            await client.act("Originate", within=timedelta(seconds=0.05))
        assert (await client.act("Ping")).response == "Success"
    assert len(peer.sent("Originate")) == 1
    assert peer.connections == 1


async def test_an_action_in_flight_when_the_connection_dies_fails_and_is_never_sent_again(peer, desk):
    """The caller is told the outcome is unknown; after the reconnect the peer has seen it exactly once."""
    peer.silent = {"Originate", "Redirect"}
    async with linked(peer, desk.take) as client:
        actions = [asyncio.create_task(client.act(name)) for name in ("Originate", "Redirect")]
        await await_true(lambda: len(peer.sent("Originate") + peer.sent("Redirect")) == 2)
        peer.cut()
        outcomes = await asyncio.gather(*actions, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ConnectionLostError, ConnectionLostError]
        await await_true(lambda: peer.connections == 2 and client.connected)
        assert (await client.act("Ping")).response == "Success"
    assert (len(peer.sent("Originate")), len(peer.sent("Redirect"))) == (1, 1)


async def test_without_a_connection_actions_fail_at_once(peer, desk):
    """Nothing is kept for later: the caller decides again when Asterisk is back."""
    async with linked(peer, desk.take, secret="wrong", up=False) as client:
        for action in (client.act("Ping"), client.send("Ping", "x-1")):
            with pytest.raises(NotConnectedError, match=f"not connected to Asterisk at 127.0.0.1:{peer.port}"):
                await action
    assert peer.sent("Ping") == []


async def test_no_value_can_smuggle_in_a_second_action(peer, desk):
    """A line break in a caller's name is refused before anything is sent."""
    async with linked(peer, desk.take) as client:
        for sending in (
            client.act("Setvar", Value="x\r\n\r\nAction: Originate"),
            client.act("Setvar", also={"Value\nAction": "Originate"}),
            client.send("Setvar", "id\r\nAction: Originate", Value="x"),
        ):
            with pytest.raises(UnsafeValueError):
                await sending
        await client.act("Ping")
    assert {"Challenge", "Login", "Ping"} == {action["Action"][0] for action in peer.actions}


async def test_an_action_can_be_sent_without_waiting_and_its_answer_comes_as_a_frame(peer, desk):
    """The caller's own ActionID stands on the answer."""
    async with linked(peer, desk.take) as client:
        await client.send("CoreShowChannels", "resync-7")
        await await_true(lambda: desk.kinds == "CF")
    assert decode(desk.records[1].payload).action_id == "resync-7"


async def test_a_peer_that_falls_silent_is_given_up(peer, desk):
    """A half-open connection, on which nothing comes and nothing fails, is noticed by the ping's deadline."""
    async with linked(peer, desk.take, ping_interval=0.05, ping_timeout=0.1) as client:
        await await_true(lambda: len(peer.sent("Ping")) > 2)
        assert peer.connections == 1
        peer.silent = {"Ping"}
        await await_true(lambda: peer.connections == 2)
        peer.silent = set()
        await await_true(lambda: client.connected)
    (end,) = [record for record in desk.records if record.kind is RecordKind.DISCONNECTED][:1]
    assert "no sign of life within 0.1 s" in json.loads(end.payload)["reason"]


async def test_a_peer_that_talks_is_alive_though_it_answers_no_ping(peer, desk):
    """Any bytes at all show that somebody is there."""
    peer.silent = {"Ping"}
    async with linked(peer, desk.take, ping_interval=0.05, ping_timeout=0.1) as client:
        while len(peer.sent("Ping")) < 5:
            await peer.push(block("Event: Chatter"))
            await asyncio.sleep(0.01)
        assert client.connected
    assert peer.connections == 1


async def test_a_refused_login_is_said_loudly_and_not_retried_in_a_tight_loop(peer, desk):
    """The line names user, address and cure, never the secret; attempts come at the slowest pace there is."""
    with capture_logs() as logs:
        async with linked(peer, desk.take, secret="wrong-secret", up=False, backoff_limit=0.3) as client:
            await await_true(lambda: len(peer.logins) == 3)
            assert client.counters.refused_logins >= 2
    refusals = [line for line in logs if line["event"] == "ami.login_refused"]
    assert refusals[0]["log_level"] == "error"
    assert refusals[0]["user"] == "fourring"
    assert refusals[0]["reason"] == "Authentication failed"
    assert "manager.conf" in refusals[0]["what_to_do"]
    assert "wrong-secret" not in str(logs) + str(peer.actions)
    assert min(later - earlier for earlier, later in zip(peer.logins, peer.logins[1:], strict=False)) > 0.29
    assert desk.records == []


@pytest.mark.parametrize(
    ("greeting", "says"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no manager interface"), (b"", "no greeting within 0.1 s")],
)
async def test_a_service_that_is_no_manager_interface_is_named(desk, greeting, says):
    """A wrong port is told apart from a wrong secret, in one line that names the setting."""
    with capture_logs() as logs:
        async with (
            AMIPeer(SECRET, greeting=greeting) as stranger,
            linked(stranger, desk.take, up=False, connect_timeout=0.1),
        ):
            await await_true(lambda: bool(logs))
    assert says in logs[0]["reason"]
    assert "check [ami] host, port and tls" in logs[0]["reason"]
    assert stranger.actions == []


async def test_a_login_that_is_never_answered_is_given_up(peer, desk):
    """Every step has its time limit."""
    peer.silent = {"Challenge"}
    with capture_logs() as logs:
        async with linked(peer, desk.take, up=False, action_timeout=0.05):
            await await_true(lambda: peer.connections >= 2)
    assert logs[0]["reason"] == "no answer to the login within 0.05 s"


async def test_it_connects_once_somebody_listens(desk):
    """A gateway started before its Asterisk waits for it, and says so."""
    async with AMIPeer(SECRET) as peer:
        pass
    with capture_logs() as logs:
        async with linked(peer, desk.take, up=False) as client:
            await await_true(lambda: len(logs) > 2)
            async with peer:
                await await_true(lambda: client.connected)
    assert logs[0]["event"] == "ami.not_connected"
    assert logs[0]["address"] == f"127.0.0.1:{peer.port}"


def test_delays_double_up_to_the_limit_and_begin_again():
    """Each is between half of its nominal length and all of it."""
    backoff = Backoff(first=0.2, limit=30.0)
    nominal = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, *[30.0] * 2000]
    delays = [backoff.next() for _ in nominal]
    assert all(most / 2 <= delay <= most for delay, most in zip(delays, nominal, strict=True))
    assert len({round(delay, 6) for delay in delays[8:]}) > 1000
    backoff.reset()
    assert backoff.next() <= 0.2


async def test_a_connection_that_has_proved_itself_brings_back_the_shortest_delay(peer, desk):
    """One that breaks right after each login does not: delays grow until a ping was answered."""
    with capture_logs() as logs:
        async with linked(peer, desk.take, backoff_limit=1.0, ping_interval=0.2) as client:
            for connections in range(1, 5):
                await await_true(lambda expected=connections: peer.connections == expected and client.connected)
                peer.cut()
                await await_true(lambda: not client.connected)
            await await_true(lambda: client.connected)
            await await_true(lambda: len(peer.sent("Ping")) == 1)
            await client.act("Ping")
            peer.cut()
            await await_true(lambda: peer.connections == 6 and client.connected)
    delays = [line["retry_in"] for line in logs if line["event"] == "ami.not_connected"]
    assert len(delays) == 5
    assert delays[3] >= 0.04
    assert delays[4] <= 0.01


async def test_stopping_leaves_nothing_behind(peer, desk):
    """After the cancellation no task of the client runs, and everybody who waited has been told."""
    peer.silent = {"Originate"}
    before = asyncio.all_tasks()
    async with linked(peer, desk.take) as client:
        waiting = asyncio.create_task(client.act("Originate"))
        await await_true(lambda: len(peer.sent("Originate")) == 1)
    with pytest.raises(ConnectionLostError, match="the gateway stopped"):
        await waiting
    await await_true(lambda: not {task for task in asyncio.all_tasks() - before if "AMIPeer" not in repr(task)})
    assert not client.connected


@dataclass
class Authority:
    """A certificate authority of our own, and a server's certificate from it."""

    ca_file: Path
    server: ssl.SSLContext


def authority(folder: Path) -> Authority:
    """Make a certificate for 127.0.0.1 that is signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ca_file, key_file)
    return Authority(ca_file, server)


async def test_over_tls_everything_works_the_same(desk, tmp_path):
    """Login, frames, actions and the secret itself, where the challenge is refused, go over it."""
    ours = authority(tmp_path / "ours")
    async with AMIPeer(SECRET, tls=ours.server) as peer:
        peer.challenges = False
        async with linked(peer, desk.take, tls=True, tls_ca_file=ours.ca_file) as client:
            await peer.push(numbered(0, 500))
            await await_true(lambda: len(desk.events) == 500)
            assert (await client.act("Ping")).get("Ping") == "Pong"
    assert peer.sent("Login")[0]["Secret"] == [SECRET]


async def test_a_stranger_s_certificate_is_refused(desk, tmp_path):
    """Nothing at all is sent to a server that the configured authority does not vouch for."""
    ours, strangers = authority(tmp_path / "ours"), authority(tmp_path / "strangers")
    with capture_logs() as logs:
        async with (
            AMIPeer(SECRET, tls=strangers.server) as peer,
            linked(peer, desk.take, up=False, tls=True, tls_ca_file=ours.ca_file),
        ):
            await await_true(lambda: bool(logs))
    assert "certificate verify failed" in logs[0]["reason"].lower().replace("_", " ")
    assert peer.actions == []


@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_an_authority_s_file_that_cannot_be_used_is_an_error_at_once(peer, desk, tmp_path, content):
    """A wrong setting is not retried; the line names the setting and the file."""
    ca_file = tmp_path / "ca.pem"
    if content:
        ca_file.write_text(content)
    settings = AMI(port=peer.port, tls=True, tls_ca_file=ca_file)
    client = AMIClient(settings, SECRET, on_record=desk.take, journal=None, clock=lambda: datetime.now(UTC))
    with pytest.raises(CertificateFileError, match=r"\[ami\] tls_ca_file .*ca\.pem") as problem:
        await client.run()
    assert isinstance(problem.value, AMIError)
    assert peer.connections == 0
