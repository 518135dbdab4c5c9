"""Deadlines counted anew, once a yearly notice is known that was not when a ticket was dispatched (T). Pure."""

from routing.dispatch import Rulebook, deadlines, iso
from routing.matters import Entry, Matter, Value
from routing.rules import Limit
from routing.vocabulary import Remoteness


def recomputed(book: Rulebook, matter: Matter, sent: Entry) -> dict[str, Value] | None:
    """Return the particulars of the entry that puts a matter's deadline right; None where nothing changes.

    `sent` is its last dispatch, which keeps the limit under which it was sent (G2). What was granted stays granted, but
    never past the longest (T3).
    """
    limit = limit_of(book, matter, sent)
    if not limit.working_days or matter.due_at is None:
        return None
    deadline, longest = deadlines(book, limit, Remoteness.URBAN, matter.counted_from)
    due_at, longest_until = deadline.due_at, longest.due_at if longest else None
    if matter.extended and longest_until:
        due_at = min(max(due_at, matter.due_at), longest_until)
    provisional = deadline.provisional or bool(longest and longest.provisional)
    if (due_at, longest_until, provisional) == (matter.due_at, matter.longest_until, matter.provisional):
        return None
    return {
        "due_at": iso(due_at),
        "longest_until": iso(longest_until) if longest_until else "",
        "provisional": provisional,
        "due_at_before": iso(matter.due_at),
        "longest_until_before": iso(matter.longest_until) if matter.longest_until else "",
        "provisional_before": matter.provisional,
    }


def limit_of(book: Rulebook, matter: Matter, sent: Entry | None) -> Limit:
    """Return the limit under which a matter was sent last, whatever the rules say since (G2)."""
    kept = sent.data if sent else {}
    days, extended = kept.get("working_days"), kept.get("extended")
    if isinstance(days, int) and isinstance(extended, int):
        return Limit(matter.limit_clause, days, extended=extended)
    return book.rules.limits[matter.kind] if matter.kind else Limit(matter.limit_clause)
