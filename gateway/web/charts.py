"""Charts of a report as SVG; pure: numbers in, picture out."""

from collections.abc import Iterable, Mapping
from typing import Final

from markupsafe import Markup

from gateway.web.catalogue import Texts
from routing.figures import Counts

_WIDTH, _HEIGHT, _FOOT, _HEAD = 560.0, 190.0, 20.0, 16.0
_FEWEST = 8
"""There is room for so many columns at least."""
_CHARACTER: Final = 8.0
"""How wide a character of a label is, on average."""

ON_PAPER = Markup("<style>text { font: 13px sans-serif } .talked { fill: #17734a } .late { fill: #b3261e }</style>")
"""What the console's style sheet says of a chart, for where there is none."""

_BAR: Final = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>')
_LABEL: Final = Markup('<text x="{:.1f}" y="{:.1f}">{}</text>')


def ring_histogram(rings: Mapping[int, int], limit: int, t: Texts, style: str = "") -> Markup:
    """Return how many calls were answered on which ring; those past the limit stand out. "" where there are none."""
    if not rings:
        return Markup("")
    step, most = _step(max(rings)), max(rings.values())
    parts = []
    for ring in range(1, max(rings) + 1):
        number = rings.get(ring, 0)
        height, x = _height(number, most), (ring - 1) * step
        y, middle = _HEIGHT - _FOOT - height, x + step / 2 - 4
        says = t("reports.on_ring", ring=ring, number=number)
        parts.append(_BAR.format("talked" if ring <= limit else "late", x + step * 0.15, y, step * 0.7, height, says))
        parts += [_LABEL.format(middle, y - 4, number or ""), _LABEL.format(middle, _HEIGHT - 5, ring)]
    return _drawn(parts, t("reports.rings"), style)


def in_time_by_group(groups: Mapping[str, Counts], t: Texts, style: str = "") -> Markup:
    """Return how many calls of each group were in time, and above them how many late. "" where there are none."""
    most = max((counts.in_time + counts.late for counts in groups.values()), default=0)
    if not most:
        return Markup("")
    step = _step(len(groups))
    labels = [name[-2:] if len(name) == len("20261126") else name for name in groups]
    every = 1 + int(max(map(len, labels)) * _CHARACTER / step)
    parts = [_LABEL.format(0, _HEAD - 4, most)]
    for place, (label, counts) in enumerate(zip(labels, groups.values(), strict=True)):
        says = t("reports.in_time_of", name=label, in_time=counts.in_time, late=counts.late)
        foot = _HEIGHT - _FOOT
        for kind, number in (("talked", counts.in_time), ("late", counts.late)):
            foot -= (height := _height(number, most))
            parts.append(_BAR.format(kind, (place + 0.15) * step, foot, step * 0.7, height, says))
        if place % every == 0:
            middle = (place + 0.5) * step - len(label) * _CHARACTER / 2
            parts.append(_LABEL.format(max(0.0, middle), _HEIGHT - 5, label))
    return _drawn(parts, t("reports.in_time_by_group"), style)


def _step(columns: int) -> float:
    return _WIDTH / max(columns, _FEWEST)


def _height(number: int, most: int) -> float:
    return (_HEIGHT - _FOOT - _HEAD) * number / most


def _drawn(parts: Iterable[Markup], says: str, style: str) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">')
    return Markup("").join([head.format(_WIDTH, _HEIGHT, says), style, *parts, Markup("</svg>")])
