"""The topic tree (D1 to D8, S1): what a call can be about, of which kind that is, and what is to be asked. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.reading import RulesError, flag_of, insist_on_keys, placed, strings_of, table_of, texts_of
from routing.vocabulary import Kind

_ID: Final = re.compile(r"[a-z0-9-]{1,30}(?:\.[a-z0-9-]{1,30})?")


@dataclass(frozen=True, slots=True)
class Question:
    """What the operator is to ask on a topic; the answer is kept under `id`."""

    id: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; that of "fault.wire" lies below "fault", whose kind, clause and questions are its own too.

    `kinds`: of which kinds a ticket on it can be, the usual one first. `urgent`: a danger to life, which jumps ahead.
    """

    id: str
    kinds: tuple[Kind, ...]
    clause: str
    texts: Mapping[str, str]
    questions: tuple[Question, ...] = ()
    urgent: bool = False

    @property
    def parent(self) -> str:
        """The id of the topic above; "" for one at the top."""
        return self.id.rpartition(".")[0]


def topics_of(tables: Mapping[str, Any], languages: Iterable[str]) -> dict[str, Topic]:
    """Return the topics under [topics], by id, each below its parent; raises RulesError."""
    languages = tuple(languages)
    found: dict[str, Topic] = {}
    for name, entry in table_of(tables, "topics").items():
        with placed("topics", name):
            if not _ID.fullmatch(name):
                raise RulesError(f'topics."{name}": use small letters, digits and hyphens, and one dot at most')
            found[name] = _topic(name, entry, found, languages)
    return found


def _topic(name: str, entry: Any, above: Mapping[str, Topic], languages: tuple[str, ...]) -> Topic:
    place = f'topics."{name}"'
    insist_on_keys(entry, place, {"kinds", "clause", "questions", "urgent", *languages})
    parent = above.get(name.rpartition(".")[0])
    if "." in name and parent is None:
        raise RulesError(f"{place}: the topic it lies below must stand before it")
    kinds = tuple(_kind(place, kind) for kind in strings_of(entry, "kinds", place)) or (parent.kinds if parent else ())
    clause = entry.get("clause", parent.clause if parent else "")
    if not kinds or not clause:
        raise RulesError(f'{place}: it needs kinds and clause, like kinds = ["complaint"] and clause = "D1"')
    questions = (*(parent.questions if parent else ()), *_questions(place, entry.get("questions", {}), languages))
    urgent = flag_of(entry, "urgent", place)
    return Topic(name, kinds, str(clause), texts_of(entry, place, languages), questions, urgent)


def _kind(place: str, kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        raise RulesError(f"{place}: kinds are {', '.join(Kind)}, not {kind!r}") from None


def _questions(place: str, entries: Any, languages: tuple[str, ...]) -> tuple[Question, ...]:
    if not isinstance(entries, dict):
        raise RulesError(f"{place}: questions is a table: an id, and what is asked in each language")
    return tuple(_question(f"{place}.questions.{name}", name, entry, languages) for name, entry in entries.items())


def _question(place: str, name: str, entry: Any, languages: tuple[str, ...]) -> Question:
    with placed("questions", name):
        insist_on_keys(entry, place, languages)
        return Question(name, texts_of(entry, place, languages))
