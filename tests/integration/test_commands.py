"""The small commands, typed as a person would, on real databases of both kinds."""

import asyncio
import os
import pty
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from answered_calls import NOON, answered
from typed_commands import Typed

from routing.verdicts import RingRule
from storage.audit import notes
from storage.engine import Storage
from storage.ledger import record
from storage.operators import Operator, check_password
from storage.tokens import token_named
from storage.unit_of_work import UnitOfWork

T = TypeVar("T")


def let_in(url: str, work_number: str, password: str) -> Operator | None:
    """Return who is let in with this password on the database at `url`."""

    async def ask() -> Operator | None:
        storage = Storage.open(url)
        try:
            return await check_password(storage, work_number, password)
        finally:
            await storage.close()

    return asyncio.run(ask())


def looked_up(url: str, question: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    """Return what a question gives on the database at `url`."""

    async def ask() -> T:
        storage = Storage.open(url)
        try:
            async with storage.work() as work:
                answer = await question(work)
                await work.commit()
                return answer
        finally:
            await storage.close()

    return asyncio.run(ask())


def test_a_database_is_made_and_then_up_to_date(bare_url: str, typed: Typed) -> None:
    """`db status` says what to do, `db upgrade` does it, and doing it again is harmless."""
    code, said, _ = typed(bare_url, "db", "status")
    assert code == 1
    assert said.endswith("has no tables yet: run fourring db upgrade\n")
    for _ in range(2):
        code, said, _ = typed(bare_url, "db", "upgrade")
        assert code == 0
        assert said.endswith("is up to date\n")
    assert typed(bare_url, "db", "status")[0] == 0


def test_the_embedded_database_gets_its_folder(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no database is set, `db upgrade` makes the data folder with the file in it, for its owner only."""
    monkeypatch.setenv("FOURRING_PATHS_DATA", str(tmp_path / "new" / "data"))
    assert typed("", "db", "upgrade")[0] == 0
    assert stat.S_IMODE((tmp_path / "new" / "data" / "fourring.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("words", [("user", "list"), ("token", "list"), ("token", "create", "x")])
def test_a_database_that_is_not_there_is_one_line(words: tuple[str, ...], typed: Typed, bare_url: str) -> None:
    """Without its tables no command works, and each says which command makes them."""
    code, said, complaint = typed(bare_url, *words)
    assert (code, said) == (1, "")
    assert complaint.endswith(": run fourring db upgrade\n")
    assert complaint.count("\n") == 1


def test_a_password_never_shows_and_lets_its_owner_in(database_url: str, typed: Typed) -> None:
    """`user add --password-stdin` adds somebody who can sign in; the audit knows it, without the password."""
    added = typed(database_url, "user", "add", "1001", "--name", "陈晓燕", "--password-stdin", stdin="pass word \n")
    assert added == (0, "1001 may sign in now\n", "")
    operator = let_in(database_url, "1001", "pass word ")
    assert operator is not None
    assert (operator.name, operator.role.value) == ("陈晓燕", "operator")
    (line,) = looked_up(database_url, lambda work: notes(work, NOON.replace(year=2000)))
    assert (line.what, dict(line.detail)) == ("user.added", {"work_number": "1001", "role": "operator"})


@pytest.mark.parametrize(
    ("typed_in", "code", "said"),
    [
        (["secret", "secret"], 0, "1001 may sign in now"),
        (["secret", "sceret"], 1, "the two passwords differ: try again"),
    ],
)
def test_a_password_is_asked_for_twice_and_not_echoed(
    typed_in: list[str], code: int, said: str, sqlite_url: str
) -> None:
    """At a terminal the password is asked for, unseen; two that differ are refused."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "user", "add", "1001", "--name", "x"],
        env={**os.environ, "FOURRING_DATABASE_URL": sqlite_url},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = ""
        for prompt, word in zip(("Password: ", "Once more: "), typed_in, strict=True):
            while not shown.endswith(prompt):
                shown += os.read(ours, 100).decode()
            os.write(ours, f"{word}\n".encode())
        with suppress(OSError):  # a terminal whose other side is closed gives EIO
            while piece := os.read(ours, 100).decode():
                shown += piece
    os.close(ours)
    assert process.returncode == code
    assert said in shown
    assert not {"secret", "sceret"} & set(shown.split())


def test_a_new_password_replaces_the_old_one(database_url: str, typed: Typed) -> None:
    """`user password` sets another; the old one does not work any more."""
    typed(database_url, "user", "add", "1001", "--name", "x", "--password-stdin", stdin="old\n")
    assert typed(database_url, "user", "password", "1001", "--password-stdin", stdin="new\n")[0] == 0
    assert let_in(database_url, "1001", "old") is None
    assert let_in(database_url, "1001", "new") is not None


def test_who_has_left_is_listed_and_cannot_sign_in(database_url: str, typed: Typed) -> None:
    """`user deactivate` keeps the person on the list."""
    for number, name in (("1002", "林海"), ("1001", "陈晓燕")):
        typed(database_url, "user", "add", number, "--name", name, "--password-stdin", stdin="secret\n")
    assert typed(database_url, "user", "deactivate", "1002")[0] == 0
    assert let_in(database_url, "1002", "secret") is None
    _, said, _ = typed(database_url, "user", "list")
    rows = [line.split() for line in said.splitlines()[1:]]
    assert rows == [["1001", "operator", "yes", "陈晓燕"], ["1002", "operator", "no", "林海"]]


def test_who_comes_back_signs_in_again(sqlite_url: str, typed: Typed) -> None:
    """A password given to who was deactivated does not let him in, which is said; `user activate` does."""
    typed(sqlite_url, "user", "add", "1001", "--name", "林海", "--password-stdin", stdin="secret\n")
    typed(sqlite_url, "user", "deactivate", "1001")
    _, _, warned = typed(sqlite_url, "user", "password", "1001", "--password-stdin", stdin="new\n")
    assert warned == "1001 may not sign in: fourring user activate 1001\n"
    assert let_in(sqlite_url, "1001", "new") is None
    assert typed(sqlite_url, "user", "activate", "1001")[0] == 0
    assert let_in(sqlite_url, "1001", "new") is not None


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("add", "1x", "--name", "x", "--password-stdin"), "p\n", "'1x' is no work number: write 2 to 8 digits"),
        (("add", "1001", "--name", "x", "--password-stdin"), "p\n", "work number 1001 is taken: choose another"),
        (("add", "1009", "--name", "x", "--password-stdin"), "\n", "the password is empty: choose one"),
        (("add", "1009", "--name", "x", "--password-stdin"), "", "the password is empty: choose one"),
        (("add", "1009", "--name", "x"), "p\n", "give it with --password-stdin"),
        (("password", "4711", "--password-stdin"), "p\n", "work number 4711 is unknown: see fourring user list"),
        (("deactivate", "4711"), "", "work number 4711 is unknown: see fourring user list"),
        (("activate", "4711"), "", "work number 4711 is unknown: see fourring user list"),
        (
            ("add", "1009", "--name", "x", "--password-stdin"),
            "caf\udce9\n",
            "the password is not UTF-8",
        ),
    ],
)
def test_what_cannot_be_done_with_a_user_is_one_line(
    words: tuple[str, ...], stdin: str, said: str, sqlite_url: str, typed: Typed
) -> None:
    """Each mistake is told in a line that says what to write instead; nothing is changed."""
    typed(sqlite_url, "user", "add", "1001", "--name", "x", "--password-stdin", stdin="secret\n")
    before = typed(sqlite_url, "user", "list")
    code, printed, complaint = typed(sqlite_url, "user", *words, stdin=stdin)
    assert (code, printed) == (1, "")
    assert complaint.startswith("fourring: ")
    assert said in complaint
    assert complaint.count("\n") == 1
    assert before == typed(sqlite_url, "user", "list")


def test_a_token_is_printed_once_and_works_until_it_is_revoked(database_url: str, typed: Typed) -> None:
    """`token create` prints nothing but the token, so that it can be sent to a file."""
    code, token, advice = typed(database_url, "token", "create", "wallboard")
    assert (code, advice) == (0, "keep it: it is not shown again\n")
    assert looked_up(database_url, lambda work: token_named(work, token.strip())) is not None
    _, listed, _ = typed(database_url, "token", "list")
    assert "wallboard" in listed
    assert token.strip() not in listed
    assert typed(database_url, "token", "revoke", "wallboard")[0] == 0
    assert looked_up(database_url, lambda work: token_named(work, token.strip())) is None


def test_a_token_for_a_person_says_for_whom(sqlite_url: str, typed: Typed) -> None:
    """It sees or does what he may; it is made for nobody who does not work on tickets."""
    for number, role in (("7101", "contact"), ("9901", "it")):
        added = ("user", "add", number, "--name", "x", "--role", role, "--password-stdin")
        assert typed(sqlite_url, *added, stdin="four-rings\n")[0] == 0
    assert typed(sqlite_url, "token", "create", "sees", "--for", "7101")[0] == 0
    assert typed(sqlite_url, "token", "create", "does", "--for", "7101", "--acts")[0] == 0
    _, listed, _ = typed(sqlite_url, "token", "list")
    assert [["see:contact", "7101", "sees"], ["act:contact", "7101", "does"]] == [
        line.split()[-3:] for line in listed.splitlines()[1:]
    ]
    for number in ("9901", "7102"):
        code, said, complaint = typed(sqlite_url, "token", "create", "x", "--for", number)
        assert (code, said) == (1, "")
        assert "see fourring user list" in complaint
    code, _, complaint = typed(sqlite_url, "token", "create", "x", "--acts")
    assert (code, "add --for WORK_NUMBER" in complaint) == (1, True)


def test_names_of_tokens_are_told_apart(sqlite_url: str, typed: Typed) -> None:
    """A name that is in use is refused, one that was revoked is free again, an unknown one is told."""
    assert typed(sqlite_url, "token", "create", "a")[0] == 0
    code, said, complaint = typed(sqlite_url, "token", "create", "a")
    assert (code, said) == (1, "")
    assert complaint == "fourring: there is a token 'a': revoke it first, or choose another name\n"
    assert typed(sqlite_url, "token", "revoke", "a")[0] == 0
    assert typed(sqlite_url, "token", "create", "a")[0] == 0
    _, _, complaint = typed(sqlite_url, "token", "revoke", "b")
    assert complaint == "fourring: there is no valid token 'b': see fourring token list\n"


def test_a_backup_has_every_ticket(sqlite_url: str, typed: Typed, tmp_path: Path) -> None:
    """`backup TARGET` writes a database of its own that only its owner reads, and prints its name."""
    looked_up(sqlite_url, lambda work: record(work, answered("yq/yq-1.1"), RingRule(), ZoneInfo("Asia/Shanghai")))
    target = tmp_path / "copy.db"
    assert typed(sqlite_url, "backup", "copy.db") == (0, f"{target}\n", "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT number FROM tickets").fetchall() == [("20261123-0001",)]
    copy.close()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (".", "is a folder: name the file to write in it"),
        ("none/copy.db", "does not exist: create it"),
        ("fourring.db", "is the database itself: name another file"),
    ],
)
def test_a_backup_that_cannot_be_written_is_one_line(target: str, said: str, sqlite_url: str, typed: Typed) -> None:
    """A wrong TARGET says what to name instead."""
    code, printed, complaint = typed(sqlite_url, "backup", target)
    assert (code, printed) == (1, "")
    assert complaint.endswith(f"{said}\n")
