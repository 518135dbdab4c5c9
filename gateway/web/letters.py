"""What a notice says outside the console: in its recipient's language, of a customer only his ticket's number."""

from datetime import datetime, timedelta

from gateway.arrivals import link_of
from gateway.channels import Letter
from gateway.web.catalogue import Texts
from routing.dispatch import Rulebook
from routing.notices import NoticeKind
from storage.notices import Kept


def letter_of(notice: Kept, t: Texts, book: Rulebook, console: str, key: str) -> Letter:
    """Return the letter of a notice; `console` is the address of people's pages, or "", `key` what makes links."""
    what = t(f"told.{notice.kind}")
    urgent = t("tickets.urgent") if notice.urgent else ""
    title = " ".join(part for part in (urgent, what, notice.ticket or "") if part)
    return Letter(title, "\n".join(_lines(notice, t, book, console, key)))


def _lines(notice: Kept, t: Texts, book: Rulebook, console: str, key: str) -> list[str]:
    lines = [t(f"told.{notice.kind}")]
    if notice.ticket:
        lines.append(f"{t('tickets.number')}: {notice.ticket}")
    topic = book.rules.topics.get(str(notice.payload.get("topic", "")))
    if topic is not None:
        lines.append(f"{t('tickets.what')}: {topic.texts[t.language]}")
    if month := str(notice.payload.get("month", "")):
        lines.append(f"{t('months.month')}: {month}")
    if due := _due(str(notice.payload.get("due_at", "")), book):
        lines.append(f"{t('tickets.due')}: {due}")
    if console:
        lines.append(f"{console.rstrip('/')}/tickets{f'/{notice.ticket}' if notice.ticket else ''}")
    sent_at = str(notice.payload.get("sent_at", ""))
    if console and notice.ticket and sent_at and notice.kind == NoticeKind.DISPATCHED:
        link = link_of(console, key, notice.ticket, datetime.fromisoformat(sent_at))
        lines.append(f"{t('letter.arrive')}: {link}")
    lines.append(t("letter.reference", id=notice.key))
    return lines


def _due(due_at: str, book: Rulebook) -> str:
    """Return the local time by which something is due; the end of a day is that day."""
    if not due_at:
        return ""
    local = datetime.fromisoformat(due_at).astimezone(book.zone)
    if (local.hour, local.minute) == (0, 0):
        return f"{local - timedelta(microseconds=1):%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}"
