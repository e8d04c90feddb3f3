"""What the log itself recorded about a bundle: the order of this export, and what was archived."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from portal.audit.offline.notes import Fault, Note
from portal.audit.offline.trees import climb, leaf_of


def recorded(said: dict[str, Any], note: Note, action: str, file: str) -> dict[str, Any]:
    """The event of a line with its place and its proof.

    Raises:
        Fault: the log has no such event, or it is about something else.
    """
    proof = [base64.b64decode(text) for text in said["proof"]]
    if climb(said["index"], note.size - 1, leaf_of(said["line"].encode()), proof)[1] != note.root:
        raise Fault("bad_proof", "what it tells is not recorded in the log", file=file)
    event = dict(json.loads(said["line"]))
    if event["action"] != action:
        raise Fault("modified", f"this event is no {action}", file=file)
    return event


def order_faults(
    order: dict[str, Any], found: dict[str, Any], kind: str, archived: int
) -> Iterator[Fault]:
    """Is this what was ordered? `found` was counted in the bundle, `kind` is what it says it is."""
    if (order["kind"] == "selection") != (kind == "selection"):
        message = f"the log recorded a {order['kind']}, not a {kind}"
        yield Fault("modified", message, file="manifest.json")
    if any(found[name] != order[name] for name in ("leaves", "first", "last")):
        span = f"{order['leaves']} leaves, {order['first']} to {order['last']}"
        yield Fault("missing", f"the log recorded {span}, not those here", file="index.jsonl")
    lacking = _events_of(order, found) - found["events"]
    if not 0 <= lacking <= archived:
        message = f"the log recorded {found['events'] + lacking} events, not {found['events']}"
        yield Fault("missing" if lacking > 0 else "inserted", message, file="events.jsonl")


def _events_of(order: dict[str, Any], found: dict[str, Any]) -> int:
    """So many were to be shown. An old order does not tell how many events of a range fit."""
    if order["kind"] != "range_with_hashes":
        return int(order["leaves"])
    return int(order.get("events", found["events"]))
