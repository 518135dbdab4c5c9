"""Settings: fourring.toml, then FOURRING_* variables over it. Every name, number, address and limit lives here.

This module reads files and variables and nothing else; secrets are kept apart, in gateway.secrets.
"""

import os
import tomllib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

T = TypeVar("T")


class ConfigError(Exception):
    """The configuration cannot be used; the message says which setting, and what to write instead."""


class Section(BaseModel):
    """One table of fourring.toml: a name that it does not know is an error, not a silent typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    """How the company names itself, per language of the catalogue."""

    name_zh_hans: str = "永强供电公司"
    name_zh_hant: str = "永強供電公司"
    name_en: str = "Yongqiang Power Supply Company"


class Hotline(Section):
    """The number people call, and every form in which the trunk may deliver it."""

    number: str = Field("86865598", pattern=r"^[0-9]+$")
    dialled_as: tuple[str, ...] = ("86865598", "057786865598", "+8657786865598")
    timezone: str = "Asia/Shanghai"

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


class Queue(Section):
    """The Asterisk queue in which callers wait; the names are those of queues.conf."""

    name: str = Field("hotline", pattern=r"^[a-z0-9_-]+$")
    strategy: Literal["rrmemory", "ringall", "leastrecent", "fewestcalls", "random", "linear"] = "rrmemory"
    member_ring_seconds: int = Field(15, ge=1, le=120)
    retry_seconds: int = Field(1, ge=0, le=60)
    wrap_up_seconds: int = Field(0, ge=0, le=600)


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
    choices_file: Path | None = None


class Database(Section):
    """Where tickets are kept: empty for the embedded SQLite file, or a postgresql:// address."""

    url: str = ""


class Paths(Section):
    """Folders of this installation; `data` holds the database, the journal, secrets and our own Asterisk's files."""

    data: Path = Path("var")
    journal_segment_megabytes: int = Field(64, ge=1, le=4096)
    journal_keep_days: int = Field(30, ge=1)


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


DEFAULT_SEATS = (
    Seat(id="01"),
    Seat(id="02"),
    Seat(id="03"),
    Seat(id="11", kind="desk"),
    Seat(id="12", kind="desk"),
)


class Settings(BaseSettings):
    """Everything that can be set, with the regulation's values as defaults."""

    model_config = SettingsConfigDict(
        env_prefix="FOURRING_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    company: Company = Company()
    hotline: Hotline = Hotline()
    rings: Rings = Rings()
    queue: Queue = Queue()
    pbx: PBX = PBX()
    ami: AMI = AMI()
    fastagi: FastAGI = FastAGI()
    web: Web = Web()
    database: Database = Database()
    paths: Paths = Paths()
    seats: tuple[Seat, ...] = DEFAULT_SEATS

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables win over the file, whose content comes in as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @field_validator("seats")
    @classmethod
    def _seats_differ(cls, seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
        doubled = _doubled(seat.id for seat in seats)
        if doubled:
            raise ValueError(f"seat {doubled} is listed twice: give each seat its own id")
        return seats

    @model_validator(mode="after")
    def _ports_differ(self) -> "Settings":
        ports = [self.pbx.sip_port, self.pbx.http_port, self.ami.port, self.fastagi.port, self.web.port]
        doubled = _doubled(ports)
        if doubled and self.pbx.managed:
            raise ValueError(f"port {doubled} is set for two services: give each its own")
        if self.pbx.rtp_first >= self.pbx.rtp_last:
            raise ValueError("pbx.rtp_first must be below pbx.rtp_last")
        return self

    @property
    def data_dir(self) -> Path:
        """The data folder, as an absolute path."""
        return self.paths.data.absolute()

    @property
    def asterisk_dir(self) -> Path:
        """The folder of our own Asterisk: its configuration, logs, spool and run files."""
        return self.data_dir / "asterisk"

    @property
    def journal_dir(self) -> Path:
        """The folder of the AMI journal's segments."""
        return self.data_dir / "journal"

    @property
    def pbx_log_dir(self) -> Path:
        """Where the PBX keeps queue_log and cel-custom/."""
        return self.pbx.log_dir or self.asterisk_dir / "log"

    @property
    def pbx_config_dir(self) -> Path:
        """Where the PBX keeps its .conf files."""
        return self.pbx.config_dir or self.asterisk_dir / "etc"

    @property
    def database_url(self) -> str:
        """The database's address without a driver in it: sqlite:///… or postgresql://…."""
        return self.database.url or f"sqlite:///{self.data_dir / 'fourring.db'}"

    @property
    def websocket_url(self) -> str:
        """Where a browser phone reaches the PBX."""
        return self.pbx.websocket_url or f"ws://{self.pbx.bind}:{self.pbx.http_port}/ws"

    def seat(self, seat_id: str) -> Seat | None:
        """Return the seat with this id, or None."""
        return next((seat for seat in self.seats if seat.id == seat_id), None)


def load(path: Path | None = None) -> Settings:
    """Read `path` (default: fourring.toml in the current folder, if there is one) and the FOURRING_* variables.

    Raises ConfigError with one line that names the file and the setting.
    """
    name = path or Path("fourring.toml")
    try:
        values: dict[str, Any] = tomllib.loads(name.read_text("utf-8"))
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(f"{path}: no such file: check the name given with --config") from None
        values = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigError(f"{name}: cannot be read: {problem}") from None
    try:
        return Settings(**values)
    except ValidationError as problem:
        raise ConfigError(_first_complaint(problem, name)) from None


def _first_complaint(problem: ValidationError, file: Path) -> str:
    """Return one line that names where the value came from: the variable, or the file and the setting."""
    error = problem.errors(include_url=False)[0]
    parts = [str(part) for part in error["loc"]]
    what = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        what = "is not a setting: check the spelling"
    variable = f"FOURRING_{'_'.join(parts)}".upper()
    if parts and variable in os.environ:
        return f"{variable}: {what}"
    return f"{file}: {'.'.join(parts) or 'settings'}: {what}"


def _doubled(items: Iterable[T]) -> T | None:
    seen: set[T] = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None
