"""What `fourring doctor` finds in the PBX's configuration files and records, and in what it found altogether."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.pbx import doctor_files, doctor_records, needs
from gateway.pbx.conf_files import UnreadableError, read_conf
from gateway.pbx.doctor import healthy
from gateway.pbx.doctor_filter import event_filter, manager_conf
from gateway.pbx.doctor_findings import Finding, Outcome, fail, ok, shortened, unknown, warn
from gateway.pbx.render import render
from gateway.secrets import Secrets

SETTINGS = Settings()
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GOOD, BAD, DOUBT, SOME = Outcome.OK, Outcome.FAIL, Outcome.UNKNOWN, Outcome.WARN


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a configuration file."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_files_we_render_pass_every_check(tmp_path: Path) -> None:
    """Our own templates and the doctor agree."""
    seats = {seat.id: "secret" for seat in SETTINGS.seats}
    render(SETTINGS, Secrets(ami="secret", session_key="k" * 32, seats=seats), tmp_path / "etc")
    findings = list(doctor_files.of_files(tmp_path / "etc", SETTINGS, frozenset(), None))
    assert [GOOD] * len(doctor_files.FILE_CHECKS) == [finding.outcome for finding in findings]


def test_the_section_for_an_existing_pbx_passes(written: Callable[[str, str], Path]) -> None:
    """What `--show-manager-conf` prints is what the checks of manager.conf ask for."""
    conf = read_conf(written("manager.conf", manager_conf(SETTINGS)))
    assert event_filter(conf, SETTINGS).outcome is GOOD
    assert doctor_files.event_classes(conf, SETTINGS).outcome is GOOD
    assert conf.value("fourring", "write") == ",".join(needs.AMI_WRITE)


ALL_EVENTS = "\n".join(f"eventfilter(action(include),name({name})) =" for name in needs.AMI_EVENTS)


@pytest.mark.parametrize(
    ("text", "outcome", "said"),
    [
        (f"[fourring]\n{ALL_EVENTS}", GOOD, ""),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter(name(VarSet),action(include)) =", SOME, "VarSet pass as well"),
        (f"[fourring]\n{ALL_EVENTS.replace('name(Hangup)', 'name(HangUp)')}", BAD, "Hangup do not pass"),
        (f"[other]\n{ALL_EVENTS}\n[fourring]\nsecret = x", BAD, "sends every event"),
        (f"[other]\n{ALL_EVENTS}", BAD, "has no section [fourring]"),
        ("[fourring]\neventfilter = !Event: VarSet", BAD, "sends every event"),
        ("[fourring]\neventfilter(action(exclude),name(VarSet)) =", BAD, "sends every event"),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter(action(exclude),name(VarSet)) =", GOOD, ""),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter(action(exclude),name(Hangup)) =", BAD, "Hangup are kept back"),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter = !Event: (Hold|Unhold)", BAD, "Hold, Unhold are kept back"),
        (
            f"[fourring]\n{ALL_EVENTS}\neventfilter(action(exclude),header(Queue),method(exact)) = hotline",
            BAD,
            "are kept back",
        ),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter(action(exclude),method(regex)) = .*", BAD, "are kept back"),
        (f"[fourring]\n{ALL_EVENTS}\neventfilter = !Queue: hotline", BAD, "are kept back"),
        (
            f"[fourring]\n{ALL_EVENTS}".replace("name(Hangup)", "name(Hangup),method(regex)"),
            BAD,
            "Hangup do not pass",
        ),
        (f"[fourring]\neventfilter = Event: ({'|'.join(needs.AMI_EVENTS)})", GOOD, ""),
        ("[fourring]\neventfilter = Event: Hangup\neventfilter = Event: (", BAD, "AgentCalled"),
    ],
)
def test_the_event_filter_lets_through_what_is_read(
    text: str, outcome: Outcome, said: str, written: Callable[[str, str], Path]
) -> None:
    """Every event that is read passes, by either kind of filter; others are noticed."""
    found = event_filter(read_conf(written("manager.conf", text)), SETTINGS)
    assert outcome is found.outcome
    assert said in found.text


@pytest.mark.parametrize(
    ("look", "text", "outcome"),
    [
        (doctor_files.event_classes, "[fourring]\nread = call, agent,system,user,dtmf", GOOD),
        (doctor_files.event_classes, "[fourring]\nread = all", GOOD),
        (doctor_files.event_classes, "[fourring]\nread = call,system", BAD),
        (doctor_files.event_classes, "[fourring]\nwrite = agent", BAD),
        (doctor_files.event_times, "[general]\ntimestampevents = yes", GOOD),
        (doctor_files.event_times, "[general]\nTimestampEvents => On", GOOD),
        (doctor_files.event_times, "[general]\ntimestampevents = yes\ntimestampevents = no", BAD),
        (doctor_files.event_times, "[general]\n;timestampevents = yes", BAD),
        (doctor_files.autofill, "[general]\nautofill = yes\n[hotline]\nstrategy = ringall", GOOD),
        (doctor_files.autofill, "[general]\n[hotline]\nautofill = yes", GOOD),
        (doctor_files.autofill, "[general]\nautofill = yes\n[hotline]\nautofill = no", BAD),
        (doctor_files.autofill, "[general]\n[hotline]\nstrategy = ringall", BAD),
        (doctor_files.autofill, "[all](!)\nautofill = yes\n[hotline](all)", GOOD),
        (doctor_files.ringinuse, "[hotline]\nringinuse = no", GOOD),
        (doctor_files.ringinuse, "[hotline]\nringinuse = yes", BAD),
        (doctor_files.ringinuse, "[hotline]", BAD),
        (doctor_files.persistentmembers, "[general]\npersistentmembers = yes", GOOD),
        (doctor_files.persistentmembers, "[general]", BAD),
        (doctor_files.member_names, "[general]\nlog_membername_as_agent = yes", GOOD),
        (doctor_files.member_names, "[general]", BAD),
        (doctor_files.cel_enabled, "[general]\nenable = yes", GOOD),
        (doctor_files.cel_enabled, "[general]\nenable = no", BAD),
        (doctor_files.tones, "[general]\ncountry = cn\n[cn]\nring = 450/1000,0/4000", GOOD),
        (doctor_files.tones, "[general]\ncountry = cn\n[cn]\nring = 450/1000,0/2000", BAD),
        (doctor_files.tones, "[general]\ncountry = us\n[us]\nring = 440+480/2000,0/4000", BAD),
        (doctor_files.tones, "", BAD),
        (doctor_files.seats_by_file, "[seat-01]\ntype = endpoint", BAD),
        (
            doctor_files.seats_by_file,
            "[phone](!)\ntype = endpoint\n"
            + "\n".join(f"[{seat.endpoint}](phone)\n[{seat.endpoint}]\ntype = aor" for seat in SETTINGS.seats),
            GOOD,
        ),
    ],
)
def test_each_setting_in_a_file(
    look: Callable[..., Finding], text: str, outcome: Outcome, written: Callable[[str, str], Path]
) -> None:
    """Each check finds the setting as Asterisk would, and says which file to change where it is wrong."""
    found = look(read_conf(written("some.conf", text)), SETTINGS)
    assert outcome is found.outcome
    assert outcome is GOOD or ".conf" in found.text


def test_without_the_files_nothing_is_claimed() -> None:
    """Where nobody said where the files are, every check says what to make sure of."""
    findings = list(doctor_files.of_files(None, SETTINGS, frozenset({"seats"}), NOON))
    assert {DOUBT} == {finding.outcome for finding in findings}
    assert len(doctor_files.FILE_CHECKS) - 1 == len(findings)
    assert all("make sure " in finding.text for finding in findings)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """A folder without the files leaves every check unknown, with the file's name."""
    findings = list(doctor_files.of_files(tmp_path, SETTINGS, frozenset(), None))
    assert {DOUBT} == {finding.outcome for finding in findings}
    assert f"{tmp_path / 'manager.conf'}: No such file" in findings[0].text


@pytest.mark.parametrize(("seconds", "outcome"), [(-60, GOOD), (0, GOOD), (1, GOOD), (5, SOME)])
def test_a_file_changed_since_asterisk_read_it_is_noticed(seconds: float, outcome: Outcome) -> None:
    """What was written after the last reload does not hold yet."""
    changed = {"queues.conf": NOON + timedelta(seconds=seconds)}
    assert outcome is doctor_files.in_force(changed, NOON).outcome


def test_includes_and_comments_are_read_as_asterisk_does(written: Callable[[str, str], Path]) -> None:
    """Included files count, comments of both kinds do not, an escaped semicolon is one."""
    written("more.conf", "[b]\nx = 2\n")
    written("parts/one.conf", "[c]\ny = 3\n")
    path = written(
        "main.conf",
        '[a]\nx = 1 ; not this\n;--\nx = 9\n--;\nz = p\\;q\n#include "more.conf"\n'
        "#include parts/*.conf\n#tryinclude none.conf\n[a](+)\nw => 4\nno value here\n",
    )
    conf = read_conf(path)
    assert conf.sections == {"a": [("x", "1"), ("z", "p;q"), ("w", "4")], "b": [("x", "2")], "c": [("y", "3")]}


@pytest.mark.parametrize("line", ["#exec /bin/date", "#include none.conf", "#include main.conf"])
def test_a_file_that_cannot_be_followed_is_no_file(line: str, written: Callable[[str, str], Path]) -> None:
    """What is not read in full could say anything, so nothing is concluded from it."""
    with pytest.raises(UnreadableError, match=r"main\.conf"):
        read_conf(written("main.conf", line + "\n"))


GUARDED = """
[trunk]
type = endpoint
context = from-trunk
trust_connected_line = no
[odd-1]
type = identify
match_header = From: /%0/
[odd-2]
type = identify
match_header = P-Asserted-Identity: /%0/
[odd-3]
type = identify
match_header = Remote-Party-ID: /%0/
"""


@pytest.mark.parametrize(
    ("text", "outcome", "said"),
    [
        (GUARDED, GOOD, ""),
        (GUARDED.replace("trust_connected_line = no", ""), BAD, "trust_connected_line = no in [trunk]"),
        (GUARDED.replace("trust_connected_line = no", "trust_connected_line = yes"), BAD, "in [trunk]"),
        (GUARDED.replace("Remote-Party-ID", "X-Other"), BAD, "[trunk-unreadable]"),
        (GUARDED.replace("from-trunk", "elsewhere"), BAD, "[trunk-unreadable]"),
    ],
)
def test_line_breaks_must_be_kept_out_of_numbers(
    text: str, outcome: Outcome, said: str, written: Callable[[str, str], Path]
) -> None:
    """A trunk that believes what is asserted in mid-call, or whose numbers are not looked at, fails (I10)."""
    found = doctor_files.line_breaks(read_conf(written("pjsip.conf", text)), SETTINGS)
    assert outcome is found.outcome
    assert said in found.text


def _queue_log(folder: Path, *lines: str) -> None:
    (folder / "queue_log").write_text("".join(f"{line}\n" for line in lines), "utf-8")


@pytest.mark.parametrize(
    ("lines", "started", "probed", "outcome"),
    [
        ([f"{int(NOON.timestamp())}|NONE|NONE|NONE|QUEUESTART|"], 0, None, GOOD),
        ([f"{int(NOON.timestamp())}|NONE|NONE|NONE|QUEUESTART|"], None, None, GOOD),
        ([f"{int(NOON.timestamp())}|NONE|NONE|NONE|QUEUESTART|"], 3600, None, BAD),
        ([f"{int(NOON.timestamp())}|NONE|NONE|NONE|QUEUESTART|"], -99, 3, BAD),
        ([f"{int(NOON.timestamp())}|NONE|NONE|NONE|QUEUESTART|"], -99, 1, GOOD),
        ([f"{int(NOON.timestamp())}|a", "broken", ""], 0, None, GOOD),
        ([], 0, None, DOUBT),
        ([], 0, 0, BAD),
    ],
)
def test_queue_log_must_be_the_one_that_is_written(
    lines: list[str], started: int | None, probed: int | None, outcome: Outcome, tmp_path: Path
) -> None:
    """It has the PBX's start in it, and what the probe did; seconds are relative to its last line."""
    _queue_log(tmp_path, *lines)
    started_at, probed_at = (None if each is None else NOON + timedelta(seconds=each) for each in (started, probed))
    assert outcome is doctor_records.queue_log(tmp_path, started_at, probed_at).outcome


@pytest.mark.parametrize(
    ("written_after", "calls", "outcome"),
    [(10, 5, GOOD), (-3600, 0, GOOD), (-3600, 5, BAD), (None, 0, DOUBT), (None, 5, BAD)],
)
def test_cel_must_be_written_where_there_were_calls(
    written_after: int | None, calls: int, outcome: Outcome, tmp_path: Path
) -> None:
    """A file that is older than the PBX's start, or missing, fails once there were calls."""
    if written_after is not None:
        path = tmp_path / doctor_records.CEL
        path.parent.mkdir()
        path.touch()
        os.utime(path, (NOON.timestamp() + written_after,) * 2)
    assert outcome is doctor_records.cel(tmp_path, NOON, calls).outcome


def test_records_that_are_not_there_fail_with_what_to_change(tmp_path: Path) -> None:
    """A missing folder names the file, the setting of the PBX and our own."""
    nowhere = tmp_path / "nowhere"
    for found in (doctor_records.queue_log(nowhere, None, None), doctor_records.cel(nowhere, None, 0)):
        assert found.outcome is BAD
        assert str(nowhere) in found.text
        assert "[pbx] log_dir in fourring.toml" in found.text


def test_records_that_are_no_files_fail(tmp_path: Path) -> None:
    """A folder in a file's place is reported, not raised."""
    (tmp_path / "queue_log").mkdir()
    (tmp_path / doctor_records.CEL).mkdir(parents=True)
    assert doctor_records.queue_log(tmp_path, None, None).outcome is BAD
    assert doctor_records.cel(tmp_path, None, 0).outcome is BAD


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [([], True), ([ok("a", ""), warn("b", ""), unknown("c", "")], True), ([ok("a", ""), fail("b", "")], False)],
)
def test_only_a_fail_fails(findings: list[Finding], verdict: bool) -> None:  # noqa: FBT001 - a table
    """Warnings and what is not known do not fail an examination."""
    assert verdict is healthy(findings)


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (list("abcd"), "a, b, c, d"), (list("abcdef"), "a, b, c, d and 2 more")]
)
def test_long_lists_are_shortened(names: list[str], text: str) -> None:
    """A line stays a line."""
    assert text == shortened(names)


def test_what_is_recorded_must_be_found_and_taken_away(tmp_path: Path) -> None:
    """A folder that is not there names the setting."""
    assert doctor_records.recordings(tmp_path).outcome is GOOD
    found = doctor_records.recordings(tmp_path / "nowhere")
    assert found.outcome is BAD
    assert "[pbx] monitor_dir" in found.text
