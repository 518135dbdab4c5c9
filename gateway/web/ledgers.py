"""The ledger of one call: its picture, each verdict with its clause and the facts behind it, and every fact."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from aiohttp import web

from gateway.web.call_picture import picture
from gateway.web.catalogue import Texts
from gateway.web.desk import insist
from gateway.web.recorded import may_hear
from gateway.web.rendering import house_of, page
from gateway.web.visitors import oversees, spoken
from routing.facts import Fact
from routing.verdicts import RingRule
from routing.vocabulary import OUR_OWN_WORDS, FactKind, Party, Step
from storage.facts import facts_of
from storage.recordings import playbacks_of, recording_of
from storage.tickets import Ticket, ticket

ROUTES = web.RouteTableDef()

Behind: TypeAlias = Callable[..., tuple[Fact, ...]]
"""Returns a call's facts of some kinds, in order."""

_OF_PROMISES: Final = (
    FactKind.CALLBACK_ASKED,
    FactKind.PROMISED,
    FactKind.OUTGOING_ORDERED,
    FactKind.OUTGOING_ANSWERED,
    FactKind.OUTGOING_ENDED,
    FactKind.CALLED_BACK,
    FactKind.CALLBACK_GIVEN_UP,
)
_PARTIES: Final = {
    Party.CUSTOMER: "party.customer",
    Party.OPERATOR: "party.operator",
    Party.SYSTEM: "party.system",
    Party.UNDETERMINED: "party.undetermined",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict: its clause, what it says, and the facts it follows from."""

    clause: str
    says: str
    behind: tuple[Fact, ...]


@ROUTES.get("/calls/{number}")
async def call_ledger(request: web.Request) -> web.Response:
    """Show a call to a shift leader, the director, or who talked to its caller."""
    house, visitor, t = house_of(request), insist(request), spoken(request)
    async with house.storage.reading() as work:
        found = await ticket(work, request.match_info["number"])
        facts = await facts_of(work, found.call) if found else []
        recording = await recording_of(work, found.call) if found else None
        playbacks = await playbacks_of(work, found.call) if found else []
    sees_all = oversees(request)
    if found is None or not (sees_all or visitor.work_number in found.operators):
        raise web.HTTPNotFound(text="refused: there is no such call, or it is not yours\n")
    rule = RingRule.of_version(found.rule_version)
    context = {
        "ticket": found,
        "facts": facts,
        "picture": picture([fact for fact in facts if fact.kind not in OUR_OWN_WORDS], rule, t),
        "rows": tuple(verdict_rows(found, facts, rule, t)),
        "rule": rule,
        "recording": recording,
        "audible": may_hear(request, visitor, found),
        "playbacks": playbacks if sees_all else [],
    }
    return page(request, "call_ledger.html", context)


def verdict_rows(found: Ticket, facts: Sequence[Fact], rule: RingRule, t: Texts) -> Iterator[Row]:
    """Yield each verdict on a call that there is."""

    def behind(*kinds: FactKind) -> tuple[Fact, ...]:
        return tuple(fact for fact in facts if fact.kind in kinds)

    yield from _waiting(found, behind, rule, t)
    yield from _parting(found, behind, t)
    if found.callback_promised_at is not None:
        given_up = "ledger.callback_given_up" if found.callback_given_up_at else "ledger.to_be_called_back"
        key = "ledger.called_back" if found.called_back_at else given_up
        yield Row("N3", t(key), behind(*_OF_PROMISES))
    if found.escalated_at is not None:
        to_leader = behind(FactKind.TRANSFERRED, FactKind.CONSULTED, FactKind.ANSWERED)
        yield Row("N8", t("ledger.escalated"), tuple(fact for fact in to_leader if fact.at <= found.escalated_at))


def _waiting(found: Ticket, behind: Behind, rule: RingRule, t: Texts) -> Iterator[Row]:
    """Yield on which ring he was answered or left, and how he was apologised to where that was due (N1)."""
    waits = behind(FactKind.QUEUED, FactKind.ANSWERED, FactKind.ABANDONED)
    if found.answered_on_ring is not None:
        key = "ledger.answered_in_time" if found.in_time else "ledger.answered_late"
        yield Row("N1", t(key, ring=found.answered_on_ring, limit=rule.limit), waits)
    elif found.queued_at is not None:
        key = "ledger.left_late" if found.in_time is False else "ledger.left"
        yield Row("N1", t(key, rings=found.rings, limit=rule.limit), waits)
    if found.in_time is False:
        key = "ledger.apologised" if found.apologised_at else "ledger.not_apologised"
        spoken_of = behind(FactKind.SPEECH_BEGAN, FactKind.SPEECH_ENDED, FactKind.STEP_FAILED)
        yield Row("N1", t(key), tuple(fact for fact in spoken_of if fact.subject == Step.APOLOGISE))
    if found.apology_shown_at is not None:
        yield Row("N1", t("ledger.apology_shown"), behind(FactKind.APOLOGY_SHOWN))


def _parting(found: Ticket, behind: Behind, t: Texts) -> Iterator[Row]:
    """Yield who hung up first (N2), whether that is excused (N7), and how he was rated."""
    if found.hung_up_first is not None:
        parted = behind(FactKind.HANGUP_REQUESTED, FactKind.BRIDGE_LEFT, FactKind.TRANSFERRED, FactKind.ORDERED)
        yield Row("N2", t("ledger.hung_up_by", party=t(_PARTIES[found.hung_up_first])), parted)
    if found.hung_up_exempt is not None:
        key = "ledger.exempt" if found.hung_up_exempt else "ledger.not_exempt"
        yield Row("N7", t(key), behind(FactKind.HARASSMENT_WARNED, FactKind.HANGUP_REQUESTED))
    if found.rating is not None:
        yield Row("N2", t("ledger.rated", rating=found.rating), behind(FactKind.RATING_BEGAN, FactKind.RATED))
