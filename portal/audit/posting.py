"""One POST to somebody else's address, with a limit on time and on what is read of the answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from urllib.parse import SplitResult

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Posted:
    """What the other side answered. Redirects are answers like any other: none is followed."""

    status: int
    reason: str
    text: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def post(url: SplitResult, body: bytes, headers: Mapping[str, str], *, most: int) -> Posted:
    """At most `most` bytes of the answer are read.

    Raises:
        OSError, HTTPException: nobody knows whether it was heard.
    """
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "localhost", url.port, timeout=SECONDS)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.connect()
        with _in_time(connection.sock):
            connection.request("POST", target, body=body, headers=dict(headers))
            answer = connection.getresponse()
            text = answer.read(most).decode("utf-8", "replace")
            return Posted(answer.status, answer.reason, text)
    finally:
        connection.close()


@contextmanager
def _in_time(connection: socket) -> Iterator[None]:
    """A socket's own timeout begins anew with every byte: what drips would go on for ever."""
    is_over = Event()
    timer = Timer(SECONDS, _hang_up, [connection, is_over])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if is_over.is_set():
            raise TimeoutError(f"no whole answer in {SECONDS} seconds")


def _hang_up(connection: socket, is_over: Event) -> None:
    is_over.set()
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)
