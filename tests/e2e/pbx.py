"""One real Asterisk for tests: its own data folder, its own ports, gone with the test run."""

import asyncio
import csv
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Any, Self

from ports import free_block, free_port
from sipp import Customer, DeskPhone

from gateway.config import Settings
from gateway.pbx import console
from gateway.pbx.launch import Asterisk
from gateway.secrets import Secrets, load_or_create

NUMBER = "86865598"
CEL_COLUMNS = (
    "eventtype",
    "eventtime",
    "cidname",
    "cidnum",
    "exten",
    "context",
    "channame",
    "appname",
    "appdata",
    "uniqueid",
    "linkedid",
    "peer",
    "userdeftype",
    "extra",
)


def settings_for(data: Path, **sections: Any) -> Settings:
    """Return settings with free ports and `data` as data folder; keyword arguments go over them, by section."""
    rtp = free_block()
    values: dict[str, Any] = {
        "paths": {"data": str(data)},
        "pbx": {
            "sip_port": free_port(SOCK_DGRAM),
            "http_port": free_port(),
            "rtp_first": rtp.start,
            "rtp_last": rtp.stop - 1,
        },
        "ami": {"port": free_port()},
        "fastagi": {"port": free_port()},
        "web": {"port": free_port()},
        "outgoing": {"quiet_from": "00:00", "quiet_until": "00:00"},  # tests run at night as well
        "recording": {"warn_free_megabytes": 2, "stop_free_megabytes": 1},
    }
    for section, content in sections.items():
        values[section] = {**values.get(section, {}), **content} if isinstance(content, dict) else content
    return Settings(**values)


class PBX:
    """A running Asterisk and what stands around it: `async with PBX(settings) as pbx`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secrets: Secrets = load_or_create(settings)
        self.asterisk: Asterisk

    async def __aenter__(self) -> Self:
        self.asterisk = await Asterisk.start(self.settings, self.secrets, die_with_parent=True)
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.asterisk.stop()

    @property
    def folder(self) -> Path:
        """The instance's folder."""
        return self.settings.asterisk_dir

    @property
    def sip_address(self) -> tuple[str, int]:
        """Where it takes SIP."""
        return self.settings.pbx.bind, self.settings.pbx.sip_port

    @property
    def customer(self) -> Customer:
        """Somebody on the public network."""
        return Customer(self.sip_address)

    def phone(self, seat: str, **behaviour: Any) -> DeskPhone:
        """Return the desk phone at a seat; see DeskPhone for what it can do."""
        password = behaviour.pop("password", self.secrets.seats[seat])
        return DeskPhone(self.sip_address, seat, password, **behaviour)

    async def console(self, command: str) -> str:
        """Return what Asterisk's own console answers."""
        return await console.ask(self.folder, command)

    async def extend(self, name: str, text: str, *, reload: str) -> None:
        """Append to a configuration file, for what only a test may do, and have it read."""
        with (self.folder / "etc" / name).open("a", encoding="utf-8") as file:
            file.write(text)
        await self.console(reload)

    def cel(self) -> list[dict[str, str]]:
        """Return the rows of the PBX's own event log."""
        path = self.settings.pbx_log_dir / "cel-custom" / "Master.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [dict(zip(CEL_COLUMNS, row, strict=True)) for row in csv.reader(file)]

    def remembered(self, family: str) -> str:
        """Return what its own small database has on disk in a family, keys and values."""
        with closing(sqlite3.connect(f"file:{self.folder}/lib/astdb.sqlite3?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT key, value FROM astdb WHERE key LIKE ?", (f"/{family}/%",)).fetchall()
        return "\n".join(f"{key} {value}" for key, value in rows)

    async def keeps(self, seat: str) -> None:
        """Return once a phone's registration and its operator's place in the queue would outlive a power cut.

        Asterisk writes down once a second what it keeps; a desk phone registers again by itself only minutes later.
        """
        async with asyncio.timeout(10):
            while not all(seat in self.remembered(kept) for kept in ("registrar/contact", "Queue/PersistentMembers")):
                await asyncio.sleep(0.05)

    def queue_log(self) -> list[Sequence[str]]:
        """Return the rows of queue_log: time, call, queue, operator, event, data."""
        text = (self.settings.pbx_log_dir / "queue_log").read_text("utf-8")
        return [line.split("|") for line in text.splitlines()]
