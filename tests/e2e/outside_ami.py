"""An AMI client that is not ours (asterisk-ami), to drive the PBX from outside and to see what it lets through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asterisk.ami import AMIClient, SimpleAction

_PATIENCE = 30


class OutsideAMI:
    """One log-in; `events` are those that arrived, in order, as (name, headers)."""

    def __init__(self, client: AMIClient) -> None:
        self._client = client
        self.events: list[tuple[str, dict[str, str]]] = []
        client.add_event_listener(self._keep)

    def _keep(self, event: Any, source: AMIClient) -> None:
        del source
        self.events.append((event.name, dict(event.keys)))

    async def action(self, name: str, **headers: Any) -> Any:
        """Send an action and return its response: `.status` and `.keys`."""
        future = self._client.send_action(SimpleAction(name, **headers))
        response = await asyncio.to_thread(future.get_response)
        assert response is not None, f"{name}: the PBX said nothing for {_PATIENCE} s"
        return response

    async def sign_in(self, seat: str, work_number: str, queue: str = "hotline") -> None:
        """Add the phone at a seat to the queue."""
        response = await self.action("QueueAdd", Queue=queue, Interface=f"PJSIP/seat-{seat}", MemberName=work_number)
        assert response.status == "Success", response.keys

    async def sign_out(self, seat: str, queue: str = "hotline") -> None:
        """Take the phone at a seat from the queue; it may be out already."""
        await self.action("QueueRemove", Queue=queue, Interface=f"PJSIP/seat-{seat}")


@asynccontextmanager
async def logged_in(port: int, user: str, secret: str) -> AsyncIterator[OutsideAMI]:
    """Log in and out. A refused log-in is an error that names no secret."""
    client = AMIClient(address="127.0.0.1", port=port, timeout=_PATIENCE)
    peer = OutsideAMI(client)
    future = await asyncio.to_thread(client.login, user, secret)
    try:
        response = await asyncio.to_thread(future.get_response)
        assert response is not None, "the PBX did not answer the log-in"
        assert response.status == "Success", f"the PBX refused the log-in of {user}"
        yield peer
    finally:
        await peer.action("Logoff")
        await asyncio.to_thread(client.disconnect)
