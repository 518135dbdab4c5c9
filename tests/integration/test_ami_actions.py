"""Actions sent over the link to the manager interface: each answered, refused or given up, never repeated."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from ami_link import SECRET, Desk, await_true, linked
from ami_peer import AMIPeer, block

from gateway.ami.errors import (
    ActionRefusedError,
    ActionTimeoutError,
    ConnectionLostError,
    NotConnectedError,
    UnsafeValueError,
)
from gateway.ami.journal import Record
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
