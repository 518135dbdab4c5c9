"""Reads Asterisk's configuration files as Asterisk does: sections, templates, includes. Writes none.

`#exec` is not run; a file that cannot be read in full is as good as none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_BLOCK_COMMENT: Final = re.compile(r";--(?!-).*?--;", re.DOTALL)
_COMMENT: Final = re.compile(r"(?<!\\);")
_SECTION: Final = re.compile(r"\[(?P<name>[^\]]*)\]\s*(?:\((?P<options>[^)]*)\))?")
_DEEPEST_INCLUDE: Final = 8


class UnreadableError(Exception):
    """A configuration file cannot be read; the message says which, and why."""


@dataclass(slots=True)
class ConfFile:
    """One file's sections; each a list of (name, value) in order, for names may repeat."""

    sections: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def values(self, section: str, name: str) -> list[str]:
        """Return every value of a name in a section, in order; names are matched in any case."""
        return [value for key, value in self.sections.get(section, []) if key.lower() == name.lower()]

    def value(self, section: str, name: str) -> str | None:
        """Return the value that holds (the last one), None where there is none."""
        return next(reversed(self.values(section, name)), None)

    def is_on(self, section: str, name: str, *, otherwise: bool = False) -> bool:
        """Return whether a switch is on, `otherwise` where it is not set: Asterisk's words for "yes"."""
        value = self.value(section, name)
        return otherwise if value is None else value.lower() in {"yes", "true", "y", "t", "1", "on"}


def read_conf(path: Path) -> ConfFile:
    """Return what stands in the file at `path`; raises UnreadableError."""
    conf = ConfFile()
    current: list[tuple[str, str]] = []
    for line in _lines(path, path.parent):
        opened = _SECTION.match(line)
        if opened:
            current = _open_section(conf, opened["name"], opened["options"] or "")
            continue
        name, separator, value = line.partition("=")
        if separator:
            current.append((name.strip(), value.removeprefix(">").strip()))
    return conf


def _open_section(conf: ConfFile, name: str, options: str) -> list[tuple[str, str]]:
    """Return the list that takes what follows, with what its templates say in it.

    Sections of the same name are one here: who asks by name finds what he looks for in either.
    """
    section = conf.sections.setdefault(name, [])
    for template in (word.strip() for word in options.split(",")):
        if template not in {"", "+", "!"}:
            section.extend(conf.sections.get(template, []))
    return section


def _lines(path: Path, folder: Path, depth: int = 0) -> Iterator[str]:
    """Yield the lines that say something, with those of included files in their place."""
    for raw in _BLOCK_COMMENT.sub("", _text(path)).splitlines():
        line = _COMMENT.split(raw, maxsplit=1)[0].replace("\\;", ";").strip()
        if line.startswith("#"):
            for included in _included(path, folder, line, depth):
                yield from _lines(included, folder, depth + 1)
        elif line:
            yield line


def _included(path: Path, folder: Path, line: str, depth: int) -> list[Path]:
    word, _, what = line.partition(" ")
    if word not in {"#include", "#tryinclude"} or depth >= _DEEPEST_INCLUDE:
        raise UnreadableError(f"{path}: {word} is not followed here")
    pattern = what.strip().strip('"<>')
    start, name = (Path("/"), pattern.lstrip("/")) if pattern.startswith("/") else (folder, pattern)
    found = sorted(start.glob(name)) if name else []
    if not found and word == "#include" and "*" not in name:
        raise UnreadableError(f"{path}: it includes {pattern}, which is missing")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as problem:
        raise UnreadableError(f"{path}: {problem.strerror}") from None
