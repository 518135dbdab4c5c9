"""Callers who send what no decent phone would, and strangers who talk nonsense to every port: no call is lost by it."""

import asyncio
import random
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from hotline import Hotline, until
from pbx import NUMBER
from playwright.async_api import Browser, expect
from raw_caller import raw_call

SCRIPT = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
NAMES = [
    pytest.param(rb'"a \"b\" \\ \'c\' ; , | ${HASH} $[1+1] %s {{ 7*7 }}"', id="quotes"),
    pytest.param(b'"' + SCRIPT.encode() + b'"', id="script"),
    pytest.param(b'"' + b"x" * 4096 + b'"', id="4kB"),
    pytest.param(b"", id="no-name"),
    pytest.param(b'""', id="empty-name"),
    pytest.param(b'"caf\xe9 \xff\xfe"', id="not-utf8"),
    pytest.param('"单先生"'.encode(), id="chinese"),
    pytest.param('"\U0001f600\u202eabc"'.encode(), id="emoji-and-direction"),
    pytest.param(b'"a\x01\x1b[31m\x7fb"', id="control-characters"),
    pytest.param(b"\"=cmd|' /C calc'!A0\"", id="csv-formula"),
    pytest.param(b'"\'; DROP TABLE tickets; --"', id="sql"),
    pytest.param(b'"a"\r\n ', id="folded"),
    pytest.param(b"Action Originate", id="unquoted"),
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_stored_as_the_pbx_passes_it_on(house: Hotline, name: bytes) -> None:
    """Whatever a caller calls himself, his call has one ticket, with the name that the PBX wrote down."""
    caller = f"1386{random.randrange(10**7):07}"  # noqa: S311 - no secret
    async with raw_call(house.pbx.sip_address, NUMBER, name + f" <sip:{caller}@127.0.0.1>".encode()) as call:
        assert 183 == await call.ring()
        assert 487 == await call.give_up()
    ticket = await house.ticket_of(caller)

    assert _written(house, caller) == (ticket["caller_name"], ticket["caller_number"])
    assert ("abandoned", "live", "customer") == tuple(ticket[name] for name in ("state", "source", "hung_up_first"))


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(b"<sip:127.0.0.1>", id="none"),
        pytest.param(b"<sip:" + b"9" * 4000 + b"@127.0.0.1>", id="4kB"),
        pytest.param(b"<sip:12%7C34%22%27%3Cb%3E%5C@127.0.0.1>", id="pipe-quotes-tag"),
        pytest.param(b"<tel:+8613900012>", id="tel"),
        pytest.param(b'"Anonymous" <sip:anonymous@anonymous.invalid>', id="anonymous"),
        pytest.param(b"<sip:%E5%8D%95@127.0.0.1>", id="chinese"),
    ],
)
async def test_a_number_is_stored_as_the_pbx_passes_it_on(house: Hotline, address: bytes) -> None:
    """Whatever stands where a caller's number should, his call has one ticket, with what the PBX wrote down."""
    ticket = await _only_ticket_of(house, address)

    assert _written_last(house) == (ticket["caller_name"], ticket["caller_number"])
    assert ("abandoned", "live", "customer") == tuple(ticket[name] for name in ("state", "source", "hung_up_first"))


FORGED = b"1%0D%0A%0D%0AEvent%3A%20Hangup%0D%0AUniqueid%3A%20yq-1.1%0D%0A"


@pytest.mark.parametrize(
    ("sender", "asserted"),
    [
        pytest.param(b"<sip:" + FORGED + b"@127.0.0.1>", b"", id="from"),
        pytest.param(b"<sip:13870000000@127.0.0.1>", b"<sip:" + FORGED + b"@127.0.0.1>", id="asserted"),
        pytest.param(b"<sip:1%0a2@127.0.0.1>", b"", id="line-feed"),
        pytest.param(b"<sip:1%002@127.0.0.1>", b"", id="nul"),
    ],
)
async def test_no_number_can_forge_what_the_pbx_says(house: Hotline, sender: bytes, asserted: bytes) -> None:
    """A number with line breaks in it reaches neither the PBX's records nor its events; the call has its ticket."""
    lines_before = len(house.pbx.queue_log())
    ticket = await _only_ticket_of(house, sender, asserted)
    lines = [line for line in house.pbx.queue_log()[lines_before:] if line[2] == house.settings.queue.name]

    assert ("abandoned", "live", "anonymous") == (ticket["state"], ticket["source"], ticket["caller_number"])
    assert ["ENTERQUEUE", "ABANDON"] == [line[4] for line in lines]


async def test_nobody_becomes_somebody_else_in_mid_call(house: Hotline) -> None:
    """A number with line breaks that a caller takes on while he talks reaches neither records nor events."""
    async with house.desk("1001", "11", answer_after=0.2):
        async with raw_call(house.pbx.sip_address, NUMBER, b"<sip:13870000004@127.0.0.1>") as call:
            assert 183 == await call.ring()
            assert 200 == await call.answered()
            assert 200 == await call.become(b"<sip:" + FORGED + b"@127.0.0.1>")
            assert 200 == await call.hang_up()
        ticket = await house.ticket_of("13870000004")

    assert ("ended", "live", "customer") == tuple(ticket[name] for name in ("state", "source", "hung_up_first"))
    own = [row for row in house.pbx.cel() if row["linkedid"] == ticket["linkedid"]]
    assert {"13870000004"} == {row["cidnum"] for row in own if row["uniqueid"] == ticket["linkedid"]}
    assert all("Forged" not in value and "\n" not in value for row in own for value in row.values())


async def test_a_stranger_is_not_let_in_by_an_odd_number(house: Hotline) -> None:
    """From an address that is no trunk's, neither a decent caller nor one with an odd number reaches the hotline."""
    for sender in (b"<sip:13870000001@127.0.0.2>", b"<sip:" + FORGED + b"@127.0.0.2>"):
        async with raw_call(house.pbx.sip_address, NUMBER, sender, host="127.0.0.2") as call:
            assert await call.ring() in {401, 403}


async def test_a_page_shows_a_hostile_name_and_does_nothing_else(house: Hotline, browser: Browser) -> None:
    """A name that is a script stands on the operator's page, letter for letter, and is never run."""
    sender = f'"{SCRIPT}" <sip:13870000002@127.0.0.1>'.encode()
    async with house.pbx.phone("11", answer_after=None), await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(f"{house.web}/")
        await page.get_by_test_id("work-number").fill("1001")
        await page.get_by_test_id("password").fill("demo-1001")
        await page.get_by_test_id("seat-11").check()
        await page.get_by_test_id("sign-in").click()
        await expect(page.get_by_test_id("seat-mood")).to_have_attribute("data-mood", "ready", timeout=10_000)
        async with raw_call(house.pbx.sip_address, NUMBER, sender) as call:
            assert 183 == await call.ring()
            await expect(page.get_by_test_id("caller-name")).to_contain_text("<script>window.hacked=1</script>")
            assert await page.evaluate("window.hacked") is None
            assert 0 == await page.locator("#pop img, #pop script").count()
            await call.give_up()
        await context.request.post(f"{house.web}/sign-out", headers={"Origin": house.web})


async def test_garbage_at_every_port_costs_no_call(house: Hotline) -> None:
    """While strangers send nonsense to the SIP, manager, IVR and web ports, and hold them open, a call goes as ever."""
    settings = house.settings
    ports = (settings.ami.port, settings.fastagi.port, settings.web.port, settings.pbx.http_port)
    garbage = random.Random(4).randbytes(4096)  # noqa: S311 - no secret
    _send_datagrams(house.pbx.sip_address, [b"", b"\r\n\r\n", garbage, b"INVITE sip:x SIP/2.0\r\n\r\n", b"x" * 60_000])
    strangers = [await asyncio.open_connection("127.0.0.1", port) for port in ports for _ in range(12)]
    for number, (_, writer) in enumerate(strangers):
        writer.write((b"", garbage, b"Action: Login\r\nUsername: x\r\n\r\n", b"agi_network: yes\n" * 50)[number % 4])
    try:
        async with house.desk("1001", "11", answer_after=0.3):
            call = await house.pbx.customer.call(NUMBER, "13870000003", hang_up_after=0.3)
        ticket = await house.ticket_of("13870000003")
    finally:
        for _, writer in strangers:
            writer.transport.abort()

    assert 200 == call.status
    assert ("1001", "live", 1) == (ticket["operator"], ticket["source"], ticket["rings"])


def _send_datagrams(to: tuple[str, int], datagrams: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        for datagram in datagrams * 20:
            wire.sendto(datagram, to)


async def _only_ticket_of(house: Hotline, sender: bytes, asserted: bytes = b"") -> dict[str, Any]:
    """Let somebody ring and give up, and return the one ticket that came of it."""
    since = datetime.now(UTC).isoformat()
    async with raw_call(house.pbx.sip_address, NUMBER, sender, asserted=asserted) as call:
        assert 183 == await call.ring()
        assert 487 == await call.give_up()
    (ticket,) = await until(
        lambda: house.tickets(opened_from=since), lambda found: found and all(each["ended_at"] for each in found)
    )
    return await house.ticket(ticket["number"])


def _written(house: Hotline, caller: str) -> tuple[str, str]:
    rows = [row for row in house.pbx.cel() if row["cidnum"] == caller and row["eventtype"] == "CHAN_START"]
    (row,) = rows
    return row["cidname"], row["cidnum"]


def _written_last(house: Hotline) -> tuple[str, str]:
    callers = [row for row in house.pbx.cel() if row["context"] == "from-trunk" and row["eventtype"] == "CHAN_START"]
    return callers[-1]["cidname"], callers[-1]["cidnum"]
