"""The tables of fourring.toml, one class each: which settings there are, their defaults, and what each may be.

They say nothing of where the values come from; gateway.config reads them.
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, field_validator

from routing.surge import SurgeRule


def joined(host: str, port: int) -> str:
    """Return "host:port" as it stands in an address; an IPv6 host goes into brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Section(BaseModel):
    """One table of fourring.toml: a name that it does not know is an error, not a silent typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """How the company names itself, per language of the catalogue."""

    name_zh_hans: str = "永强供电公司"
    name_zh_hant: str = "永強供電公司"
    name_en: str = "Yongqiang Power Supply Company"

    def name(self, language: str) -> str:
        """Return the name in a language of the catalogue."""
        return {"zh-Hans": self.name_zh_hans, "zh-Hant": self.name_zh_hant, "en": self.name_en}[language]


class Hotline(Section):
    """The number people call, and every form in which the trunk may deliver it."""

    number: str = Field("86865598", pattern=r"^[0-9]+$")
    dialled_as: tuple[str, ...] = ("86865598", "057786865598", "+8657786865598")
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name!r} is no time zone: write one like Asia/Shanghai") from None
        return name

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every form of the number, each once."""
        return tuple(dict.fromkeys((self.number, *self.dialled_as)))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of working days, ticket numbers and everything people read."""
        return ZoneInfo(self.timezone)


class Rings(Section):
    """The ring clock of clause N1: the length of one ring and how many are allowed."""

    seconds: float = Field(5.0, gt=0, le=60)
    limit: int = Field(4, ge=1, le=20)

    @property
    def period(self) -> timedelta:
        """The length of one ring, tone and pause together."""
        return timedelta(seconds=self.seconds)


class Rules(Section):
    """The rules files, None for one that is shipped: the ladder, where tickets go, and who answers for what."""

    ladder: Path | None = None
    file: Path | None = None
    departments: Path | None = None


class Alarms(Section):
    """Who is told at once, wherever he is, what cannot wait: addresses as Apprise writes them."""

    urls: tuple[str, ...] = Field((), repr=False)  # they may hold passwords
    again_after_minutes: float = Field(10.0, ge=0)


class Queue(Section):
    """The Asterisk queue in which callers wait; the names are those of queues.conf."""

    name: str = Field("hotline", pattern=r"^[a-z0-9_-]+$")
    strategy: Literal["rrmemory", "ringall", "leastrecent", "fewestcalls", "random", "linear"] = "rrmemory"
    member_ring_seconds: int = Field(15, ge=1, le=120)
    retry_seconds: int = Field(1, ge=0, le=60)
    wrap_up_seconds: int = Field(0, ge=0, le=600)

    @property
    def leaders(self) -> str:
        """The queue of the shift leaders, who are rung as well when a caller has waited for long."""
        return f"{self.name}-leaders"

    def rung_for(self, *, leads: bool) -> str:
        """Return the queue that a person's phone belongs in."""
        return self.leaders if leads else self.name


class PBX(Section):
    """The Asterisk: ours (managed, started by `fourring demo`) or one that is already there."""

    system: str = Field("yq", pattern=r"^[a-z0-9]{1,16}$")
    managed: bool = True
    program: str = "asterisk"
    root: Path = Path("/var/cache/fourring/asterisk")
    bind: str = "127.0.0.1"
    sip_port: int = Field(5060, ge=1, le=65535)
    http_port: int = Field(8088, ge=1, le=65535)
    websocket_url: str = ""
    rtp_first: int = Field(20000, ge=1024, le=65000)
    rtp_last: int = Field(20999, ge=1024, le=65535)
    trunk_addresses: tuple[str, ...] = ("127.0.0.1/32",)
    trunk_context: str = Field("from-trunk", pattern=r"^[A-Za-z0-9_-]+$")
    config_dir: Path | None = None
    log_dir: Path | None = None
    monitor_dir: Path | None = None

    @field_validator("bind")
    @classmethod
    def _is_ipv4(cls, address: str) -> str:
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            raise ValueError(f"{address!r} is no IPv4 address: write one of this machine's, like 127.0.0.1") from None
        return address

    @field_validator("trunk_addresses")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse names: Asterisk takes them where it lets the trunk in, and not where it keeps forged numbers out."""
        for address in addresses:
            try:
                ipaddress.ip_network(address, strict=False)
            except ValueError:
                raise ValueError(f"{address!r} is no address: write addresses, like 10.0.0.5/32, not names") from None
        return addresses


class AMI(Section):
    """Where the manager interface answers and how patient we are with it. Times in seconds."""

    host: str = "127.0.0.1"
    port: int = Field(5038, ge=1, le=65535)
    user: str = "fourring"
    tls: bool = False
    tls_ca_file: Path | None = None
    connect_timeout: float = Field(5.0, gt=0)
    action_timeout: float = Field(5.0, gt=0)
    ping_interval: float = Field(5.0, gt=0)
    ping_timeout: float = Field(5.0, gt=0)
    backoff_first: float = Field(0.2, gt=0)
    backoff_limit: float = Field(30.0, gt=0)


class FastAGI(Section):
    """Where the IVR listens for Asterisk."""

    host: str = "127.0.0.1"
    port: int = Field(4573, ge=1, le=65535)


class Web(Section):
    """The console and the API."""

    host: str = "127.0.0.1"
    port: int = Field(8086, ge=1, le=65535)
    default_language: Literal["zh-Hans", "zh-Hant", "en"] = "zh-Hans"
    session_hours: int = Field(12, ge=1, le=72)
    browser_lost_seconds: float = Field(10.0, gt=0)
    secure_cookie: bool = False
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    choices_file: Path | None = None

    @property
    def renew_every_ms(self) -> int:
        """After how many milliseconds an open page says that it is there: twelve times in the life of a cookie."""
        return self.session_hours * 300_000


class Prompts(Section):
    """What callers hear: in which language, and where people's recordings stand in for the machine's voice.

    `greeting_to`: who hears company and work number as a call connects.
    """

    language: Literal["cmn", "en"] = "cmn"
    recordings: Path | None = None
    greeting_to: Literal["caller", "both", "nobody"] = "caller"


class IVR(Section):
    """What is said to callers before somebody is rung for them; without the menu they go straight to the queue.

    `wait_seconds`: how long a key is waited for at its end. `topics`: with which topic a ticket's form opens, by what
    the caller has chosen.
    """

    menu: bool = False
    wait_seconds: float = Field(1.0, ge=0.5, le=10)
    topics: Mapping[str, str] = {"danger": "fault.wire", "fault_repair": "fault", "complaint": "complaint"}


class Surge(Section):
    """When faults from one area are suspected to be an outage (N6): so many calls in so many minutes."""

    calls: int = Field(10, ge=2, le=1000)
    minutes: int = Field(10, ge=1, le=120)

    @property
    def rule(self) -> SurgeRule:
        """The same in the words of the rules."""
        return SurgeRule(self.calls, timedelta(minutes=self.minutes))


class Database(Section):
    """Where tickets are kept: empty for the embedded SQLite file, or a postgresql:// address."""

    url: str = ""


class Paths(Section):
    """Folders of this installation; `data` holds the database, the journal, secrets and our own Asterisk's files."""

    data: Path = Path("var")
    journal_segment_megabytes: int = Field(64, ge=1, le=4096)
    journal_keep_days: int = Field(30, ge=1, le=36_500)


class Seat(Section):
    """A place where an operator sits: a desk phone, or a browser that is the phone."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,20}$")
    kind: Literal["browser", "desk"] = "browser"

    @property
    def endpoint(self) -> str:
        """The PJSIP endpoint's name: `seat-` and the seat's id."""
        return f"seat-{self.id}"

    @property
    def interface(self) -> str:
        """The interface that joins the queue."""
        return f"PJSIP/{self.endpoint}"
