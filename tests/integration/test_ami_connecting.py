"""How the link to the manager interface comes up, is watched, breaks and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from ami_link import SECRET, Desk, await_true, linked
from ami_peer import AMIPeer, block
from structlog.testing import capture_logs

from gateway.ami.backoff import Backoff
from gateway.ami.errors import ConnectionLostError
from gateway.ami.journal import RecordKind


@pytest.fixture
async def peer() -> AsyncIterator[AMIPeer]:
    """Return a manager interface that answers."""
    async with AMIPeer(SECRET) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    """Return an empty desk."""
    return Desk()


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
