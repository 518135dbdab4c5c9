"""What kind of file somebody attaches, told by its content and never by its name; and the name it is shown under. Pure.

What a browser could run (HTML, SVG, programs) has no kind here.
"""

import codecs
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

import filetype

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "mp3": "audio/mpeg",
    "wav": "audio/x-wav",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
}
"""Every kind that can be told, by the ending of its names."""

_ENDINGS: Final = {media_type: ending for ending, media_type in MEDIA_TYPES.items()}
_ALSO: Final = {"jpg": (".jpg", ".jpeg")}
_HEAD: Final = 8192
_MARKUP: Final = re.compile(r"\ufeff?\s*<[!?/A-Za-z]")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_LONGEST_NAME: Final = 100


class Recogniser:
    """Tells the kind of a file that comes piece by piece; keeps no more of it than its beginning."""

    def __init__(self) -> None:
        self._head = b""
        self._text: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()

    def take(self, piece: bytes) -> None:
        """Look at the next piece."""
        self._head += piece[: _HEAD - len(self._head)]
        self._read(piece, last=False)

    def kind(self) -> str:
        """Return which key of MEDIA_TYPES it is, once all of it was looked at; "" for none of these."""
        found = filetype.guess_mime(self._head) if self._head else None
        if found in _ENDINGS:
            return _ENDINGS[found]
        self._read(b"", last=True)
        return "txt" if self._head and self._text else ""

    def _read(self, piece: bytes, *, last: bool) -> None:
        """Go on reading it as text, for as long as it is: UTF-8 without control characters that is no markup."""
        if self._text is None:
            return
        try:
            words = self._text.decode(piece, last)
        except UnicodeDecodeError:
            self._text = None
            return
        if _CONTROLS.search(words) or _MARKUP.match(self._head.decode(errors="ignore")):
            self._text = None


def shown_name(name: str, kind: str) -> str:
    """Return the name a file is shown and given out under: no folder, nothing invisible, and the ending of its kind."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(each for each in last if unicodedata.category(each)[0] not in "CZ" or each == " ")
    plain = re.sub(r'[<>:"|?*]', "_", visible).strip().rstrip(".")
    ending = next((each for each in _ALSO.get(kind, (f".{kind}",)) if plain.lower().endswith(each)), "")
    stem = plain[: -len(ending)] if ending else plain
    return f"{stem.strip(' .')[:_LONGEST_NAME] or 'file'}{ending or f'.{kind}'}"
