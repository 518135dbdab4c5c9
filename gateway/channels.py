"""The ways out of the house: one letter to one Apprise address (e-mail, SMS gateway, chat), or one event to a webhook.

An address may hold a password: none is logged, and none stands in what is said of a failure.
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import apprise

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_READ_AT_MOST: Final = 1024
_LETTERS_AT_ONCE: Final = 32
_TO_ONE_SERVER: Final = 2


class ChannelError(Exception):
    """It was not taken; the message says why in one line for people. `final`: nor will it ever be."""

    def __init__(self, says: str, *, final: bool = False) -> None:
        super().__init__(says)
        self.final = final


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person is told."""

    title: str
    body: str


class Postman:
    """Hands letters over in threads of his own, to any one server few at a time.

    So servers that are silent keep neither the others waiting nor the rest of the program. The time allowed counts from
    when it is a letter's turn.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_LETTERS_AT_ONCE, "letters")
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_TO_ONE_SERVER))

    def close(self) -> None:
        """Take no more letters; one that is being handed over is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hand_over(self, address: str, letter: Letter) -> None:
        """Hand a letter to what an address names; ${NAME} in it is taken from the environment.

        Raises ChannelError, and TimeoutError.
        """
        service, filled_in = apprise.Apprise(), _filled_in(address)
        if not service.add(filled_in):
            raise ChannelError("the address cannot be used: correct it in departments.toml")
        handing_over = partial(service.notify, title=letter.title, body=letter.body)
        async with self._turns[_server_of(filled_in)], asyncio.timeout(self._seconds):
            taken = await asyncio.get_running_loop().run_in_executor(self._threads, handing_over)
        if not taken:
            raise ChannelError(f"{scheme_of(address)}: could not be reached, or did not take it")


def _server_of(address: str) -> str:
    """Return which server an address leads to, as far as it names one."""
    with suppress(ValueError):
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname}:{parts.port}"
    return scheme_of(address)


def scheme_of(address: str) -> str:
    """Return by what an address is reached, and nothing that could be a secret."""
    return address.partition("://")[0][:20] if "://" in address else "?"


def _filled_in(address: str) -> str:
    def value(found: re.Match[str]) -> str:
        known = os.environ.get(found[1])
        if known is None:
            raise ChannelError(f"the variable {found[1]}, which the address names, is not set")
        return known

    return _VARIABLE.sub(value, address)


async def post_event(
    session: aiohttp.ClientSession, url: str, secret: str, event: Mapping[str, Any], now: datetime
) -> None:
    """Post an event, signed, to a webhook; raises ChannelError. Anything but 2xx is a failure, 410 for good.

    The signature is HMAC-SHA-256 over "<timestamp>.<body>", so that an old one cannot be sent again for a new one.
    """
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = str(int(now.timestamp()))
    signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Fourring-Id": str(event["id"]),
        "X-Fourring-Timestamp": timestamp,
        "X-Fourring-Signature": f"sha256={signature}",
    }
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            await answer.content.read(_READ_AT_MOST)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise ChannelError(f"webhook: could not be reached ({type(problem).__name__})") from None
    if status == HTTPStatus.GONE:
        raise ChannelError("webhook: answered 410, it is gone", final=True)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise ChannelError(f"webhook: answered {status}")
