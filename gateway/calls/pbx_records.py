"""What the PBX itself wrote down (CEL rows, queue_log lines) turned into the same events that AMI would have brought.

Pure: lines in, events out. So a call that nobody watched goes through the same transition table as any other.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.ami import events as ami
from gateway.ami.reading import known, pbx_time
from gateway.calls.switchboard import interface_of

COLUMNS: Final = (
    "eventtype", "eventtime", "cidname", "cidnum", "exten", "context", "channame",
    "appname", "appdata", "uniqueid", "linkedid", "peer", "userdefevent", "extra",
)  # fmt: skip
"""The columns of cel-custom/Master.csv, in the order that asterisk_conf gives them."""


@dataclass(frozen=True, slots=True)
class CELRow:
    """One row of the PBX's channel event log."""

    at: datetime
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    @property
    def extra(self) -> Mapping[str, object]:
        """The row's further data; empty where there is none or it makes no sense."""
        try:
            extra = json.loads(self["extra"] or "{}")
        except json.JSONDecodeError:
            return {}
        return extra if isinstance(extra, dict) else {}


def cel_rows(lines: Iterable[str]) -> Iterator[CELRow]:
    """Yield the rows in these lines; a torn or foreign line is passed over, and swallows no other."""
    never = datetime.min
    for line in lines:
        values = next(csv.reader([line]), [])
        if len(values) != len(COLUMNS):
            continue
        row = CELRow(pbx_time(values[1], never), dict(zip(COLUMNS, values, strict=True)))
        if row.at is not never:
            yield row


@dataclass(frozen=True, slots=True)
class QueueNotes:
    """What only queue_log tells: who answered on which leg, and whose phone rang out for which caller."""

    operators: dict[str, str] = field(default_factory=dict)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)


def queue_notes(lines: Iterable[str]) -> QueueNotes:
    """Read queue_log lines: epoch|caller|queue|operator|event|…"""
    notes = QueueNotes()
    for line in lines:
        match line.rstrip("\r\n").split("|"):
            case [_, _, _, operator, "CONNECT", _, leg, *_]:
                notes.operators[leg] = operator
            case [_, caller, _, operator, "RINGNOANSWER", *_]:
                notes.missed[caller, operator] += 1
            case _:
                pass
    return notes


@dataclass(slots=True)
class Retelling:
    """Tells CEL rows as events; `members` says which operator the queue has behind which interface."""

    notes: QueueNotes
    members: Mapping[str, str]
    _answered: set[str] = field(default_factory=set)

    def events(self, rows: Iterable[CELRow]) -> Iterator[ami.CallEvent]:
        """Yield the events of these rows, in the order of their instants."""
        for row in sorted(rows, key=lambda row: row.at):
            tell = _TELLERS.get(row["eventtype"])
            if tell is not None:
                yield from tell(self, row)

    def _started(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.ChannelCreated(
            row.at, row["uniqueid"], row["linkedid"], row["channame"], row["context"], row["exten"],
            known(row["cidnum"]), known(row["cidname"]),
        )  # fmt: skip
        interface = interface_of(row["channame"])
        if row["linkedid"] != row["uniqueid"] and (operator := self._operator(row)):
            yield ami.OperatorCalled(row.at, row["linkedid"], row["uniqueid"], operator, interface)

    def _operator(self, row: CELRow) -> str:
        interface = interface_of(row["channame"])
        return self.notes.operators.get(row["uniqueid"]) or self.members.get(interface, "")

    def _application(self, row: CELRow) -> Iterator[ami.CallEvent]:
        if row["appname"].lower() == "queue":
            queue = row["appdata"].partition(",")[0]
            yield ami.CallerJoined(
                row.at, row["uniqueid"], row["linkedid"], queue, known(row["cidnum"]), known(row["cidname"])
            )

    def _answer(self, row: CELRow) -> Iterator[ami.CallEvent]:
        self._answered.add(row["uniqueid"])
        yield from ()

    def _entered(self, row: CELRow) -> Iterator[ami.CallEvent]:
        bridge = str(row.extra.get("bridge_id", ""))
        yield ami.BridgeEntered(row.at, bridge, row["uniqueid"], row["channame"], row["linkedid"])

    def _left(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.BridgeLeft(row.at, str(row.extra.get("bridge_id", "")), row["uniqueid"])

    def _hangup(self, row: CELRow) -> Iterator[ami.CallEvent]:
        """Tell a hang-up. Its source is the channel whose party asked for it, where a party did."""
        cause = str(row.extra.get("hangupcause", ""))
        if row.extra.get("hangupsource") == row["channame"]:
            yield ami.HangupRequested(row.at, soft=False, uniqueid=row["uniqueid"], cause=cause)
        missed = (row["linkedid"], self._operator(row))
        if row["uniqueid"] not in self._answered and self.notes.missed[missed] > 0:
            self.notes.missed[missed] -= 1
            yield ami.DialEnded(row.at, row["uniqueid"], "NOANSWER")

    def _ended(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.HungUp(row.at, row["uniqueid"], "")

    def _transferred(self, row: CELRow) -> Iterator[ami.CallEvent]:
        how = "blind" if row["eventtype"] == "BLINDTRANSFER" else "attended"
        target = row.extra.get("extension") or row.extra.get("channel2_uniqueid") or ""
        transferee = str(row.extra.get("transferee_channel_uniqueid", ""))
        yield ami.CallTransferred(row.at, how, row["uniqueid"], transferee, str(target))


_TELLERS: dict[str, Callable[[Retelling, CELRow], Iterator[ami.CallEvent]]] = {
    "CHAN_START": Retelling._started,  # noqa: SLF001 # the table is part of the class, split off to read as one
    "APP_START": Retelling._application,  # noqa: SLF001
    "ANSWER": Retelling._answer,  # noqa: SLF001
    "BRIDGE_ENTER": Retelling._entered,  # noqa: SLF001
    "BRIDGE_EXIT": Retelling._left,  # noqa: SLF001
    "HANGUP": Retelling._hangup,  # noqa: SLF001
    "CHAN_END": Retelling._ended,  # noqa: SLF001
    "BLINDTRANSFER": Retelling._transferred,  # noqa: SLF001
    "ATTENDEDTRANSFER": Retelling._transferred,  # noqa: SLF001
}
