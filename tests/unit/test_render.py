"""The PBX's configuration files: what goes into them, and what cannot get into them."""

import configparser
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Settings
from gateway.pbx import needs
from gateway.pbx.render import MODE, RenderError, render
from gateway.secrets import Secrets

SEATS = ("01", "02", "03", "11", "12")
SECRETS = Secrets(ami="ami-pass", session_key="0" * 64, seats={seat: f"pass-{seat}" for seat in SEATS})


def rendered(folder: Path, secrets: Secrets = SECRETS, **sections: Any) -> dict[str, str]:
    """Return the files by name, as written for these settings."""
    etc = folder / "etc"
    render(Settings(**sections), secrets, etc)
    return {path.name: path.read_text("utf-8") for path in etc.iterdir()}


def lines(text: str) -> list[str]:
    """Return the lines that Asterisk reads: no comments, no blanks."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith(";")]


def section(text: str, name: str) -> list[str]:
    """Return the lines of one section."""
    body = re.split(r"^\[", text, flags=re.MULTILINE)
    return lines(next(part for part in body if part.startswith(f"{name}]")).partition("\n")[2])


def test_every_file_is_written_for_its_owner_and_group_only(tmp_path: Path) -> None:
    """Files that hold passwords are readable by nobody but owner and group."""
    names = set(rendered(tmp_path))

    assert {"asterisk.conf", "extensions.conf", "manager.conf", "pjsip.conf", "queues.conf", "cel.conf"} <= names
    assert {MODE} == {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "etc").iterdir()}


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    """A second rendering of the same settings touches no file; a changed setting touches only its own."""
    first = render(Settings(), SECRETS, tmp_path)
    again = render(Settings(), SECRETS, tmp_path)
    other = render(Settings(queue={"member_ring_seconds": 20}), SECRETS, tmp_path)

    assert len(first) == len(list(tmp_path.iterdir()))
    assert [] == again
    assert [tmp_path / "queues.conf"] == other


def test_the_hotlines_number_is_reached_whatever_else_it_is_dialled_as(tmp_path: Path) -> None:
    """Setting the number alone is enough: the trunk reaches it, once."""
    text = rendered(tmp_path, hotline={"number": "95598", "dialled_as": ["+8695598"]})["extensions.conf"]

    reached = ["exten => 95598,1,Goto(hotline,s,1)", "exten => +8695598,1,Goto(hotline,s,1)"]
    assert reached == section(text, "from-trunk")


def test_a_caller_from_the_trunk_has_the_hotline_and_nothing_else(tmp_path: Path) -> None:
    """The trunk's context holds the hotline's numbers, each leading to the hotline, and no pattern (I10)."""
    text = rendered(tmp_path, hotline={"dialled_as": ["86865598", "+8657786865598"]})["extensions.conf"]

    assert section(text, "from-trunk") == [
        "exten => 86865598,1,Goto(hotline,s,1)",
        "exten => +8657786865598,1,Goto(hotline,s,1)",
    ]


def test_a_phone_reaches_nothing(tmp_path: Path) -> None:
    """The seats' context is empty (I10)."""
    assert section(rendered(tmp_path)["extensions.conf"], "from-seat") == []


def test_nothing_dials_but_the_seats(tmp_path: Path) -> None:
    """Every Dial of the whole dialplan names phones of seats, or of who passed on a caller (I10).

    Nothing runs a program or a shell. What it originates leads to the queue of the shift leaders; what was dialled is
    used nowhere else.
    """
    text = "\n".join(lines(rendered(tmp_path)["extensions.conf"]))

    phones = [f"PJSIP/seat-{seat}" for seat in SEATS]
    assert ["&".join(phones), *phones, *phones, "${BLINDTRANSFER:0:-9}"] == re.findall(r"Dial\(([^,]*),", text)
    assert ["Local/for-${UNIQUEID}@leaders"] == re.findall(r"Originate\(([^,]*),", text)
    assert not re.search(r"System|SHELL|EXEC|#|include", text)
    elsewhere = [
        line for line in lines(text) if line not in [*section(text, "leaders"), *section(text, "leader-takes")]
    ]
    rated = "same => n,Gosub(rating-told,s,1(${EXTEN}))".replace("same => n", "exten => _[1-5],1")
    elsewhere.remove(rated)  # one digit of five
    elsewhere.remove("same => n,Set(NUMBER=${FILTER(0-9,${CALLERID(num)})})")  # his number is read to him: digits only
    assert not re.search(r"\$\{EXTEN|CALLERID", "\n".join(elsewhere))


def test_the_endpoints_are_the_trunk_and_the_seats(tmp_path: Path) -> None:
    """Each seat has an endpoint with its own password; the trunk has none and is known by address alone."""
    text = rendered(tmp_path, pbx={"trunk_addresses": ["10.1.0.0/24", "10.2.0.9"]})["pjsip.conf"]

    assert "match = 10.1.0.0/24" in text
    assert "match = 10.2.0.9" in text
    assert re.findall(r"^password = (.*)$", text, re.MULTILINE) == [f"pass-{seat}" for seat in SEATS]
    assert re.findall(r"^\[(.*)\]\(seat-(browser|desk)\)$", text, re.MULTILINE) == [
        ("seat-01", "browser"),
        ("seat-02", "browser"),
        ("seat-03", "browser"),
        ("seat-11", "desk"),
        ("seat-12", "desk"),
    ]


def test_the_queue_offers_callers_side_by_side_and_turns_nobody_away(tmp_path: Path) -> None:
    """The queue is written with what the settings say and with what no setting may change."""
    queue = {"strategy": "ringall", "member_ring_seconds": 12, "retry_seconds": 2, "wrap_up_seconds": 5}
    text = rendered(tmp_path, queue={"name": "line-1", **queue})["queues.conf"]

    assert {
        "strategy = ringall",
        "timeout = 12",
        "retry = 2",
        "wrapuptime = 5",
        "autofill = yes",
        "ringinuse = no",
        "joinempty = yes",
        "leavewhenempty = no",
    } <= set(section(text, "line-1"))
    assert "persistentmembers = yes" in section(text, "general")


def test_the_gateway_has_least_privilege_and_a_filter_by_name(tmp_path: Path) -> None:
    """The AMI user may do what the gateway does, reads the events on the list, and comes from this machine only."""
    user = section(rendered(tmp_path, ami={"user": "gate"})["manager.conf"], "gate")

    assert "write = agent,call,originate,reporting" in user
    assert {"deny = 0.0.0.0/0.0.0.0", "deny = ::/0", "permit = 127.0.0.1/32", "permit = ::1/128"} <= set(user)
    assert sorted(needs.AMI_EVENTS) == [
        match[1] for line in user if (match := re.fullmatch(r"eventfilter\(action\(include\),name\((\w+)\)\) =", line))
    ]


def test_with_tls_the_manager_interface_is_not_offered_in_the_clear(tmp_path: Path) -> None:
    """[ami] tls leaves the encrypted port alone open."""
    general = section(rendered(tmp_path, ami={"tls": True, "port": 5039})["manager.conf"], "general")

    assert {"enabled = no", "tlsenable = yes", "tlsbindaddr = 127.0.0.1:5039"} <= set(general)
    assert not [line for line in general if line.startswith("port")]


@pytest.mark.parametrize(
    ("seconds", "tone"),
    [(5.0, "ring = 450/1000,0/4000"), (6.0, "ring = 450/1000,0/5000"), (1.0, "ring = 450/500,0/500")],
)
def test_the_ringing_tone_lasts_as_long_as_the_ring_that_is_counted(tmp_path: Path, seconds: float, tone: str) -> None:
    """What a caller hears repeats with the period by which rings are counted (N1)."""
    assert tone in lines(rendered(tmp_path, rings={"seconds": seconds})["indications.conf"])


def test_asterisk_sees_the_folders_it_is_told(tmp_path: Path) -> None:
    """The folders are those under `base`, by default the parent of the configuration folder."""
    render(Settings(), SECRETS, tmp_path / "inside" / "etc", base=Path("/srv/fourring"))
    inside = (tmp_path / "inside" / "etc" / "asterisk.conf").read_text("utf-8")

    assert f"astlogdir = {tmp_path}/log" in rendered(tmp_path)["asterisk.conf"]
    assert "astlogdir = /srv/fourring/log" in inside


def test_ipv6_addresses_are_written_in_brackets(tmp_path: Path) -> None:
    """An IPv6 address and its port cannot be taken for one another."""
    files = rendered(tmp_path, fastagi={"host": "::1", "port": 4573})

    assert "AGI(agi://[::1]:4573/hotline)" in files["extensions.conf"]


@pytest.mark.parametrize(
    ("setting", "sections"),
    [
        ("[hotline] dialled_as", {"hotline": {"dialled_as": ["123\nexten => _X.,1,System(id)"]}}),
        ("[hotline] dialled_as", {"hotline": {"dialled_as": ["_X."]}}),
        ("[hotline] dialled_as", {"hotline": {"dialled_as": [""]}}),
        ("[pbx] trunk_addresses", {"pbx": {"trunk_addresses": ["fe80::1%0\nendpoint=seat-01"]}}),
        ("[ami] host", {"ami": {"host": "::1%\n[general]\nenabled=yes\n[evil]\nwrite=all"}}),
        ("[fastagi] host", {"fastagi": {"host": "h)\n same => n,System(id)"}}),
        ("[fastagi] host", {"fastagi": {"host": "${CALLERID(name)}"}}),
        ("[ami] user", {"ami": {"user": "fourring]\nwrite=all"}}),
        ("[ami] user", {"ami": {"user": ""}}),
        ("[paths] data", {"paths": {"data": "/srv/a\nexec = x"}}),
    ],
)
def test_no_value_leaves_its_place(tmp_path: Path, setting: str, sections: dict[str, Any]) -> None:
    """A value that could begin a line, a section, a comment or an expression of its own is refused by name (I10)."""
    settings = Settings(**sections)

    with pytest.raises(RenderError, match=re.escape(setting)) as refusal:
        render(settings, SECRETS, tmp_path / "etc", base=settings.asterisk_dir)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize("secret", ["", "a;b", "a\nwrite=all", "pass word", "${x}"])
def test_a_password_that_cannot_be_written_is_refused_and_not_told(tmp_path: Path, secret: str) -> None:
    """The complaint about a seat's password names the seat, never the password."""
    secrets = SECRETS.model_copy(update={"seats": {**SECRETS.seats, "11": secret}})

    with pytest.raises(RenderError, match=re.escape("seats.11 in secrets.toml")) as refusal:
        render(Settings(), secrets, tmp_path)
    assert not secret or secret not in str(refusal.value)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """Where the folder cannot be made, the complaint names it and says what to check."""
    (tmp_path / "file").write_text("in the way", "utf-8")

    with pytest.raises(RenderError, match=r"cannot be written: .*: check the folder and the disk"):
        render(Settings(), SECRETS, tmp_path / "file" / "etc")


def test_the_event_log_has_the_columns_that_are_read_back(tmp_path: Path) -> None:
    """CEL is on, and its rows hold what a ticket is pieced together from, every value quoted."""
    files = rendered(tmp_path)
    mapping = next(line for line in lines(files["cel_custom.conf"]) if line.startswith("Master.csv"))
    cel = configparser.ConfigParser()
    cel.read_string(files["cel.conf"])

    assert cel["general"]["enable"] == "yes"
    assert {"CHAN_START", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "APP_START", "LINKEDID_END"} <= set(
        cel["general"]["events"].split(",")
    )
    assert re.findall(r"CSV_QUOTE\(\$\{([^}]*)\}\)", mapping) == [
        "eventtype",
        "eventtime",
        "CALLERID(name)",
        "CALLERID(num)",
        "CHANNEL(exten)",
        "CHANNEL(context)",
        "CHANNEL(channame)",
        "CHANNEL(appname)",
        "CHANNEL(appdata)",
        "CHANNEL(uniqueid)",
        "CHANNEL(linkedid)",
        "BRIDGEPEER",
        "userdeftype",
        "eventextra",
    ]
