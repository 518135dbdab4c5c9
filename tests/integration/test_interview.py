"""An interview with a manager interface that does what a PBX should not: silence, other programs, events in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.ami.errors import ActionRefusedError, ActionTimeoutError, AMIError, ConnectionLostError, GreetingError
from gateway.ami.wire import Frame
from gateway.pbx.interview import UnreachableError, connected
from gateway.sections import AMI

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def frame(*lines: str) -> bytes:
    """Return a frame as it is sent."""
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


@asynccontextmanager
async def peer(play: Play) -> AsyncIterator[AMI]:
    """Run a peer that does what `play` does; give the settings that lead there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield AMI(port=port, connect_timeout=0.3, action_timeout=0.3)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read()


async def _gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader, writer


async def _another(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await reader.read()


async def _greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await reader.read()


async def _greets_and_goes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("play", "error"), [(_silent, GreetingError), (_gone, ConnectionLostError), (_another, GreetingError)]
)
async def test_what_is_no_manager_interface_is_told_in_time(play: Play, error: type[AMIError]) -> None:
    """Silence, a closed door and another program each end the interview before it begins."""
    async with peer(play) as settings:
        with pytest.raises(error):
            async with connected(settings):
                raise AssertionError("this is no manager interface")


async def test_an_address_where_nothing_answers_is_named() -> None:
    """A refused connection names host, port and reason."""
    async with peer(_silent) as settings:
        pass
    with pytest.raises(UnreachableError, match=f"^127.0.0.1:{settings.port}: Connection refused$"):
        async with connected(settings):
            raise AssertionError("nothing answers there")


@pytest.mark.parametrize(("play", "error"), [(_greets, ActionTimeoutError), (_greets_and_goes, ConnectionLostError)])
async def test_a_pbx_that_does_not_answer_is_not_waited_for(play: Play, error: type[AMIError]) -> None:
    """Log-in and questions have a time limit, and notice a connection that ends."""
    async with peer(play) as settings, connected(settings) as talk:
        with pytest.raises(error):
            await talk.log_in("fourring", "secret", plain_allowed=False)
    async with peer(play) as settings, connected(settings) as talk:
        with pytest.raises(error):
            await talk.ask("Ping")


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each question with a list, an event that nobody asked for and another's answer among it."""
    writer.write(GREETING)
    while request := await reader.readuntil(b"\r\n\r\n"):
        (mine,) = (line for line in request.decode().split("\r\n") if line.startswith("ActionID"))
        if b"Action: Refused" in request:
            writer.write(frame("Response: Error", mine, "Message: Permission denied"))
            continue
        writer.write(
            frame("Response: Success", mine, "EventList: start")
            + frame("Event: Hangup", "Uniqueid: 1")
            + frame("Event: Item", mine, "Number: 1")
            + frame("Event: Item", "ActionID: another", "Number: 9")
            + frame("Event: Item", mine, "Number: 2")
            + frame("Event: Done", mine, "EventList: Complete")
        )


async def test_events_among_an_answer_are_kept_apart() -> None:
    """A list has its own items only; what came unasked is kept in order, another's answer is not."""
    async with peer(_answers) as settings, connected(settings) as talk:
        assert talk.greeting == "Asterisk Call Manager/11.0.0"
        items = await talk.ask_list("List")
        assert [item.get("Number") for item in items] == ["1", "2"]
        assert [event.event for event in talk.unasked] == ["Hangup"]


async def test_a_refused_question_is_an_error() -> None:
    """The PBX's own words come with it, and the next question is answered."""
    async with peer(_answers) as settings, connected(settings) as talk:
        with pytest.raises(ActionRefusedError, match="Permission denied"):
            await talk.ask("Refused")
        assert (await talk.ask("List")).response == "Success"


@pytest.mark.parametrize(("uniqueid", "found"), [("1", True), ("2", False)])
async def test_an_event_is_waited_for_no_longer_than_said(uniqueid: str, found: bool) -> None:  # noqa: FBT001 - a table
    """The first event that is wanted is given, also one that has come already; else nothing."""

    def wanted(event: Frame) -> bool:
        return event.get("Uniqueid") == uniqueid

    async with peer(_answers) as settings, connected(settings) as talk:
        await talk.ask("List")
        for _ in range(2):
            assert (await talk.wait_for(wanted, 0.1) is not None) is found
