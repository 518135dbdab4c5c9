"""Checks on a PBX's configuration files: a file's sections in, findings out.

A file shows what will hold after the next reload; where the wire shows what holds now, the wire is believed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.config import Settings
from gateway.pbx import needs
from gateway.pbx.conf_files import ConfFile, UnreadableError, read_conf
from gateway.pbx.doctor_answers import seats_missing
from gateway.pbx.doctor_filter import event_filter
from gateway.pbx.doctor_findings import Finding, fail, ok, shortened, unknown, warn

_NUMBER_HEADERS: Final = ("From:", "P-Asserted-Identity:", "Remote-Party-ID:")
_TONE: Final = re.compile(r"[^/,]+/(\d+)")


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One check on one file; `advice` is what to make sure of where the file cannot be read."""

    check: str
    file: str
    advice: str
    look: Callable[[ConfFile, Settings], Finding]


def event_classes(conf: ConfFile, settings: Settings) -> Finding:
    """Check that manager.conf lets this user read the classes in which our events are."""
    user = settings.ami.user
    classes = {word.strip() for word in (conf.value(user, "read") or "").split(",")}
    missing = sorted(set(needs.AMI_READ) - classes) if "all" not in classes else []
    if missing:
        line = f"read = {','.join(needs.AMI_READ)}"
        return fail("event classes", f"{', '.join(missing)} missing: in manager.conf, [{user}]: write {line}")
    return ok("event classes", ",".join(needs.AMI_READ))


def event_times(conf: ConfFile, settings: Settings) -> Finding:
    """Check timestampevents in manager.conf."""
    del settings
    if conf.is_on("general", "timestampevents"):
        return ok("event times", "manager.conf says timestampevents = yes")
    advice = "in manager.conf, [general]: write timestampevents = yes"
    return fail("event times", f"events carry no time, so rings cannot be measured: {advice}")


def autofill(conf: ConfFile, settings: Settings) -> Finding:
    """Check autofill in queues.conf: without it one caller at a time is offered to the operators."""
    queue = settings.queue.name
    if conf.is_on(queue, "autofill", otherwise=conf.is_on("general", "autofill")):
        return ok("autofill", "yes")
    advice = f"in queues.conf, [{queue}]: write autofill = yes"
    return fail("autofill", f"only one caller at a time is offered to the operators: {advice}")


def ringinuse(conf: ConfFile, settings: Settings) -> Finding:
    """Check ringinuse in queues.conf: an operator who talks is not to be rung."""
    queue = settings.queue.name
    if not conf.is_on(queue, "ringinuse", otherwise=True):
        return ok("ringinuse", "no")
    advice = f"in queues.conf, [{queue}]: write ringinuse = no"
    return fail("ringinuse", f"operators who talk are rung as well: {advice}")


def persistentmembers(conf: ConfFile, settings: Settings) -> Finding:
    """Check persistentmembers in queues.conf: operators stay signed in when Asterisk restarts."""
    del settings
    if conf.is_on("general", "persistentmembers"):
        return ok("persistentmembers", "yes")
    advice = "in queues.conf, [general]: write persistentmembers = yes"
    return fail("persistentmembers", f"after a restart of Asterisk nobody is in the queue: {advice}")


def member_names(conf: ConfFile, settings: Settings) -> Finding:
    """Check that queue_log names operators: calls unseen must still name who answered (I2)."""
    del settings
    if conf.is_on("general", "log_membername_as_agent"):
        return ok("names in queue_log", "work numbers")
    advice = "in queues.conf, [general]: write log_membername_as_agent = yes"
    return fail("names in queue_log", f"queue_log names phones and not operators: {advice}")


def cel_enabled(conf: ConfFile, settings: Settings) -> Finding:
    """Check that the PBX keeps channel events: calls that came while no gateway listened are found there."""
    del settings
    if conf.is_on("general", "enable"):
        return ok("CEL", "enabled")
    return fail("CEL", "it is off, so calls unseen are lost: in cel.conf, [general]: write enable = yes")


def tones(conf: ConfFile, settings: Settings) -> Finding:
    """Check that callers hear the rings that are counted (N1): the ringing tone of indications.conf."""
    country = conf.value("general", "country") or "us"
    if country != "cn":
        return fail("tones", f"they are those of {country!r}: in indications.conf, [general]: write country = cn")
    heard = sum(int(part) for part in _TONE.findall(conf.value("cn", "ring") or "")) / 1000
    counted = settings.rings.seconds
    if abs(heard - counted) > 0.001:  # noqa: PLR2004 - a millisecond is the file's own unit
        advice = f"make [cn] ring in indications.conf and [rings] seconds = {counted:g} in fourring.toml agree"
        return fail("tones", f"a caller's ring lasts {heard:g} s, ours {counted:g} s: {advice}")
    return ok("tones", f"those of China, a ring every {heard:g} s")


def seats_by_file(conf: ConfFile, settings: Settings) -> Finding:
    """Check that pjsip.conf has every seat's endpoint."""
    missing = [seat.endpoint for seat in settings.seats if "endpoint" not in conf.values(seat.endpoint, "type")]
    return seats_missing(missing) if missing else ok("seats", f"{len(settings.seats)} are in pjsip.conf")


def line_breaks(conf: ConfFile, settings: Settings) -> Finding:
    """Check that no caller's number brings line breaks into events and records (I10): the guard of our pjsip.conf."""
    context = settings.pbx.trunk_context
    trunks = [name for name in conf.sections if conf.value(name, "context") == context]
    trusting = [name for name in trunks if conf.is_on(name, "trust_connected_line", otherwise=True)]
    guarded = " ".join(value for name in conf.sections for value in conf.values(name, "match_header"))
    if trunks and not trusting and all(header in guarded for header in _NUMBER_HEADERS):
        return ok("line breaks", "no caller's number can hold one")
    lacking = f"write trust_connected_line = no in [{trusting[0]}]" if trusting else "take over [trunk-unreadable]"
    advice = f"in pjsip.conf, {lacking}, as asterisk_conf/templates/pjsip.conf.j2 has it"
    return fail("line breaks", f"a caller's number may forge events and records: {advice}")


FILE_CHECKS: Final = (
    FileCheck("event filter", "manager.conf", "has an eventfilter line for each event read", event_filter),
    FileCheck("event classes", "manager.conf", f"says read = {','.join(needs.AMI_READ)}", event_classes),
    FileCheck("event times", "manager.conf", "says timestampevents = yes", event_times),
    FileCheck("autofill", "queues.conf", "says autofill = yes", autofill),
    FileCheck("ringinuse", "queues.conf", "says ringinuse = no", ringinuse),
    FileCheck("persistentmembers", "queues.conf", "says persistentmembers = yes", persistentmembers),
    FileCheck("names in queue_log", "queues.conf", "says log_membername_as_agent = yes", member_names),
    FileCheck("CEL", "cel.conf", "says enable = yes", cel_enabled),
    FileCheck("tones", "indications.conf", "says country = cn", tones),
    FileCheck("seats", "pjsip.conf", "has an endpoint for each seat", seats_by_file),
    FileCheck("line breaks", "pjsip.conf", "keeps line breaks out of callers' numbers, as ours does", line_breaks),
)


def of_files(
    folder: Path | None, settings: Settings, known: frozenset[str], reloaded_at: datetime | None
) -> Iterator[Finding]:
    """Yield a finding for each check that is not known from elsewhere.

    `folder` is None where nobody said where the files are; `reloaded_at` is when Asterisk last read them.
    """
    for each in FILE_CHECKS:
        if each.check not in known:
            yield _of_file(folder, each, settings)
    if folder and reloaded_at:
        yield in_force(_changed_at(folder), reloaded_at)


def _of_file(folder: Path | None, each: FileCheck, settings: Settings) -> Finding:
    if folder is None:
        where = "set [pbx] config_dir in fourring.toml to the folder of the .conf files, or"
        return unknown(each.check, f"{where} make sure {each.file} {each.advice}")
    try:
        return each.look(read_conf(folder / each.file), settings)
    except UnreadableError as problem:
        return unknown(each.check, f"{problem}: make sure {each.file} {each.advice}")


def in_force(changed_at: dict[str, datetime], reloaded_at: datetime) -> Finding:
    """Check that no file was changed after Asterisk last read it."""
    newer = sorted(name for name, at in changed_at.items() if at > reloaded_at + _SAME_MOMENT)
    if newer:
        advice = "asterisk -rx 'core reload'"
        return warn("files in force", f"{shortened(newer)} changed since Asterisk read them: run {advice}")
    return ok("files in force", "none has changed since Asterisk read them")


def _changed_at(folder: Path) -> dict[str, datetime]:
    files = {each.file for each in FILE_CHECKS}
    found = [path for path in folder.glob("*.conf") if path.name in files]
    return {path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in found}


_SAME_MOMENT: Final = timedelta(seconds=2)
