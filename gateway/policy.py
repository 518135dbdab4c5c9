"""What of the settings the pure parts need, in their own words: whose calls these are, and the ring rule."""

from gateway.calls.switchboard import HotlineLine
from gateway.config import Settings
from routing.verdicts import RingRule


def hotline_line(settings: Settings) -> HotlineLine:
    """Return what makes a channel a caller of this hotline."""
    return HotlineLine(
        settings.pbx.system,
        settings.pbx.trunk_context,
        frozenset(settings.hotline.numbers),
        settings.queue.name,
    )


def ring_rule(settings: Settings) -> RingRule:
    """Return the ring rule in force (N1)."""
    return RingRule(settings.rings.period, settings.rings.limit)
