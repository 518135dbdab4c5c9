"""The way in and how long it stays open: passwords, crowds, roles, questions and cookies, without a window."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from console_house import OPERATORS, PASSWORD, Console, running
from cookie_jar import Visit, visiting
from sqlalchemy import update
from structlog.testing import capture_logs

from storage import models
from storage.operators import set_password
from storage.roles import Role
from storage.sign_ins import sign_out

HOUR = 3600
WRONG = "工号或密码不正确。"


@pytest.fixture
async def console(database_url: str, tmp_path: Path) -> AsyncIterator[Console]:
    """Return a running console whose proxy, here, is trusted; each test runs on both databases."""
    async with running(database_url, tmp_path, web={"trusted_proxies": ["127.0.0.1"]}) as made:
        yield made


@pytest.fixture
async def visit(console: Console) -> AsyncIterator[Visit]:
    """Return a browser that has never been here."""
    async with visiting(console) as made:
        yield made


def seated(console: Console, number: str) -> bool:
    """Say whether an operator sits anywhere."""
    return console.house.seats.of(number) is not None


@pytest.mark.parametrize("number", ["\0", "1001\0", "\x01\x02", "123456789", "1001'--", "１００１", "9" * 100_000])
async def test_rubbish_is_a_wrong_work_number(visit: Visit, number: str) -> None:
    """Whatever stands in the field, it is answered as a work number that nobody has."""
    status, said, _ = await visit.sign_in(number, "11")
    assert (401, True) == (status, WRONG in said)


async def test_a_password_longer_than_any_is_not_looked_at(
    console: Console, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """256 characters are looked at; one more is wrong at once."""
    looked_at: list[int] = []
    look = console.house.seats._ledger.check_password  # noqa: SLF001 # whether it is asked has no other face

    async def watched(number: str, password: str) -> object:
        looked_at.append(len(password))
        return await look(number, password)

    monkeypatch.setattr(console.house.seats._ledger, "check_password", watched)  # noqa: SLF001
    for length in (256, 257):
        status, said, _ = await visit.sign_in("1001", "11", "x" * length)
        assert (401, True) == (status, WRONG in said)
    assert [256] == looked_at


async def test_failures_are_logged_with_number_and_address_but_no_password(visit: Visit) -> None:
    """The IT staff can see who is being tried from where; what is no work number may be a password and is left out."""
    with capture_logs() as lines:
        await visit.sign_in("1001", "11", "secret-1", sent_by="192.0.2.9")
        await visit.sign_in("secret-2", "11", "secret-3", sent_by="192.0.2.9")
        await visit.sign_in("1001", "11", sent_by="192.0.2.9")
    failed = [line for line in lines if line["event"] == "sign-in failed"]
    assert [("192.0.2.9", "1001"), ("192.0.2.9", "(no work number)")] == [
        (line["address"], line["work_number"]) for line in failed
    ]
    assert "secret" not in str(lines)
    assert PASSWORD not in str(lines)


async def test_one_sender_cannot_try_number_after_number(visit: Visit) -> None:
    """After thirty wrong ones in five minutes he is refused, with the right one too; another sender is not."""
    guesses = [await visit.sign_in(str(2000 + n), "11", "-", sent_by="192.0.2.1") for n in range(30)]
    assert {401} == {status for status, _, _ in guesses}
    assert 429 == (await visit.sign_in("1001", "11", sent_by="192.0.2.1"))[0]
    assert 303 == (await visit.sign_in("1001", "11", sent_by="192.0.2.2"))[0]


@pytest.mark.parametrize(
    ("sender", "turned_away"),
    [(lambda _: "192.0.2.1", {429: 34}), (lambda number: f"192.0.2.{number // 5}", {503: 20})],
    ids=["one sender", "many senders"],
)
async def test_a_crowd_is_turned_away_at_once(
    console: Console,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    sender: Callable[[int], str],
    turned_away: dict[int, int],
) -> None:
    """While passwords are looked at, forty more neither wait nor keep an honest operator waiting after them."""
    go = asyncio.Event()

    async def slow(number: str, _: str) -> None:
        assert number
        await go.wait()

    monkeypatch.setattr(console.house.seats._ledger, "check_password", slow)  # noqa: SLF001
    tries = [asyncio.create_task(visit.sign_in(str(2000 + n), "11", "-", sent_by=sender(n))) for n in range(40)]
    turned = sum(turned_away.values())
    async with asyncio.timeout(5):
        while sum(each.done() for each in tries) < turned:
            await asyncio.sleep(0.01)
    said = [each.result() for each in tries if each.done()]
    assert turned_away == Counter(status for status, _, _ in said)
    assert all("请过几秒再试" in text for _, text, _ in said)
    go.set()
    assert {401: 40 - turned} == Counter([(await each)[0] for each in tries if each not in said]) - Counter(turned_away)
    monkeypatch.undo()
    assert 303 == (await visit.sign_in("1001", "11", sent_by="192.0.2.99"))[0]


async def test_a_proxy_that_passes_on_the_browsers_host_is_no_foreign_page(console: Console) -> None:
    """What the page for IT staff asks of a proxy is enough to sign in through it by https."""
    form = {"work_number": "1001", "password": PASSWORD, "seat": "11"}
    headers = {"Host": "hotline.example", "Origin": "https://hotline.example", "X-Forwarded-For": "192.0.2.1"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{console.url}/sign-in", data=form, headers=headers, allow_redirects=False) as answer,
    ):
        assert (303, "/desk") == (answer.status, answer.headers["Location"])


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.IT])
async def test_who_takes_no_calls_is_told_so_and_sees_nobody(console: Console, visit: Visit, role: Role) -> None:
    """He is not asked whether he takes over a colleague's seat either."""
    await console.house.seats.sign_in("1002", OPERATORS["1002"], "11")
    async with console.house.storage.work() as work:
        table = models.operators
        await work.execute(update(table).where(table.c.work_number == "1001").values(role=role))
        await work.commit()
    status, said, _ = await visit.sign_in("1001", "11")
    assert (403, True, False) == (status, "您的角色不能这样签到" in said, "1002" in said)
    assert not seated(console, "1001")


async def test_a_role_that_changes_while_one_is_asked_counts(console: Console, visit: Visit) -> None:
    """Who became director before he confirmed gets no seat."""
    await console.house.seats.sign_in("1002", OPERATORS["1002"], "11")
    await visit.sign_in("1001", "11")
    async with console.house.storage.work() as work:
        await work.execute(update(models.operators).values(role=Role.DIRECTOR))
        await work.commit()
    status, said, _ = await visit.post("/sign-in/confirm")
    assert (403, True) == (status, "您的角色不能这样签到" in said)


async def test_strangers_learn_which_seats_are_free_and_nothing_else(console: Console, visit: Visit) -> None:
    """Neither names nor work numbers nor pauses are shown to who has not signed in, at first and when it changes."""
    await console.house.seats.sign_in("1001", OPERATORS["1001"], "11")
    await console.house.seats.pause("1001", "meal")
    for path in ("/sign-in", "/sign-in/seats"):
        status, said, _ = await visit.get(path)
        assert 200 == status
        assert (1, 3) == (said.count("已有人"), said.count("空位"))
        for secret in ("1001", OPERATORS["1001"], "用餐", "暂停"):
            assert secret not in said, path


async def test_a_question_is_over_once_one_goes_back(console: Console, visit: Visit) -> None:
    """The next person at this computer cannot answer it, nor can who is signed in by another page."""
    await console.house.seats.sign_in("1001", OPERATORS["1001"], "11")
    assert 409 == (await visit.sign_in("1002", "11"))[0]
    await visit.get("/sign-in")
    assert 409 == (await visit.post("/sign-in/confirm"))[0]
    assert not seated(console, "1002")

    assert 303 == (await visit.sign_in("1003", "12"))[0]
    assert 409 == (await visit.sign_in("1002", "11"))[0]
    assert "/desk" == (await visit.get("/sign-in"))[2]
    assert 409 == (await visit.post("/sign-in/confirm"))[0]
    assert not seated(console, "1002")


async def test_a_wrong_password_signs_nobody_out(console: Console, visit: Visit) -> None:
    """A colleague who tries his own number on an operator's page does not make the page forget whose it is."""
    await visit.sign_in("1001", "11")
    assert 401 == (await visit.sign_in("1002", "12", "wrong"))[0]
    assert 200 == (await visit.get("/desk"))[0]
    assert "/sign-in" == (await visit.post("/sign-out"))[2]
    assert not seated(console, "1001")


@pytest.mark.parametrize(("seconds", "status"), [(119, 303), (121, 409)])
async def test_a_question_may_be_answered_for_two_minutes(
    console: Console, visit: Visit, seconds: int, status: int
) -> None:
    """Who left his desk with the question open is not signed in by a passer-by."""
    await console.house.seats.sign_in("1001", OPERATORS["1001"], "11")
    await visit.sign_in("1002", "11")
    console.house.clock = lambda: datetime.now(UTC) + timedelta(seconds=seconds)
    assert status == (await visit.post("/sign-in/confirm"))[0]
    assert seated(console, "1002") is (status == 303)


async def test_a_question_that_has_lost_its_object_is_not_asked_again(console: Console, visit: Visit) -> None:
    """Where the colleague has gone meanwhile, to confirm is to sit down."""
    await console.house.seats.sign_in("1001", OPERATORS["1001"], "11")
    await visit.sign_in("1002", "11")
    async with console.house.storage.work() as work:
        await sign_out(work, "1001", work.now(), "deactivated")
        await work.commit()
    assert "/desk" == (await visit.post("/sign-in/confirm"))[2]


@pytest.mark.parametrize(("age", "status"), [(12 * HOUR - 60, 200), (12 * HOUR + 60, 302)])
async def test_a_cookie_lives_for_twelve_hours(visit: Visit, age: int, status: int) -> None:
    """A browser that nobody used for so long is nobody's."""
    await visit.sign_in("1001", "11")
    visit.ages(age)
    assert status == (await visit.get("/desk"))[0]


@pytest.mark.parametrize(
    ("path", "form"), [("/desk/here", {}), ("/desk/pause", {"reason": "meal"}), ("/desk/form", {"call": "-"})]
)
async def test_who_uses_an_open_page_keeps_his_cookie_fresh(visit: Visit, path: str, form: dict[str, str]) -> None:
    """Whatever the page sends, also that it is open, lets the cookie count from now."""
    await visit.sign_in("1001", "11")
    new = visit.holds()
    visit.ages(11 * HOUR)
    await visit.post(path, **form)
    renewed = visit.holds()
    assert new["session"] == renewed["session"]
    assert 0 <= renewed["created"] - new["created"] < 60


async def test_to_look_on_does_not_renew_a_cookie(visit: Visit) -> None:
    """Reading who sits where changes nothing, so a cookie that was stolen cannot be nursed by it."""
    await visit.sign_in("1001", "11")
    visit.ages(HOUR)
    old = visit.holds()
    await visit.get("/sign-in/seats")
    assert old == visit.holds()


async def test_the_cookie_of_an_earlier_sign_in_opens_nothing(console: Console, visit: Visit) -> None:
    """Signed out and in again, at the same seat even, the first browser is no longer the operator's."""
    await visit.sign_in("1001", "11")
    await console.house.seats.sign_out("1001")
    await console.house.seats.sign_in("1001", OPERATORS["1001"], "11")
    assert (302, "/sign-in") == (await visit.get("/desk"))[::2]
    assert "/sign-in" == (await visit.post("/sign-out"))[2]
    assert seated(console, "1001")


async def test_another_password_closes_the_pages_that_the_old_one_opened(console: Console, visit: Visit) -> None:
    """Once the change is read, the browser has to be signed in with the new one."""
    await visit.sign_in("1001", "11")
    async with console.house.storage.work() as work:
        await set_password(work, "1001", "another")
        await work.commit()
    await console.house.seats.load()
    assert (302, "/sign-in") == (await visit.get("/desk"))[::2]
    assert 401 == (await visit.sign_in("1001", "11"))[0]
    assert 303 == (await visit.sign_in("1001", "11", "another"))[0]


async def test_who_is_not_known_any_more_is_not_said_to_be_signed_out(console: Console, visit: Visit) -> None:
    """Signing out with a cookie that is too old leads to a page that says so, and who signs in there can sign out."""
    await visit.sign_in("1001", "11")
    visit.ages(13 * HOUR)
    _, _, leads = await visit.post("/sign-out")
    assert "/sign-in?expired" == leads
    assert "您并未签退" in (await visit.get(leads))[1]
    assert seated(console, "1001")
    await visit.sign_in("1001", "11")
    assert "/sign-in" == (await visit.post("/sign-out"))[2]
    assert not seated(console, "1001")
