"""The PBX by itself, with no gateway anywhere: what it does when all of ours is down (I5), and what it refuses."""

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import broken_ivr
import pytest
from outside_ami import OutsideAMI, logged_in
from pbx import NUMBER, PBX, settings_for

from gateway.pbx import needs

STILL_PROMPT = timedelta(seconds=2.5)
"""How long a caller may go without a ringing operator, whatever the IVR does."""


def rang_within(invited_at: datetime, rung_at: datetime) -> timedelta:
    return rung_at - invited_at


async def test_a_caller_reaches_an_operator_with_no_gateway_at_all(pbx: PBX, ami: OutsideAMI) -> None:
    """With nothing of ours running, a call rings the operator, is answered and lasts until the caller ends it."""
    async with pbx.phone("11", answer_after=1.0) as phone:
        await ami.sign_in("11", "8001")
        call = await pbx.customer.call(NUMBER, hang_up_after=1.0)

    assert call.status == 200
    assert call.ringing_at is not None
    assert call.hung_up_here is True
    (seen,) = phone.calls
    assert seen.caller == "13800138000"
    assert seen.hung_up_here is False


@pytest.mark.parametrize("number", ["86865598", "057786865598", "+8657786865598"])
async def test_the_hotline_is_reached_in_every_form_of_its_number(pbx: PBX, ami: OutsideAMI, number: str) -> None:
    """However the trunk writes the hotline's number, an operator's phone rings."""
    async with pbx.phone("11", answer_after=0) as phone:
        await ami.sign_in("11", "8001")
        call = await pbx.customer.call(number, hang_up_after=0.2)

    assert call.status == 200
    assert len(phone.calls) == 1


@pytest.mark.parametrize("number", ["95598", "86865599", "8686559", "seat-11", "s", "wait", "00861012345678"])
async def test_a_caller_reaches_no_other_number(pbx: PBX, number: str) -> None:
    """From the trunk every number but the hotline's is refused with 404, ours and the outside world's alike."""
    call = await pbx.customer.call(number)

    assert call.status == 404


@pytest.mark.parametrize("caller", ["seat-11", "seat-01", "trunk", "anonymous", "fourring"])
async def test_a_caller_gains_nothing_by_a_name_of_ours(pbx: PBX, caller: str) -> None:
    """Whoever calls under a seat's or the trunk's own name reaches no more than anybody else, and no other context."""
    call = await pbx.customer.call("95598", caller=caller)

    assert call.status in {401, 404}


@pytest.mark.parametrize("number", [NUMBER, "seat-12", "95598", "00861012345678", "s", "everybody"])
async def test_a_phone_reaches_nothing(pbx: PBX, number: str) -> None:
    """A seat that is registered and proves its password can call nobody at all (I10)."""
    async with pbx.phone("11") as phone:
        call = await phone.call(number)

    assert call.status == 404


async def test_a_phone_without_its_password_is_refused(pbx: PBX) -> None:
    """A phone that does not know its seat's password is not registered."""
    with pytest.raises(AssertionError, match="401"):
        async with pbx.phone("11", password="guessed"):
            pass


@pytest.mark.parametrize(
    "failure",
    [None, broken_ivr.returns, broken_ivr.dies, broken_ivr.hangs, broken_ivr.hangs_at_work, broken_ivr.talks_nonsense],
    ids=["refused", "returns", "dies", "hangs", "hangs-at-work", "talks-nonsense"],
)
async def test_a_broken_ivr_does_not_keep_a_caller_from_an_operator(
    pbx: PBX, ami: OutsideAMI, failure: broken_ivr.Serve | None
) -> None:
    """Whether the IVR is down, silent, dying or talking nonsense, an operator's phone rings within 2.5 s (I5)."""
    async with pbx.phone("11", answer_after=0.2) as phone:
        await ami.sign_in("11", "8001")
        if failure is None:
            call = await pbx.customer.call(NUMBER, hang_up_after=3)
        else:
            async with broken_ivr.ivr(failure, pbx.settings.fastagi.port):
                call = await pbx.customer.call(NUMBER, hang_up_after=3)

    (seen,) = phone.calls
    assert rang_within(call.invited_at, seen.invited_at) < STILL_PROMPT
    assert seen.answered_at is not None
    assert call.status == 200


async def test_a_caller_is_not_cut_off_when_the_time_for_the_ivr_is_over(pbx: PBX, ami: OutsideAMI) -> None:
    """The time limit on the IVR ends with it: a call that waits and talks beyond it goes on."""
    async with pbx.phone("11", answer_after=2.5) as phone:
        await ami.sign_in("11", "8001")
        call = await pbx.customer.call(NUMBER, hang_up_after=2.5)

    assert call.hung_up_here is True
    assert len(phone.calls) == 1


async def test_a_caller_waits_until_somebody_signs_in(pbx: PBX, ami: OutsideAMI) -> None:
    """With nobody signed in a caller hears ringing, is not turned away, and is offered to the first who comes."""
    async with (
        pbx.phone("11", answer_after=0.2) as phone,
        pbx.customer.calling(NUMBER, ["13800138000"], hang_up_after=0.5) as run,
    ):
        await run.until(lambda calls: bool(calls and calls[0].ringing_at), within=5, wanted="ringing")
        await asyncio.sleep(1)
        await ami.sign_in("11", "8001")
        (call,) = await run.ended(within=15)

    assert call.status == 200
    assert len(phone.calls) == 1


async def test_callers_reach_the_phones_without_the_queue(tmp_path: Path) -> None:
    """With the queue gone from the PBX's memory, a call rings every seat's phone instead."""
    async with PBX(settings_for(tmp_path)) as pbx:
        queues = pbx.folder / "etc" / "queues.conf"
        queues.write_text(queues.read_text("utf-8").replace("[hotline]", "[gone]"), "utf-8")
        await pbx.console("module reload app_queue.so")
        async with pbx.phone("11", answer_after=None) as first, pbx.phone("12", answer_after=0.5) as second:
            call = await pbx.customer.call(NUMBER, hang_up_after=0.5)

    assert call.status == 200
    assert (1, 1) == (len(first.calls), len(second.calls))


async def test_an_operator_who_hangs_up_first_ends_the_call(pbx: PBX, ami: OutsideAMI) -> None:
    """When the operator hangs up first, the caller is released by the PBX at once."""
    async with pbx.phone("11", answer_after=0.2, hang_up_after=1.0) as phone:
        await ami.sign_in("11", "8001")
        call = await pbx.customer.call(NUMBER, within=15)

    (seen,) = phone.calls
    assert seen.hung_up_here is True
    assert call.hung_up_here is False
    assert call.ended_at is not None
    assert seen.ended_at is not None
    assert call.ended_at - seen.ended_at < timedelta(seconds=1)


async def test_many_callers_are_offered_at_once(pbx: PBX, ami: OutsideAMI) -> None:
    """Two callers at the same moment ring two phones: nobody waits behind somebody else's ringing."""
    async with pbx.phone("11", answer_after=2) as first, pbx.phone("12", answer_after=2) as second:
        await ami.sign_in("11", "8001")
        await ami.sign_in("12", "8002")
        async with pbx.customer.calling(NUMBER, ["13800138001", "13800138002"], hang_up_after=0.5) as run:
            calls = await run.ended(within=20)

    assert {200} == {call.status for call in calls}
    assert (1, 1) == (len(first.calls), len(second.calls))
    gap = abs(first.calls[0].invited_at - second.calls[0].invited_at)
    assert gap < timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("GetConfig", {"Filename": "pjsip.conf"}),
        ("ModuleLoad", {"LoadType": "reload"}),
        ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
        ("DialplanExtensionAdd", {"Context": "from-trunk", "Extension": "1", "Priority": "1", "Application": "Echo"}),
        ("MessageSend", {"To": "pjsip:seat-11", "Body": "x"}),
    ],
)
async def test_the_gateway_may_not_do_what_it_does_not_need(
    ami: OutsideAMI, action: str, headers: dict[str, str]
) -> None:
    """The gateway's AMI user is refused every action that could run, configure or send something."""
    response = await ami.action(action, **headers)

    assert response.status == "Error"
    assert "ermission denied" in response.keys["Message"]


@pytest.mark.parametrize(
    ("application", "data"),
    [
        ("System", "touch /tmp/x"),
        ("TrySystem", "touch /tmp/x"),
        ("AGI", "/bin/true"),
        ("Exec", "System(touch /tmp/x)"),
        ("Set", "X=${SHELL(touch /tmp/x)}"),
        ("MixMonitor", "x.wav,,touch /tmp/x"),
    ],
)
async def test_what_the_gateway_may_originate_runs_no_programs(ami: OutsideAMI, application: str, data: str) -> None:
    """By Originate it speaks to callers; the applications that run programs are refused."""
    headers = {"Channel": "Local/s@speak/n", "Application": application, "Data": data, "Async": "true"}
    response = await ami.action("Originate", **headers)

    assert response.status == "Error"
    assert "Originate Access Forbidden" in response.keys["Message"]


@pytest.mark.parametrize(
    "action", ["QueueStatus", "CoreShowChannels", "Status", "BridgeList", "CoreSettings", "Ping", "ListCommands"]
)
async def test_the_gateway_may_ask_what_it_needs(ami: OutsideAMI, action: str) -> None:
    """Every question that the gateway asks is answered with the rights it has."""
    response = await ami.action(action)

    assert response.status == "Success"


async def test_only_the_listed_events_are_sent(pbx: PBX, ami: OutsideAMI) -> None:
    """During a whole call no event arrives but those on the list, and those that carry the call do."""
    async with pbx.phone("11", answer_after=0.5):
        await ami.sign_in("11", "8001")
        await pbx.customer.call(NUMBER, hang_up_after=0.5)
        await _until(lambda: [name for name, _ in ami.events].count("Hangup") >= 2)

    names = {name for name, _ in ami.events}
    assert set() == names - set(needs.AMI_EVENTS)
    assert {"Newchannel", "QueueCallerJoin", "AgentCalled", "DialBegin", "AgentConnect", "BridgeEnter"} <= names
    assert {"HangupRequest", "BridgeLeave", "AgentComplete", "Hangup", "QueueMemberStatus"} <= names


async def test_events_carry_the_time_and_the_name_of_the_pbx(pbx: PBX, ami: OutsideAMI) -> None:
    """Every event of a call has the PBX's own time, to the microsecond, and the PBX's name."""
    async with pbx.phone("11", answer_after=0):
        await ami.sign_in("11", "8001")
        call = await pbx.customer.call(NUMBER, hang_up_after=0.2)
        await _until(lambda: any(name == "Hangup" for name, _ in ami.events))

    joined = next(keys for name, keys in ami.events if name == "QueueCallerJoin")
    assert joined["SystemName"] == "yq"
    assert joined["Uniqueid"].startswith("yq-")
    assert abs(float(joined["Timestamp"]) - call.invited_at.timestamp()) < 1.0
    assert len(joined["Timestamp"].partition(".")[2]) == 6


async def test_what_happened_is_on_disk_when_the_pbx_is_killed(tmp_path: Path) -> None:
    """Killed with SIGKILL in mid-call, the PBX has left every event and every queue entry up to then on disk."""
    async with PBX(settings_for(tmp_path)) as pbx, pbx.phone("11", answer_after=0.2) as phone:
        async with logged_in(pbx.settings.ami.port, "fourring", pbx.secrets.ami) as ami:
            await ami.sign_in("11", "8001")
        async with pbx.customer.calling(NUMBER, ["13800138000"]) as run:
            await run.until(lambda calls: bool(calls and calls[0].answered_at), within=10, wanted="answered")
            await phone.until(lambda calls: len(calls[0].messages) >= 4, within=5, wanted="up")
            await asyncio.sleep(0.3)
            os.kill(pbx.asterisk.pid, signal.SIGKILL)
            await pbx.asterisk.wait()

        rows = pbx.cel()
        assert ["CHAN_START", "APP_START", "APP_END", "APP_START"] == [row["eventtype"] for row in rows][:4]
        assert "BRIDGE_ENTER" in {row["eventtype"] for row in rows}
        assert ["ENTERQUEUE", "CONNECT"] == [row[4] for row in pbx.queue_log()][-2:]
        assert pbx.queue_log()[-1][3] == "8001"


async def test_operators_stay_signed_in_when_the_pbx_restarts(tmp_path: Path) -> None:
    """After a kill and a restart of the PBX, whoever was signed in is rung again."""
    settings = settings_for(tmp_path)
    async with PBX(settings) as pbx:
        async with logged_in(settings.ami.port, "fourring", pbx.secrets.ami) as ami:
            await ami.sign_in("11", "8001")
        await _until(lambda: "8001" in pbx.remembered("Queue/PersistentMembers"))
        os.kill(pbx.asterisk.pid, signal.SIGKILL)
        await pbx.asterisk.wait()
    async with PBX(settings) as again, again.phone("11", answer_after=0) as phone:
        call = await again.customer.call(NUMBER, hang_up_after=0.2)

    assert call.status == 200
    assert len(phone.calls) == 1


async def test_a_callers_name_reaches_the_records_as_it_came(pbx: PBX, ami: OutsideAMI) -> None:
    """Commas, quotes, semicolons and Chinese in a caller's name come back whole from the event log."""
    async with pbx.phone("11", answer_after=0):
        await ami.sign_in("11", "8001")
        await pbx.customer.call(NUMBER, "13900139000", hang_up_after=0.2, display='"单 \\"先生\\", A; B <script>"')
        await _until(lambda: any(row["cidnum"] == "13900139000" for row in pbx.cel()))

    names = {row["cidname"] for row in pbx.cel() if row["cidnum"] == "13900139000"}
    assert names == {r"单 \"先生\", A; B <script>"}


async def _until(met: Callable[[], bool]) -> None:
    """Wait until it is so; fail after 10 s."""
    async with asyncio.timeout(10):
        while not met():
            await asyncio.sleep(0.02)
