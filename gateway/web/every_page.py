"""What every page of a language shows alike: looked at and drawn once for all of them, not once for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment

from gateway.house import House
from gateway.web import views
from gateway.web.callbacks import Owed
from gateway.web.catalogue import Texts
from gateway.web.choices import Choices

_FRESH: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Drawn:
    """One piece of a page as HTML; `key` is all that its look depends on."""

    id: str
    key: object
    html: str


class EveryPage:
    """The list of seats, the count of callers who wait, and whom to call back.

    `now` is any clock of seconds that never goes back.
    """

    def __init__(
        self, house: House, choices: Choices, owed: Callable[[], tuple[Owed, ...]], templates: Environment
    ) -> None:
        self._house = house
        self._choices = choices
        self._owed = owed
        self._templates = templates
        self._drawn: dict[str, tuple[float, tuple[Drawn, ...]]] = {}

    def drawn(self, t: Texts, now: float) -> tuple[Drawn, ...]:
        """Return the pieces in one language as they were half a second before `now`, or later."""
        looked_at, drawn = self._drawn.get(t.language, (now - _FRESH, ()))
        if now - looked_at >= _FRESH:
            before = {piece.id: piece for piece in drawn}
            drawn = tuple(
                self._draw(fragment, t, before.get(fragment.id))
                for fragment in views.every_page(self._house, self._choices, self._owed(), t)
            )
            self._drawn[t.language] = (now, drawn)
        return drawn

    def _draw(self, fragment: views.Fragment, t: Texts, before: Drawn | None) -> Drawn:
        if before is not None and before.key == fragment.key:
            return before
        html = self._templates.get_template(fragment.template).render(t=t, **fragment.context)
        return Drawn(fragment.id, fragment.key, html)
