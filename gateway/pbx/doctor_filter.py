"""The event filter of manager.conf: which events it lets through, and what it should say. Pure."""

import re
from typing import Final

from gateway.config import Settings
from gateway.pbx import needs
from gateway.pbx.conf_files import ConfFile
from gateway.pbx.doctor_findings import Finding, fail, ok, shortened, warn

_FILTER: Final = re.compile(r"eventfilter\s*\((?P<what>.*)\)", re.IGNORECASE)
_FILTER_NAME: Final = re.compile(r"name\(\s*(?P<name>[^)\s]+)\s*\)")
_SHOW: Final = "write the lines that `fourring doctor --show-manager-conf` prints"


def manager_conf(settings: Settings) -> str:
    """Return the section that an existing manager.conf needs for us; the secret is left to be filled in."""
    lines = [
        f"[{settings.ami.user}]",
        "secret = the value of ami in secrets.toml",
        "deny = 0.0.0.0/0.0.0.0",
        "permit = 127.0.0.1/32",
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
    included, patterns = _filters(conf, user)
    if not included and not patterns:
        return fail("event filter", f"manager.conf, [{user}], sends every event, most of no use: {_SHOW}")
    missing = [name for name in needs.AMI_EVENTS if name not in included and not _matches(patterns, name)]
    if missing:
        line = f"eventfilter(action(include),name({missing[0]})) ="
        return fail("event filter", f"{shortened(missing)} do not pass: in manager.conf, [{user}], write {line}")
    further = sorted(included - set(needs.AMI_EVENTS))
    if further:
        return warn("event filter", f"{shortened(further)} pass as well, which nobody reads: take them out")
    return ok("event filter", f"the {len(needs.AMI_EVENTS)} events that are read pass")


def _filters(conf: ConfFile, user: str) -> tuple[set[str], list[str]]:
    """Return the names that are included, and the older kind of filter: expressions over the whole event."""
    names, patterns = set(), []
    for key, value in conf.sections[user]:
        advanced = _FILTER.fullmatch(key)
        if advanced and "exclude" not in advanced["what"] and "header" not in advanced["what"]:
            names |= {found["name"] for found in _FILTER_NAME.finditer(advanced["what"])}
        elif key.lower() == "eventfilter" and value and not value.startswith("!"):
            patterns.append(value)
    return names, patterns


def _matches(patterns: list[str], event: str) -> bool:
    return any(_found(pattern, f"Event: {event}\r\n") for pattern in patterns)


def _found(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False
