"""Every recording cut at every frame: the PBX's own records tell the rest, and the tickets are the same."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from played import (
    a_gateway,
    connect,
    differences,
    live,
    look_back,
    seats,
    signed_in,
    take_all,
    told_once,
    verdicts,
)
from recorded import NAMES, Recording, recording

from gateway.ami.record import Record, RecordKind
from gateway.ami.wire import decode
from gateway.calls.intake import Intake, Request, Told
from gateway.calls.resync import question_id
from routing.facts import Fact
from routing.verdicts import Verdict
from routing.vocabulary import FactKind, Party

GARBLED = {"line-break-in-the-number"}
"""Here AMI itself loses half of the caller's number: CEL does not."""


def heard_until(recording: Recording, index: int) -> tuple[Intake, list[Fact]]:
    """Return the gateway, and its facts, after the first `index` frames."""
    intake = a_gateway()
    signed_in(intake, recording)
    facts = connect(recording, intake, 0)
    return intake, facts + take_all(intake, recording.frames[:index])


def lost_until(recording: Recording, intake: Intake, index: int) -> list[Fact]:
    """Lose the connection, or the gateway; connect again at frame `index` and hear the rest."""
    facts = take_all(intake, [Record(recording.frames[0].at, RecordKind.DISCONNECTED, b"")])
    intake.requests.clear()
    facts += connect(recording, intake, index)
    facts += take_all(intake, recording.frames[index:])
    if Request.LOOK_BACK_LATER in intake.requests:
        facts += take_all(intake, [look_back(recording, intake, recording.frames[-1].at, Told.ONCE_MORE)])
    return facts


@cache
def whole_of(name: str) -> dict[str, Verdict]:
    """Return the verdicts on a recording that was heard from beginning to end."""
    return verdicts(live(recording(name)))


def assert_same(
    recording: Recording, facts: list[Fact], where: object, *, allowed: frozenset[str] = frozenset()
) -> None:
    """Hold facts against those of the whole recording: the same calls, the same verdicts, nothing told twice."""
    whole, pieced = whole_of(recording.name), verdicts(facts)
    assert whole.keys() == pieced.keys(), where
    unlike = {"held_ms"} | ({"caller_number"} if recording.name in GARBLED else set())  # a hold only AMI tells
    for call, verdict in whole.items():
        found = differences(verdict, pieced[call])
        if found.get("hung_up_first", ("", ""))[1] in allowed:
            del found["hung_up_first"]
        assert found.keys() <= unlike, (where, found)
        answers = [fact.text("operator") for fact in told_once(facts)[call] if fact.kind is FactKind.ANSWERED]
        assert len(answers) == len(set(answers)), where


@pytest.mark.parametrize("name", NAMES)
def test_what_follows_a_cut_is_told_by_the_pbx_own_records(name: str) -> None:
    """Heard up to any frame, then nothing until it is all over: the tickets are those of who heard it all."""
    played = recording(name)
    for index in range(len(played.frames) + 1):
        intake, facts = heard_until(played, index)

        facts += lost_until(played, intake, len(played.frames))

        assert_same(played, facts, played.event(index - 1) if index else "nothing")


@pytest.mark.parametrize("name", NAMES)
def test_a_gateway_that_died_at_any_frame_is_told_by_the_pbx_own_records(name: str) -> None:
    """Killed after any frame and started when all was over, with its facts in the database: the tickets are the same.

    Killed in the millisecond between the two ends of a hang-up, it may not know who was first; it guesses at nobody.
    """
    played = recording(name)
    for index in range(len(played.frames) + 1):
        _, facts = heard_until(played, index)

        facts += lost_until(played, a_gateway(facts), len(played.frames))

        ending = any(played.event(at) in ("Hangup", "BridgeLeave") for at in (index - 1, index - 2) if at >= 0)
        allowed = frozenset({Party.UNDETERMINED}) if ending else frozenset()
        assert_same(played, facts, (index, played.event(index - 1)), allowed=allowed)


def gaps_of(recording: Recording) -> Iterator[tuple[int, int]]:
    """Yield a good many (first frame not heard, first frame heard again)."""
    count = len(recording.frames)
    step = 1 + count // 40
    for index in range(0, count, step):
        for again in range(index, count, step * 4 + 1):
            yield index, again


NOT_KNOWN = frozenset({Party.UNDETERMINED, Party.SYSTEM})
"""A request to hang up that fell into the gap CEL tells only with the end of the channel: who asked is not known."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("restarted", [False, True], ids=["cut off", "killed"])
def test_a_gap_in_the_middle_is_closed(name: str, *, restarted: bool) -> None:
    """Cut off or killed at any frame and back at any later one: state, records and the rest make it whole."""
    played = recording(name)
    for index, again in gaps_of(played):
        intake, facts = heard_until(played, index)

        facts += lost_until(played, a_gateway(facts) if restarted else intake, again)

        unheard = {played.event(at) for at in range(index, again)}
        allowed = NOT_KNOWN if unheard & {"HangupRequest", "BridgeLeave"} else frozenset()
        assert_same(played, facts, (index, again), allowed=allowed)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_pbx_files_a_gap_loses_no_call_in_progress(name: str) -> None:
    """Where CEL is not kept, callers who were there when we came back have one ticket, and nothing made up."""
    played = replace(recording(name), cel=(), queue_log=())
    for _, again in gaps_of(played):
        intake = a_gateway()
        signed_in(intake, played)

        facts = connect(played, intake, again) + take_all(intake, played.frames[again:])

        still_to_come = set(verdicts(live(replace(played, frames=played.frames[again:]))))
        assert still_to_come <= verdicts(facts).keys()
        for verdict in verdicts(facts).values():
            assert verdict.ended_at is not None
            assert set(verdict.operators) <= set(seats(played).values())


def recorded_answers(recording: Recording) -> list[tuple[int, dict[str, str]]]:
    """Return (index of the first answer, {ActionID: action}) for each time the recording's own client asked the PBX."""
    asked = []
    for index, record in enumerate(recording.frames):
        frame = decode(record.payload)
        if frame.event == "QueueStatusComplete":
            number = int(frame.action_id)
            first = next(
                at for at in range(index, 0, -1) if decode(recording.frames[at].payload).response and
                decode(recording.frames[at].payload).action_id == str(number)
            )  # fmt: skip
            asked.append((first, {str(number): "QueueStatus", str(number + 1): "Status"}))
    return asked


def as_our_own(record: Record, actions: dict[str, str], serial: int) -> Record:
    """Return an answer as if it answered our own question."""
    number = decode(record.payload).action_id
    if number not in actions:
        return record
    ours = question_id(serial, actions[number]).encode()
    return record._replace(payload=record.payload.replace(b"ActionID: " + number.encode(), b"ActionID: " + ours))


@pytest.mark.parametrize("name", NAMES)
def test_the_pbx_own_answers_are_taken_up(name: str) -> None:
    """Started in mid-call, the gateway takes up what a real Asterisk answered then, and ends with the same tickets."""
    played = recording(name)
    for index, actions in recorded_answers(played):
        intake = a_gateway()
        signed_in(intake, played)
        facts = take_all(intake, [Record(played.frames[index].at, RecordKind.CONNECTED, b"")])
        for record in played.frames[index:]:
            facts += intake.take(as_our_own(record, actions, intake.serial))
            if Request.LOOK_BACK in intake.requests:
                intake.requests.clear()
                signed_in(intake, played)  # when it was recorded, whom a caller was passed on to was not in the queue
                facts += take_all(intake, [look_back(played, intake, record.at, Told.FIRST, until=record.at)])

        assert intake.seeing
        assert_same(played, facts, index)
