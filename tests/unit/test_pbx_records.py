"""The PBX's own records: rows read through damage, and told as the events that AMI would have brought."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from gateway.ami import events as ami
from gateway.calls.pbx_records import COLUMNS, Retelling, cel_row, cel_rows, whole_rows
from gateway.calls.queue_notes import Note, QueueNotes, queue_notes
from gateway.calls.roster import Roster

START = 1795464841.0
CALLER, LEG = "yq-1.0", "yq-1.1"
AT = datetime.fromtimestamp(START, UTC)


def row(eventtype: str, seconds: float = 0, uniqueid: str = CALLER, channel: str = "PJSIP/trunk-1", **more: str) -> str:
    """Return one row of the log as Asterisk writes it."""
    values = dict.fromkeys(COLUMNS, "") | {
        "eventtype": eventtype,
        "eventtime": f"{START + seconds:.6f}",
        "uniqueid": uniqueid,
        "linkedid": CALLER,
        "channame": channel,
        **more,
    }
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="").writerow(values.values())
    return text.getvalue()


def leg(eventtype: str, seconds: float = 0, uniqueid: str = LEG, seat: str = "11", **more: str) -> str:
    """Return a row about an operator's channel."""
    return row(eventtype, seconds, uniqueid, f"PJSIP/seat-{seat}-0000000{uniqueid[-1]}", **more)


def told(*rows: str, notes: QueueNotes | None = None, members: dict[str, str] | None = None) -> list[ami.CallEvent]:
    """Return the events that the rows are told as."""
    return list(Retelling(notes or QueueNotes(), Roster(members or {})).events(cel_rows(rows)))


def at(seconds: float) -> datetime:
    """Return an instant of the log."""
    return AT + timedelta(seconds=seconds)


def test_rows_are_read() -> None:
    """A row is 14 quoted values; quotes in them are doubled."""
    (read,) = cel_rows([row("CHAN_START", 0.25, cidname='单 "x", y')])

    assert at(0.25) == read.at
    assert 'CHAN_START yq-1.0 单 "x", y' == f"{read['eventtype']} {read['uniqueid']} {read['cidname']}"


GOOD = row("CHAN_START")
DAMAGED = {
    "torn in the middle": GOOD[:40],
    "torn in a quote": GOOD[:-1],
    "torn at its beginning": GOOD[30:],
    "without values": "",
    "of another log": '"CHAN_START","2026-11-23 20:14:01"',
    "with a value too many": GOOD + ',"x"',
    "with a time that is none": GOOD.replace("1795464841", "soon"),
    "with half a quote": GOOD.replace('"PJSIP', '"P"JSIP'),
    "with NUL": "\0" * 20,
    "very long": '"CHAN_START","1795464841.0","' + "x" * 200_000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_row_is_passed_over_and_swallows_no_other(name: str) -> None:
    """Torn by a power cut, or of somebody else's making: the rows before and behind it are read."""
    before, behind = row("CHAN_START", 1), row("CHAN_END", 2)

    read = [each["eventtype"] for each in cel_rows([before, DAMAGED[name], behind])]

    assert ["CHAN_START", "CHAN_END"] == read


@pytest.mark.parametrize(
    "number", ["138\nx", "138\r\nx", '138\n"CHAN_END","1795464841.0",', "a\n\n\nb", "\u2028", "\x85"]
)
def test_a_line_break_in_a_value_breaks_no_row(number: str) -> None:
    """Asterisk writes a caller's number as it is; no value can begin a row, because its quotes are doubled."""
    lines = (row("CHAN_START", cidnum=number) + "\n" + row("CHAN_END")).split("\n")

    first, second = cel_rows(lines)

    assert number == first["cidnum"]
    assert "CHAN_END" == second["eventtype"]
    assert [lines[0]] == list(whole_rows(lines[:1]))


def test_a_row_does_not_grow_for_ever() -> None:
    """Of a thousand lines that belong to no row not all are kept in memory as one."""
    lines = [GOOD[:40], *["x"] * 1000, GOOD]

    assert ["CHAN_START"] == [each["eventtype"] for each in cel_rows(lines)]
    assert max(map(len, whole_rows(lines))) < 2000


@pytest.mark.parametrize("extra", ["", "{", "[1]", "null", '"x"', '{"bridge_id": 7}', "[" * 100_000])
def test_further_data_may_be_anything(extra: str) -> None:
    """What is no JSON object has no data; a value that is no text is read as text."""
    read = cel_row(row("BRIDGE_ENTER", extra=extra))

    assert read is not None
    assert ("7" if "7" in extra else "") == read.further("bridge_id")


def test_rows_are_told_in_the_order_of_their_instants() -> None:
    """The log is written by several threads: rows may stand in another order than they happened."""
    events = told(row("CHAN_END", 9), row("CHAN_START", 0))

    assert [ami.ChannelCreated, ami.HungUp] == [type(event) for event in events]


def test_a_caller_is_told_of() -> None:
    """CHAN_START is Newchannel, the start of Queue() is QueueCallerJoin; other applications are nothing."""
    start = {"exten": "86865598", "context": "from-trunk", "cidnum": "138", "cidname": "<unknown>"}
    events = told(
        row("CHAN_START", **start),
        row("APP_START", 1, appname="AGI", appdata="agi://x"),
        row("APP_START", 2, appname="Queue", appdata="hotline,rc", cidnum="138"),
    )

    assert [
        ami.ChannelCreated(AT, CALLER, CALLER, "PJSIP/trunk-1", "from-trunk", "86865598", "138", ""),
        ami.CallerJoined(at(2), CALLER, CALLER, "hotline", "138", ""),
    ] == events


NOTES = queue_notes(
    [
        f"{int(START)}|yq-1.0|hotline|8001|CONNECT|3|yq-1.1|2\r\n",
        f"{int(START)}|yq-1.0|hotline|8002|RINGNOANSWER|4000",
        f"{int(START)}|yq-1.0|hotline|NONE|ENTERQUEUE||138|1",
        f"{int(START)}|yq-3.0|hotline|NONE|ABANDON|1|1|3",
        "torn",
        "",
        "||||||",
    ]
)


def test_queue_log_is_read() -> None:
    """Who answered, who missed, who waited and who gave up; lines that make no sense are passed over."""
    assert (
        QueueNotes(
            {"yq-1.1": "8001"},
            [Note("yq-1.0", "8002", int(START))],
            [Note("yq-1.0", "", int(START))],
            {"yq-3.0"},
        )
        == NOTES
    )


CALLED = ami.OperatorCalled(AT, CALLER, LEG, "8001", "PJSIP/seat-11")


@pytest.mark.parametrize(
    ("notes", "members"),
    [
        ("0|yq-1.0|hotline|8001|CONNECT|3|yq-1.1|2", {}),
        ("0|yq-1.0|hotline|8001|CONNECT|3|yq-1.1|2", {"PJSIP/seat-11": "9999"}),
        ("", {"PJSIP/seat-11": "8001"}),
        (f"{int(START)}|yq-1.0|hotline|8001|RINGNOANSWER|4000", {}),
    ],
    ids=["who connected", "who connected outweighs who sits there now", "who sits there", "who missed it"],
)
def test_an_operator_is_named_by_whatever_names_him(notes: str, members: dict[str, str]) -> None:
    """queue_log names who answered and who missed; else it is who is in the queue with that interface."""
    events = told(leg("CHAN_START"), leg("CHAN_END", 1), notes=queue_notes([notes]), members=members)

    assert CALLED == events[1]


def test_a_leg_that_nobody_can_name_is_not_told_of_as_an_offer() -> None:
    """Without a name there is nobody to whom the call was offered; the channel itself is told of."""
    assert [ami.ChannelCreated, ami.HungUp] == [type(event) for event in told(leg("CHAN_START"), leg("CHAN_END", 1))]


def test_two_phones_that_rang_out_at_once_are_two_operators() -> None:
    """Ring-all: each note is taken by one leg; one whose operator is known takes his own."""
    notes = queue_notes([f"{int(START)}|yq-1.0|hotline|{name}|RINGNOANSWER|4000" for name in ("8002", "8001")])
    rows = [leg(kind, 0, f"yq-1.{n}", seat) for kind in ("CHAN_START", "HANGUP", "CHAN_END") for n, seat in
            ((1, "11"), (2, "12"))]  # fmt: skip
    events = told(*rows, notes=notes, members={"PJSIP/seat-12": "8002"})

    called = {event.leg: event.operator for event in events if isinstance(event, ami.OperatorCalled)}
    assert {"yq-1.1": "8001", "yq-1.2": "8002"} == called
    assert 2 == sum(event == ami.DialEnded(AT, event.leg, "NOANSWER") for event in events if hasattr(event, "status"))


def test_a_note_serves_one_leg_near_it_in_time() -> None:
    """A phone that rang out and was rung again has missed one call, unless queue_log says two."""
    notes = queue_notes([f"{int(START)}|yq-1.0|hotline|8001|RINGNOANSWER|4000"])
    rows = [
        leg(kind, second, f"yq-1.{n}")
        for n, second in ((1, 0.9), (2, 20))
        for kind in ("CHAN_START", "HANGUP", "CHAN_END")
    ]
    events = told(*rows, notes=notes, members={"PJSIP/seat-11": "8001"})

    assert ["yq-1.1"] == [event.leg for event in events if isinstance(event, ami.DialEnded)]


def test_a_leg_that_was_answered_was_not_missed() -> None:
    """Who talked, was passed on and missed the next offer a second later has missed the second leg, not the first."""
    notes = queue_notes([f"{int(START)}|yq-1.0|hotline|8001|RINGNOANSWER|1000"])
    rows = [
        leg(kind, second, f"yq-1.{n}")
        for n, second in ((1, 0), (2, 1))
        for kind in ("CHAN_START", "HANGUP", "CHAN_END")
    ]
    events = told(leg("ANSWER", 0), *rows, notes=notes, members={"PJSIP/seat-11": "8001"})

    assert ["yq-1.2"] == [event.leg for event in events if isinstance(event, ami.DialEnded)]


def test_an_answer_is_told_of_whom_the_queue_connected() -> None:
    """Several may pick up at once; queue_log names the leg that got the caller."""
    events = told(leg("ANSWER", 2), leg("ANSWER", 2, "yq-1.2", "12"), row("ANSWER", 2.1), notes=NOTES)

    assert [ami.OperatorConnected(at(2), CALLER, LEG, "8001", "PJSIP/seat-11", timedelta())] == events


def test_bridges_are_told_of() -> None:
    """BRIDGE_ENTER and BRIDGE_EXIT are BridgeEnter and BridgeLeave."""
    extra = '{"bridge_id":"b","bridge_technology":"simple_bridge"}'
    events = told(leg("BRIDGE_ENTER", extra=extra), leg("BRIDGE_EXIT", 1, extra=extra))

    assert [
        ami.BridgeEntered(AT, "b", LEG, "PJSIP/seat-11-00000001", CALLER),
        ami.BridgeLeft(at(1), "b", LEG),
    ] == events


@pytest.mark.parametrize(
    ("uniqueid", "source", "asked"),
    [
        (CALLER, "PJSIP/trunk-1", [False]),
        (CALLER, "PJSIP/seat-11-00000001", []),
        (CALLER, "", [True]),
        (LEG, "PJSIP/trunk-1", []),
        (LEG, "", []),
    ],
)
def test_who_asked_for_a_hang_up_is_its_source(uniqueid: str, source: str, asked: list[bool]) -> None:
    """A channel that is the source of its own end asked for it; a caller's end without a source is the PBX's doing."""
    extra = f'{{"hangupcause":16,"hangupsource":"{source}","dialstatus":""}}'
    of = row if uniqueid == CALLER else leg
    events = told(of("HANGUP", 3, uniqueid, extra=extra), of("CHAN_END", 3, uniqueid))

    assert asked == [event.soft for event in events if isinstance(event, ami.HangupRequested)]
    assert ami.HungUp(at(3), uniqueid, "") == events[-1]


def test_giving_up_is_told_as_queue_log_has_it() -> None:
    """CEL has no word for a caller who gave up."""
    events = told(row("HANGUP", 3, "yq-3.0", linkedid="yq-3.0"), notes=NOTES)

    assert ami.CallerAbandoned(at(3), "yq-3.0") in events


def test_transfers_are_told_of() -> None:
    """Blind to an extension; attended by way of a second channel of whoever transfers."""
    events = told(
        leg("BLINDTRANSFER", extra='{"extension":"88","context":"x","transferee_channel_uniqueid":"yq-1.0"}'),
        leg("ATTENDEDTRANSFER", 1, extra='{"channel2_uniqueid":"yq-1.7","transferee_channel_uniqueid":"yq-1.0"}'),
    )

    assert [
        ami.CallTransferred(AT, "blind", LEG, CALLER, "88"),
        ami.CallTransferred(at(1), "attended", LEG, CALLER, "yq-1.7"),
    ] == events


def test_a_caller_who_goes_from_queue_to_queue_waits_again() -> None:
    """From one Queue() straight into the next CEL has no row: queue_log's second ENTERQUEUE tells it."""
    entered = f"{int(START)}|yq-1.0|hotline|NONE|ENTERQUEUE||138|1"
    again = f"{int(START) + 60}|yq-1.0|hotline|NONE|ENTERQUEUE||138|1"
    queue = {"appname": "Queue", "appdata": "hotline,rc"}
    events = told(
        row("APP_START", 0, **queue),
        row("BRIDGE_EXIT", 30, **queue),
        row("BRIDGE_EXIT", 60.5, **queue),
        notes=queue_notes([entered, again]),
    )

    assert [at(0), at(60.5)] == [event.at for event in events if isinstance(event, ami.CallerJoined)]


def test_the_halves_of_a_local_channel_are_found_by_name() -> None:
    """CEL does not say that ;1 and ;2 belong together; that they are taken out of the way it does."""
    name = "Local/88@x-00000001;"
    events = told(
        row("CHAN_START", 0, "yq-1.5", name + "1"),
        row("CHAN_START", 0, "yq-1.6", name + "2"),
        row("LOCAL_OPTIMIZE_BEGIN", 1, "yq-1.5", name + "1", extra='{"local_two_uniqueid":"yq-1.6"}'),
    )

    assert ami.LocalBridged(AT, "yq-1.5", "yq-1.6") in events
    assert ami.LocalOptimized(at(1), "yq-1.5", "yq-1.6") == events[-1]


def test_what_the_dialplan_wrote_down_is_told_as_it_was() -> None:
    """Of a rating and of the menu; the same kind of row from elsewhere in the dialplan is not ours."""
    rows = [
        row("IVR", 3, context="ivr-told", extra='{"extra":"1/menu/complaint"}'),
        row("RATING", 60, context="rating-told", extra='{"extra":"5"}'),
        row("IVR", 61, context="elsewhere", extra='{"extra":"1/menu/danger"}'),
    ]
    ours = [(3, "IVR", "1/menu/complaint"), (60, "Rating", "5")]
    assert [ami.DialplanTold(at(seconds), CALLER, about, word) for seconds, about, word in ours] == told(*rows)
