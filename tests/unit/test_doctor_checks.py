"""The doctor's checks, each on what a PBX might answer or have in its files."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.ami.wire import Frame
from gateway.config import Settings
from gateway.pbx import doctor_answers
from gateway.pbx.doctor_findings import Outcome

SETTINGS = Settings()
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GOOD, BAD, DOUBT, SOME = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN, Outcome.WARN


def frame(**headers: str) -> Frame:
    """Return a frame with these headers."""
    return Frame(tuple(headers.items()))


def commands(*more: str, without: str = "") -> Frame:
    """Return an answer to ListCommands: all that is needed, less one, and more."""
    names = [*doctor_answers.NEEDED_ACTIONS, "Ping", "Login", "DBGet"]
    lines = {name: "Does it.  (Priv: agent,reporting,all)" for name in names if name != without}
    return Frame((("Response", "Success"), *lines.items(), *(line.split(": ", 1) for line in more)))  # type: ignore[arg-type] # two parts each


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", GOOD),
        ("20.9.2", GOOD),
        ("20.9.1", BAD),
        ("20.0.0", BAD),
        ("21.4.1", BAD),
        ("21.4.2~rc1", GOOD),
        ("certified/20.7-cert1", BAD),
        ("23.0", GOOD),
        ("certified/20.7-cert2", GOOD),
        ("certified-18.9-cert8", BAD),
        ("18.24.1", BAD),
        ("1.8.32", BAD),
        ("GIT-master-abc", DOUBT),
        ("", DOUBT),
    ],
)
def test_an_asterisk_that_is_too_old_fails(version: str, outcome: Outcome) -> None:
    """Asterisk 20 and newer will do; a version that cannot be read is not known."""
    assert outcome is doctor_answers.version(frame(AsteriskVersion=version)).outcome


@pytest.mark.parametrize(("name", "outcome"), [("yq", GOOD), ("", BAD), ("other", BAD)])
def test_the_pbx_must_call_itself_what_we_call_it(name: str, outcome: Outcome) -> None:
    """The system's name is part of every call's identity."""
    found = doctor_answers.system_name(frame(SystemName=name), SETTINGS)
    assert outcome is found.outcome
    assert outcome is GOOD or "asterisk.conf, [options]: write systemname = yq" in found.text


@pytest.mark.parametrize("action", doctor_answers.NEEDED_ACTIONS)
def test_each_needed_action_is_missed(action: str) -> None:
    """A user who may not do one of the gateway's actions fails, with the line to write."""
    assert doctor_answers.needed_rights(commands(), "fourring").outcome is GOOD
    found = doctor_answers.needed_rights(commands(without=action), "fourring")
    assert found.outcome is BAD
    assert f"may not do {action}: in manager.conf, [fourring]: write = agent,call,originate,reporting" in found.text


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("Command: Execute Asterisk CLI Command.  (Priv: command,all)", BAD),
        ("Originate: Originate a call.  (Priv: originate,all)", GOOD),
        ("UpdateConfig: Update basic configuration.  (Priv: config,all)", BAD),
        ("GetConfig: Retrieve configuration.  (Priv: system,config,all)", BAD),
        ("ModuleLoad: Module management.  (Priv: system,all)", BAD),
        ("Redirect: Redirect (transfer) a call.  (Priv: call,all)", GOOD),
        ("DBPut: Put DB entry.  (Priv: system,all)", BAD),
        ("Getvar: Gets a channel variable.  (Priv: call,reporting,all)", GOOD),
        ("QueueReset: Reset queue statistics.  (Priv: <none>)", GOOD),
        ("Message: hello", GOOD),
    ],
)
def test_rights_beyond_the_needed_ones_fail(line: str, outcome: Outcome) -> None:
    """An action that only rights beyond ours allow is one too many; what everybody may do is not."""
    found = doctor_answers.further_rights(commands(line), "fourring")
    assert outcome is found.outcome
    assert outcome is GOOD or f"may also do {line.partition(':')[0]}" in found.text


def test_the_most_dangerous_rights_are_named_first() -> None:
    """Where a user may do too much, what does most harm stands first."""
    harmless = [f"A{number}: x (Priv: dialplan,all)" for number in range(9)]
    found = doctor_answers.further_rights(commands(*harmless, "Command: x (Priv: command,all)"), "fourring")
    assert "may also do Command, A0, A1, A2 and 6 more: in manager.conf" in found.text


@pytest.mark.parametrize(("value", "outcome"), [("", GOOD), ("yes", SOME)])
def test_getvar_that_reads_manager_conf_is_a_warning(value: str, outcome: Outcome) -> None:
    """Whoever may ask for variables could read the passwords where func_config is loaded."""
    assert outcome is doctor_answers.file_reach(value).outcome


@pytest.mark.parametrize(
    ("queues", "outcome"), [(["hotline"], GOOD), (["other", "hotline"], GOOD), (["other"], BAD), ([], BAD)]
)
def test_the_queue_must_exist(queues: list[str], outcome: Outcome) -> None:
    """The queue of the settings is among those the PBX tells of."""
    frames = [frame(Event="QueueParams", Queue=name) for name in queues]
    assert outcome is doctor_answers.queue_exists(frames, SETTINGS).outcome


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(0, GOOD), (0.5, GOOD), (-0.5, GOOD), (0.6, SOME), (-0.6, SOME), (2.0, SOME), (2.1, BAD), (-7200, BAD)],
)
def test_clocks_that_differ_are_noticed(seconds: float, outcome: Outcome) -> None:
    """Half a second apart is a warning, two seconds are too much, in either direction."""
    found = doctor_answers.clock(timedelta(seconds=seconds))
    assert outcome is found.outcome
    assert ("ahead" if seconds > 0 else "behind") in found.text


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([("Queue", "hotline,rc")], GOOD),
        ([("Queue", "hotline,crt,,,30")], GOOD),
        ([("Queue", "hotline")], SOME),
        ([("Queue", "hotline,r")], SOME),
        ([("Queue", "hotline2,c")], BAD),
        ([("Dial", "hotline,c")], BAD),
        ([], BAD),
    ],
)
def test_the_dialplan_must_lead_to_the_queue(rows: list[tuple[str, str]], outcome: Outcome) -> None:
    """An extension leads to our queue, and a caller is not cut off when the operator hangs up first."""
    frames = [frame(Context="hotline", Extension="s", Application=name, AppData=data) for name, data in rows]
    assert outcome is doctor_answers.way_to_queue(frames, SETTINGS).outcome


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (("speak", "Playback"), GOOD),
        (("speak", "Answer"), BAD),
        (("hotline", "Playback"), BAD),
    ],
)
def test_the_dialplan_must_play_what_is_ordered(row: tuple[str, str], outcome: Outcome) -> None:
    """Without the extension that plays the prompts no caller hears an apology."""
    context, name = row
    frames = [frame(Context=context, Extension="s", Application=name, AppData="/prompts/${PROMPT}")]
    assert outcome is doctor_answers.way_to_speak(frames).outcome


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (("rating-told", "UserEvent"), GOOD),
        (("rating-told", "Return"), BAD),
        (("hotline", "UserEvent"), BAD),
    ],
)
def test_the_dialplan_must_tell_what_a_caller_rates(row: tuple[str, str], outcome: Outcome) -> None:
    """Without the rating's contexts who is passed to it would be cut off."""
    context, name = row
    frames = [frame(Context=context, Extension="s", Application=name, AppData="Rating,Word: ${ARG1}")]
    assert outcome is doctor_answers.way_to_rate(frames).outcome


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([("hotline", "Set", "PROMPTS=/p/cmn"), ("ivr-told", "UserEvent", "IVR,Word: ${ARG1}")], GOOD),
        ([("hotline", "Set", "AGIEXITONHANGUP=yes"), ("ivr-told", "UserEvent", "IVR,Word: ${ARG1}")], BAD),
        ([("hotline", "Set", "PROMPTS=/p/cmn"), ("ivr-told", "Return", "")], BAD),
    ],
)
def test_the_dialplan_must_know_the_prompts_and_tell_what_is_chosen(
    rows: list[tuple[str, str, str]], outcome: Outcome
) -> None:
    """Without them the menu is silent, or leads nowhere that anybody sees."""
    frames = [frame(Context=context, Extension="s", Application=name, AppData=data) for context, name, data in rows]
    assert outcome is doctor_answers.way_of_the_menu(frames).outcome


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (("record", "ExecIf", '$["${NOT_RECORDED}" = ""]?TryExec(MixMonitor(${CALLER}.wav,ab))'), GOOD),
        (("record", "MixMonitor(", "a.wav"), BAD),
        (("record", "Return", ""), BAD),
        (("hotline", "ExecIf", "1?MixMonitor(a.wav)"), BAD),
    ],
)
def test_the_dialplan_must_record(row: tuple[str, str, str], outcome: Outcome) -> None:
    """Where recording is wanted, the PBX does it by itself."""
    context, name, data = row
    frames = [frame(Context=context, Extension="s", Application=name, AppData=data)]
    assert outcome is doctor_answers.way_to_record(frames).outcome


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (("leaders", "Queue", "hotline-leaders,r"), GOOD),
        (("leaders", "Queue", "hotline,r"), BAD),
        (("hotline", "Queue", "hotline-leaders,r"), BAD),
        (("leaders", "Dial", "hotline-leaders"), BAD),
    ],
)
def test_the_dialplan_must_ring_the_shift_leader(row: tuple[str, str, str], outcome: Outcome) -> None:
    """Without the extension that leads to the leaders' queue none of them is rung for who has waited for long."""
    context, name, data = row
    frames = [frame(Context=context, Extension="_for.", Application=name, AppData=data)]
    assert outcome is doctor_answers.way_to_leaders(frames, SETTINGS).outcome


def test_the_dialplan_must_lead_to_every_seat() -> None:
    """A seat to which nobody can be passed on, or that cannot be asked meanwhile, is named."""
    for context, way in (("transfer", doctor_answers.way_to_pass_on), ("holding", doctor_answers.way_to_hold)):
        rows = [frame(Context=context, Extension=seat.endpoint, Application="Dial") for seat in SETTINGS.seats]
        assert GOOD is way(rows, SETTINGS).outcome
        found = way(rows[1:], SETTINGS)
        assert (BAD, True) == (found.outcome, SETTINGS.seats[0].endpoint in found.text)


@pytest.mark.parametrize(
    ("asked", "ami_host", "outcome"),
    [
        ("agi://127.0.0.1:4573/hotline", "127.0.0.1", GOOD),
        ("agi://127.0.0.1/hotline", "127.0.0.1", GOOD),
        ("agi://[::1]:4573/hotline,x", "localhost", GOOD),
        ("hagi://gateway.lan:4573/hotline", "192.0.2.7", GOOD),
        ("agi://10.9.9.9:4573/hotline", "127.0.0.1", SOME),
        ("agi://127.0.0.1:4573/hotline", "192.0.2.7", BAD),
        ("agi://127.0.0.1:4574/hotline", "127.0.0.1", BAD),
        ("agi:async", "127.0.0.1", BAD),
        ("script.sh", "127.0.0.1", BAD),
    ],
)
def test_the_dialplan_must_ask_where_the_ivr_listens(asked: str, ami_host: str, outcome: Outcome) -> None:
    """The address in the dialplan is the gateway's, and not the PBX's own loopback where they are two machines."""
    settings = SETTINGS.model_copy(update={"ami": SETTINGS.ami.model_copy(update={"host": ami_host})})
    found = doctor_answers.way_to_ivr([frame(Application="AGI", AppData=asked)], settings)
    assert outcome is found.outcome


@pytest.mark.parametrize(
    ("unasked", "outcome"),
    [
        ([], None),
        ([frame(Event="FullyBooted")], None),
        ([frame(Event="FullyBooted"), frame(Event="Hangup", Timestamp="1.5")], GOOD),
        ([frame(Event="Hangup", Timestamp="1.5"), frame(Event="Hangup")], BAD),
    ],
)
def test_events_must_carry_the_pbx_s_own_time(unasked: list[Frame], outcome: Outcome | None) -> None:
    """An event without a timestamp fails; where none came, nothing is known."""
    found = doctor_answers.timestamps(unasked)
    assert outcome is (found and found.outcome)


@pytest.mark.parametrize(
    ("names", "said"),
    [([], None), (["Hangup", "FullyBooted"], None), (["VarSet", "Hangup", "RTCPSent"], "sends RTCPSent, VarSet,")],
)
def test_events_that_nobody_reads_fail(names: list[str], said: str | None) -> None:
    """What comes although nobody reads it shows that there is no event filter."""
    found = doctor_answers.unread_events([frame(Event=name) for name in names])
    assert (found is None) if said is None else (found is not None and said in found.text)


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ({"seat-01": "", "seat-02": ""}, None),
        ({"seat-01": "UNAVAILABLE", "seat-02": "NOT_INUSE"}, GOOD),
        ({"seat-01": "UNAVAILABLE", "seat-02": "INVALID"}, BAD),
    ],
)
def test_seats_that_the_pbx_does_not_know_fail(states: dict[str, str], outcome: Outcome | None) -> None:
    """An endpoint that is not registered is all right, one that is unknown is not."""
    found = doctor_answers.seats_by_device(states)
    assert outcome is (found and found.outcome)


@pytest.mark.parametrize(("arrived", "outcome"), [(True, GOOD), (False, BAD)])
def test_a_probe_whose_event_does_not_arrive_fails(arrived: bool, outcome: Outcome) -> None:  # noqa: FBT001 - a table
    """What the probe causes has to reach us."""
    assert outcome is doctor_answers.probe_arrived(arrived=arrived).outcome
