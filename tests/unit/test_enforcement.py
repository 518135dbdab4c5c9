"""Enforcement: each step that is due is ordered once, at the right moment; what fails is told."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import enforcement, speaker
from gateway.alarms import AlarmError
from gateway.ami.errors import ActionRefusedError, NotConnectedError
from gateway.ami.record import RecordKind
from gateway.ami.wire import Frame
from gateway.calls.board import CallCard
from gateway.enforcement import Enforcement
from gateway.speaker import Speaker
from ivr_scripts.prompts import prompts
from routing.facts import Fact
from routing.vocabulary import FactKind, Source, Step

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CALL = "yq/yq-1.0"
CHANNEL = "PJSIP/trunk-00000001"


@dataclass
class PBX:
    """Keeps what it was told and what was put in line; does it, or raises `trouble`. `silent`: reports nothing."""

    trouble: Exception | None = None
    silent: bool = False
    lasts: float = 2.0
    told: list[dict[str, str]] = field(default_factory=list)
    noted: list[dict[str, str]] = field(default_factory=list)
    house: Any = None

    async def act(self, action: str, /, **headers: str) -> Frame:
        """Carry out one action."""
        self.told.append({"Action": action, **headers})
        if self.trouble:
            raise self.trouble
        if not self.silent and "Account" in headers:
            begins, ends = FactKind.SPEECH_BEGAN, FactKind.SPEECH_ENDED
            self.house.take([Fact(CALL, begins, NOW, headers["Account"])])
            self.house.take([Fact(CALL, ends, NOW + timedelta(seconds=self.lasts), headers["Account"])])
        return Frame((("Response", "Success"),))

    async def note(self, kind: RecordKind, payload: bytes = b"") -> None:
        """Put a record in line."""
        assert kind is RecordKind.STEP_FAILED
        self.noted.append(json.loads(payload))


def due(step: str, *, source: Source = Source.LIVE, ago: float = 0, **data: str | bool) -> Fact:
    """Return that a step is due."""
    return Fact(CALL, FactKind.STEP_DUE, NOW - timedelta(seconds=ago), step, source, data)


@dataclass
class People:
    """Who could be called for: all pages, the shift leaders' pages and phones, and who is away."""

    page_open: bool = True
    signed_in: bool = True
    reached: bool = True
    woken: list[str] = field(default_factory=list)

    def of_everybody(self) -> None:
        """Wake every page."""
        self.woken.append("everybody")

    def of_leaders(self) -> bool:
        """Wake the leaders' pages."""
        self.woken.append("leaders")
        return self.page_open

    def leader_signed_in(self) -> bool:
        """Say whether one could be rung."""
        return self.signed_in

    async def of_the_absent(self, caller_number: str) -> None:
        """Raise an alarm."""
        self.woken.append(caller_number)
        if not self.reached:
            raise AlarmError("nobody is named in [alarms] urls")


CARD = CallCard(CALL, caller_number="13800138000")


async def carried_out(
    pbx: PBX,
    fact: Fact,
    *,
    channel: str = CHANNEL,
    leaves: bool = False,
    greeting_to: Any = "caller",
    people: Any = None,
    card: CallCard | None = CARD,
) -> PBX:
    """Let a fact happen, and return the PBX once nothing more is done; the caller `leaves` once it is ordered."""
    channel_of = lambda _caller: "" if leaves and pbx.told else channel  # noqa: E731 # as short as a name for it
    says = Speaker(pbx, prompts("cmn", "永强供电公司"))
    house = Enforcement(says, pbx, channel_of, lambda: NOW, greeting_to, people or People(), lambda _call: card)
    pbx.house = house
    running = asyncio.create_task(house.run())
    house.take([fact])
    for _ in range(10):
        await asyncio.sleep(0)
    steps = [task for task in asyncio.all_tasks() if CALL in task.get_name()]
    async with asyncio.timeout(5):
        await asyncio.gather(*steps)
    running.cancel()
    await asyncio.wait([running])
    return pbx


async def test_the_apology_is_whispered_to_the_caller() -> None:
    """He alone hears it, under the word by which the PBX reports it."""
    pbx = await carried_out(PBX(), due("apologise"))
    assert [
        {
            "Action": "Originate",
            "Channel": "Local/say-apologise-yq-1.0@speak/n",
            "Application": "ChanSpy",
            "Data": f"{CHANNEL},qwE",
            "Account": "apologise",
            "Variable": "SAY=cmn/apology",
            "Async": "true",
        }
    ] == pbx.told
    assert [] == pbx.noted


async def test_the_greeting_names_company_and_work_number() -> None:
    """Digit by digit."""
    pbx = await carried_out(PBX(), due("greet", operator="1001"))
    said = [Path(sound).name for sound in pbx.told[0]["Variable"].removeprefix("SAY=").split("&")]
    assert ["company", "work-number", "digit-1", "digit-0", "digit-0", "digit-1", "at-your-service"] == said


@pytest.mark.parametrize(("to", "data"), [("caller", "qwE"), ("both", "qBE")])
async def test_the_greeting_is_for_whom_the_settings_say(to: str, data: str) -> None:
    """The apology is the caller's alone in any case."""
    pbx = await carried_out(PBX(), due("greet", operator="1"), greeting_to=to)
    assert f"{CHANNEL},{data}" == pbx.told[0]["Data"]
    pbx = await carried_out(PBX(), due("apologise"), greeting_to=to)
    assert f"{CHANNEL},qwE" == pbx.told[0]["Data"]


@pytest.mark.parametrize("source", [Source.RECONSTRUCTED, Source.BACKFILLED])
async def test_what_was_due_unseen_is_not_made_up_for(source: Source) -> None:
    """A step that came due while we did not listen is on record as due, and nobody is spoken to out of place."""
    pbx = await carried_out(PBX(), due("apologise", source=source))
    assert ([], []) == (pbx.told, pbx.noted)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (ActionRefusedError("Originate", "Permission denied"), "Asterisk refused Originate: Permission denied"),
        (NotConnectedError("not connected to Asterisk"), "not connected to Asterisk"),
    ],
)
async def test_a_step_that_the_pbx_refuses_is_told_and_not_repeated(trouble: Exception, reason: str) -> None:
    """One order, one line that says why."""
    pbx = await carried_out(PBX(trouble), due("apologise"))
    assert 1 == len(pbx.told)
    assert [{"caller": "yq-1.0", "step": "apologise", "reason": reason}] == pbx.noted


async def test_attention_is_called_for_on_every_page() -> None:
    """The pages look at once; the PBX is not asked for anything."""
    people = People()
    pbx = await carried_out(PBX(), due("call_attention"), people=people)
    assert (["everybody"], [], []) == (people.woken, pbx.told, pbx.noted)


@pytest.mark.parametrize(
    ("step", "people", "reason"),
    [
        ("ring_leader", People(), None),
        ("ring_leader", People(signed_in=False), "no shift leader is signed in"),
        ("tell_leader", People(), None),
        ("tell_leader", People(page_open=False), "no shift leader has a page open"),
        ("raise_alarm", People(), None),
        ("raise_alarm", People(reached=False), "nobody is named in [alarms] urls"),
    ],
)
async def test_whoever_cannot_be_told_is_on_record(step: str, people: People, reason: str | None) -> None:
    """A step that calls for somebody who is not there says so; the PBX is not asked for anything."""
    pbx = await carried_out(PBX(), due(step), people=people)
    assert [] == pbx.told
    assert ([reason] if reason else []) == [each["reason"] for each in pbx.noted]


async def test_who_asked_to_be_called_back_is_released() -> None:
    """He is moved to the place of the dialplan that tells him so and lets him go."""
    pbx = await carried_out(PBX(), due("promise_callback"))
    assert [
        {"Action": "Redirect", "Channel": CHANNEL, "Context": "callback", "Exten": "s", "Priority": "1"}
    ] == pbx.told


@pytest.mark.parametrize(
    ("step", "card", "reason"),
    [
        ("promise_callback", replace(CARD, operator="1001"), "he was answered in the same moment"),
        ("promise_callback", None, "the caller is gone"),
        ("offer_callback", replace(CARD, caller_number="anonymous"), "his number is withheld, so"),
        ("offer_callback", replace(CARD, operator="1001"), "he was answered before it could be said"),
        ("raise_alarm", None, "the caller is gone"),
    ],
)
async def test_a_caller_who_cannot_be_called_back_stays(step: str, card: CallCard | None, reason: str) -> None:
    """Nothing is done to a call that has gone on meanwhile, or whose number nobody knows."""
    pbx = await carried_out(PBX(), due(step), card=card)
    assert [] == pbx.told
    assert pbx.noted[0]["reason"].startswith(reason)


async def test_an_error_of_ours_ends_nothing_but_the_step() -> None:
    """It is told like any other failure, and the next step is taken."""
    pbx = await carried_out(PBX(RuntimeError("bug")), due("apologise"))
    assert ([], "an error of ours: see the log") == (pbx.told[1:], pbx.noted[0]["reason"])


async def test_a_caller_who_is_gone_is_not_spoken_to() -> None:
    """Nothing is ordered, and the fact says why."""
    pbx = await carried_out(PBX(), due("apologise"), channel="")
    assert ([], "the caller is gone") == (pbx.told, pbx.noted[0]["reason"])


async def test_what_comes_up_too_late_is_left() -> None:
    """After a time in which we were held up nobody is interrupted in his conversation."""
    pbx = await carried_out(PBX(), due("greet", ago=6, operator="1001"))
    assert [] == pbx.told
    assert "due 6.0 s ago" in pbx.noted[0]["reason"]


async def test_a_speech_that_does_not_begin_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The PBX took the order and never reports the speech, as without ChanSpy."""
    monkeypatch.setattr(speaker, "BEGINS_WITHIN_SECONDS", 0.05)
    pbx = await carried_out(PBX(silent=True), due("apologise"))
    assert "did not say within 0.05 s that it spoke" in pbx.noted[0]["reason"]


async def test_sounds_that_are_missing_are_told() -> None:
    """A speech that is over at once was heard by nobody, whatever began."""
    pbx = await carried_out(PBX(lasts=0.05), due("apologise"))
    assert "over after 0.05 s: see fourring prompts check" in pbx.noted[0]["reason"]


async def test_a_caller_who_leaves_meanwhile_is_not_the_pbxs_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """He hung up before it began: the fact says so, and sends nobody to look at the PBX."""
    monkeypatch.setattr(speaker, "BEGINS_WITHIN_SECONDS", 0.05)
    pbx = await carried_out(PBX(silent=True), due("apologise"), leaves=True)
    assert (1, "the caller is gone") == (len(pbx.told), pbx.noted[0]["reason"])


@pytest.mark.parametrize("number", ["Agent/7", ""])
async def test_a_work_number_that_is_none_cannot_be_read_out(number: str) -> None:
    """Somebody unknown answered, or one in the queue under another name: nobody is named, and the fact says why."""
    pbx = await carried_out(PBX(), due("greet", operator=number))
    assert ([], True) == (pbx.told, "cannot be read out" in pbx.noted[0]["reason"])


def test_every_step_has_a_way_to_take_it() -> None:
    """A step without one would be due for ever."""
    assert set(Step) == set(enforcement._STEPS)  # noqa: SLF001


ENDINGS = [
    ("rate", {"Action": "Redirect", "Channel": CHANNEL, "Context": "rate", "Exten": "s", "Priority": "1"}),
    ("hang_up", {"Action": "Hangup", "Channel": CHANNEL, "Cause": "16"}),
]


def ordered(step: str, source: Source = Source.LIVE) -> Fact:
    """Return that an operator orders how his call is to end."""
    return Fact(CALL, FactKind.ORDERED, NOW, step, source, {"operator": "1001"})


@pytest.mark.parametrize(("step", "action"), ENDINGS)
async def test_an_operators_order_is_carried_out_on_the_callers_channel(step: str, action: dict[str, str]) -> None:
    """The rating and the hang-up, one action each (N2, N7)."""
    pbx = await carried_out(PBX(), ordered(step))
    assert ([action], []) == (pbx.told, pbx.noted)


@pytest.mark.parametrize("step", ["rate", "hang_up"])
async def test_an_order_that_the_pbx_refuses_is_told_and_not_repeated(step: str) -> None:
    """The call goes on, and the fact says why nothing came of it (I6)."""
    refused = ActionRefusedError("Redirect", "Channel does not exist")
    pbx = await carried_out(PBX(trouble=refused), ordered(step))
    assert 1 == len(pbx.told)
    assert [(step, str(refused))] == [(told["step"], told["reason"]) for told in pbx.noted]


@pytest.mark.parametrize("source", [Source.RECONSTRUCTED, Source.BACKFILLED])
async def test_an_order_of_earlier_is_not_carried_out(source: Source) -> None:
    """What was ordered before we listened is over (I6)."""
    pbx = await carried_out(PBX(), ordered("rate", source))
    assert ([], []) == (pbx.told, pbx.noted)
