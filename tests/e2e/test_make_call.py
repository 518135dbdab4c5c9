"""`fourring call`, as `make call` runs it: it tells what happens to the call, and why none came about."""

import asyncio
import subprocess

import pytest
from hotline import Hotline, fourring
from pbx import settings_for

from gateway.config import Settings


async def call(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `fourring call` to its end."""
    return await asyncio.to_thread(fourring, settings, "call", *arguments)


def steps(ended: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what was told, without the instants."""
    return [line.partition(" s  ")[2] for line in ended.stdout.splitlines()[1:]]


async def test_a_call_that_is_answered_is_told(house: Hotline) -> None:
    """Ringing, answered, hung up by the customer; the ticket is that of the number that was said."""
    async with house.desk("1001", "11", answer_after=0.3):
        ended = await call(house.settings, "--caller", "13830000001", "--talk", "0.5")
        ticket = await house.ticket_of("13830000001")

    assert (0, ["ringing", "answered", "the customer hung up"]) == (ended.returncode, steps(ended))
    assert ("1001", "customer") == (ticket["operator"], ticket["hung_up_first"])


async def test_a_call_that_the_operator_ends_is_told(house: Hotline) -> None:
    """The one who hung up is named."""
    async with house.desk("1001", "11", answer_after=0.3, hang_up_after=0.3):
        ended = await call(house.settings, "--caller", "13830000002")

    assert (0, "the hotline ended the call") == (ended.returncode, steps(ended)[-1])


async def test_a_call_that_nobody_answers_is_told(house: Hotline) -> None:
    """Nobody signed in: it rings, and the customer gives up."""
    ended = await call(house.settings, "--caller", "13830000003", "--patience", "1")
    ticket = await house.ticket_of("13830000003")

    assert (1, ["ringing", "nobody answered; the customer gave up (is anybody signed in?)"]) == (
        ended.returncode,
        steps(ended),
    )
    assert "abandoned" == ticket["state"]


async def test_a_number_that_is_not_the_hotlines_is_told(house: Hotline) -> None:
    """A number that the trunk may not reach is refused, and why is said."""
    ended = await call(house.settings, "--number", "110")

    assert (1, ["not connected: 404, there is no such number"]) == (ended.returncode, steps(ended))


async def test_a_call_to_nobody_is_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where no hotline runs, one line says what to start."""
    ended = await call(settings_for(tmp_path_factory.mktemp("nobody")))

    assert ended.returncode == 1
    assert ended.stderr.startswith("fourring: nothing answers calls at 127.0.0.1:")
    assert 1 == len(ended.stderr.splitlines())


async def test_an_impatient_call_to_nobody_is_one_line_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """That the customer gave up on silence is no call that nobody answered; and he waits for no answer to that."""
    settings = settings_for(tmp_path_factory.mktemp("nobody"))
    ended = await asyncio.to_thread(fourring, settings, "call", "--patience", "1", within=20)  # SIPp alone: 33 s

    assert ended.returncode == 1
    assert ended.stderr.startswith("fourring: nothing answers calls at 127.0.0.1:")
    assert 1 == len(ended.stdout.splitlines())


@pytest.mark.parametrize(
    "arguments", [("--patience", "nan"), ("--talk", "0"), ("--talk", "ten"), ("--caller", "a b"), ("--press", "5;9")]
)
async def test_what_cannot_be_meant_is_refused(house: Hotline, arguments: tuple[str, str]) -> None:
    """No call is made of nonsense."""
    assert 2 == (await call(house.settings, *arguments)).returncode
