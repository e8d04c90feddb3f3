"""Where checkpoints leave by the network: an address of somebody else's."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from portal.audit.notes import spelled_out
from portal.config import Settings

SECONDS = 10
LONGEST_RECEIPT = 500


class AnchorDelayed(Exception):
    """The checkpoint was not taken; the next attempt may be luckier."""


class Gateway(Protocol):
    """Hands a checkpoint over."""

    def deliver(self, note: str) -> str:
        """What the other side answered: the receipt.

        Raises:
            AnchorDelayed: it did not take the note, or nobody knows.
        """


def gateway_for(settings: Settings) -> Gateway | None:
    """The address that `PORTAL_AUDIT_ANCHOR_URL` names; None without one."""
    return WebhookGateway(settings.audit_anchor_url) if settings.audit_anchor_url else None


class WebhookGateway:
    """POSTs `{"origin", "tree_size", "root", "note"}`; any 2xx counts as taken."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)

    def deliver(self, note: str) -> str:
        connection, body = _connection(self.url), json.dumps(spelled_out(note)).encode()
        path = (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read(LONGEST_RECEIPT).decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            words = f"{type(error).__name__}: {error}"
            raise AnchorDelayed(f"the address cannot be reached: {words}") from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise AnchorDelayed(f"the address answered {answer.status}")
        return f"{answer.status} {text}".strip()


def _connection(url: SplitResult) -> HTTPConnection:
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    return kind(url.hostname or "localhost", url.port, timeout=SECONDS)
