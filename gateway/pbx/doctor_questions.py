"""What is asked of a PBX in an examination. It only asks, unless a probe is allowed; it judges nothing.

The probe adds a paused member to the queue and takes it out again: nobody is rung, nobody's place changes;
two lines in queue_log remain.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from gateway.ami.errors import ActionRefusedError, ActionTimeoutError
from gateway.ami.wire import Frame
from gateway.pbx.interview import Interview

T = TypeVar("T")

PROBE: Final = "Local/doctor@fourring-doctor"
_PROBE_WITHIN: Final = 2.0
_PINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """What the probe showed: when it was made, by the PBX's clock, and whether its event arrived."""

    made_at: datetime
    arrived: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """What the PBX said; None for what this user may not ask. `clock_ahead` is the PBX's clock less ours."""

    core: Frame | None = None
    status: Frame | None = None
    commands: Frame | None = None
    queue: list[Frame] | None = None
    dialplan: list[Frame] | None = None
    clock_ahead: timedelta | None = None
    file_line: str | None = None
    devices: dict[str, str] | None = None
    probe: Probe | None = None
    unasked: list[Frame] = field(default_factory=list)

    def since(self, name: str, now: datetime) -> datetime | None:
        """Return when the PBX started ("Uptime") or last read its files ("LastReload"), by our clock."""
        booted = next((frame for frame in self.unasked if frame.event == "FullyBooted"), None)
        text = booted.get(name) if booted else ""
        return now - timedelta(seconds=int(text)) if text.isdecimal() else None


async def ask_all(talk: Interview, queue: str, endpoints: Iterable[str], *, probe: bool) -> Answers:
    """Ask everything; raises ConnectionLostError where the PBX hangs up in between."""
    ahead = await _allowed(lambda: _clock_ahead(talk))
    return Answers(
        core=await _allowed(lambda: talk.ask("CoreSettings")),
        status=await _allowed(lambda: talk.ask("CoreStatus")),
        commands=await _allowed(lambda: talk.ask("ListCommands")),
        queue=await _allowed(lambda: talk.ask_list("QueueStatus", Queue=queue)),
        dialplan=await _allowed(lambda: talk.ask_list("ShowDialPlan")),
        clock_ahead=ahead,
        file_line=await _allowed(lambda: _value(talk, "AST_CONFIG(manager.conf,general,enabled)")),
        devices=await _allowed(lambda: _devices(talk, endpoints)),
        probe=await _allowed(lambda: _probe(talk, queue, ahead or timedelta())) if probe else None,
        unasked=talk.unasked,
    )


async def _allowed(question: Callable[[], Awaitable[T]]) -> T | None:
    """Return the answer, None where the PBX refuses it or gives none."""
    try:
        return await question()
    except (ActionRefusedError, ActionTimeoutError):
        return None


async def _clock_ahead(talk: Interview) -> timedelta | None:
    """Return how far the PBX's clock is ahead, as the quickest of some pings has it."""
    best: tuple[timedelta, timedelta] | None = None
    for _ in range(_PINGS):
        asked_at = datetime.now(UTC)
        stamp = (await talk.ask("Ping")).get("Timestamp")
        took = datetime.now(UTC) - asked_at
        try:
            there = datetime.fromtimestamp(float(stamp), UTC)
        except (ValueError, OverflowError, OSError):
            continue
        best = min(best or (timedelta.max, timedelta()), (took, there - asked_at - took / 2))
    return best[1] if best else None


async def _value(talk: Interview, expression: str) -> str:
    return (await talk.ask("Getvar", Variable=expression)).get("Value")


async def _devices(talk: Interview, endpoints: Iterable[str]) -> dict[str, str]:
    return {each: await _value(talk, f"DEVICE_STATE(PJSIP/{each})") for each in endpoints}


async def _probe(talk: Interview, queue: str, clock_ahead: timedelta) -> Probe:
    made_at = datetime.now(UTC) + clock_ahead
    try:
        await talk.ask("QueueAdd", Queue=queue, Interface=PROBE, MemberName="doctor", Paused="true")
        seen = await talk.wait_for(
            lambda frame: frame.event == "QueueMemberAdded" and frame.get("Interface") == PROBE, _PROBE_WITHIN
        )
    finally:
        await talk.ask("QueueRemove", Queue=queue, Interface=PROBE)
    return Probe(made_at, seen is not None)
