"""Examines an Asterisk, ours or an existing one, and says of each thing whether it serves the hotline.

It changes nothing on the PBX; what the optional probe does stands in gateway.pbx.doctor_questions.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from gateway.ami.errors import AMIError, LoginRefusedError
from gateway.config import Settings
from gateway.pbx import doctor_answers as on_wire
from gateway.pbx import doctor_files as in_files
from gateway.pbx import doctor_records as on_disk
from gateway.pbx.doctor_findings import Finding, Outcome, fail, ok, unknown
from gateway.pbx.doctor_questions import Answers, ask_all
from gateway.pbx.interview import Interview, UnreachableError, connected
from gateway.secrets import FILE_NAME as SECRETS_FILE

T = TypeVar("T")

_REACHED_WITHIN: Final = 2.0
_NOT_SAID: Final = "the PBX did not say: mend what FAILs, then look again"


async def examine(settings: Settings, secret: str, *, probe: bool = False) -> list[Finding]:
    """Return a finding for each check, in an order to read them in; `secret` is the AMI user's."""
    findings, answers = await _question(settings, secret, probe=probe)
    now = datetime.now(UTC)
    findings += _of_answers(answers, settings)
    findings += _of_events(answers)
    seen = frozenset(finding.check for finding in findings)
    findings += in_files.of_files(_config_dir(settings), settings, seen, answers.since("LastReload", now))
    findings.append(await _ivr(settings))
    findings += _of_records(settings.pbx_log_dir, answers, now)
    if settings.recording.enabled:
        findings.append(on_disk.recordings(settings.pbx_monitor_dir))
    return findings


def healthy(findings: list[Finding]) -> bool:
    """Say whether nothing has to be changed."""
    return all(finding.outcome is not Outcome.FAIL for finding in findings)


async def _question(settings: Settings, secret: str, *, probe: bool) -> tuple[list[Finding], Answers]:
    """Return what can be said of the connection, and the PBX's answers."""
    ami = settings.manager
    findings: list[Finding] = []
    try:
        async with connected(ami) as talk:
            findings.append(ok("AMI", f"{talk.greeting} at {ami.host}:{ami.port}"))
            findings.append(await _log_in(talk, settings, secret))
            if not healthy(findings):
                return findings, Answers()
            endpoints = [seat.endpoint for seat in settings.seats]
            return findings, await ask_all(talk, settings.queue.name, endpoints, probe=probe)
    except UnreachableError as problem:
        ours = "start the hotline with make run; for an Asterisk of your own set [pbx] managed = false"
        theirs = f"start Asterisk; in manager.conf, [general]: write enabled = yes and port = {ami.port}"
        advice = ours if settings.pbx.managed else theirs
        return [fail("AMI", f"{problem}: {advice}")], Answers()
    except AMIError as problem:
        return [*findings, fail("AMI", f"{ami.host}:{ami.port}: {problem}")], Answers()


async def _log_in(talk: Interview, settings: Settings, secret: str) -> Finding:
    user = settings.ami.user
    try:
        await talk.log_in(user, secret, plain_allowed=settings.ami.tls)
    except LoginRefusedError as problem:
        known = f"secret = the value of ami in {settings.data_dir / SECRETS_FILE}"
        advice = f"in manager.conf, [{user}]: write {known}, and permit = this machine's address"
        return fail("log-in", f"Asterisk refuses {user} ({problem}): {advice}")
    return ok("log-in", f"as {user}")


def _of_answers(answers: Answers, settings: Settings) -> Iterator[Finding]:
    user = settings.ami.user
    yield _judged("version", answers.core, on_wire.version)
    yield _judged("system name", answers.core, lambda core: on_wire.system_name(core, settings))
    yield _judged("needed rights", answers.commands, lambda listed: on_wire.needed_rights(listed, user))
    yield _judged("further rights", answers.commands, lambda listed: on_wire.further_rights(listed, user))
    yield _judged("file reach", answers.file_line, on_wire.file_reach)
    yield _judged("clock", answers.clock_ahead, on_wire.clock)
    yield _judged("queue", answers.queue, lambda frames: on_wire.queue_exists(frames, settings))
    yield _judged("way to the queue", answers.dialplan, lambda rows: on_wire.way_to_queue(rows, settings))
    yield _judged("way to speak", answers.dialplan, on_wire.way_to_speak)
    yield _judged("way to rate", answers.dialplan, on_wire.way_to_rate)
    if settings.ivr.menu:
        yield _judged("way of the menu", answers.dialplan, on_wire.way_of_the_menu)
    if settings.recording.enabled:
        yield _judged("way to record", answers.dialplan, on_wire.way_to_record)
    yield _judged("way to pass on", answers.dialplan, lambda rows: on_wire.way_to_pass_on(rows, settings))
    yield _judged("way to hold", answers.dialplan, lambda rows: on_wire.way_to_hold(rows, settings))
    yield _judged("way to the leaders", answers.dialplan, lambda rows: on_wire.way_to_leaders(rows, settings))
    yield _judged("way to the IVR", answers.dialplan, lambda rows: on_wire.way_to_ivr(rows, settings))
    if seats := on_wire.seats_by_device(answers.devices or {}):
        yield seats


def _judged(check: str, answer: T | None, judge: Callable[[T], Finding]) -> Finding:
    return unknown(check, _NOT_SAID) if answer is None else judge(answer)


def _of_events(answers: Answers) -> Iterator[Finding]:
    """Yield what the events that came show; what they do not show is left to the files."""
    shown = (on_wire.unread_events(answers.unasked), on_wire.timestamps(answers.unasked))
    yield from filter(None, shown)
    if answers.probe:
        yield on_wire.probe_arrived(arrived=answers.probe.arrived)


async def _ivr(settings: Settings) -> Finding:
    """Check that the IVR answers; without it callers go straight to the queue (I5)."""
    where = f"{settings.fastagi.host}:{settings.fastagi.port}"
    try:
        async with asyncio.timeout(_REACHED_WITHIN):
            _, writer = await asyncio.open_connection(settings.fastagi.host, settings.fastagi.port)
        writer.close()
    except OSError:
        advice = "start `fourring serve`, or correct [fastagi] host and port in fourring.toml"
        return fail("IVR", f"nothing answers at {where}, so callers go straight to the queue: {advice}")
    return ok("IVR", f"answers at {where}")


def _of_records(folder: Path, answers: Answers, now: datetime) -> Iterator[Finding]:
    started_at = answers.since("Uptime", now)
    calls = answers.status.get("CoreProcessedCalls") if answers.status else ""
    yield on_disk.queue_log(folder, started_at, answers.probe.made_at if answers.probe else None)
    yield on_disk.cel(folder, started_at, int(calls) if calls.isdecimal() else 0)


def _config_dir(settings: Settings) -> Path | None:
    """Return where this PBX's files are; those of our own Asterisk say nothing of another."""
    return settings.pbx_config_dir if settings.pbx.managed or settings.pbx.config_dir else None
