"""What SIPp sent and received, read from its own message log: the outside truth about a call."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_BREAK = re.compile(r"^-{20,} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)\s*$", re.MULTILINE)
_HEADER = re.compile(r"^([A-Za-z-]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_SHORT = {"i": "call-id", "f": "from", "t": "to", "m": "contact", "v": "via"}


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message; `at` is an aware UTC instant of SIPp's clock, which is the PBX's."""

    at: datetime
    sent: bool
    first_line: str
    headers: dict[str, str]
    text: str

    @property
    def status(self) -> int | None:
        """The status code of a response, None for a request."""
        words = self.first_line.split()
        return int(words[1]) if words[0].startswith("SIP/") else None

    @property
    def method(self) -> str:
        """The request's method, or that of the request a response answers."""
        return self.headers.get("cseq", "0 ?").split()[1]

    @property
    def call_id(self) -> str:
        """Which call it belongs to."""
        return self.headers.get("call-id", "")


@dataclass(frozen=True, slots=True)
class SIPCall:
    """One call as one phone saw it. Instants are aware UTC; None means "did not happen"."""

    call_id: str
    messages: tuple[Message, ...]

    @property
    def caller(self) -> str:
        """The user part of the first request's From."""
        found = re.search(r"sip:([^@>]*)@", self.messages[0].headers.get("from", ""))
        return found[1] if found else ""

    @property
    def invited_at(self) -> datetime:
        """When the first INVITE was sent or received."""
        return self.messages[0].at

    @property
    def ringing_at(self) -> datetime | None:
        """When ringing was first announced, or heard."""
        return self._first_response(180, 183)

    @property
    def answered_at(self) -> datetime | None:
        """When the call was answered."""
        return self._first_response(200)

    @property
    def status(self) -> int | None:
        """The first final answer to an INVITE that is no mere demand for a password; None while there is none."""
        finals = [m.status for m in self.messages if m.method == "INVITE" and (m.status or 0) >= 200]
        return next((status for status in finals if status != 401), finals[-1] if finals else None)

    @property
    def acknowledged(self) -> bool:
        """Whether the answer was acknowledged: from then on the two talk."""
        return self.answered_at is not None and any(m.status is None and m.method == "ACK" for m in self.messages)

    @property
    def bye(self) -> Message | None:
        """The first BYE; `sent` says whose it was."""
        return next((m for m in self.messages if m.status is None and m.method == "BYE"), None)

    @property
    def ended_at(self) -> datetime | None:
        """When it was hung up, given up or refused."""
        over = next((m for m in self.messages if m.status is None and m.method in {"BYE", "CANCEL"}), None)
        if over is not None:
            return over.at
        return next((m.at for m in self.messages if m.method == "INVITE" and (m.status or 0) >= 300), None)

    @property
    def hung_up_here(self) -> bool | None:
        """Whether this side sent the first BYE; None when there was none."""
        return None if self.bye is None else self.bye.sent

    def _first_response(self, *statuses: int) -> datetime | None:
        return next((m.at for m in self.messages if m.status in statuses and m.method == "INVITE"), None)


def read_messages(log: Path) -> list[Message]:
    """Return every whole message in SIPp's message log, in order."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    parts = _BREAK.split(text)[1:]
    found = [_message(at, body) for at, body in zip(parts[::2], parts[1::2], strict=True)]
    return [message for message in found if message is not None]


def read_calls(log: Path) -> list[SIPCall]:
    """Return the calls in the log, ordered by their first INVITE; registrations and pings are left out."""
    by_id: dict[str, list[Message]] = {}
    for message in read_messages(log):
        if message.call_id in by_id or (message.status is None and message.method == "INVITE"):
            by_id.setdefault(message.call_id, []).append(message)
    return [SIPCall(call_id, tuple(messages)) for call_id, messages in by_id.items()]


def _message(at: str, body: str) -> Message | None:
    """Read one entry; None for one that is not written to its end yet."""
    how, _, text = body.strip().partition("\n")
    text = text.strip()
    if "message" not in how or not text:
        return None
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    first_line, _, rest = head.partition("\n")
    headers = {name.lower(): value.rstrip("\r") for name, value in reversed(_HEADER.findall(rest))}
    headers = {_SHORT.get(name, name): value for name, value in headers.items()}
    instant = datetime.strptime(at, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    return Message(instant, "sent" in how, first_line.strip(), headers, text)
