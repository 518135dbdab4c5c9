"""How figures are read to a caller in Mandarin: every rule as a table, against what people write."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_scripts import reading
from ivr_scripts.prompts import prompts

SAID = {
    **{f"digit-{value}": character for value, character in enumerate("零幺二三四五六七八九")},
    **dict(zip(("one", "two-of", "ten", "hundred", "thousand"), "一两十百千", strict=True)),
    **dict(zip(("ten-thousand", "hundred-million", "point", "minus"), "万亿点负", strict=True)),
    **dict(zip(("yuan", "jiao", "fen", "year", "month", "day"), "元角分年月日", strict=True)),
    **dict(zip(("hour", "sharp", "minute"), "点整分", strict=True)),
}


def words(names: reading.Names) -> str:
    """Return what is heard."""
    return "".join(SAID[name] for name in names)


def test_each_prompt_says_what_these_tables_have_it_say() -> None:
    """The catalogue and the tables agree, so that the tables prove something."""
    catalogue = {prompt.name: prompt.text for prompt in prompts("cmn", "")}
    assert {name: catalogue[name] for name in SAID} == SAID


NUMBERS = {
    0: "零", 1: "一", 2: "二", 9: "九", 10: "十", 11: "十一", 12: "十二", 19: "十九", 20: "二十", 21: "二十一",
    99: "九十九", 100: "一百", 101: "一百零一", 102: "一百零二", 110: "一百一十", 111: "一百一十一", 112: "一百一十二",
    120: "一百二十", 200: "二百", 202: "二百零二", 222: "二百二十二", 999: "九百九十九",
    1000: "一千", 1001: "一千零一", 1010: "一千零一十", 1100: "一千一百", 1111: "一千一百一十一", 2000: "两千",
    2002: "两千零二", 2020: "两千零二十", 2222: "两千二百二十二", 9999: "九千九百九十九",
    10_000: "一万", 10_001: "一万零一", 10_010: "一万零一十", 10_100: "一万零一百", 11_000: "一万一千",
    20_000: "两万", 22_000: "两万两千", 20_002: "两万零二", 100_000: "十万", 100_010: "十万零一十", 101_000: "十万一千",
    110_000: "十一万", 120_000: "十二万", 200_000: "二十万", 1_000_000: "一百万", 1_000_001: "一百万零一",
    10_010_000: "一千零一万", 12_345_678: "一千二百三十四万五千六百七十八",
    100_000_000: "一亿", 100_000_001: "一亿零一", 100_010_000: "一亿零一万", 200_000_000: "两亿",
    100_010_001: "一亿零一万零一", 1_000_000_000: "十亿", 120_000_000: "一亿两千万",
}  # fmt: skip


@pytest.mark.parametrize(("value", "said"), NUMBERS.items())
def test_a_number_is_read_as_people_read_it(value: int, said: str) -> None:
    """Places, noughts between and not at the end, ten without one, two and liǎng."""
    assert words(reading.number(value)) == said


@pytest.mark.parametrize("value", [10**12, -(10**12)])
def test_what_has_no_name_here_is_refused(value: int) -> None:
    """Rather than said wrongly."""
    with pytest.raises(ValueError, match="too large"):
        reading.number(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "零元"), ("1", "一元"), ("2", "两元"), ("12", "十二元"), ("100", "一百元"), ("102.50", "一百零二元五角"),
        ("2.20", "两元二角"), ("0.50", "五角"), ("0.05", "五分"), ("3.05", "三元零五分"), ("3.15", "三元一角五分"),
        ("10.10", "十元一角"), ("1234.56", "一千二百三十四元五角六分"), ("0.005", "零元"), ("0.015", "二分"),
        ("-12.30", "负十二元三角"), ("-0.001", "零元"), ("20000", "两万元"),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_yuan_jiao_and_fen(value: str, said: str) -> None:
    """What is nought is not said, but between yuan and fen; half a fen is rounded to the even one."""
    assert words(reading.amount(Decimal(value))) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [("3.14", "三点一四"), ("0.5", "零点五"), ("120.0", "一百二十"), ("10.05", "十点零五"), ("-2.2", "负二点二")],
)
def test_a_fraction_is_read_digit_by_digit(value: str, said: str) -> None:
    """As kilowatt-hours are."""
    assert words(reading.decimal(Decimal(value))) == said


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 11, 27), "二零二六年十一月二十七日"),
        (date(2026, 1, 1), "二零二六年一月一日"),
        (date(2011, 2, 2), "二零一一年二月二日"),
        (date(2030, 10, 10), "二零三零年十月十日"),
    ],
)
def test_a_date_is_read_with_its_year_digit_by_digit(on: date, said: str) -> None:
    """The 1 of a year is yī: it is no telephone number."""
    assert words(reading.day(on)) == said
    assert words(reading.day(on, with_year=False)) == said.partition("年")[2]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(0, 0), "零点整"), (time(0, 15), "零点十五分"), (time(2, 0), "两点整"), (time(2, 2), "两点零二分"),
        (time(12, 10), "十二点十分"), (time(14, 5), "十四点零五分"), (time(22, 30), "二十二点三十分"),
        (time(20, 20), "二十点二十分"),
    ],
)  # fmt: skip
def test_a_time_is_read_by_the_24_hours(at: time, said: str) -> None:
    """Two o'clock is liǎng; single minutes have a nought before them."""
    assert words(reading.clock(at)) == said


_VALUES = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def understood(said: str) -> int:
    """Return which number a listener understands: an understanding of its own, the other way round."""
    total = group = figure = 0
    for character in said:
        if character in _VALUES:
            figure = _VALUES[character]
        elif character in _UNITS:
            group, figure = group + (figure or 1) * _UNITS[character], 0
        elif character in "万亿":
            total, group, figure = total + (group + figure) * (10**4 if character == "万" else 10**8), 0, 0
    return total + group + figure


@given(st.integers(0, reading.LARGEST))
def test_whatever_is_said_is_understood_as_what_was_meant(value: int) -> None:
    """For every number; and no nought is said twice in a row, or last."""
    said = words(reading.number(value))
    assert understood(said) == value
    assert "零零" not in said
    assert value == 0 or not said.endswith("零")
