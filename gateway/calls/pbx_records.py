"""What the PBX itself wrote down (CEL rows, queue_log lines) turned into the same events that AMI would have brought.

Pure: lines in, events out. So a call that nobody watched goes through the same transition table as any other.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.ami import events as ami
from gateway.ami.reading import known, pbx_time
from gateway.calls.bridges import LocalHalves
from gateway.calls.queue_notes import QueueNotes
from gateway.calls.roster import Roster
from gateway.calls.switchboard import interface_of

COLUMNS: Final = (
    "eventtype", "eventtime", "cidname", "cidnum", "exten", "context", "channame",
    "appname", "appdata", "uniqueid", "linkedid", "peer", "userdefevent", "extra",
)  # fmt: skip
"""The columns of cel-custom/Master.csv, in the order that asterisk_conf gives them."""

_ROW_BEGINS: Final = re.compile(r'"[A-Z_]+","\d+\.\d+",')
_LINES_OF_A_ROW: Final = 100
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CELRow:
    """One row of the PBX's channel event log."""

    at: datetime
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def further(self, name: str) -> str:
        """Return one of the row's further data; "" where it is not there or the data make no sense."""
        try:
            extra = json.loads(self["extra"] or "{}")
        except (json.JSONDecodeError, RecursionError):
            return ""
        return str(extra.get(name, "")) if isinstance(extra, dict) else ""


def whole_rows(lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows in these lines (without their ends); a line break in a caller's number spreads one over several.

    Every value is quoted, so no value can look like a row's beginning; a torn row ends where the next one begins.
    """
    pending: list[str] = []
    in_quotes = False
    for line in lines:
        if _ROW_BEGINS.match(line):
            if pending:
                yield "\n".join(pending)
            pending, in_quotes = [line], line.count('"') % 2 == 1
        elif in_quotes and len(pending) < _LINES_OF_A_ROW:
            pending.append(line)
            in_quotes = in_quotes is (line.count('"') % 2 == 0)
    if pending:
        yield "\n".join(pending)


def cel_row(text: str) -> CELRow | None:
    """Return the row in this text; None for a torn or foreign one."""
    try:
        records = list(csv.reader([text], strict=True))
    except csv.Error:
        return None
    if len(records) != 1 or len(records[0]) != len(COLUMNS):
        return None
    values = dict(zip(COLUMNS, records[0], strict=True))
    at = pbx_time(values["eventtime"], _NEVER)
    return CELRow(at, values) if at is not _NEVER else None


def cel_rows(lines: Iterable[str]) -> Iterator[CELRow]:
    """Yield the rows in these lines; a torn or foreign one is passed over, and swallows no other."""
    return (row for text in whole_rows(lines) if (row := cel_row(text)))


@dataclass(slots=True)
class Retelling:
    """Tells CEL rows as events; `roster` says which operator the queue had behind which interface."""

    notes: QueueNotes
    roster: Roster
    _answered: set[str] = field(default_factory=set)
    _missed: dict[str, str] = field(default_factory=dict)
    _halves: LocalHalves = field(default_factory=LocalHalves)

    def events(self, rows: Iterable[CELRow]) -> Iterator[ami.CallEvent]:
        """Yield the events of these rows, in the order of their instants."""
        in_order = sorted(rows, key=lambda row: row.at)
        self._answered |= {row["uniqueid"] for row in in_order if row["eventtype"] == "ANSWER"}
        self._match_missed([row for row in in_order if row["eventtype"] == "CHAN_END"])
        for row in in_order:
            tell = _TELLERS.get(row["eventtype"])
            if tell is not None:
                yield from tell(self, row)

    def _match_missed(self, ends: list[CELRow]) -> None:
        """Find the leg of each phone that rang out: those whose operator is known first, then the nameless."""
        legs = [row for row in ends if row["uniqueid"] not in self._answered]
        for row in sorted(legs, key=lambda row: not self._operator(row)):
            if operator := self.notes.take_missed(row["linkedid"], row.at, self._operator(row)):
                self._missed[row["uniqueid"]] = operator

    def _operator(self, row: CELRow) -> str:
        """Return whose leg this is: as queue_log has it, else by who is in the queue with that interface."""
        leg = row["uniqueid"]
        by_interface = self.roster.operator_at(interface_of(row["channame"]), row.at)
        return self.notes.connected.get(leg) or by_interface or self._missed.get(leg, "")

    def _started(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.ChannelCreated(
            row.at, row["uniqueid"], row["linkedid"], row["channame"], row["context"], row["exten"],
            known(row["cidnum"]), known(row["cidname"]),
        )  # fmt: skip
        if other := self._halves.other(row["channame"], row["uniqueid"]):
            yield ami.LocalBridged(row.at, other, row["uniqueid"])
        if row["linkedid"] != row["uniqueid"] and (operator := self._operator(row)):
            interface = interface_of(row["channame"])
            yield ami.OperatorCalled(row.at, row["linkedid"], row["uniqueid"], operator, interface)

    def _optimized(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.LocalOptimized(row.at, row["uniqueid"], row.further("local_two_uniqueid"))

    def _application(self, row: CELRow) -> Iterator[ami.CallEvent]:
        if row["appname"].lower() == "queue":
            self.notes.take_joined(row["uniqueid"], row.at)
            yield self._joined(row)
        elif row["appname"].lower() == "dial" and row["uniqueid"] == row["linkedid"]:
            yield ami.LegDialled(row.at, row["uniqueid"], leg="", channel="", operator="", interface="")

    def _joined(self, row: CELRow) -> ami.CallerJoined:
        queue = row["appdata"].partition(",")[0]
        return ami.CallerJoined(
            row.at, row["uniqueid"], row["linkedid"], queue, known(row["cidnum"]), known(row["cidname"])
        )

    def _answer(self, row: CELRow) -> Iterator[ami.CallEvent]:
        """Tell that the queue connected this leg; of several operators who picked up queue_log names the one."""
        if operator := self.notes.connected.get(row["uniqueid"]):
            interface = interface_of(row["channame"])
            yield ami.OperatorConnected(row.at, row["linkedid"], row["uniqueid"], operator, interface, timedelta())

    def _entered(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.BridgeEntered(row.at, row.further("bridge_id"), row["uniqueid"], row["channame"], row["linkedid"])

    def _left(self, row: CELRow) -> Iterator[ami.CallEvent]:
        """Tell a departure; of a caller who goes from one Queue() into the next, only queue_log tells that he did."""
        yield ami.BridgeLeft(row.at, row.further("bridge_id"), row["uniqueid"])
        if row["appname"].lower() == "queue" and self.notes.take_joined(row["uniqueid"], row.at):
            yield self._joined(row)

    def _hangup(self, row: CELRow) -> Iterator[ami.CallEvent]:
        """Tell a hang-up. Its source is the channel whose party asked for it; where a caller's has none, the PBX."""
        cause, source = row.further("hangupcause"), row.further("hangupsource")
        if source == row["channame"]:
            yield ami.HangupRequested(row.at, soft=False, uniqueid=row["uniqueid"], cause=cause)
        elif not source and row["uniqueid"] == row["linkedid"]:
            yield ami.HangupRequested(row.at, soft=True, uniqueid=row["uniqueid"], cause=cause)
        if row["uniqueid"] in self._missed:
            yield ami.DialEnded(row.at, row["uniqueid"], "NOANSWER")
        if row["uniqueid"] in self.notes.abandoned:
            yield ami.CallerAbandoned(row.at, row["uniqueid"])

    def _ended(self, row: CELRow) -> Iterator[ami.CallEvent]:
        yield ami.HungUp(row.at, row["uniqueid"], "")

    def _told(self, row: CELRow) -> Iterator[ami.CallEvent]:
        """Tell what the dialplan wrote down of a rating, and of the IVR."""
        if (about := _TOLD_IN.get(row["context"])) is not None:
            yield ami.DialplanTold(row.at, row["uniqueid"], about, row.further("extra"))

    def _transferred(self, row: CELRow) -> Iterator[ami.CallEvent]:
        how = "blind" if row["eventtype"] == "BLINDTRANSFER" else "attended"
        target = row.further("extension") or row.further("channel2_uniqueid")
        yield ami.CallTransferred(row.at, how, row["uniqueid"], row.further("transferee_channel_uniqueid"), target)


_TOLD_IN: Final = {"rating-told": "Rating", "ivr-told": "IVR"}
_TELLERS: dict[str, Callable[[Retelling, CELRow], Iterator[ami.CallEvent]]] = {
    "CHAN_START": Retelling._started,  # noqa: SLF001 # the table is part of the class, split off to read as one
    "APP_START": Retelling._application,  # noqa: SLF001
    "ANSWER": Retelling._answer,  # noqa: SLF001
    "BRIDGE_ENTER": Retelling._entered,  # noqa: SLF001
    "BRIDGE_EXIT": Retelling._left,  # noqa: SLF001
    "LOCAL_OPTIMIZE_BEGIN": Retelling._optimized,  # noqa: SLF001
    "HANGUP": Retelling._hangup,  # noqa: SLF001
    "CHAN_END": Retelling._ended,  # noqa: SLF001
    "BLINDTRANSFER": Retelling._transferred,  # noqa: SLF001
    "RATING": Retelling._told,  # noqa: SLF001
    "IVR": Retelling._told,  # noqa: SLF001
    "ATTENDEDTRANSFER": Retelling._transferred,  # noqa: SLF001
}
