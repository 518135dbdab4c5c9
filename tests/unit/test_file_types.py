"""Kinds of files by their content, and the names they are shown under."""

import io
import zipfile

import openpyxl
import pytest
from PIL import Image

from gateway.file_types import MEDIA_TYPES, Recogniser, shown_name


def picture(kind: str) -> bytes:
    """Return a small picture."""
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, kind)
    return made.getvalue()


def workbook() -> bytes:
    """Return an empty workbook."""
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    return made.getvalue()


def archive(*names: str) -> bytes:
    """Return an archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return made.getvalue()


WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\0\0\0\0"
KNOWN = {
    "jpg": picture("JPEG"),
    "png": picture("PNG"),
    "webp": picture("WEBP"),
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "mp3": b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x00" + bytes(100),
    "wav": WAV,
    "docx": archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
    "xlsx": workbook(),
    "txt": "BMW 车主反映：电压 < 200 V。\r\n\t第二行".encode(),
}
REFUSED = {
    "nothing": b"",
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "a page behind blanks": b"\xef\xbb\xbf \r\n <HTML><body onload=alert(1)>",
    "a comment first": b"<!-- x --><script>alert(1)</script>",
    "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "XML": b"<?xml version='1.0'?><svg/>",
    "a program for Windows": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(100),
    "a program for Linux": b"\x7fELF\2\1\1" + bytes(100),
    "an archive": archive("a.txt"),
    "a film": b"RIFF\0\0\0\0AVI LIST" + bytes(50),
    "text with a NUL": b"hello\0world",
    "text in GBK": "电力热线".encode("gbk"),
    "text cut off in the middle of a character": "电".encode()[:2],
    "an escape sequence": b"\x1b[2Jhello",
}


def kind_of(content: bytes, size: int) -> str:
    """Return the kind of a file that comes in pieces of this size."""
    recogniser = Recogniser()
    for start in range(0, len(content), size):
        recogniser.take(content[start : start + size])
    return recogniser.kind()


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_every_kind_is_told_by_its_content(kind: str, size: int) -> None:
    """However it is cut into pieces."""
    assert kind == kind_of(KNOWN[kind], size)


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_could_be_run_or_is_not_known_has_no_kind(content: bytes, size: int) -> None:
    """No name makes anything of it."""
    assert kind_of(content, size) == ""


def test_a_long_text_is_read_to_its_end() -> None:
    """What is no text in its last byte is none."""
    assert kind_of(b"a" * 100_000, 4096) == "txt"
    assert kind_of(b"a" * 100_000 + b"\xff", 4096) == ""


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("现场照片.jpg", "jpg", "现场照片.jpg"),
        ("photo.JPEG", "jpg", "photo.jpeg"),
        ("C:\\Users\\a\\报告.pdf", "pdf", "报告.pdf"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("evil.exe", "png", "evil.exe.png"),
        ("gpj.\u202eexe", "png", "gpj.exe.png"),
        ('a\r\nX: "y"\0.txt', "txt", "aX_ _y_.txt"),
        ("", "pdf", "file.pdf"),
        ("...", "pdf", "file.pdf"),
        (".pdf", "pdf", "file.pdf"),
        ("长" * 300 + ".png", "png", "长" * 100 + ".png"),
        ("\ud800.png", "png", "file.png"),
    ],
)
def test_a_name_is_for_peoples_eyes_only(name: str, kind: str, expected: str) -> None:
    """No folder, nothing invisible, no ending that lies."""
    assert expected == shown_name(name, kind)
