"""Rows of attached files and the files behind them, on both databases."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from answered_calls import NOON, received
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from gateway.attached_files import FileProblem, FileRefusedError
from gateway.attaching import Attaching, Offered, Sender
from gateway.config import Settings
from routing.matters import Matter
from routing.verdicts import RingRule
from routing.vocabulary import Actor
from storage import models
from storage.attachments import attachment, attachments_of
from storage.audit import notes
from storage.engine import Storage
from storage.errors import StorageUnavailableError
from storage.ledger import record
from storage.matters import NoSuchTicketError
from storage.unit_of_work import UnitOfWork

SENDER = Sender("1001", Actor.OPERATOR, "1001")


async def opened(storage: Storage, call: str = "yq/yq-1") -> str:
    """Open a ticket."""
    async with storage.work() as work:
        (ticket,) = await record(work, [received(call)], RingRule(), Settings().hotline.zone)
        await work.commit()
    return ticket.number


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """Yield it at once."""
    yield content


def always(_: Matter) -> bool:
    """Let him."""
    return True


def offered(
    ticket: str, name: str, content: bytes, *, may: Callable[[Matter], bool] = always, released: bool = False
) -> Offered:
    """Return a file as somebody sends it."""
    return Offered(ticket, name, released, may, pieces(content))


def attaching(storage: Storage, folder: Path) -> Attaching:
    """Return one that lets a ticket have a megabyte of files."""
    settings = Settings(paths={"data": folder}, attachments={"ticket_megabytes": 1})
    return Attaching.of(settings, storage)


def kept(folder: Path) -> list[Path]:
    """Return the files there are."""
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def test_a_file_and_its_row_are_kept_together(storage: Storage, tmp_path: Path) -> None:
    """Who, when, what; the audit says so, and the same bytes again change nothing."""
    number = await opened(storage)
    keeps = attaching(storage, tmp_path)
    for _ in range(2):
        made = await keeps.attach(SENDER, offered(number, "a/现场.txt", b"hello"))
    released = await keeps.attach(SENDER, offered(number, "b.txt", b"hello", released=True))
    assert (number, "1001", Actor.OPERATOR, "现场.txt", "txt", 5, False) == (
        made.ticket, made.by, made.actor, made.name, made.kind, made.bytes, made.visible_to_department,
    )  # fmt: skip
    async with storage.reading() as work:
        assert [made, released] == await attachments_of(work, number)
        assert made == await attachment(work, number, made.id)
        assert await attachment(work, "20200101-0001", made.id) is None
        assert ["file attached"] * 2 == [each.what for each in await notes(work, NOON)]
    assert [made.sha256] == [path.name for path in kept(tmp_path)]


async def test_all_files_of_a_ticket_have_one_limit(storage: Storage, tmp_path: Path) -> None:
    """Those of another ticket count for themselves."""
    first, second = await opened(storage), await opened(storage, "yq/yq-2")
    keeps = attaching(storage, tmp_path)
    await keeps.attach(SENDER, offered(first, "a", b"a" * 700_000))
    with pytest.raises(FileRefusedError) as refused:
        await keeps.attach(SENDER, offered(first, "b", b"b" * 700_000))
    assert FileProblem.TICKET_FULL is refused.value.problem
    await keeps.attach(SENDER, offered(second, "b", b"b" * 700_000))
    assert 2 == len(kept(tmp_path))


async def test_what_is_not_allowed_any_more_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    """It is asked again once all of the file is here; a ticket that there is not is none."""
    keeps = attaching(storage, tmp_path)
    with pytest.raises(FileRefusedError) as refused:
        await keeps.attach(SENDER, offered(await opened(storage), "a", b"a", may=lambda _: False))
    assert FileProblem.CLOSED is refused.value.problem
    with pytest.raises(NoSuchTicketError):
        await keeps.attach(SENDER, offered("20200101-0001", "a", b"a"))
    assert [] == kept(tmp_path)


async def test_a_file_whose_row_fails_is_not_left_behind(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another ticket has the same."""
    first, second = await opened(storage), await opened(storage, "yq/yq-2")
    keeps = attaching(storage, tmp_path)

    async def lost(_: UnitOfWork) -> None:
        raise StorageUnavailableError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(UnitOfWork, "commit", lost)
        with pytest.raises(StorageUnavailableError):
            await keeps.attach(SENDER, offered(first, "a", b"a"))
    assert [] == kept(tmp_path)
    await keeps.attach(SENDER, offered(first, "a", b"a"))
    with monkeypatch.context() as broken:
        broken.setattr(UnitOfWork, "commit", lost)
        with pytest.raises(StorageUnavailableError):
            await keeps.attach(SENDER, offered(second, "a", b"a"))
    assert 1 == len(kept(tmp_path))


async def test_nobody_changes_or_removes_a_row(storage: Storage, tmp_path: Path) -> None:
    """The database itself refuses."""
    number = await opened(storage)
    await attaching(storage, tmp_path).attach(SENDER, offered(number, "a", b"a"))
    table = models.attachments
    for change in (update(table).values(visible_to_department=True), delete(table)):
        async with storage.work() as work:
            with pytest.raises(DBAPIError, match="append-only"):
                await work.execute(change)
