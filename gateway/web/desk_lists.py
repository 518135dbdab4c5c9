"""What the desk of tickets lists: what waits for its owner, what expires first on top, and what he was told."""

from typing import Any

from gateway.house import House
from gateway.web.viewers import Viewer
from storage.desks import lines
from storage.notices import inbox


async def lists_of(house: House, who: Viewer) -> dict[str, Any]:
    """Return what live/desk_lists.html shows."""
    async with house.storage.reading() as work:
        found = await lines(work, who.role, who.departments) if who.role else []
        told = await inbox(work, who.work_number)
    return {"waiting": found, "told": told, "now": house.clock()}
