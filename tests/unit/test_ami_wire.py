"""AMI on the wire: how bytes become frames, whatever they are, and how actions become bytes."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.ami.errors import UnsafeValueError
from gateway.ami.wire import MAX_LINE, Frame, FrameReader, decode, encode, is_answer

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = GREETING + (
    b"Response: Success\r\nActionID: 1\r\n\r\n"
    b"Event: AgentCalled\r\nCallerIDName: " + "王小明".encode() + b"\r\nAccountCode: \r\n\r\n"
    b"Event: Hangup\nCause: 16\n\n"
    b"\r\n\r\nEvent: Mixed\r\nCause: 16\n\r\n"
    b"\xff\xfe no header at all\r\n\r\n"
)
ALPHABET = st.sampled_from([b"\r", b"\n", b":", b" ", b"A", b"\xe7", b"Asterisk Call Manager/", b"\r\n\r\n"])


def frames_of(*reads: bytes, max_frame: int = 1 << 20) -> list[bytes]:
    """Return the raw frames in a stream that comes in these reads."""
    reader = FrameReader(max_frame)
    return [frame for read in reads for frame in reader.feed(read)]


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Cut a stream at these places."""
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[start:end] for start, end in pairwise(places)]


def test_frames_end_at_a_blank_line_whether_lines_end_in_crlf_or_lf():
    """Each message of the stream is one frame, without its blank line and without empty frames in between."""
    names = ["Success", "AgentCalled", "Hangup", "Mixed", ""]
    assert names == [(f := decode(raw)).event or f.response for raw in frames_of(STREAM)]


def test_the_greeting_is_told_apart_from_the_frame_that_follows_it():
    """The greeting has no blank line behind it, yet is no part of the first frame."""
    reader = FrameReader()
    assert reader.feed(GREETING + b"Response: Success\r\n\r\n") == [b"Response: Success"]
    assert reader.greeting == "Asterisk Call Manager/11.0.0"


@pytest.mark.parametrize(
    ("reads", "started", "greeting"),
    [
        ([b""], False, None),
        ([b"Asterisk Call"], False, None),
        ([b"Asterisk Call", b" Manager/9.0\r"], False, None),
        ([b"Asterisk Call", b" Manager/9.0\r", b"\n"], True, "Asterisk Call Manager/9.0"),
        ([b"Asterisk Call", b"s\r\n"], True, None),
        ([b"HTTP/1.1 400 Bad Request\r\n"], True, None),
        ([b"Asterisk Call Manager/" + b"9" * 300], True, None),
    ],
)
def test_a_stream_that_begins_otherwise_has_no_greeting(reads, started, greeting):
    """Only Asterisk's own first line, whole, is its greeting; after anything else there will be none."""
    reader = FrameReader()
    for read in reads:
        reader.feed(read)
    assert (started, greeting) == (reader.started, reader.greeting)


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_the_stream_gives_the_same_frames(cuts):
    """How TCP cut the bytes into reads makes no difference."""
    assert frames_of(STREAM) == frames_of(*pieces(STREAM, cuts))


@given(st.lists(ALPHABET, max_size=40).map(b"".join), st.lists(st.integers(0, 900), max_size=12))
@example(b"Asterisk Call Manager/\n", [11])
def test_any_split_of_any_bytes_gives_the_same_frames(stream, cuts):
    """That holds for broken line ends, greetings in odd places and frames about as long as the limit, too."""
    whole, cut = FrameReader(max_frame=8), FrameReader(max_frame=8)
    expected = whole.feed(stream)
    assert expected == [frame for read in pieces(stream, cuts) for frame in cut.feed(read)]
    assert (whole.greeting, whole.oversized) == (cut.greeting, cut.oversized)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_make_the_reader_or_the_decoder_raise(data):
    """Garbage becomes frames without headers, never an exception."""
    for raw in [data, *frames_of(data, b"\r\n\r\n", b"\n\n")]:
        assert all(name and "\0" not in value for name, value in decode(raw).headers)


def test_a_character_that_straddles_two_reads_survives():
    """A name is decoded once its whole frame is there, so none of its characters is cut in half."""
    stream = f"CallerIDName: {'鄭' * 20}\r\n\r\n".encode()
    for cut in range(1, len(stream)):
        (raw,) = frames_of(stream[:cut], stream[cut:])
        assert decode(raw).get("CallerIDName") == "鄭" * 20


def test_headers_are_found_in_any_case_and_all_their_values_kept_in_order():
    """The first value answers `get`, every value answers `all`, an empty value is a value."""
    frame = decode(b"Event: Status\r\nchanvariable: A=1\r\nChanVariable: \r\nCHANVARIABLE: B=2\r\nUniqueid: yq-1.1")
    assert frame.event == "Status"
    assert frame.get("ChanVariable") == "A=1"
    assert frame.all("ChanVariable") == ("A=1", "", "B=2")
    assert frame.get("uniqueID") == "yq-1.1"
    assert frame.headers[2] == ("ChanVariable", "")


def test_a_first_header_in_another_case_is_found_all_the_same():
    """The short way to the first header does not depend on how it is written."""
    frame = decode(b"event: Hangup\r\nEvent: Second")
    assert frame.get("Event") == "Hangup"
    assert frame.get("EVENT") == "Hangup"


@given(
    st.lists(st.sampled_from(["A: 1", "a: 2", "B:3", "b: ", ": 4", "A:5: 6", "junk", "", "Ö: 7", "ö: 8"]), max_size=6)
)
def test_a_header_reads_the_same_whether_it_is_asked_for_first_or_last(lines):
    """The short way to one header and the reading of the whole frame agree on every header."""
    for end in ("\r\n", "\n"):
        raw = end.join(lines).encode()
        headers = decode(raw).headers
        for asked in ("A", "a", "B", "Ö", "", "junk"):
            values = tuple(value for name, value in headers if name.lower() == asked.lower())
            assert decode(raw).get(asked, "none") == (values[0] if values else "none")
            assert decode(raw).all(asked) == values
            assert Frame(headers).get(asked, "none") == decode(raw).get(asked, "none")


def test_an_empty_value_differs_from_a_header_that_is_not_there():
    """`has` and `get` with a default tell the two apart."""
    frame = decode(b"Event: X\r\nAccountCode: \r\nExten:")
    assert frame.has("accountcode")
    assert frame.get("AccountCode", "none") == ""
    assert frame.get("Exten", "none") == ""
    assert not frame.has("Context")
    assert frame.get("Context", "none") == "none"


@pytest.mark.parametrize(
    ("line", "headers", "garbage"),
    [
        (b"Channel: PJSIP/trunk:5060-1: x", (("Channel", "PJSIP/trunk:5060-1: x"),), 0),
        (b"CallerIDName:  two spaces ", (("CallerIDName", " two spaces "),), 0),
        (b"Key:no space", (("Key", "no space"),), 0),
        (b"no colon at all", (), 1),
        (b": no name", (), 1),
        (b":", (), 1),
        (b"", (), 0),
        (b"junk\r\nA: b\r\nmore junk", (("A", "b"),), 2),
        (b"A: b\nC: d", (("A", "b"), ("C", "d")), 0),
        (b"A: b\r\nC: d\nE: f", (("A", "b"), ("C", "d"), ("E", "f")), 0),
        (b"Name: <script>\"'\x1b", (("Name", "<script>\"'\x1b"),), 0),
    ],
)
def test_a_line_is_a_header_or_garbage(line, headers, garbage):
    """What has a name and a colon is a header as it came; all else is kept out, and counted."""
    assert Frame(headers, garbage) == decode(line)


def test_bytes_that_are_no_utf8_become_replacement_characters_in_their_header_alone():
    """One bad caller name spoils neither its own frame nor another header."""
    frame = decode(b"Event: X\r\nCallerIDName: \xc3(\xff\r\nExten: 86865598")
    assert frame.get("CallerIDName") == "\ufffd(\ufffd"
    assert frame.get("Exten") == "86865598"


@pytest.mark.parametrize("odd", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\r"])
def test_only_line_feeds_end_a_line(odd):
    """Characters that Python, but not AMI, takes for line ends stay inside their value."""
    assert decode(f"Name: a{odd}B: c\r\nD: e".encode()).headers == (("Name", f"a{odd}B: c"), ("D", "e"))


def test_nul_becomes_a_replacement_character():
    """No database takes a NUL, so none gets past the decoder."""
    assert decode(b"Name: a\0b").get("Name") == "a\ufffdb"


def test_a_frame_of_16_mb_takes_no_memory_and_leaves_its_neighbours_whole():
    """It is dropped while it is read, and counted once."""
    reader = FrameReader()
    frames = reader.feed(b"Event: Before\r\n\r\nEvent: Huge\r\nData: ")
    tracemalloc.start()
    chunk = b"x" * 65536
    for _ in range(256):
        frames += reader.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    frames += reader.feed(b"\r\n\r\nEvent: After\r\n\r\n")
    assert [decode(raw).event for raw in frames] == ["Before", "After"]
    assert reader.oversized == 1
    assert peak < 4 << 20


@pytest.mark.parametrize(("size", "kept"), [(1024, True), (1025, False)])
def test_the_limit_is_the_same_for_one_read_and_for_many(size, kept):
    """A frame of just the limit passes; one byte more and it is dropped, however it came."""
    raw = b"A: " + b"x" * (size - 4)
    stream = raw + b"\r\n\r\n"
    expected = [raw] if kept else []
    assert expected == frames_of(stream, max_frame=1024)
    assert expected == frames_of(*(bytes([byte]) for byte in stream), max_frame=1024)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [(b"Response: Success", True), (b"RESPONSE:x", True), (b"Event: Response", False), (b"", False)],
)
def test_an_answer_is_known_by_its_first_bytes(raw, answer):
    """The reader need not decode a frame to see that somebody waits for it."""
    assert is_answer(raw) is answer


def test_an_action_is_written_with_its_repeated_headers():
    """A sequence becomes that many headers of one name, text becomes UTF-8."""
    expected = "Action: Originate\r\nVariable: A=1\r\nVariable: B=2\r\nCallerID: 王\r\nAccount: \r\n\r\n".encode()
    assert expected == encode("Originate", {"Variable": ["A=1", "B=2"], "CallerID": "王", "Account": ""})


@given(
    st.text(min_size=1, max_size=20),
    st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=30), max_size=5),
)
def test_whatever_is_sent_reads_back_as_exactly_one_frame_or_is_refused(action, headers):
    """No value can add a header or an action to what was meant."""
    meant = [("Action", action), *headers.items()]
    breaks = any(set("\r\n\0") & set(name + value) for name, value in meant)
    nameless = any(":" in name or not name.strip() for name in headers)
    if breaks or nameless:
        with pytest.raises(UnsafeValueError):
            encode(action, headers)
        return
    (raw,) = frames_of(encode(action, headers))
    assert len(meant) == raw.count(b"\n") + 1
    assert all(value.encode() in raw for _, value in meant)


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "x\r\nAction: Originate", "x\r\n\r\nAction: Command"])
@pytest.mark.parametrize("where", ["action", "name", "value", "second value"])
def test_line_breaks_and_nul_are_refused_wherever_they_stand(bad, where):
    """A caller id with a line break cannot become a second action."""
    action = bad if where == "action" else "Setvar"
    name = bad if where == "name" else "Value"
    value = bad if where == "value" else ["fine", bad] if where == "second value" else "fine"
    with pytest.raises(UnsafeValueError, match="CR, LF or NUL"):
        encode(action, {name: value})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("", "x", "without a colon"),
        ("A:b", "x", "without a colon"),
        ("A", "\ud800", "half a character"),
        ("A", "x" * MAX_LINE, "shorten"),
    ],
)
def test_what_asterisk_would_misread_is_refused(name, value, says):
    """A nameless or over-long header would make Asterisk misread the action without telling whose it was."""
    with pytest.raises(UnsafeValueError, match=says):
        encode("Setvar", {name: value})


def test_the_longest_line_that_asterisk_reads_is_sent():
    """The limit counts the name and the line's end."""
    line = encode("X", {"A": "x" * (MAX_LINE - 5)}).split(b"\r\n")[1]
    assert len(line) + 2 == MAX_LINE
