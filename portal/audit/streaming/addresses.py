"""Which addresses a stream may have: checked when it is set, in words that help."""

import re
from urllib.parse import SplitResult, urlsplit

from portal.audit.models import StreamKind
from portal.core.errors import DomainError

LONGEST_ADDRESS = 500
FILE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BadAddress(DomainError):
    """A stream cannot go there; the message says what is expected."""

    title = "Give another address"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="address")


def checked_address(kind: StreamKind, text: str) -> str:
    """The address as it is kept.

    Raises:
        BadAddress: with the form that is expected.
    """
    address = text.strip()
    if kind == StreamKind.FILE:
        return _file_name(address)
    try:
        url = urlsplit(address)
        has_port = url.port is not None
    except ValueError:
        raise BadAddress("This is no address: check the host and the port.") from None
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        raise BadAddress(f"Use at most {LONGEST_ADDRESS} plain characters.")
    if url.username is not None or url.password is not None:
        raise BadAddress("Leave names and passwords out of it: the signature proves who sends.")
    if not url.hostname:
        raise BadAddress("Name the host, as in https://siem.example.com/events.")
    return _webhook(address, url) if kind == StreamKind.WEBHOOK else _syslog(url, has_port)


def _file_name(text: str) -> str:
    name = text.removesuffix(".jsonl")
    if not FILE_NAME.fullmatch(name):
        raise BadAddress("Give a file name of small letters, digits and hyphens, as in siem-1.")
    return name


def _webhook(address: str, url: SplitResult) -> str:
    if url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK):
        return address.partition("#")[0]
    raise BadAddress("A webhook begins with https://. Plain http:// is for this machine alone.")


def _syslog(url: SplitResult, has_port: bool) -> str:
    if url.scheme not in {"tls", "tcp"} or url.path.strip("/") or url.query:
        raise BadAddress("A syslog server is tls://host:6514, or tcp://host:port.")
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{url.scheme}://{host}:{url.port if has_port else 6514}"
