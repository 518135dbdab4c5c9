"""Charts of a report as SVG; pure: numbers in, picture out."""

from collections.abc import Mapping

from markupsafe import Markup

from gateway.web.catalogue import Texts

_WIDTH, _HEIGHT, _FOOT, _HEAD = 560.0, 190.0, 20.0, 16.0
_FEWEST = 8
"""There is room for so many rings at least."""


ON_PAPER = Markup("<style>text { font: 13px sans-serif } .talked { fill: #17734a } .late { fill: #b3261e }</style>")
"""What the console's style sheet says of a chart, for where there is none."""


def ring_histogram(rings: Mapping[int, int], limit: int, t: Texts, style: str = "") -> Markup:
    """Return how many calls were answered on which ring; those past the limit stand out. "" where there are none."""
    if not rings:
        return Markup("")
    last, most = max(rings), max(rings.values())
    step = _WIDTH / max(last, _FEWEST)
    bar = Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        '<text x="{:.1f}" y="{:.1f}">{}</text><text x="{:.1f}" y="{:g}">{}</text>'
    )
    parts = []
    for ring in range(1, last + 1):
        number = rings.get(ring, 0)
        height = (_HEIGHT - _FOOT - _HEAD) * number / most
        x, y = (ring - 1) * step, _HEIGHT - _FOOT - height
        kind = "talked" if ring <= limit else "late"
        middle, says = x + step / 2 - 4, t("reports.on_ring", ring=ring, number=number)
        box, above = (x + step * 0.15, y, step * 0.7, height), (middle, y - 4, number or "")
        parts.append(bar.format(kind, *box, says, *above, middle, _HEIGHT - 5, ring))
    head = Markup('<svg class="chart" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">').format(
        _WIDTH, _HEIGHT, t("reports.rings")
    )
    return Markup("").join([head, style, *parts, Markup("</svg>")])
