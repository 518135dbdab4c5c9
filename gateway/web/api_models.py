"""What the API shows. Its description is made from these models, so the two cannot differ.

Nothing here reads the database or answers a request.
"""

from datetime import UTC
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from gateway.calls.board import CallCard
from routing.facts import Fact, Value
from routing.vocabulary import CallState, FactKind, Party, Source, Wish
from storage.gaps import Gap
from storage.recordings import Recording
from storage.tickets import Ticket

Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class Shown(BaseModel):
    """Something in an answer; what it does not declare cannot be in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorShown(Shown):
    """Why there is no other answer."""

    error: str = Field(description="One line that says what to do.")


class FactShown(Shown):
    """One thing that happened to a call, as the PBX timed it; facts are never changed."""

    kind: FactKind
    at: Instant
    source: Source
    subject: str = Field(description="Tells facts of one kind apart, as a ring's number or a leg's id.")
    data: dict[str, Value]

    @classmethod
    def of(cls, fact: Fact) -> Self:
        """Return how a fact is shown."""
        return cls(kind=fact.kind, at=fact.at, source=fact.source, subject=fact.subject, data=dict(fact.data))


class TicketShown(Shown):
    """The record of one call. null means "not so, or not known"; instants are UTC."""

    number: str = Field(description="Day and sequence, as 20261123-0001.")
    call: str = Field(description="The call's id: system, a slash, the Uniqueid of the caller's channel.")
    system: str = Field(description="The PBX it came in on.")
    linkedid: str
    caller_number: str = Field(description="As it came; empty where it was withheld.")
    caller_name: str
    called_number: str
    opened_at: Instant
    queued_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    last_seen_at: Instant | None = Field(description="When we lost sight of a call whose end is not known.")
    state: CallState
    source: Source = Field(description="How we know of the call.")
    operator: str | None = Field(description="Work number of who answered.")
    operators: tuple[str, ...] = Field(description="Everybody who talked to the caller, in order.")
    last_operator: str | None = Field(description="Who had the caller last: he hung up if an operator did.")
    offered_to: tuple[str, ...] = Field(description="Everybody whose phone rang for the caller, in order.")
    rings: int = Field(ge=0, description="Rings the caller heard.")
    answered_on_ring: int | None = Field(ge=1)
    in_time: bool | None = Field(description="Answered within the rings allowed (N1)?")
    hung_up_first: Party | None = Field(description="Who hung up first (N2); null until the call has ended.")
    rule_version: str
    apologised_at: Instant | None = Field(description="When the PBX had spoken the apology to the waiting caller (N1).")
    hung_up_exempt: bool | None = Field(description="Had the operator who hung up first warned the caller before (N7)?")
    callback_promised_at: Instant | None = Field(description="When he was promised to be called back (N3).")
    callback_due_at: Instant | None = Field(description="Until when, where a time was agreed on.")
    callback_owner: str | None = Field(description="Work number of who promised it; null where anybody may keep it.")
    called_back_at: Instant | None = Field(description="When somebody of ours talked to him after that.")
    called_back_by: str | None = Field(description="His work number.")
    callback_given_up_at: Instant | None = Field(description="When the promise was given up, with a reason.")
    callback_missed_at: Instant | None = Field(description="The first time agreed on that passed without that call.")
    rating: int | None = Field(ge=1, le=5, description="The caller's own rating, 5 the best; null where he gave none.")
    harassment: bool = Field(description="Did his operator warn the caller of harassment (N7)?")
    held_ms: int = Field(ge=0, description="For how long operators had him on hold, in milliseconds.")
    escalated_at: Instant | None = Field(description="When he was first passed on to a shift leader (N8).")
    apology_shown_at: Instant | None = Field(
        description="When the operator's page showed that an apology was due (N1)."
    )
    nobody_signed_in: bool = Field(description="Was there a moment of his waiting in which nobody was signed in?")
    wish: Wish | None = Field(description="What he chose from the menu; null where he chose nothing.")
    customer_name: str
    customer_phone: str
    address: str
    topic: str
    description: str
    form_version: int = Field(ge=0)
    form_saved_at: Instant | None
    form_saved_by: str | None

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """Return how a ticket is shown."""
        return cls(**_same_names(cls, ticket))


class RecordingShown(Shown):
    """The recording of a call, or why there is none; of one that was removed the file alone is gone."""

    noted_at: Instant
    path: str | None = Field(description="Relative to the folder in which recordings are kept.")
    sha256: str | None = Field(description="Of the whole file.")
    bytes: int | None
    milliseconds: int | None = Field(description="How long it lasts.")
    problem: str | None = Field(description="Why there is none.")
    removed_at: Instant | None = Field(description="When it had been kept long enough.")

    @classmethod
    def of(cls, recording: Recording) -> Self:
        """Return how a recording is shown."""
        return cls(**_same_names(cls, recording))


class TicketWithFactsShown(TicketShown):
    """A ticket, the facts that its verdicts were made from, and the call's recording."""

    facts: tuple[FactShown, ...]
    recording: RecordingShown | None = Field(description="null where nobody talked, or it is not put away yet.")

    @classmethod
    def with_facts(cls, ticket: Ticket, facts: list[Fact], recording: Recording | None) -> Self:
        """Return how a ticket is shown with its facts."""
        shown = RecordingShown.of(recording) if recording else None
        return cls(**_same_names(TicketShown, ticket), facts=tuple(map(FactShown.of, facts)), recording=shown)


class TicketsShown(Shown):
    """A page of tickets, newest first."""

    tickets: tuple[TicketShown, ...]
    next: str | None = Field(description="Pass it as `after` for the next page; null on the last.")


class CallShown(Shown):
    """One call. `ringing` and `held` are of the present: empty and false once it is over."""

    call: str
    system: str
    uniqueid: str = Field(description="The Uniqueid of the caller's channel.")
    linkedid: str
    ticket: str | None = Field(description="The ticket's number; null in the moment before it is stored.")
    state: CallState
    source: Source
    caller_number: str
    caller_name: str
    called_number: str
    opened_at: Instant | None
    queued_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    operator: str | None = Field(description="Who answered, or talks to the caller now.")
    live: bool = Field(description="In progress now?")
    ringing: tuple[str, ...] = Field(description="Work numbers whose phone rings for the caller now.")
    held: bool

    @classmethod
    def of(cls, ticket: Ticket, card: CallCard | None) -> Self:
        """Return how a call is shown that has a ticket; `card` is what is known of it at this moment."""
        return cls(**_call_values(ticket, card))

    @classmethod
    def of_card(cls, card: CallCard) -> Self:
        """Return how a call is shown whose ticket is not stored yet."""
        return cls(
            call=card.call,
            **_identity(card.call),
            linkedid="",
            ticket=None,
            source=Source.LIVE,
            caller_number=card.caller_number,
            caller_name=card.caller_name,
            called_number="",
            opened_at=card.opened_at,
            ended_at=None,
            **_present(card),
        )


class CallWithFactsShown(CallShown):
    """A call and what happened to it."""

    facts: tuple[FactShown, ...]

    @classmethod
    def with_facts(cls, ticket: Ticket, card: CallCard | None, facts: list[Fact]) -> Self:
        """Return how a call is shown with its facts."""
        return cls(**_call_values(ticket, card), facts=tuple(map(FactShown.of, facts)))


class CallsShown(Shown):
    """A page of calls, newest first; calls in progress come at once, longest waiting first."""

    calls: tuple[CallShown, ...]
    next: str | None = Field(description="Pass it as `after` for the next page; null on the last.")


class GapShown(Shown):
    """A time in which calls may have happened unseen; it is reported and never filled with a guess."""

    id: int
    began_at: Instant
    ended_at: Instant | None
    reason: str
    what: str

    @classmethod
    def of(cls, gap: Gap) -> Self:
        """Return how a gap is shown."""
        return cls(**_same_names(cls, gap))


class GapsShown(Shown):
    """The gaps, oldest first."""

    gaps: tuple[GapShown, ...]


def _same_names(shown: type[Shown], source: object) -> dict[str, Any]:
    return {name: getattr(source, name) for name in shown.model_fields}


def _identity(call: str) -> dict[str, str]:
    system, _, uniqueid = call.partition("/")
    return {"system": system, "uniqueid": uniqueid}


def _present(card: CallCard) -> dict[str, Any]:
    """Return what a call in progress shows of this moment."""
    return {
        "state": card.state,
        "queued_at": card.queued_at,
        "answered_at": card.answered_at,
        "operator": card.operator,
        "live": True,
        "ringing": card.ringing,
        "held": card.held,
    }


def _call_values(ticket: Ticket, card: CallCard | None) -> dict[str, Any]:
    """Return what a call shows; where it is in progress, the card knows more than the ticket."""
    known = {name: getattr(ticket, name) for name in CallShown.model_fields if hasattr(ticket, name)}
    over = {"live": False, "ringing": (), "held": False}
    return {**known, **_identity(ticket.call), "ticket": ticket.number, **(_present(card) if card else over)}
