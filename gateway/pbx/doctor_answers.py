"""Checks on what a PBX answers on its manager interface. Pure: frames in, findings out.

Each FAIL names the file on the PBX and the line to write into it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from gateway.ami.wire import Frame
from gateway.calls.resync import QUESTIONS
from gateway.config import Settings
from gateway.pbx import needs
from gateway.pbx.doctor_findings import Finding, fail, ok, shortened, unknown, warn

NEEDED_ACTIONS: Final = (
    "BlindTransfer",
    "CoreSettings",
    "CoreStatus",
    "Hangup",
    "Ping",
    "Originate",
    "QueueAdd",
    "QueuePause",
    "QueueRemove",
    "Redirect",
    *QUESTIONS,
)
"""The actions that the gateway and its doctor send."""

CLOCK_WARN: Final = timedelta(seconds=0.5)
CLOCK_FAIL: Final = timedelta(seconds=2)

_VERSION: Final = re.compile(r"(certified[/-])?(\d+)\.(\d+)(?:(?:\.|-cert)(\d+))?")
_RIGHTS: Final = re.compile(r"\(Priv: ([^)]*)\)\s*$")
_LOOPBACK: Final = re.compile(r"127\.|localhost$|::1$")
_AGI: Final = re.compile(r"h?agi://\[?([^/\]]+?)\]?(?::(\d+))?(?:[/,]|$)")
_AGI_PORT: Final = 4573


def version(core: Frame) -> Finding:
    """Check Asterisk's version in the answer to CoreSettings."""
    text = core.get("AsteriskVersion")
    found = _VERSION.match(text)
    if found is None:
        return unknown("version", f"{text or 'not told'}: make sure it is Asterisk {needs.OLDEST_VERSION} or newer")
    number = tuple(int(part or 0) for part in found.groups()[1:])
    if number[0] < needs.OLDEST_VERSION:
        return fail("version", f"Asterisk {text} is too old: install {needs.OLDEST_VERSION} or newer")
    branch = f"{'certified/' if found[1] else ''}{number[0]}"
    if number < needs.SAFE_FROM.get(branch, ()):
        flaw = "lets our AMI user write configuration (CVE-2024-42365)"
        return fail("version", f"Asterisk {text} {flaw}: install a newer one")
    return ok("version", f"Asterisk {text}")


def system_name(core: Frame, settings: Settings) -> Finding:
    """Check that the PBX calls itself what [pbx] system says: calls are told apart by it."""
    here, there = settings.pbx.system, core.get("SystemName")
    if here == there:
        return ok("system name", here)
    line = f"asterisk.conf, [options]: write systemname = {here}"
    other = f', or in fourring.toml, [pbx]: system = "{there}"' if there else ""
    return fail("system name", f'the PBX calls itself "{there}", we call it "{here}": in {line}{other}')


def needed_rights(commands: Frame, user: str) -> Finding:
    """Check that every action of ours is in the answer to ListCommands, which lists what this user may do."""
    missing = sorted(set(NEEDED_ACTIONS) - {name for name, _ in commands.headers})
    if not missing:
        return ok("needed rights", f"{user} may do all that the hotline needs")
    advice = f"in manager.conf, [{user}]: write = {','.join(needs.AMI_WRITE)}"
    return fail("needed rights", f"{user} may not do {shortened(missing)}: {advice} (and load app_queue)")


def further_rights(commands: Frame, user: str) -> Finding:
    """Check that no action is allowed that the hotline does not need: least privilege."""
    excess = [name for name, text in commands.headers if _is_excess(text)]
    if not excess:
        return ok("further rights", "none")
    dangerous = sorted(excess, key=lambda name: (name not in _DANGEROUS, name))
    advice = f"in manager.conf, [{user}]: write = {','.join(needs.AMI_WRITE)}"
    return fail("further rights", f"{user} may also do {shortened(dangerous)}: {advice}")


_DANGEROUS: Final = frozenset({"Command", "GetConfig", "ModuleLoad", "UpdateConfig"})


def _is_excess(text: str) -> bool:
    """Say whether only rights that we do not ask for allow this action; "<none>" everybody has."""
    rights = _RIGHTS.search(text)
    return rights is not None and rights[1] != "<none>" and not set(rights[1].split(",")) & _OURS


_OURS: Final = frozenset(needs.AMI_WRITE)


def file_reach(value: str) -> Finding:
    """Check that Getvar reads no configuration files; `value` is what it gave for a line of manager.conf."""
    if not value:
        return ok("file reach", "Getvar reads no configuration file")
    advice = "in modules.conf write: noload = func_config.so"
    return warn("file reach", f"with Getvar this user can read manager.conf and its passwords: {advice}")


def queue_exists(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that the queue is in the answer to QueueStatus."""
    name = settings.queue.name
    if any(frame.event == "QueueParams" and frame.get("Queue") == name for frame in frames):
        return ok("queue", name)
    line = f"queues.conf: write a section [{name}], with strategy = {settings.queue.strategy}"
    return fail("queue", f"there is no queue {name}: in {line}, or correct [queue] name in fourring.toml")


def clock(ahead: timedelta) -> Finding:
    """Check how far the PBX's clock is ahead of ours; negative is behind. Rings are measured on its clock."""
    text = f"the PBX is {abs(ahead.total_seconds()):.3f} s {'ahead' if ahead > timedelta() else 'behind'}"
    advice = "run a time service (apt-get install chrony) on both machines"
    if abs(ahead) > CLOCK_FAIL:
        return fail("clock", f"{text}: {advice}")
    return warn("clock", f"{text}: {advice}") if abs(ahead) > CLOCK_WARN else ok("clock", text)


def way_to_queue(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that some extension of the dialplan leads into our queue."""
    name = settings.queue.name
    into = [frame for frame in frames if frame.get("Application") == "Queue"]
    found = next((frame for frame in into if frame.get("AppData").split(",")[0] == name), None)
    if found is None:
        return fail("way to the queue", f"no extension leads there: in extensions.conf write Queue({name},rc)")
    where = f"{found.get('Context')},{found.get('Extension') or found.get('Exten')}"
    options = (*found.get("AppData").split(","), "")[1]
    if "c" not in options:
        advice = f"write Queue({name},{options}c)"
        return warn("way to the queue", f"in {where} a caller is cut off when the operator hangs up: {advice}")
    return ok("way to the queue", f"Queue({found.get('AppData')}) in {where}")


def way_to_ivr(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that the dialplan asks for the IVR where the gateway listens for it."""
    here = f"agi://{settings.fastagi.host}:{settings.fastagi.port}/hotline"
    asked = [frame.get("AppData") for frame in frames if frame.get("Application") == "AGI"]
    addresses = [(found[1], int(found[2] or _AGI_PORT)) for text in asked if (found := _AGI.match(text))]
    if not addresses:
        return fail("way to the IVR", f"no extension asks for it: in extensions.conf write AGI({here})")
    right = [host for host, port in addresses if port == settings.fastagi.port]
    if not right:
        host, port = addresses[0]
        advice = f"in extensions.conf write AGI({here}), or in fourring.toml, [fastagi]: port = {port}"
        return fail("way to the IVR", f"the dialplan asks {host}:{port}, where we do not listen: {advice}")
    if all(map(_LOOPBACK.match, right)) and not _LOOPBACK.match(settings.ami.host):
        advice = "in extensions.conf write this machine's address into agi://"
        return fail("way to the IVR", f"the PBX is {settings.ami.host}, but asks {right[0]}, itself: {advice}")
    if _LOOPBACK.match(settings.ami.host) and not any(_LOOPBACK.match(h) or h == settings.fastagi.host for h in right):
        advice = f"in extensions.conf write AGI({here}), unless that is this machine's own address"
        return warn("way to the IVR", f"the PBX runs here, and asks {right[0]}: {advice}")
    return ok("way to the IVR", f"the dialplan asks agi://{right[0]}:{settings.fastagi.port}")


def _data_of(frames: Iterable[Frame], context: str, application: str) -> list[str]:
    """Return what an application is given wherever it stands in a context of the dialplan."""
    there = (frame for frame in frames if frame.get("Context") == context)
    return [frame.get("AppData") for frame in there if frame.get("Application") == application]


def way_to_speak(frames: Iterable[Frame]) -> Finding:
    """Check that callers can be spoken to: the extension that plays what the gateway orders."""
    if data := _data_of(frames, "speak", "Playback"):
        return ok("way to speak", f"Playback({data[0]}) in speak,s")
    advice = "in extensions.conf write a section [speak], as in asterisk_conf/templates/extensions.conf.j2"
    return fail("way to speak", f"nobody would hear an apology or a work number: {advice}")


def way_to_rate(frames: Iterable[Frame]) -> Finding:
    """Check that operators can end a call with the caller's rating (N2)."""
    if data := _data_of(frames, "rating-told", "UserEvent"):
        return ok("way to rate", f"UserEvent({data[0]}) in rating-told,s")
    advice = "in extensions.conf write sections [rate] and [rating-told], as in our template"
    return fail("way to rate", f"callers who are passed to the rating would be cut off: {advice}")


def way_of_the_menu(frames: Iterable[Frame]) -> Finding:
    """Check that the menu finds its prompts, and that what a caller chooses is told."""
    frames = tuple(frames)
    told = _data_of(frames, "ivr-told", "UserEvent")
    if told and any(data.startswith("PROMPTS=") for data in _data_of(frames, "hotline", "Set")):
        return ok("way of the menu", f"UserEvent({told[0]}) in ivr-told,s")
    advice = "in extensions.conf set PROMPTS in [hotline] and write a section [ivr-told], as in our template"
    return fail("way of the menu", f"callers would hear no menu, or nobody what they choose: {advice}")


def way_to_record(frames: Iterable[Frame]) -> Finding:
    """Check that the dialplan records calls."""
    if any("MixMonitor(" in data for data in _data_of(frames, "record", "ExecIf")):
        return ok("way to record", "MixMonitor in record,s")
    advice = "in extensions.conf write a section [record], as in our template, or set [recording] enabled = false"
    return fail("way to record", f"no call is recorded: {advice}")


def way_to_leaders(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that the dialplan rings the shift leader as well for who has waited for long."""
    name = settings.queue.leaders
    if any(data.split(",")[0] == name for data in _data_of(frames, "leaders", "Queue")):
        return ok("way to the leaders", f"Queue({name}) in leaders")
    advice = "in extensions.conf write [leaders], [leader-takes], [leaders-off] and [answered], as in our template"
    return fail("way to the leaders", f"no shift leader is rung for who has waited for long: {advice}")


def way_to_pass_on(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that the dialplan leads a caller who is passed on to every seat."""
    missing = _seats_not_in(frames, "transfer", settings)
    if not missing:
        return ok("way to pass on", f"{len(settings.seats)} seats in transfer")
    advice = "in extensions.conf write [transfer], [passed-on] and [let-come], as in our template"
    return fail("way to pass on", f"nobody can be passed on to {shortened(missing)}: {advice}")


def way_to_hold(frames: Iterable[Frame], settings: Settings) -> Finding:
    """Check that callers can be put on hold from the page, and every seat be asked meanwhile."""
    missing = _seats_not_in(frames, "holding", settings)
    if not missing:
        return ok("way to hold", f"{len(settings.seats)} seats in holding")
    advice = "in extensions.conf write [held], [holding] and [let-go], as in our template"
    return fail("way to hold", f"a caller who is put on hold would be cut off from {shortened(missing)}: {advice}")


def _seats_not_in(frames: Iterable[Frame], context: str, settings: Settings) -> list[str]:
    there = {frame.get("Extension") or frame.get("Exten") for frame in frames if frame.get("Context") == context}
    return sorted(seat.endpoint for seat in settings.seats if seat.endpoint not in there)


def timestamps(unasked: Sequence[Frame]) -> Finding | None:
    """Check that events carry the PBX's own instant; None where none came that could show it.

    FullyBooted never carries one: it is written for one client, not for all.
    """
    seen = [frame for frame in unasked if frame.event != "FullyBooted"]
    if not seen:
        return None
    if all(frame.get("Timestamp") for frame in seen):
        return ok("event times", f"{seen[0].event} carries the PBX's own time")
    advice = "in manager.conf, [general]: write timestampevents = yes"
    return fail("event times", f"{seen[0].event} carries no time, so rings cannot be measured: {advice}")


def unread_events(unasked: Iterable[Frame]) -> Finding | None:
    """Check that nothing came that nobody here reads; None where that is so."""
    names = sorted({frame.event for frame in unasked} - set(needs.AMI_EVENTS))
    if not names:
        return None
    advice = "in manager.conf write the lines that `fourring doctor --show-manager-conf` prints"
    return fail("event filter", f"the PBX sends {shortened(names)}, which nobody reads: {advice}")


def seats_by_device(states: dict[str, str]) -> Finding | None:
    """Check the seats' endpoints by DEVICE_STATE; None where the PBX has no such function."""
    if not any(states.values()):
        return None
    missing = sorted(endpoint for endpoint, state in states.items() if state == "INVALID")
    return seats_missing(missing) if missing else ok("seats", f"{len(states)} endpoints are known to the PBX")


def seats_missing(missing: list[str]) -> Finding:
    """Return that these endpoints are not there."""
    advice = f"in pjsip.conf write a section [{missing[0]}] with type = endpoint for each, or correct [[seats]]"
    return fail("seats", f"the PBX does not know {shortened(missing)}: {advice}")


def probe_arrived(*, arrived: bool) -> Finding:
    """Check that the event which the probe caused reached us."""
    if arrived:
        return ok("probe", "an event caused here arrived here")
    advice = "in manager.conf write the lines that `fourring doctor --show-manager-conf` prints"
    return fail("probe", f"QueueMemberAdded does not reach us, nor will calls: {advice}")
