"""Alarms: tells people who sit at no page what cannot wait, by e-mail, SMS gateway or chat, as [alarms] names them.

Apprise carries them. An address may hold a password: none is ever logged.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import apprise
import structlog

from gateway.sections import Alarms as AlarmSettings

_log = structlog.get_logger(__name__)


class AlarmError(Exception):
    """Nobody, or not everybody, could be told; the message says why, in one line for people."""


class Alarms:
    """Raises each alarm at most once in a while, however many callers give cause for it."""

    def __init__(self, settings: AlarmSettings, clock: Callable[[], datetime]) -> None:
        self._people = apprise.Apprise()
        for number, url in enumerate(settings.urls, 1):
            if not self._people.add(url):
                _log.error("alarms.address_unusable", number=number, what_to_do="correct [alarms] urls")
        self._again_after = timedelta(minutes=settings.again_after_minutes)
        self._clock = clock
        self._raised_at: dict[str, datetime] = {}

    async def sound(self, title: str, text: str) -> None:
        """Tell everybody, unless the alarm of this title was raised a moment ago; raises AlarmError."""
        now = self._clock()
        if len(self._people) == 0:
            raise AlarmError("nobody is named in [alarms] urls")
        raised_at = self._raised_at.get(title)
        if raised_at is not None and now - raised_at < self._again_after:
            return
        self._raised_at[title] = now
        _log.warning("alarm.raised", title=title)
        if not await self._people.async_notify(title=title, body=text):
            del self._raised_at[title]
            raise AlarmError("not everybody in [alarms] urls could be told: see the log")
