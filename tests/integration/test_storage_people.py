"""Operators, who sits where, tokens and the audit, on both databases."""

import asyncio
import re
import time

import pytest
from answered_calls import NOON, after
from sqlalchemy import select

from storage import audit, models
from storage.engine import Storage
from storage.operators import (
    OperatorError,
    Role,
    add_operator,
    check_password,
    deactivate,
    operators,
    set_password,
)
from storage.sign_ins import (
    NotSignedInError,
    SeatTakenError,
    SignedInElsewhereError,
    open_sign_ins,
    pause,
    resume,
    sign_in,
    sign_out,
)
from storage.tokens import TokenExistsError, create_token, note_use, revoke, token_named, tokens


@pytest.fixture
async def staffed(storage: Storage) -> Storage:
    """Add two operators; their passwords are not checked here, so no time goes into hashing them."""
    rows = [
        {
            "work_number": number,
            "name": f"話務員 {number}",
            "password_hash": "-",
            "role": Role.OPERATOR,
            "active": True,
            "created_at": NOON,
        }
        for number in ("1001", "1002")
    ]
    async with storage.work() as work:
        await work.execute(models.operators.insert(), rows)
        await work.commit()
    return storage


async def test_an_operator_signs_in_with_his_password_only(storage):
    """The right password gives the operator; a wrong one, or an unknown number, gives nobody."""
    async with storage.work() as work:
        added = await add_operator(work, "1001", "單小姐", "correct horse", Role.SHIFT_LEADER)
        await work.commit()
    async with storage.reading() as work:
        assert added == await check_password(storage, "1001", "correct horse")
        assert (added.name, added.role, added.active) == ("單小姐", Role.SHIFT_LEADER, True)
        assert None is await check_password(storage, "1001", "correct horse ")
        assert None is await check_password(storage, "1001", "")
        assert None is await check_password(storage, "1002", "correct horse")
        assert None is await check_password(storage, "' OR 1=1 --", "nobody's password")
        assert [added] == await operators(work)


async def test_a_password_is_kept_as_an_argon2_hash_only(storage):
    """Whoever reads the table learns no password, and equal passwords look different."""
    async with storage.work() as work:
        for number in ("1001", "1002"):
            await add_operator(work, number, "x", "same password", Role.OPERATOR)
        hashes = (await work.execute(select(models.operators.c.password_hash))).scalars().all()
    assert len(set(hashes)) == 2
    assert all(each.startswith("$argon2id$") for each in hashes)


async def test_an_unknown_work_number_takes_as_long_as_a_wrong_password(storage):
    """The time of a refusal does not tell which work numbers exist."""
    async with storage.work() as work:
        await add_operator(work, "1001", "x", "right", Role.OPERATOR)
        await work.commit()

    async def quickest(work_number: str) -> float:
        times = []
        for _ in range(4):
            began = time.perf_counter()
            assert None is await check_password(storage, work_number, "wrong")
            times.append(time.perf_counter() - began)
        return min(times)

    await quickest("1001")
    assert 1 / 3 < await quickest("9999") / await quickest("1001") < 3


async def test_passwords_are_checked_beside_the_event_loop(storage):
    """While a password is checked, calls go on being handled."""
    async with storage.work() as work:
        await add_operator(work, "1001", "x", "right", Role.OPERATOR)
        await work.commit()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await check_password(storage, "1001", "right")
    counting.cancel()
    assert turns > 20


async def test_a_work_number_has_two_to_eight_digits(storage):
    """Anything else is refused with what to write instead."""
    async with storage.work() as work:
        for work_number in ("", "1", "123456789", "12a4", "１００１", "10 01", "1001\n", "-1"):
            with pytest.raises(OperatorError, match="2 to 8 digits"):
                await add_operator(work, work_number, "x", "y", Role.OPERATOR)


async def test_what_cannot_be_done_with_an_operator_is_said(storage):
    """A number that is taken, an unknown number and an empty password are refused in one line each."""
    async with storage.work() as work:
        await add_operator(work, "1001", "x", "y", Role.OPERATOR)
        with pytest.raises(OperatorError, match="1001 is taken"):
            await add_operator(work, "1001", "z", "y", Role.IT)
        with pytest.raises(OperatorError, match="1009 is unknown"):
            await set_password(work, "1009", "y")
        with pytest.raises(OperatorError, match="1009 is unknown"):
            await deactivate(work, "1009")
        with pytest.raises(OperatorError, match="empty"):
            await set_password(work, "1001", "")


async def test_another_password_replaces_the_first_and_leaving_ends_both(storage):
    """After a change only the new password is right; who has left has none, but stays on the list."""
    async with storage.work() as work:
        await add_operator(work, "1001", "x", "first", Role.OPERATOR)
        await set_password(work, "1001", "second")
        await work.commit()
    assert None is await check_password(storage, "1001", "first")
    assert None is not await check_password(storage, "1001", "second")
    async with storage.work() as work:
        await deactivate(work, "1001")
        await work.commit()
    assert None is await check_password(storage, "1001", "second")
    async with storage.reading() as work:
        assert [each.active for each in await operators(work)] == [False]


async def test_nobodys_seat_is_taken_silently(staffed):
    """A seat that is taken and an operator who sits elsewhere are refused, each naming who or where."""
    async with staffed.work() as work:
        first = await sign_in(work, "01", "1001", NOON)
        with pytest.raises(SeatTakenError) as taken:
            await sign_in(work, "01", "1002", after(1))
        with pytest.raises(SignedInElsewhereError) as elsewhere:
            await sign_in(work, "02", "1001", after(1))
        assert (taken.value.by, elsewhere.value.seat) == ("1001", "01")
        assert first == await sign_in(work, "01", "1001", after(2))
        assert [first] == await open_sign_ins(work)


async def test_of_two_who_sign_in_at_one_seat_at_once_one_is_refused(staffed, database_url):
    """The database itself lets one of them in, however close they are."""
    other = Storage.open(database_url)

    async def try_to(storage: Storage, work_number: str) -> str:
        async with storage.work() as work:
            try:
                await sign_in(work, "01", work_number, NOON)
                await work.commit()
            except SeatTakenError as refused:
                return f"taken by {refused.by}"
            return "seated"

    results = await asyncio.gather(try_to(staffed, "1001"), try_to(other, "1002"))
    await other.close()
    assert results in (["seated", "taken by 1001"], ["taken by 1002", "seated"])


async def test_after_signing_out_seat_and_operator_are_free(staffed):
    """Signing out is recorded with when and by whom, and makes room."""
    async with staffed.work() as work:
        await sign_in(work, "01", "1001", NOON)
        over = await sign_out(work, "1001", after(60), "phone lost")
        assert (after(60), "phone lost") == (over.signed_out_at, over.ended_by)
        await sign_in(work, "01", "1002", after(61))
        await sign_in(work, "02", "1001", after(62))
        assert [(each.seat, each.work_number) for each in await open_sign_ins(work)] == [
            ("01", "1002"),
            ("02", "1001"),
        ]


async def test_a_pause_has_a_beginning_and_a_reason_until_it_ends(staffed):
    """Who is paused is seen with since when and why."""
    async with staffed.work() as work:
        await sign_in(work, "01", "1001", NOON)
        paused = await pause(work, "1001", after(5), "午餐")
        assert (after(5), "午餐") == (paused.paused_at, paused.pause_reason)
        resumed = await resume(work, "1001", NOON)
        assert (resumed.paused_at, resumed.pause_reason) == (None, None)


async def test_who_is_not_signed_in_can_neither_pause_nor_leave(staffed):
    """Each of the three is refused with what to do."""
    async with staffed.work() as work:
        for action in (
            pause(work, "1001", NOON, "x"),
            resume(work, "1001", NOON),
            sign_out(work, "1001", NOON, "x"),
        ):
            with pytest.raises(NotSignedInError, match="sign in first"):
                await action


async def test_a_token_is_shown_once_and_kept_as_its_hash(database_url):
    """A token opens the door, its hash in the table does not, and nothing else does either."""
    storage = Storage.open(database_url, clock=lambda: after(7))
    async with storage.work() as work:
        token = await create_token(work, "wallboard")
        kept = (await work.execute(select(models.tokens.c.token_hash))).scalar_one()
        await work.commit()
    assert re.fullmatch(r"frt_[A-Za-z0-9_-]{43}", token)
    assert token not in kept
    async with storage.work() as work:
        found = await token_named(work, token)
        assert found is not None
        assert ("wallboard", after(7), None) == (found.name, found.created_at, found.last_used_at)
        for wrong in (kept, token[:-1], f"{token} ", "", "frt_", "\ud800"):
            assert None is await token_named(work, wrong)
        await note_use(work, found)
        assert [after(7)] == [each.last_used_at for each in await tokens(work)]
    await storage.close()


async def test_a_revoked_token_opens_nothing_and_frees_its_name(storage):
    """A name names one valid token; revoking it lets another be made."""
    async with storage.work() as work:
        token = await create_token(work, "wallboard")
        with pytest.raises(TokenExistsError, match="wallboard"):
            await create_token(work, "wallboard")
        assert await revoke(work, "wallboard")
        assert not await revoke(work, "wallboard")
        assert None is await token_named(work, token)
        again = await create_token(work, "wallboard")
        assert None is not await token_named(work, again)
        assert [each.revoked_at is None for each in await tokens(work)] == [False, True]


async def test_the_audit_keeps_who_did_what_and_when(storage):
    """A line of the audit comes back as it was written, the newest first."""
    async with storage.work() as work:
        await audit.note(work, NOON, "1001", "signed in", {"seat": "01", "tries": 2})
        await audit.note(work, after(1), "1001\r\n<script>", "signed out")
        found = await audit.notes(work, NOON)
        assert [(each.what, each.detail) for each in found] == [
            ("signed out", {}),
            ("signed in", {"seat": "01", "tries": 2}),
        ]
        assert ("1001\r\n<script>", after(1)) == (found[0].who, found[0].at)
        assert len(await audit.notes(work, after(1))) == 1
        assert len(await audit.notes(work, NOON, limit=1)) == 1
