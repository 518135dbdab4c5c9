"""The search finds what a look through all tickets would, on both databases, whatever is typed into it."""

import random
from zoneinfo import ZoneInfo

import pytest
from answered_calls import after, answered, received
from sqlalchemy import ARRAY, Text, func, select, update

from routing.verdicts import RingRule
from routing.vocabulary import CallState
from storage import models, search
from storage.engine import Storage
from storage.ledger import record
from storage.search import SEARCHED, keep_words
from storage.search_words import folded, grams, words_sought
from storage.tickets import Ticket, TicketFilter, TicketForm, save_form, ticket, tickets

SHANGHAI = ZoneInfo("Asia/Shanghai")
LETTERS = "停电中环陈138０１aAß%_' \\\"*-"


@pytest.fixture(autouse=True, params=[0, 3, 5_000], ids=["by the index", "by both", "among the newest"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Look at so many of the newest tickets first: what is found must not depend on it."""
    monkeypatch.setattr(search, "_WINDOW", request.param)
    return int(request.param)


async def noted(storage: Storage, forms: list[TicketForm]) -> list[Ticket]:
    """Record a call for each form and save it; return the tickets, newest first."""
    facts = [received(f"yq/{n}", after(n), caller=f"1380577{n:04}") for n in range(len(forms))]
    async with storage.work() as work:
        made = await record(work, facts, RingRule(), SHANGHAI)
        saved = [await save_form(work, each.number, form, "1001", 0) for each, form in zip(made, forms, strict=True)]
        await work.commit()
    return saved[::-1]


async def found(storage: Storage, text: str, limit: int = 500) -> list[Ticket]:
    """Search."""
    async with storage.reading() as work:
        return (await tickets(work, TicketFilter(text=text), limit=limit)).tickets


def holds(one: Ticket, text: str) -> bool:
    """Say whether each word stands somewhere in the ticket: the slow way, which is the meaning of the search."""
    columns = [folded(getattr(one, name)) for name in SEARCHED]
    return all(any(word in column for column in columns) for word in words_sought(text))


async def test_the_search_finds_what_a_look_through_all_tickets_would(storage):
    """Random texts, and random parts of them: the same tickets in the same order."""
    chance = random.Random(86865598)  # noqa: S311 # no secret

    def some(most: int) -> str:
        return "".join(chance.choices(LETTERS, k=chance.randrange(most)))

    made = await noted(storage, [TicketForm(some(4), some(9), some(12), some(3), some(30)) for _ in range(60)])
    for _ in range(80):
        text = chance.choice([some(4), some(6), chance.choice(made).description[3:7], chance.choice(made).number[-3:]])
        assert [one.number for one in made if holds(one, text)] == [one.number for one in await found(storage, text)]


@pytest.mark.parametrize(
    "text",
    [
        "陈大文",
        "大文",
        "陈",
        "停电",
        "中环路 陈大",
        "0577",
        "70000",
        "3800-1",
        "８６８６",
        "ＡＢ",
        "ab",
        "20261123-0001",
        "0001",
    ],
)
async def test_a_ticket_is_found_by_any_part_of_what_it_says(storage, text):
    """By name, part of a name, one character, address, the last digits of a phone, number; in any width and case."""
    form = TicketForm("陈大文", "8686-3800-1", "中环路 8 号 aB 座", "停电", "家里没电")
    made = await noted(storage, [form, TicketForm("x")])
    assert made[1] in await found(storage, text)


HOSTILE = (
    "'",
    '"',
    "%",
    "_",
    "\\",
    "*",
    "NEAR(a b)",
    'a" OR "b',
    "grams:1",
    "^a",
    "-a",
    "a AND",
    "NOT",
    "(",
    "{x}:y",
    ";--",
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_means_something_to_a_database_means_itself(storage, text):
    """Quotes, wild cards and the full-text table's own words are found where they stand, and only there."""
    made = await noted(storage, [TicketForm(description=f"before {text} after"), TicketForm(description="xyz")])
    assert [made[1]] == await found(storage, text)


@pytest.mark.parametrize("text", ["\x00", "\x00停", "停" * 10_000, "ab " * 10_000, "\ud800", "\U0001f4a1" * 5])
async def test_what_nobody_types_finds_nothing_and_harms_nothing(storage, text):
    """NUL, ten thousand characters, half a character: an empty answer."""
    await noted(storage, [TicketForm(description="停电")])
    assert await found(storage, text) == []


async def test_nothing_but_blanks_finds_everything(storage):
    """As no text does."""
    made = await noted(storage, [TicketForm(), TicketForm()])
    assert made == await found(storage, " \u3000\t")


async def test_pages_of_a_search_follow_each_other_without_hole_or_repetition(storage):
    """The cursor leads on, newest first, wherever a page was found."""
    made = await noted(storage, [TicketForm(topic="停电" if n % 3 else "电费") for n in range(20)])
    seen, after_this = [], None
    async with storage.reading() as work:
        while True:
            page = await tickets(work, TicketFilter(text="停电"), limit=3, after=after_this)
            seen += page.tickets
            if (after_this := page.next_cursor) is None:
                break
    assert [one for one in made if one.topic == "停电"] == seen


async def test_the_other_filters_hold_for_what_is_sought(storage):
    """A search among abandoned calls finds none that was answered."""
    await noted(storage, [TicketForm(topic="停电")])
    async with storage.work() as work:
        [other] = await record(work, answered("yq/yq-2", after(50)), RingRule(), SHANGHAI)
        await save_form(work, other.number, TicketForm(topic="停电"), "1001", 0)
        await work.commit()
    async with storage.reading() as work:
        which = TicketFilter(text="停电", state=CallState.ENDED)
        assert [other.number] == [one.number for one in (await tickets(work, which)).tickets]


async def test_what_a_corrected_form_no_longer_says_is_not_found(storage):
    """The index follows each saving, in its transaction; one that is rolled back leaves it as it was."""
    [made] = await noted(storage, [TicketForm("陈大文")])
    async with storage.work() as work:
        await save_form(work, made.number, TicketForm("李小明"), "1001", 1)
    assert [made] == await found(storage, "陈大")
    async with storage.work() as work:
        corrected = await save_form(work, made.number, TicketForm("李小明"), "1001", 1)
        await work.commit()
    assert [] == await found(storage, "陈大")
    assert [corrected] == await found(storage, "小明")


async def test_the_index_says_what_every_ticket_says(storage):
    """Whoever wrote them, ledger or form: a ticket has one entry, and it is up to date."""
    made = await noted(storage, [TicketForm("陈大文"), TicketForm()])
    async with storage.work() as work:
        await record(work, answered("yq/yq-7", after(70)), RingRule(), SHANGHAI)
        await work.commit()
    async with storage.reading() as work:
        kept = models.ticket_words.c
        said = set((await work.execute(select(kept.ticket, kept.words, kept.opened_at))).all())
        every = (await tickets(work)).tickets
        assert len(every) == len(made) + 1
        assert said == {
            (one.number, folded(*(getattr(one, name) for name in SEARCHED)), one.opened_at) for one in every
        }


async def test_a_call_that_began_earlier_than_was_known_takes_its_place_among_those_found(storage):
    """What is found is put in order by the index, so that knows it too."""
    late, between = answered("yq/late", after(50), caller=""), received("yq/between", after(50.5))
    async with storage.work() as work:
        for facts in (late[2:], [between]):
            [made] = await record(work, facts, RingRule(), SHANGHAI)
            await save_form(work, made.number, TicketForm(topic="停电"), "1001", 0)
        await work.commit()
    assert ["yq/late", "yq/between"] == [one.call for one in await found(storage, "停电")]
    async with storage.work() as work:
        await record(work, late[:1], RingRule(), SHANGHAI)
        await work.commit()
    assert ["yq/between", "yq/late"] == [one.call for one in await found(storage, "停电")]


@pytest.mark.parametrize(
    "words", ["", "停", "停电", "陈大文\nab\n13805770000", "\U0001f4a1\U0001f4a1停\n停停停停", "a'b\"%_\\"]
)
async def test_postgresql_cuts_words_as_the_program_does(storage, words):
    """Or the index would not list what is sought; SQLite's runs are cut by the program itself."""
    async with storage.reading() as work:
        if work.dialect == "postgresql":
            cut = (await work.execute(select(func.ticket_grams(words, type_=ARRAY(Text))))).scalar_one()
            assert set(cut or []) - {""} == grams(words)


async def test_what_changed_outside_is_brought_in_when_asked(storage):
    """The index is made of the row as it stands, not of what a writer remembers; nothing to do writes nothing."""
    [made] = await noted(storage, [TicketForm("陈大文")])
    table = models.tickets
    async with storage.work() as work:
        await work.execute(update(table).where(table.c.number == made.number).values(customer_name="单小姐"))
        await keep_words(work, [made.number])
        await keep_words(work, [made.number, "nothing"])
        await work.commit()
    async with storage.reading() as work:
        assert await ticket(work, made.number) in (await tickets(work, TicketFilter(text="单小"))).tickets
        assert 1 == (await work.execute(select(func.count()).select_from(models.ticket_words))).scalar_one()
