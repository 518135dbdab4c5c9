"""The event filter of manager.conf: which events it lets through, and what it should say. Pure."""

import re
from dataclasses import dataclass, field
from typing import Final

from gateway.config import Settings
from gateway.pbx import needs
from gateway.pbx.conf_files import ConfFile
from gateway.pbx.doctor_findings import Finding, fail, ok, shortened, warn

_FILTER: Final = re.compile(r"eventfilter\s*\((?P<what>.*)\)", re.IGNORECASE)
_FILTER_NAME: Final = re.compile(r"name\(\s*(?P<name>[^)\s]+)\s*\)")
_SOMETIMES: Final = re.compile(r"\b(header|method)\(")
_SHOW: Final = "write the lines that `fourring doctor --show-manager-conf` prints"


def manager_conf(settings: Settings) -> str:
    """Return the section that an existing manager.conf needs for us; the secret is left to be filled in."""
    beside_us = settings.ami.host in {"127.0.0.1", "::1", "localhost"}
    permitted = ("127.0.0.1/32", "::1/128") if beside_us else ("the address of the gateway's machine",)
    lines = [
        "; In [general] as well: timestampevents = yes",
        f"[{settings.ami.user}]",
        "secret = the value of ami in secrets.toml",
        "deny = 0.0.0.0/0.0.0.0",
        "deny = ::/0",
        *(f"permit = {address}" for address in permitted),
        f"read = {','.join(needs.AMI_READ)}",
        f"write = {','.join(needs.AMI_WRITE)}",
        *(f"eventfilter(action(include),name({event})) =" for event in needs.AMI_EVENTS),
    ]
    return "\n".join(lines)


def event_filter(conf: ConfFile, settings: Settings) -> Finding:
    """Check that manager.conf lets through the events that are read, and no others."""
    user = settings.ami.user
    if user not in conf.sections:
        return fail("event filter", f"manager.conf has no section [{user}]: {_SHOW}")
    let, kept_back = _Filters(), _Filters()
    for key, value in conf.sections[user]:
        _sort(key, value, let, kept_back)
    if not let:
        return fail("event filter", f"manager.conf, [{user}], sends every event, most of no use: {_SHOW}")
    hidden = [name for name in needs.AMI_EVENTS if kept_back.hit(name)]
    if hidden:
        advice = f"in manager.conf, [{user}], take out the eventfilter that excludes {hidden[0]}"
        return fail("event filter", f"{shortened(hidden)} are kept back: {advice}")
    missing = [name for name in needs.AMI_EVENTS if not let.hit(name)]
    if missing:
        line = f"eventfilter(action(include),name({missing[0]})) ="
        return fail("event filter", f"{shortened(missing)} do not pass: in manager.conf, [{user}], write {line}")
    further = sorted(let.names - set(needs.AMI_EVENTS))
    if further:
        return warn("event filter", f"{shortened(further)} pass as well, which nobody reads: take them out")
    return ok("event filter", f"the {len(needs.AMI_EVENTS)} events that are read pass")


@dataclass(slots=True)
class _Filters:
    """Filters of one kind: names, and the older expressions over the whole event."""

    names: set[str] = field(default_factory=set)
    patterns: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.names or self.patterns)

    def hit(self, event: str) -> bool:
        """Say whether an event of this name is meant."""
        return event in self.names or any(_found(pattern, f"Event: {event}\r\n") for pattern in self.patterns)


def _sort(key: str, value: str, let: _Filters, kept_back: _Filters) -> None:
    """Put one line where it belongs. What passes only sometimes does not pass; what may be hidden is hidden."""
    advanced = _FILTER.fullmatch(key)
    if advanced:
        names = {found["name"] for found in _FILTER_NAME.finditer(advanced["what"])}
        if "exclude" in advanced["what"]:
            kept_back.names |= names or set(needs.AMI_EVENTS)
        elif not _SOMETIMES.search(advanced["what"]):
            let.names |= names
    elif key.lower() == "eventfilter" and value:
        _sort_expression(value, let, kept_back)


def _sort_expression(value: str, let: _Filters, kept_back: _Filters) -> None:
    """Put an older filter where it belongs; one that takes out what has some other header may take out anything."""
    if not value.startswith("!"):
        let.patterns.append(value)
    elif "Event:" in value:
        kept_back.patterns.append(value.removeprefix("!"))
    else:
        kept_back.names |= set(needs.AMI_EVENTS)


def _found(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False
