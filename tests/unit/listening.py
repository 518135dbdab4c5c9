"""An intake under test, what is told to it, and what it makes of that."""

from ami_records import (
    CONNECTED,
    answers,
    frame,
    looked_back,
)
from story import LINE, RULE, at

from gateway.ami.record import Record
from gateway.calls.intake import Intake
from gateway.calls.tracker import Tracker
from routing.facts import Fact

TRUNK = {"Context": "from-trunk", "Exten": "86865598", "CallerIDNum": "138"}


def fresh() -> Intake:
    """Return an intake that has been told nothing."""
    return Intake(Tracker(LINE, RULE))


def take(intake: Intake, *records: Record) -> list[Fact]:
    """Return the facts that the records make."""
    return [fact for record in records for fact in intake.take(record)]


def connected(*told: tuple[str, dict[str, str]]) -> Intake:
    """Return an intake that is connected, to a PBX in this state."""
    intake = fresh()
    take(intake, CONNECTED, *answers(*told), looked_back())
    intake.requests.clear()
    return intake


def came(seconds: float, uniqueid: str = "yq-1.0") -> Record:
    """Return the frame that a caller's channel exists."""
    return frame(seconds, "Newchannel", Uniqueid=uniqueid, **TRUNK)


def joins(seconds: float, uniqueid: str = "yq-1.0") -> Record:
    """Return the frame that a caller joins the queue."""
    return frame(seconds, "QueueCallerJoin", Uniqueid=uniqueid, Queue="hotline")


def kinds(facts: list[Fact]) -> list[str]:
    """Return the facts' kinds."""
    return [fact.kind.value for fact in facts]


def connected_with_a_caller() -> Intake:
    """Return an intake with one caller who began to wait at 1 s."""
    intake = connected()
    take(intake, came(1), joins(1))
    return intake


def received_at(seconds: float, record: Record) -> Record:
    """Return a frame that came at another instant than the one it carries."""
    return record._replace(at=at(seconds))


def came_unstamped(seconds: float) -> Record:
    """Return a frame that carries no instant."""
    return frame(seconds, "QueueMemberRemoved", stamped=False, Interface="x")
