"""Where checkpoints leave by the network: an address of somebody else's."""

import json
from http.client import HTTPException
from typing import Protocol
from urllib.parse import urlsplit

from portal.audit.notes import spelled_out
from portal.audit.posting import post
from portal.config import Settings

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
        body = json.dumps(spelled_out(note)).encode()
        headers = {"Content-Type": "application/json"}
        try:
            posted = post(self.url, body, headers, most=LONGEST_RECEIPT)
        except (OSError, HTTPException) as error:
            words = f"{type(error).__name__}: {error}"
            raise AnchorDelayed(f"the address cannot be reached: {words}") from error
        if not posted.is_taken:
            raise AnchorDelayed(f"the address answered {posted.status}")
        return f"{posted.status} {posted.text}".strip()
