"""How figures are said in Mandarin, put together from prompts: numbers, amounts of money, dates, times of day. Pure.

Each function returns the names of prompts, in order. What is no quantity is read digit by digit: ivr_scripts.prompts.
"""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from itertools import groupby
from typing import Final

Names = tuple[str, ...]

_GROUPS: Final = ("", "ten-thousand", "hundred-million")
_PLACES: Final = ("", "ten", "hundred", "thousand")
LARGEST: Final = 10**12 - 1
"""Nothing larger has a name here."""


def number(value: int) -> Names:
    """Read a whole number: 102 is yī bǎi líng èr, 15 shí wǔ, 20,000 liǎng wàn. Raises ValueError beyond LARGEST."""
    if abs(value) > LARGEST:
        raise ValueError(f"{value} is too large to be said")
    if value < 0:
        return ("minus", *number(-value))
    if value == 0:
        return ("digit-0",)
    names = tuple(_positive(value))
    return names[1:] if names[:2] == ("one", "ten") else names  # ten to nineteen begin with ten itself


def quantity(value: int) -> Names:
    """Read a number of things: two of them are liǎng, in numbers they are èr."""
    return ("two-of",) if value == 2 else number(value)  # noqa: PLR2004 # it is what this is about


def decimal(value: Decimal) -> Names:
    """Read a number with a fraction: 3.14 is sān diǎn yī sì; noughts at the end of the fraction are not said."""
    whole, _, fraction = f"{abs(value):f}".partition(".")
    said = number(int(whole))
    if fraction := fraction.rstrip("0"):
        said = (*said, "point", *(_digit(int(each)) for each in fraction))
    return ("minus", *said) if value < 0 else said


def amount(value: Decimal) -> Names:
    """Read an amount in yuan, jiao and fen, rounded to the fen: 102.50 is yī bǎi líng èr yuán wǔ jiǎo."""
    fen_in_all = int((abs(value) * 100).to_integral_value())
    yuan, jiao, fen = fen_in_all // 100, fen_in_all // 10 % 10, fen_in_all % 10
    said: Names = (*quantity(yuan), "yuan") if yuan or not fen_in_all else ()
    if jiao:
        said = (*said, _digit(jiao), "jiao")
    elif yuan and fen:
        said = (*said, "digit-0")
    if fen:
        said = (*said, _digit(fen), "fen")
    return ("minus", *said) if value < 0 and fen_in_all else said


def day(on: date, *, with_year: bool = True) -> Names:
    """Read a date, the year digit by digit: èr líng èr liù nián shí yī yuè èr shí qī rì."""
    year = (*(_digit(int(each)) for each in f"{on.year:04}"), "year") if with_year else ()
    return (*year, *number(on.month), "month", *number(on.day), "day")


def clock(at: time) -> Names:
    """Read a time of day by the 24 hours: 14:05 is shí sì diǎn líng wǔ fēn, 2:00 liǎng diǎn zhěng."""
    hour = (*quantity(at.hour), "hour")
    if at.minute == 0:
        return (*hour, "sharp")
    nought = ("digit-0",) if at.minute < 10 else ()  # noqa: PLR2004 # one digit
    return (*hour, *nought, *number(at.minute), "minute")


def _digit(value: int) -> str:
    """Name a digit within a number, where 1 is yī: yāo is for numbers that are read digit by digit."""
    return "one" if value == 1 else f"digit-{value}"


def _positive(value: int) -> Iterator[str]:
    groups = [(place, value // 10_000**place % 10_000) for place in reversed(range(len(_GROUPS)))]
    begun = False
    for place, group in groups:
        if group == 0:
            continue
        below = value // 10_000 ** (place + 1)
        if begun and (group < 1000 or below % 10_000 == 0):  # noqa: PLR2004 # its first place is empty
            yield "digit-0"
        yield from _group(group, leads=not begun, named=place > 0)
        if place:
            yield _GROUPS[place]
        begun = True


def _group(group: int, *, leads: bool, named: bool) -> Iterator[str]:
    """Read up to four places; empty ones between others are one nought, those at the end none."""
    if group == 2 and named and leads:  # noqa: PLR2004 # two ten-thousands are liǎng wàn
        yield "two-of"
        return
    figures = [(place, group // 10**place % 10) for place in reversed(range(len(_PLACES)))]
    figures = figures[next(at for at, (_, figure) in enumerate(figures) if figure) :]
    while figures[-1][1] == 0:
        figures.pop()
    for empty, run in groupby(figures, key=lambda each: each[1] == 0):
        if empty:
            yield "digit-0"
            continue
        for place, figure in run:
            yield "two-of" if figure == 2 and place == 3 else _digit(figure)  # noqa: PLR2004 # liǎng qiān
            if place:
                yield _PLACES[place]
