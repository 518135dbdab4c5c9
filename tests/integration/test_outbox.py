"""Notices on their way out: a real SMTP server, a real HTTP receiver that fails, hangs and comes back."""

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from dispatched_tickets import local
from post_house import SECRET, Mailbox, Receiver, house, listening, mail_server

from gateway.conduct import Notices, Webhook
from storage import outbox
from storage.notices import inbox


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, str]]:
    """Run a mail server; give what it took, and the address by which Apprise reaches it."""
    async with mail_server() as both:
        yield both


async def test_i7_a_contact_hears_by_mail_once(database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    """With the ticket's number and its day, and nothing of the customer; however often it is looked."""
    box, address = mailbox
    async with house(database_url, tmp_path, [address], notices={"console": "https://hotline.example.cn"}) as made:
        number = await made.dispatched()
        for _ in range(3):
            await made.look(timedelta(hours=2))
        assert (0, 0) == (made.outbox.waiting, made.outbox.dead)
    (subject,) = box.subjects()
    assert number in subject
    text = "".join(part.get_payload(decode=True).decode() for part in box.letters[0].walk() if not part.is_multipart())
    assert f"https://hotline.example.cn/tickets/{number}" in text
    assert "2026-12-07" in text
    assert "13800000001" not in text


async def test_i7_a_server_that_refuses_for_a_day_is_tried_until_it_takes_it(
    database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, str]
) -> None:
    """Then the letter goes, once."""
    box, address = mailbox
    no_quiet = {"quiet_from": "00:00", "quiet_until": "00:00"}
    async with house(database_url, tmp_path, [address], notices=no_quiet) as made:
        box.refuses = "451 come back later"
        await made.dispatched()
        for _ in range(24):
            await made.look(timedelta(hours=1))
        assert ([], 1) == (box.subjects(), made.outbox.waiting)
        box.refuses = ""
        for _ in range(3):
            await made.look(timedelta(hours=1))
        assert (1, 0) == (len(box.subjects()), made.outbox.waiting)


async def test_what_fails_too_often_is_a_persons_to_decide(database_url: str, tmp_path: Path) -> None:
    """The director is told, once; an urgent one raises the alarm; the reason names no address."""
    dead_end = "mailto://user:secret-word@127.0.0.1:9?from=a@example.cn&to=b@example.cn&mode=insecure"
    async with house(database_url, tmp_path, [dead_end], notices={"attempts": 2}) as made:
        number = await made.dispatched()
        for _ in range(4):
            await made.look(timedelta(hours=1))
        (dead,) = await made.dead()
        assert (number, "7101", 2) == (dead.ticket, dead.recipient, dead.attempts)
        assert "mailto" in dead.problem
        assert "secret-word" not in dead.problem
        async with made.storage.reading() as work:
            told = [one.kind for one in await inbox(work, "9101")]
        assert ["undelivered"] == [kind for kind in told if kind == "undelivered"]
        assert [] == made.alarms


async def test_an_urgent_letter_that_reaches_nobody_raises_the_alarm(database_url: str, tmp_path: Path) -> None:
    """Nobody named in [alarms] takes nothing else down."""
    hook = Webhook(name="crew", url="http://127.0.0.1:9/hook", events=("danger",))
    async with house(database_url, tmp_path, [], webhooks=[hook], notices={"attempts": 1}) as made:
        number = await made.dispatched("fault.wire")
        await made.look()
        assert [number] == made.alarms


async def test_n5_a_danger_raises_the_alarm_until_it_is_heard(database_url: str, tmp_path: Path) -> None:
    """A wire that is down, not a complaint; at night too, and once it was heard no more."""
    async with house(database_url, tmp_path, []) as made:
        made.now = local("2026-11-23 02:00")
        await made.dispatched()
        number = await made.dispatched("fault.wire")
        for _ in range(4):
            await made.look(timedelta(minutes=1))
    assert 2 == len(made.dangers)
    assert all(number in title for title in made.dangers)


async def test_in_quiet_hours_people_are_told_only_what_is_urgent(
    database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, str]
) -> None:
    """The rest follows in the morning; a program does not sleep."""
    box, address = mailbox
    async with listening(Receiver()) as receiver:
        hook = Webhook(name="all", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [address], webhooks=[hook]) as made:
            made.now = local("2026-11-23 23:00")
            numbers = {await made.dispatched(), await made.dispatched("fault.wire")}
            await made.look()
            assert ([], numbers) == (box.subjects(), {json.loads(body)["ticket"] for _, body in receiver.events})
            made.now = local("2026-11-24 07:00")
            await made.look()
            assert 1 == len(box.subjects())


async def test_a_webhook_is_signed_and_told_each_thing_once(database_url: str, tmp_path: Path) -> None:
    """By the secret of both, over time and body; the id is the same whenever it is sent again."""
    async with listening(Receiver(status=500)) as receiver:
        hook = Webhook(name="dispatch", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [], webhooks=[hook]) as made:
            number = await made.dispatched()
            await made.look()
            receiver.status = 200
            for _ in range(3):
                await made.look(timedelta(minutes=1))
        assert 2 == len(receiver.events)
        assert 1 == len(set(receiver.told()))
        headers, body = receiver.events[-1]
        signed = f"{headers['X-Fourring-Timestamp']}.".encode() + body
        expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert f"sha256={expected}" == headers["X-Fourring-Signature"]
        assert ("dispatched", number) == (json.loads(body)["event"], json.loads(body)["ticket"])


@pytest.mark.parametrize("status", [302, 404, 503])
async def test_a_webhook_that_does_not_take_it_is_asked_again_and_followed_nowhere(
    database_url: str, tmp_path: Path, status: int
) -> None:
    """Where it points to might be anybody."""
    async with listening(Receiver(status=status)) as receiver:
        hook = Webhook(name="dispatch", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [], webhooks=[hook]) as made:
            await made.dispatched()
            await made.look()
            assert (1, 1) == (len(receiver.events), made.outbox.waiting)
            await made.look(timedelta(minutes=1))
            assert 2 == len(receiver.events)


async def test_a_webhook_that_is_gone_is_asked_no_more(database_url: str, tmp_path: Path) -> None:
    """410 says so."""
    async with listening(Receiver(status=410)) as receiver:
        hook = Webhook(name="dispatch", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [], webhooks=[hook]) as made:
            await made.dispatched()
            for _ in range(3):
                await made.look(timedelta(hours=1))
            assert (1, 1) == (len(receiver.events), len(await made.dead()))


async def test_one_that_hangs_holds_up_no_other(database_url: str, tmp_path: Path) -> None:
    """It has its time, and its own turn; what comes meanwhile waits in its line, and nothing comes twice."""
    async with listening(Receiver(status=None)) as hanging, listening(Receiver()) as quick:
        hooks = [
            Webhook(name="hangs", url=hanging.url, events=("dispatched",)),
            Webhook(name="quick", url=quick.url, events=("dispatched",)),
        ]
        async with house(database_url, tmp_path, [], webhooks=hooks, notices={"send_seconds": 20.0}) as made:
            for _ in range(3):
                await made.dispatched()
                await made.outbox.look(made.session)
            async with asyncio.timeout(10):
                while len(quick.events) < 3:
                    await asyncio.sleep(0.01)
            assert 1 == len(hanging.events)
            hanging.status = 200
            hanging.released.set()
            await made.outbox.settled()
            await made.look()
        assert 3 == len(hanging.events) == len(set(hanging.told()))
        assert 3 == len(set(quick.told()))


async def test_mail_servers_that_are_silent_hold_up_no_other(
    database_url: str, tmp_path: Path, mailbox: tuple[Mailbox, str]
) -> None:
    """However many letters are for them: the one for a server that answers does not wait for theirs."""
    box, address = mailbox
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and says nothing
        port = silent.getsockname()[1]
        nowhere = f"mailto://127.0.0.1:{port}?from=a@example.cn&to=b@example.cn&mode=insecure"
        async with house(database_url, tmp_path, [nowhere] * 7 + [address], notices={"send_seconds": 3.0}) as made:
            await made.dispatched()
            await made.outbox.look(made.session)
            async with asyncio.timeout(10):
                while not box.letters:
                    await asyncio.sleep(0.01)
            await made.outbox.settled()
            await made.outbox.look(made.session)
            assert 7 == made.outbox.waiting


async def test_i7_what_another_gateway_has_taken_meanwhile_is_not_sent_twice(database_url: str, tmp_path: Path) -> None:
    """A channel so slow that the lease of what follows runs out: only what was being sent just then goes again."""
    async with listening(Receiver(status=None)) as receiver:
        hook = Webhook(name="dispatch", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [], webhooks=[hook], notices={"send_seconds": 60.0}) as made:
            other = made.another_outbox()
            for _ in range(3):
                await made.dispatched()
            await made.outbox.look(made.session)
            await receiver.heard.wait()
            made.now += timedelta(seconds=601)
            receiver.heard.clear()
            await other.look(made.session)
            await receiver.heard.wait()
            receiver.status = 200
            receiver.released.set()
            await made.outbox.settled()
            await other.settled()
        first, *following = receiver.told()[1:]
        assert receiver.told()[0] == first
        assert 2 == len(following) == len(set(following))


async def test_a_channel_that_fails_is_left_alone_for_a_while(database_url: str, tmp_path: Path) -> None:
    """What follows on it is not tried in its turn, loses no attempt, and is not held up by the one that failed."""
    async with listening(Receiver(status=503)) as receiver:
        hook = Webhook(name="dispatch", url=receiver.url, events=("dispatched",))
        async with house(database_url, tmp_path, [], webhooks=[hook]) as made:
            for _ in range(3):
                await made.dispatched()
            await made.look()
            assert 1 == len(receiver.events)
            receiver.status = 200
            await made.look(timedelta(seconds=30))
            await made.look()
            assert (4, 3, 0) == (len(receiver.events), len(set(receiver.told())), made.outbox.waiting)


async def test_who_has_no_such_channel_any_more_is_a_persons_to_decide(database_url: str, tmp_path: Path) -> None:
    """A channel that was taken out of the file, or a variable that is not set."""
    async with house(database_url, tmp_path, ["json://${FOURRING_NO_SUCH_VARIABLE}/"]) as made:
        await made.dispatched()
        await made.look()
        async with made.storage.reading() as work:
            assert 1 == await outbox.waiting(work)
        contacts = made.handling.rules.book.departments.contacts
        contacts["7101"] = type(contacts["7101"])("7101", "王芳")  # type: ignore[index] # as a file read anew would
        await made.look(timedelta(hours=1))
        (dead,) = await made.dead()
        assert "no such channel" in dead.problem


def test_the_defaults_keep_quiet_at_night() -> None:
    """From ten to seven."""
    assert Notices().quiet.covers(local("2026-11-23 23:30"))
    assert not Notices().quiet.covers(local("2026-11-23 12:00"))
