"""Where a request comes from: directly, through a proxy of ours, or through one that only says so."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from multidict import CIMultiDict

from gateway.config import Settings
from gateway.house import HOUSE
from gateway.web import health
from gateway.web.sender import sender


@pytest.mark.parametrize(
    ("remote", "here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.9", False), ("", False), (None, False)],
)
def test_only_loopback_is_this_machine(remote: str | None, here: bool) -> None:  # noqa: FBT001 - a table
    """Figures and details are for peers on loopback alone."""
    assert here is health.asked_from_here(_request(remote))


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost:8086", True), ("[::1]:8086", True), ("hotline.example", False), ("[", False), ("", False)],
)
def test_who_calls_us_by_another_name_asks_through_a_proxy(host: str, here: bool) -> None:  # noqa: FBT001 - a table
    """A proxy on this machine that says nothing else of itself passes on the name the world knows."""
    assert here is health.asked_from_here(_request("127.0.0.1", host=host))


@pytest.mark.parametrize(
    ("forwarded", "here"),
    [
        ([], False),
        ([""], False),
        (["unknown"], False),
        (["127.0.0.1"], True),
        (["127.0.0.1, 192.0.2.9"], False),
        (["127.0.0.1", "192.0.2.9, 127.0.0.1"], False),
    ],
)
def test_a_trusted_proxy_says_who_asks(forwarded: list[str], here: bool) -> None:  # noqa: FBT001 - a table
    """It opens the figures to this machine only; where it names nobody, to nobody."""
    assert here is health.asked_from_here(_request("127.0.0.1", forwarded, trusted=["127.0.0.0/8"]))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("192.0.2.1", ["10.0.0.7"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["127.0.0.1, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["192.0.2.1, rubbish"], ""),
        ("10.0.0.1", [], "10.0.0.1"),
        (None, ["192.0.2.1"], ""),
    ],
)
def test_a_sender_is_the_last_address_that_is_no_proxy_of_ours(
    remote: str | None, forwarded: list[str], expected: str
) -> None:
    """What a proxy of ours added is believed, what the sender wrote before it is not."""
    assert expected == sender(_request(remote, forwarded, trusted=["10.0.0.0/24"]))


def _request(
    remote: str | None, forwarded: Sequence[str] = (), *, host: str = "127.0.0.1:8086", trusted: Sequence[str] = ()
) -> web.Request:
    """Return a request as far as it says where it comes from."""
    house = SimpleNamespace(settings=Settings(web={"trusted_proxies": trusted}))
    headers = CIMultiDict(("X-Forwarded-For", line) for line in forwarded)
    return cast("web.Request", SimpleNamespace(headers=headers, remote=remote, host=host, app={HOUSE: house}))
