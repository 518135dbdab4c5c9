"""Settings: what the file and the variables may say, and the one line for what they may not."""

import os
from pathlib import Path

import pytest

from gateway.conduct import Webhook
from gateway.config import ConfigError, Settings, load
from gateway.sections import Seat

EXAMPLE = Path(__file__).parents[2] / "fourring.example.toml"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    """Run each test without the machine's own FOURRING_* variables."""
    for name in [name for name in os.environ if name.startswith("FOURRING_")]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    """Return a settings file with this text."""
    path = folder / "fourring.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_file_shows_every_setting_with_its_default():
    """Whoever copies the example gets the defaults, and every setting is in it."""
    assert Settings() == load(EXAMPLE)
    text = EXAMPLE.read_text("utf-8")
    for table, section in Settings():
        for name in {"seats": Seat, "webhooks": Webhook}.get(table, type(section)).model_fields:
            assert f"{name} = " in text, f"[{table}] {name} is not in the example"


def test_a_variable_wins_over_the_file(tmp_path, monkeypatch):
    """FOURRING_<TABLE>_<NAME> is the last word, also for names of several words."""
    monkeypatch.setenv("FOURRING_WEB_PORT", "9001")
    monkeypatch.setenv("FOURRING_AMI_CONNECT_TIMEOUT", "2.5")
    settings = load(written(tmp_path, "[web]\nport = 9000\n[ami]\naction_timeout = 7\n"))
    assert (9001, 2.5, 7) == (settings.web.port, settings.ami.connect_timeout, settings.ami.action_timeout)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[web]\nport = 99999\n", "web.port"),
        ("[web]\nprot = 1\n", "web.prot: is not a setting: check the spelling"),
        ("[rings]\nseconds = 0\n", "rings.seconds"),
        ('[[seats]]\nid = "01"\n[[seats]]\nid = "01"\n', "seat 01 is listed twice"),
        ('[[webhooks]]\nname = "a"\nurl = "http://x"\n' * 2, "webhook a is listed twice"),
        ('[[webhooks]]\nname = "a"\nurl = "file:///etc/passwd"\n', "webhooks.0.url"),
        ('[outgoing.phones]\n9101 = "99"\n', "seat 99 of 9101 is none of [[seats]]"),
        ('[outgoing]\ntrunk = "x:1\\n[evil]"\n', "outgoing.trunk"),
        ("[web]\nport = 5038\n", "port 5038 is set for two services"),
        ("[pbx]\nrtp_first = 3000\nrtp_last = 2000\n", "pbx.rtp_first must be below pbx.rtp_last"),
        ('[hotline]\nnumber = "8686 5598"\n', "hotline.number"),
        ('[hotline]\ntimezone = "Mars/X"\n', "'Mars/X' is no time zone: write one like Asia/Shanghai"),
        ('[hotline]\ntimezone = "../X"\n', "'../X' is no time zone"),
        ('[pbx]\nbind = "::1"\n', "'::1' is no IPv4 address"),
        ('[pbx]\nbind = "127.0.0.1\\r\\n[evil]"\n', "is no IPv4 address"),
        ('[pbx]\ntrunk_addresses = ["localhost"]\n', "'localhost' is no address: write addresses"),
        ('[pbx]\ntrunk_addresses = ["10.0.0.1 ; any"]\n', "is no address"),
        ('[pbx]\ntrunk_addresses = ["0.0.0.0/0\\nendpoint=seat-01"]\n', "is no address"),
        ("[web\n", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path, text, complaint):
    """The complaint names the file and the setting, without a traceback's worth of text."""
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_a_file_that_was_named_must_be_there(tmp_path):
    """A missing file is only fine where nobody named one."""
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A settings file must be UTF-8."""
    path = tmp_path / "fourring.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(path)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("FOURRING_WEB_PORT", "many", "valid integer"),
        ("FOURRING_WEB_PROT", "1", "check the spelling"),
        ("fourring_wbe_port", "1", "is not a setting: after FOURRING_ comes one of"),
        ("FOURRING_WBE_PORT", "1", "is not a setting: after FOURRING_ comes one of ALARMS, AMI, ASSESSMENT"),
    ],
)
def test_a_wrong_variable_is_named_itself(monkeypatch, variable, value, complaint):
    """Nobody is sent to a file for what a variable says."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"^{variable}: .*{complaint}"):
        load()


@pytest.mark.parametrize(("variable", "value"), [("FOURRING_SEATS", "x"), ("FOURRING_PBX_TRUNK_ADDRESSES", "1.2.3.4")])
def test_a_list_that_is_none_is_one_line(monkeypatch, variable, value):
    """Who writes a list as a plain word is told how it is written."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=r"^a FOURRING_\* variable cannot be read: .*a list is written as JSON$"):
        load()


def test_our_own_asterisks_certificate_is_trusted_without_being_named(tmp_path):
    """TLS to our own Asterisk needs no file from anybody; to another one it is what the settings say."""
    own = load(written(tmp_path, f'[ami]\ntls = true\n[paths]\ndata = "{tmp_path}"\n'))
    other = load(written(tmp_path, "[ami]\ntls = true\n[pbx]\nmanaged = false\n"))
    assert tmp_path / "asterisk" / "ami-ca.pem" == own.manager.tls_ca_file
    assert other.manager.tls_ca_file is None
