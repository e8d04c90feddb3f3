"""One POST to somebody else's address, with a limit on time and on what is read of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
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
        connection.request("POST", target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        text = answer.read(most).decode("utf-8", "replace")
        return Posted(answer.status, answer.reason, text)
    finally:
        connection.close()
