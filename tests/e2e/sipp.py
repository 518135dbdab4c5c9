"""Customers and desk phones, played by SIPp: every process is bounded in time and ends with its `async with`."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from socket import SOCK_DGRAM
from typing import Any, Literal, Self

from ports import free_port
from sip_trace import SIPCall
from sipp_run import SIPpError, SIPpRun, sipp

__all__ = ["CalledCustomer", "Customer", "DeskPhone", "SIPpError", "SIPpRun", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """Something an operator does with his phone while he talks; `after` counts from the step before, in seconds."""

    kind: Literal["hold", "resume", "refer"]
    after: float
    to: str = ""

    @property
    def after_ms(self) -> int:
        """The same in milliseconds, as SIPp wants it."""
        return _ms(self.after) or 1


class DeskPhone:
    """A desk phone at a seat: registers when entered, then treats every call alike; times in seconds.

    answer_after: None rings until the caller gives up, 0 picks up at once. hang_up_after: from the answer (or the last
    step); None leaves it to the other side. refuse: a SIP status to refuse every call with. sound: the pitch (in Hz) of
    what it sends; True is the usual one.
    """

    def __init__(
        self,
        address: tuple[str, int],
        seat: str,
        password: str,
        *,
        answer_after: float | None = 0.5,
        hang_up_after: float | None = None,
        refuse: int | None = None,
        steps: Sequence[Step] = (),
        sound: bool | int = True,
        port: int | None = None,
    ) -> None:
        self._address = address
        self._user = f"seat-{seat}"
        self._password = password
        self._behaviour = {
            "answer_ms": _ms(answer_after),
            "hang_up_ms": _ms(hang_up_after),
            "refuse": refuse,
            "steps": steps,
        }
        self._sound = sound
        self._port = port or free_port(SOCK_DGRAM)
        self._running: AbstractAsyncContextManager[SIPpRun]
        self._run: SIPpRun | None = None

    @property
    def calls(self) -> list[SIPCall]:
        """The calls offered to this phone so far."""
        return self._run.calls if self._run else []

    async def __aenter__(self) -> Self:
        values = {"user": self._user, **self._behaviour}
        self._running = sipp("phone.xml", values, self._address, port=self._port, calls=None, sound=self._sound)
        self._run = await self._running.__aenter__()
        try:
            await self._register(expires=3600)
        except BaseException:
            await self._running.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._running.__aexit__(None, None, None)

    async def call(self, number: str) -> SIPCall:
        """Try to call somebody from this seat; SIPp is only content if that is refused with 404."""
        values = {"user": self._user, "password": self._password}
        port = free_port(SOCK_DGRAM)
        async with sipp("seat_call.xml", values, self._address, port=port, calls=1, rows=[f"{number};"]) as run:
            (only,) = await run.ended(within=10)
            return only

    async def unregister(self) -> None:
        """Tell the PBX that the phone is gone."""
        await self._register(expires=0)

    async def until(
        self, met: Callable[[list[SIPCall]], bool], *, within: float = 10, wanted: str = "as wanted"
    ) -> list[SIPCall]:
        """Return the calls as soon as `met` holds of them."""
        assert self._run is not None, "the phone is not switched on"
        return await self._run.until(met, within=within, wanted=wanted)

    async def rings(self, *, within: float = 10, times: int = 1) -> SIPCall:
        """Return the latest call once the phone has been rung so many times."""
        calls = await self.until(lambda seen: len(seen) >= times, within=within, wanted=f"rung {times} times")
        return calls[-1]

    async def pick_up(self) -> None:
        """Answer the call that rings now; for a phone with `answer_after` None."""
        calls = await self.until(lambda seen: bool(seen and seen[-1].ringing_at), wanted="ringing")
        self.nudge(calls[-1])

    async def hang_up(self) -> None:
        """End the call that goes on now; for a phone with `hang_up_after` None."""
        calls = await self.until(lambda seen: bool(seen and seen[-1].acknowledged), wanted="talking")
        self.nudge(calls[-1])

    def nudge(self, call: SIPCall) -> None:
        """Let one of its calls go on at once: picked up where it rings, hung up where it talks."""
        assert self._run is not None, "the phone is not switched on"
        self._run.nudge(call)

    async def _register(self, *, expires: int) -> None:
        values = {
            "user": self._user,
            "password": self._password,
            "phone_port": self._port,
            "expires": expires,
        }
        async with sipp("register.xml", values, self._address, port=free_port(SOCK_DGRAM), calls=1) as run:
            await run.ended(within=10)


class CalledCustomer(DeskPhone):
    """A customer's phone that is called by way of the trunk to call out by; it behaves as a desk phone does."""

    def __init__(self, address: tuple[str, int], port: int, **behaviour: Any) -> None:
        super().__init__(address, "customer", "", port=port, **behaviour)

    async def _register(self, *, expires: int) -> None:
        """Register nowhere: the public network knows where he is."""


class Customer:
    """Whoever calls from the public network, by way of the trunk at `address`; times in seconds."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    async def call(self, number: str, caller: str = "13800138000", *, within: float = 60, **how: Any) -> SIPCall:
        """Make one call and return it when it is over. `how`: see `calling`."""
        async with self.calling(number, [caller], **how) as run:
            (only,) = await run.ended(within=within)
            return only

    @asynccontextmanager
    async def calling(
        self,
        number: str,
        callers: Sequence[str],
        *,
        rate: float = 10,
        give_up_after: float | None = None,
        hang_up_after: float | None = None,
        display: str = "",
        sound: bool = True,
        key: str = "1",
    ) -> AsyncIterator[SIPpRun]:
        """Make one call for each caller, `rate` a second, and give control while they go on.

        give_up_after: from the first ringing, while nobody answers. hang_up_after: after the answer; None leaves it
        to the other side. key: what he presses when he is nudged while he waits. display: the From header's name, with
        its quotes.
        """
        values = {
            "key": key,
            "display": f"{display} " if display else "",
            "give_up_ms": _ms(give_up_after),
            "hang_up_ms": _ms(hang_up_after),
        }
        rows = [f"{caller};{number};" for caller in callers]
        running = sipp(
            "customer.xml",
            values,
            self._address,
            port=free_port(SOCK_DGRAM),
            calls=len(callers),
            rate=rate,
            rows=rows,
            sound=sound,
        )
        async with running as run:
            yield run


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
