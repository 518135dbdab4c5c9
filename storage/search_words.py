"""What a search compares: texts folded to words, and the runs of one to three characters that an index keeps of them.

Pure: nothing here knows a database. Whoever changes what it returns has to write a migration that fills the index anew;
PostgreSQL cuts words into runs by a function of its own, ticket_grams, which has to say the same as `grams`.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final
from zlib import crc32

from storage.columns import storable

MOST_WORDS: Final = 20
"""Of what is sought so many words count; what follows them is not looked at."""
MOST_GRAMS: Final = 32
"""So many runs of a search are looked up in the index: more would find no less, since what is found is compared."""
_LONGEST: Final = 3
_POSITIVE: Final = 0x7FFFFFFF


def folded(*texts: str) -> str:
    """Return the words of some texts, one a line: width, ligatures and case do not tell them apart (NFKC)."""
    narrow = (unicodedata.normalize("NFKC", storable(text)) for text in texts)
    return "\n".join(unicodedata.normalize("NFKC", " ".join(narrow).casefold()).split())


def words_sought(text: str) -> list[str]:
    """Return the words that each have to occur somewhere in a ticket, folded; [] for a text of nothing but blanks."""
    return list(dict.fromkeys(folded(text).split("\n")))[:MOST_WORDS] if folded(text) else []


def grams(words: str) -> set[str]:
    """Return the runs of one, two and three characters within folded words."""
    return {
        word[start : start + length]
        for word in words.split("\n")
        for length in range(1, _LONGEST + 1)
        for start in range(len(word) - length + 1)
    }


def grams_sought(words: Iterable[str]) -> list[str]:
    """Return the longest runs of each word: every ticket that holds the words has them all, and some others do."""
    runs = {word[start : start + _LONGEST] for word in words for start in range(max(1, len(word) - _LONGEST + 1))}
    return sorted(runs)[:MOST_GRAMS]


def numbered(runs: Iterable[str]) -> list[int]:
    """Return a number below 2^31 for each run, ascending; two that share one cost a comparison, and nothing else."""
    return sorted({crc32(run.encode()) & _POSITIVE for run in runs})
