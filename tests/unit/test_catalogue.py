"""The catalogue of texts: complete, well-formed, and exactly what templates and code ask for."""

import ast
import re
import string
from pathlib import Path

import pytest

from gateway.web import catalogue, choices
from gateway.web.catalogue import LANGUAGES, CatalogueError

WEB = Path(catalogue.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
CODE = [*sorted(file for file in WEB.glob("*.py") if file.name != "catalogue.py"), WEB.parent / "attention.py"]
_ASKED = re.compile(r"""\bt\(\s*(['"])([\w.-]+)\1(\s*~)?""")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def keys_in_templates() -> tuple[set[str], set[str]]:
    """Return the keys that templates ask for, and the beginnings of those they put together."""
    found = [match for file in TEMPLATES for match in _ASKED.finditer(file.read_text("utf-8"))]
    return {m[2] for m in found if not m[3]}, {m[2] for m in found if m[3]}


def keys_in_code() -> set[str]:
    """Return every string in the code that is written like a key of the catalogue."""
    first_words = {key.split(".")[0] for key in catalogue.entries()}
    strings = (
        node.value
        for file in CODE
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    shape = re.compile(r"([a-z_]+)\.(?!html$)[a-z_]+")
    return {text for text in strings if (match := shape.fullmatch(text)) and match[1] in first_words}


def test_every_text_that_is_asked_for_exists() -> None:
    """No template and no module asks for a key that the catalogue does not have."""
    asked, begun = keys_in_templates()
    known = set(catalogue.entries())
    assert not (asked | keys_in_code()) - known
    assert all(any(key.startswith(beginning) for key in known) for beginning in begun)


def test_no_text_is_left_over() -> None:
    """Every key of the catalogue is asked for somewhere."""
    asked, begun = keys_in_templates()
    used = asked | keys_in_code()
    assert not [key for key in catalogue.entries() if key not in used and not any(key.startswith(b) for b in begun)]


def test_the_languages_agree_on_what_is_filled_in() -> None:
    """The three texts of an entry have the same braces."""
    for key, entry in catalogue.entries().items():
        fields = {
            language: {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            for language, text in entry.items()
        }
        assert len({frozenset(names) for names in fields.values()}) == 1, key


@pytest.mark.parametrize("file", TEMPLATES + CODE, ids=lambda file: file.name)
def test_words_for_people_stand_in_the_catalogue_only(file: Path) -> None:
    """Neither templates nor code hold a Chinese character."""
    assert not _CHINESE.search(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('[a.b]\nzh-Hans = "一"\nen = "one"', r"a\.b has no text in zh-Hant"),
        ('[a.b]\nzh-Hans = "一"\nzh-Hant = ""\nen = "one"', r"a\.b has no text in zh-Hant"),
        ('[a.b]\nzh-Hans = "一"\nzh-Hant = "一"\nen = "one"\nfr = "un"', r"a\.b has fr"),
        ('a = "b"', "a stands outside"),
        ("[a", "cannot be read"),
    ],
)
def test_a_catalogue_in_disorder_stops_the_start(source: str, complaint: str) -> None:
    """The complaint names the entry and what it lacks."""
    with pytest.raises(CatalogueError, match=complaint):
        catalogue.read(source)


def test_a_text_is_filled_in() -> None:
    """A key gives its text in the language asked for, with what stands in its braces."""
    assert catalogue.texts("zh-Hans")("rings.count", n=3, limit=4) == "第 3 声 / 4"
    assert catalogue.texts("zh-Hant")("rings.count", n=3, limit=4) == "第 3 聲 / 4"
    assert catalogue.texts("en")("rings.count", n=3, limit=4) == "Ring 3 of 4"
    assert catalogue.texts("zh-Hans")("rings.count_late", n=6, limit=4) == "第 6 声（限 4 声）"
    with pytest.raises(CatalogueError, match="fr is not one of"):
        catalogue.texts("fr")


def test_the_lists_that_are_shipped_can_be_used() -> None:
    """Pause reasons and topics have a label in every language."""
    shipped = choices.load()
    for language in LANGUAGES:
        assert all(choices.labels(shipped.pause_reasons, language).values())


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", r"\[pause_reasons\] has no entries"),
        ('[pause_reasons]\n"A B" = {}', "use small letters"),
        ('[pause_reasons]\nmeal = { en = "Meal" }', "pause_reasons.meal needs a label"),
        ("[", "cannot be read"),
    ],
)
def test_lists_in_disorder_stop_the_start(tmp_path: Path, source: str, complaint: str) -> None:
    """The complaint names the file, the entry and what it lacks."""
    file = tmp_path / "choices.toml"
    file.write_text(source, "utf-8")
    with pytest.raises(choices.ChoicesError, match=complaint):
        choices.load(file)


def test_a_choice_that_is_listed_no_more_is_shown_as_it_was_stored() -> None:
    """A pause of before keeps its reason although the list has changed."""
    assert choices.label(choices.load().pause_reasons, "steam", "en") == "steam"
