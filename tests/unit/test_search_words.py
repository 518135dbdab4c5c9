"""What a search compares: folding, the runs that an index keeps, and that these never lose what is sought."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.search_words import MOST_GRAMS, MOST_WORDS, folded, grams, grams_sought, numbered, words_sought

FOLDED = {
    "停电": "停电",
    "Ünal SMITH": "ünal\nsmith",
    "１３８　００": "138\n00",
    "ﬁne ①": "fine\n1",
    "Straße": "strasse",
    " \t\n ": "",
    "a\x00b\ud800": "a\ufffdb\ufffd",
    "非\u00a0空": "非\n空",
}


@pytest.mark.parametrize(("text", "words"), FOLDED.items())
def test_width_case_and_blanks_do_not_tell_words_apart(text, words):
    """A full-width number typed by an input method is the number; what no database can keep is replaced."""
    assert words == folded(text)


def test_texts_side_by_side_do_not_run_into_each_other():
    """The end of one column and the beginning of the next are no word."""
    assert folded("陈", "中环") == "陈\n中环"
    assert not grams("陈中") <= grams(folded("陈", "中环"))


@pytest.mark.parametrize(
    ("word", "count"), [("", 0), ("停", 1), ("停电", 3), ("停电了", 6), ("停停停", 3), ("ab\ncd", 6), ("一二三四", 9)]
)
def test_runs_of_one_two_and_three_characters_are_kept(word, count):
    """Each is kept once; a single Chinese character is one as well."""
    assert count == len(grams(word))


@pytest.mark.parametrize(("words", "count"), [(["停"], 1), (["停电"], 1), (["停电了"], 1), (["停电", "13800"], 4)])
def test_only_the_longest_runs_are_looked_up(words, count):
    """They are the rarest, and all of a short word."""
    assert count == len(grams_sought(words))


def test_a_whole_page_pasted_in_is_cut():
    """What is asked of the database stays small, however long the text."""
    assert len(words_sought(" ".join(map(str, range(10_000))))) == MOST_WORDS
    assert len(grams_sought(words_sought("".join(map(chr, range(0x4E00, 0x7000)))))) == MOST_GRAMS


def test_a_word_sought_twice_is_one_and_blanks_are_none():
    """Nothing sought is everything."""
    assert words_sought("停 停") == ["停"]
    assert words_sought(" \u3000") == []


@given(st.text(), st.data())
@example("ﬀ\u0301", None)
def test_whatever_stands_in_a_text_is_looked_up_by_runs_that_the_index_has(text, data):
    """No part of a word is lost: its runs are among those of the text, also as numbers that a database can keep."""
    said = folded(text)
    for word in said.split("\n") if said else []:
        start = data.draw(st.integers(0, len(word) - 1)) if data else 0
        part = word[start : data.draw(st.integers(start + 1, len(word))) if data else None]
        assert set(grams_sought([part])) <= grams(said)
        assert set(numbered(grams_sought([part]))) <= set(numbered(grams(said)))
    assert all(0 <= each < 2**31 for each in numbered(grams(said)))


@given(st.text())
def test_folding_twice_changes_nothing(text):
    """So what is kept can be compared with what is sought."""
    assert folded(text) == folded(folded(text))
