"""Settings: fourring.toml, then FOURRING_* variables over it. What can be set stands in gateway.sections and conduct.

This module reads files and variables and nothing else; secrets are kept apart, in gateway.secrets.
"""

import os
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from gateway.conduct import (
    Assessment,
    Attachments,
    Deadlines,
    Hold,
    Notices,
    Outgoing,
    Promises,
    Quality,
    Rating,
    Recording,
    Reports,
    Supervision,
    Transfers,
    Visits,
    Webhook,
)
from gateway.sections import (
    AMI,
    IVR,
    PBX,
    Alarms,
    Company,
    Database,
    FastAGI,
    Hotline,
    Paths,
    Prompts,
    Queue,
    Rings,
    Rules,
    Seat,
    Surge,
    Web,
    joined,
)

T = TypeVar("T")

_FOR_DEVELOPERS: Final = {"FOURRING_DEBUG"}


class ConfigError(Exception):
    """The configuration cannot be used; the message says which setting, and what to write instead."""


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
    ivr: IVR = IVR()
    surge: Surge = Surge()
    prompts: Prompts = Prompts()
    rating: Rating = Rating()
    recording: Recording = Recording()
    attachments: Attachments = Attachments()
    quality: Quality = Quality()
    supervision: Supervision = Supervision()
    rules: Rules = Rules()
    deadlines: Deadlines = Deadlines()
    alarms: Alarms = Alarms()
    transfers: Transfers = Transfers()
    visits: Visits = Visits()
    outgoing: Outgoing = Outgoing()
    promises: Promises = Promises()
    notices: Notices = Notices()
    webhooks: tuple[Webhook, ...] = ()
    hold: Hold = Hold()
    reports: Reports = Reports()
    assessment: Assessment = Assessment()
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

    @field_validator("webhooks")
    @classmethod
    def _webhooks_differ(cls, webhooks: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        doubled = _doubled(webhook.name for webhook in webhooks)
        if doubled:
            raise ValueError(f"webhook {doubled} is listed twice: give each its own name")
        return webhooks

    @model_validator(mode="after")
    def _ports_differ(self) -> "Settings":
        ports = [self.pbx.sip_port, self.pbx.http_port, self.ami.port, self.fastagi.port, self.web.port]
        doubled = _doubled(ports)
        if doubled and self.pbx.managed:
            raise ValueError(f"port {doubled} is set for two services: give each its own")
        if self.pbx.rtp_first >= self.pbx.rtp_last:
            raise ValueError("pbx.rtp_first must be below pbx.rtp_last")
        return self

    @model_validator(mode="after")
    def _phones_are_seats(self) -> "Settings":
        for number, seat in self.outgoing.phones.items():
            if seat not in {one.id for one in self.seats}:
                raise ValueError(f"outgoing.phones: seat {seat} of {number} is none of [[seats]]")
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
    def pbx_monitor_dir(self) -> Path:
        """Where the PBX puts what it records."""
        return self.pbx.monitor_dir or self.asterisk_dir / "spool" / "monitor"

    @property
    def pbx_config_dir(self) -> Path:
        """Where the PBX keeps its .conf files."""
        return self.pbx.config_dir or self.asterisk_dir / "etc"

    @property
    def sounds_dir(self) -> Path:
        """Where the sounds that Asterisk plays are put."""
        return self.asterisk_dir / "prompts"

    @property
    def recordings_dir(self) -> Path:
        """Where people's recordings of prompts are looked for."""
        return self.prompts.recordings or self.data_dir / "recordings"

    @property
    def call_recordings_dir(self) -> Path:
        """Where recordings of calls are kept."""
        return (self.recording.folder or self.data_dir / "calls").absolute()

    @property
    def attachments_dir(self) -> Path:
        """Where files attached to tickets are kept."""
        return self.data_dir / "files"

    @property
    def database_url(self) -> str:
        """The database's address without a driver in it: sqlite:///… or postgresql://…."""
        return self.database.url or f"sqlite:///{self.data_dir / 'fourring.db'}"

    @property
    def websocket_url(self) -> str:
        """Where a browser phone reaches the PBX."""
        return self.pbx.websocket_url or f"ws://{joined(self.pbx.bind, self.pbx.http_port)}/ws"

    @property
    def manager(self) -> AMI:
        """How the manager interface is reached; our own Asterisk's certificate is trusted without being named."""
        if self.ami.tls and self.ami.tls_ca_file is None and self.pbx.managed:
            return self.ami.model_copy(update={"tls_ca_file": self.asterisk_dir / "ami-ca.pem"})
        return self.ami


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
    _insist_on_known_tables()
    try:
        return Settings(**values)
    except ValidationError as problem:
        raise ConfigError(_first_complaint(problem, name)) from None
    except SettingsError as problem:
        what = str(problem).partition(" from source")[0]
        raise ConfigError(f"a FOURRING_* variable cannot be read: {what}: a list is written as JSON") from None


def _insist_on_known_tables() -> None:
    """Refuse a variable of a table that there is not: its setting would silently be none."""
    tables = {name.upper() for name in Settings.model_fields}
    for variable in os.environ:
        ours, _, setting = variable.upper().partition("_")
        known = setting.partition("_")[0] in tables or variable in _FOR_DEVELOPERS
        if ours == "FOURRING" and not known:
            choices = ", ".join(sorted(tables))
            raise ConfigError(f"{variable}: is not a setting: after FOURRING_ comes one of {choices}")


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
    return next((item for item, times in Counter(items).items() if times > 1), None)
