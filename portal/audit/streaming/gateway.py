"""Where streams leave the portal: a webhook, a syslog server, or a file."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from portal.audit.models import StreamKind
from portal.audit.posting import SECONDS, post
from portal.audit.streaming.batches import Batch
from portal.audit.streaming.signing import signature_headers
from portal.audit.streaming.syslog import framed

MOST_ANSWER = 2000
NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an address of IPv4."""


class NotTaken(Exception):
    """The receiver did not take the batch; it is told again later. The message says why."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a batch goes, with whatever is needed to send it there."""

    kind: StreamKind
    address: str
    folder: Path
    """Where files of streams are written."""
    at: int
    """Seconds of the epoch, for the signature."""
    secrets: tuple[bytes, ...] = ()


def send(batch: Batch, to: Destination) -> None:
    """Hand a batch over, whole or not at all as far as anybody can know.

    Raises:
        NotTaken: nobody confirmed it.
    """
    ways: dict[str, Callable[[Batch, Destination], None]] = {
        StreamKind.WEBHOOK: webhook,
        StreamKind.SYSLOG: log,
        StreamKind.FILE: append,
    }
    with _explained():
        ways[to.kind](batch, to)


def body_of(batch: Batch) -> bytes:
    """The body of a webhook: one JSON document."""
    items = b",".join(one.line for one in batch.told)
    return b'{"first_index":%d,"items":[%s]}' % (batch.first, items)


def webhook(batch: Batch, to: Destination) -> None:
    """One POST; any 2xx takes the batch. Redirects are not followed: the address was checked."""
    url, body = urlsplit(to.address), body_of(batch)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "portal-audit-stream",
        **signature_headers(body, at=to.at, secrets=to.secrets),
    }
    refuse_local_network(url.hostname or "", url.port)
    posted = post(url, body, headers, most=MOST_ANSWER)
    if not posted.is_taken:
        raise NotTaken(f"It answered {posted.status} {posted.reason}: {posted.text[:200]}")


def log(batch: Batch, to: Destination) -> None:
    """RFC 5424 messages, counted as RFC 6587 and 5425 frame them. Syslog confirms nothing."""
    url = urlsplit(to.address)
    host, port = url.hostname or "", url.port or 6514
    refuse_local_network(host, port)
    with _socket(host, port, is_tls=url.scheme == "tls") as connection:
        hostname = socket.gethostname()
        connection.sendall(b"".join(framed(one, hostname=hostname) for one in batch.told))


@contextmanager
def _socket(host: str, port: int, *, is_tls: bool) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), timeout=SECONDS) as plain:
        if not is_tls:
            yield plain
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as wrapped:
            yield wrapped


def append(batch: Batch, to: Destination) -> None:
    """A line an event at the end of `<folder>/<name>.jsonl`, on disk before it counts as told."""
    to.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = b"".join(one.line + b"\n" for one in batch.told)
    with open(to.folder / f"{to.address}.jsonl", "ab", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


def refuse_local_network(host: str, port: int | None) -> None:
    """A name may have come to mean the machine's own metadata service: look where it leads now.

    Raises:
        NotTaken: it leads to a link-local, multicast or unspecified address.
    """
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = _meant(str(found[4][0]).partition("%")[0])
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise NotTaken(f"{host} leads to {address}, which is no place for a stream.")


def _meant(text: str) -> IPv4Address | IPv6Address:
    """Where packets end up: IPv6 has several ways to write an address of IPv4."""
    found = ip_address(text)
    if isinstance(found, IPv4Address):
        return found
    translated = IPv4Address(found.packed[-4:]) if found in NAT64 else None
    return found.ipv4_mapped or found.sixtofour or translated or found


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, HTTPException) as error:  # a host may be no name
        raise NotTaken(f"{type(error).__name__}: {error}") from error
