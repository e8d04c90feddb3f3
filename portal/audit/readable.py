"""Events as their bytes say them, for whoever acts on each one and must not stop at any.

The portal's own role may add rows, also by hand, and a row that is there stays for ever. What is
no event gets its leaf like all others, and verification names it; nothing else waits for it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portal.core.clock import timestamp

WORDS = ("id", "stream", "action", "outcome", "severity", "occurred_at")
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
NO_EVENT = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


def event_in(canonical: bytes) -> Mapping[str, Any] | None:
    """The event; None where the bytes are none."""
    try:
        body = json.loads(canonical)
        is_whole = _has_its_parts(body)
    except NO_EVENT:
        return None
    return body if is_whole else None


def _has_its_parts(body: dict[str, Any]) -> bool:
    at, changes, target = body["occurred_at"], body["changes"], body["target"]
    return (
        timestamp(datetime.fromisoformat(at)) == at
        and all(isinstance(body[name], str) for name in WORDS)
        and isinstance(body["actor"], dict)
        and isinstance(body["meta"], dict)
        and isinstance(target, dict | None)
        and isinstance(changes, list)
        and all(isinstance(one, dict) for one in changes)
        and isinstance(body.get("amr", []), list)
    )


def instant_of(text: str) -> datetime | None:
    """When a row says that it happened; None where it names no instant that every zone has."""
    try:
        at = datetime.fromisoformat(text)
        return at if FIRST <= at <= LAST else None
    except (ValueError, TypeError):  # a time without a zone compares to nothing
        return None
