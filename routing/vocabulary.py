"""The words of the hotline, as the regulation's glossary has them; every other package uses these."""

from enum import StrEnum
from typing import Final


class FactKind(StrEnum):
    """What can have happened to a call; past tense, one word each in the ledger."""

    RECEIVED = "received"
    IVR_STEP = "ivr_step"
    QUEUED = "queued"
    RING_BEGAN = "ring_began"
    OFFERED = "offered"
    OFFER_ENDED = "offer_ended"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    CONSULTED = "consulted"
    CONSULTANT_ANSWERED = "consultant_answered"
    CONSULTATION_ENDED = "consultation_ended"
    TRANSFERRED = "transferred"
    MERGED = "merged"
    ABANDONED = "abandoned"
    HANGUP_REQUESTED = "hangup_requested"
    BRIDGE_LEFT = "bridge_left"
    COMPLETED = "completed"
    ENDED = "ended"
    TAKEN_UP = "taken_up"
    LOST_SIGHT = "lost_sight"
    STEP_DUE = "step_due"
    STEP_FAILED = "step_failed"
    SPEECH_BEGAN = "speech_began"
    SPEECH_ENDED = "speech_ended"
    APOLOGY_SHOWN = "apology_shown"
    HARASSMENT_WARNED = "harassment_warned"
    CALLBACK_ASKED = "callback_asked"
    CALLED_BACK = "called_back"
    PROMISED = "promised"
    CALLBACK_GIVEN_UP = "callback_given_up"
    OUTGOING_ORDERED = "outgoing_ordered"
    OUTGOING_ANSWERED = "outgoing_answered"
    OUTGOING_ENDED = "outgoing_ended"
    ORDERED = "ordered"
    RATING_BEGAN = "rating_began"
    RATED = "rated"
    RATING_ENDED = "rating_ended"
    RECORDING_BEGAN = "recording_began"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"
    SUPERVISION_BEGAN = "supervision_began"
    SUPERVISION_ENDED = "supervision_ended"


OUR_OWN_WORDS: Final = frozenset(
    {
        FactKind.STEP_FAILED,
        FactKind.APOLOGY_SHOWN,
        FactKind.HARASSMENT_WARNED,
        FactKind.CALLED_BACK,
        FactKind.PROMISED,
        FactKind.CALLBACK_GIVEN_UP,
        FactKind.OUTGOING_ORDERED,
        FactKind.OUTGOING_ANSWERED,
        FactKind.OUTGOING_ENDED,
        FactKind.ORDERED,
    }
)
"""What we say and do ourselves: it shows nothing of the caller, not even that he is there."""


class Step(StrEnum):
    """What is done to a call beyond putting it through, each at most once; also the subject of its facts."""

    CALL_ATTENTION = "call_attention"
    RING_LEADER = "ring_leader"
    APOLOGISE = "apologise"
    TELL_LEADER = "tell_leader"
    OFFER_CALLBACK = "offer_callback"
    RAISE_ALARM = "raise_alarm"
    PROMISE_CALLBACK = "promise_callback"
    GREET = "greet"
    RATE = "rate"
    HANG_UP = "hang_up"


class Wish(StrEnum):
    """What a caller chose from the menu (S1): help in danger, a repair, to complain, a person."""

    DANGER = "danger"
    FAULT_REPAIR = "fault_repair"
    COMPLAINT = "complaint"
    OPERATOR = "operator"


class Cause(StrEnum):
    """Why an area is without power (N6)."""

    EQUIPMENT = "equipment"
    WEATHER = "weather"
    MAINTENANCE = "maintenance"
    OVERLOAD = "overload"
    DAMAGE = "damage"
    UNKNOWN = "unknown"


class Supervision(StrEnum):
    """How a shift leader listens in: unheard, heard by the operator alone, heard by both."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class Source(StrEnum):
    """How we came to know of a fact, or of a whole call."""

    LIVE = "live"
    RECONSTRUCTED = "reconstructed"
    BACKFILLED = "backfilled"


class Party(StrEnum):
    """Who hung up first (N2)."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    SYSTEM = "system"
    UNDETERMINED = "undetermined"


class OfferOutcome(StrEnum):
    """How one ringing of one operator's phone ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"


class CallState(StrEnum):
    """Where a call stands; also the state of its ticket until departments work on it."""

    RECEIVED = "received"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"
    ABANDONED = "abandoned"
    LOST = "lost"


class Kind(StrEnum):
    """What a ticket is: each kind has its own time limit (T)."""

    CONSULTATION = "consultation"
    REPORT = "report"
    COMPLAINT = "complaint"
    FAULT_REPAIR = "fault_repair"
    INFORMATION = "information"


class Scope(StrEnum):
    """Whose a fault is (N5): the company's, not known, or inside the customer's premises."""

    COMPANY = "company"
    UNKNOWN = "unknown"
    CUSTOMER = "customer"


class Remoteness(StrEnum):
    """How far out a place lies, on which depends how soon a crew must be there (T4)."""

    URBAN = "urban"
    RURAL = "rural"
    REMOTE = "remote"


class Stage(StrEnum):
    """Where a ticket's handling stands, from the operator's save to the director's return visit."""

    OPENED = "opened"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    FED_BACK = "fed_back"
    REVIEWED = "reviewed"
    VISITED = "visited"
    CLOSED = "closed"
    SETTLED = "settled"
    REOPENED = "reopened"
    MERGED = "merged"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What somebody does with a ticket; each is one entry in its history, most lead from one stage to another."""

    DISPATCH = "dispatch"
    SETTLE = "settle"
    ACCEPT = "accept"
    RETURN = "return"
    REDISPATCH = "redispatch"
    FEED_BACK = "feed_back"
    REVIEW = "review"
    RULE_UNQUALIFIED = "rule_unqualified"
    VISIT = "visit"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    CANCEL = "cancel"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    TELL_CUSTOMER = "tell_customer"
    ARRIVE = "arrive"
    ORDER_RECTIFICATION = "order_rectification"
    RECTIFY = "rectify"
    CONFIRM_REPEAT = "confirm_repeat"
    RECOMPUTE = "recompute"
    CORRECT = "correct"


class Actor(StrEnum):
    """In which capacity somebody acts on a ticket; `system` is the software, by the rules."""

    OPERATOR = "operator"
    SHIFT_LEADER = "shift_leader"
    CONTACT = "contact"
    DIRECTOR = "director"
    APPROVER = "approver"
    CREW = "crew"
    SYSTEM = "system"


class Ground(StrEnum):
    """Why a ticket is ruled unqualified (P2)."""

    INCOMPLETE = "incomplete"
    INACCURATE = "inaccurate"
    UNTRUE = "untrue"
    DISSATISFIED = "dissatisfied"
