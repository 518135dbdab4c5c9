"""Where a request comes from: the address at the other end, or the one that a trusted proxy there vouches for."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from aiohttp import hdrs, web

from gateway.house import HOUSE

Address: TypeAlias = IPv4Address | IPv6Address


def sender(request: web.Request) -> str:
    """Return the last address on the way here that is none of `[web] trusted_proxies`; "" where it is not known.

    Anybody may write what he likes into X-Forwarded-For; what a proxy of ours has added to its end is true.
    """
    here = request.remote or ""
    for hop in reversed(_forwarded_for(request)):
        if not _trusted(request, here):
            break
        here = hop if address_of(hop) else ""
    return here


def vouched_for(request: web.Request) -> bool:
    """Say whether a trusted proxy named the sender, or nobody stands between him and us.

    A trusted proxy that names nobody, and a name that no trusted proxy vouches for, are neither.
    """
    return _trusted(request, request.remote or "") is bool(_forwarded_for(request))


def address_of(text: str) -> Address | None:
    """Return the address that a text is, an IPv4 one also where it is written as IPv6; None for anything else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _forwarded_for(request: web.Request) -> list[str]:
    hops = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, [])).split(",")
    return [hop.strip() for hop in hops if hop.strip()]


def _trusted(request: web.Request, text: str) -> bool:
    address = address_of(text)
    return address is not None and any(
        address in network for network in request.app[HOUSE].settings.web.trusted_proxies
    )
