"""The address of whoever calls, which nobody can forge past an untrusted peer."""

import json
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from flask import request

from portal.config import settings

LONGEST_HEADER = 1000
WRAPPED = 96
"""Bits ahead of an IPv4 address inside an IPv6 one (RFC 4291 2.5.5.2)."""


def client_address() -> str | None:
    """The rightmost address of `X-Forwarded-For` that no trusted proxy owns.

    The header counts only when the socket's peer is a trusted proxy; what cannot be read as an
    address is dropped, so that it can never break an insert.
    """
    found = _parsed(request.remote_addr or "")
    for hop in reversed(_forwarded()) if _is_believed(found) else ():
        address = _parsed(hop)
        if address is None:
            break
        found = address
        if not is_trusted(address):
            break
    return None if found is None else str(found)


def peer_is_trusted() -> bool:
    return _is_believed(_parsed(request.remote_addr or ""))


def _is_believed(peer: IPv4Address | IPv6Address | None) -> bool:
    """Whoever speaks through a Unix socket has no address."""
    if peer is None:
        return not request.remote_addr and settings().trusted_proxies.is_unix
    return is_trusted(peer)


def is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings().trusted_proxies.networks)


def network_of(address: str | None) -> str:
    """The /24 (IPv4) or /64 (IPv6) around an address: what throttles and devices count by."""
    parsed = _parsed(address or "")
    if parsed is None:
        return "unknown"
    return str(ip_network(f"{parsed}/{24 if parsed.version == 4 else 64}", strict=False))


def block_of(address: str | None) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 around an IPv6 one."""
    parsed = _parsed(address or "")
    if parsed is None:
        return "unknown"
    return str(parsed) if parsed.version == 4 else network_of(address)


def is_within(address: str | None, networks: str) -> bool:
    """Does one of the networks, a JSON list, hold the address? An empty list holds every one."""
    found = _networks(networks)
    parsed = _parsed(address or "")
    return not found or (parsed is not None and any(parsed in network for network in found))


@lru_cache(maxsize=1024)
def _networks(texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in json.loads(texts))


def plain_network(text: str) -> str:
    """A network as it is kept: without host bits, and IPv4 where IPv6 only wraps it.

    Raises:
        ValueError: it is none.
    """
    found = ip_network(text.strip(), strict=False)
    inner = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if inner is None or found.prefixlen < WRAPPED:
        return str(found)
    return str(ip_network(f"{inner}/{found.prefixlen - WRAPPED}"))


def _forwarded() -> list[str]:
    """The hops, of which the last ones count: whoever calls may have written the first."""
    header = request.headers.get("X-Forwarded-For", "")
    hops = header[-LONGEST_HEADER:].split(",")
    return hops[1:] if len(header) > LONGEST_HEADER else hops  # the first may be half an address


@lru_cache(maxsize=1024)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
