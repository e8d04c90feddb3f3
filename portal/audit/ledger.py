"""Writing the ledger: each deed calls `record`, in its own transaction."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import rfc8785

from portal.audit.actions import Action, Outcome, Stream
from portal.audit.models import AuditEvent
from portal.audit.redaction import Plain, is_secret_name, plain_text, redacted, redacted_text
from portal.audit.severities import severity_of
from portal.core.actor import Actor
from portal.core.clock import now, timestamp
from portal.core.database import db
from portal.core.provenance import provenance
from portal.web.texts import LONGEST_REASON

SCHEMA = 1
LARGEST_DETAIL = 16 * 1024
LONGEST_LABEL = 320
LONGEST_FEATURE_NAME = 64
# RFC 8785 sorts keys by UTF-16 unit, Python by code point: they differ only beyond U+FFFF.
BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)
SAME_IN_BOTH = (
    "id",
    "occurred_at",
    "stream",
    "action",
    "outcome",
    "severity",
    "reason",
    "tenant_id",
    "ip",
    "request_id",
    "session_ref",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a deed was done to. The label is copied, so it outlives the row."""

    type: str
    id: int | str
    label: str


def record(
    action: Action,
    *,
    by: Actor,
    target: Target | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    reason: str | None = None,
    changes: Mapping[str, tuple[object, object]] | None = None,
    meta: Mapping[str, object] | None = None,
    tenant_id: int | None = None,
) -> AuditEvent:
    """Add one event to the running transaction: no event, no deed, and the reverse.

    `changes` maps a field to its old and new value. Secrets are removed here, whoever passes them.
    """
    event = AuditEvent(
        **event_values(
            action,
            by=by,
            target=target,
            outcome=outcome,
            reason=reason,
            changes=changes,
            meta=meta,
            tenant_id=tenant_id,
        )
    )
    db.session.add(event)
    return event


def event_values(
    action: Action,
    *,
    by: Actor,
    target: Target | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    reason: str | None = None,
    changes: Mapping[str, tuple[object, object]] | None = None,
    meta: Mapping[str, object] | None = None,
    tenant_id: int | None = None,
) -> dict[str, Any]:
    """The columns of the event that `record` would add, which it does not: for rows by the bulk."""
    body = _body(
        action=action, by=by, target=target, outcome=outcome, reason=reason, tenant_id=tenant_id
    )
    body["changes"] = _changes(changes or {})
    body["meta"] = redacted(dict(meta or {}))
    return _columns(body, _fitting(body))


def _body(
    *,
    action: Action,
    by: Actor,
    target: Target | None,
    outcome: Outcome,
    reason: str | None,
    tenant_id: int | None,
) -> dict[str, Plain]:
    origin, at = provenance(), now()
    return {
        "id": uuid7(at),
        "schema": SCHEMA,
        "occurred_at": timestamp(at),
        "stream": action.stream.value,
        "action": action.value,
        "outcome": outcome.value,
        "severity": severity_of(action).value,
        "reason": redacted_text(reason)[:LONGEST_REASON] if reason else None,
        "actor": {
            "type": by.type.value,
            "id": by.id,
            "label": redacted_text(by.label)[:LONGEST_LABEL],
            "role": by.role,
        },
        "target": _target(target),
        "tenant_id": tenant_id,
        "ip": origin.ip,
        "user_agent": _browser(origin.user_agent) if origin.user_agent else None,
        "session_ref": origin.session_ref,
        "request_id": origin.request_id,
        "method": origin.method,
        "route": origin.route,
        "amr": list(origin.amr),
        "sudo": origin.has_sudo,
    }


@lru_cache(maxsize=256)
def _browser(user_agent: str) -> str:
    """Few browsers send nearly all requests, and what they call themselves is long."""
    return redacted_text(user_agent)


def _target(target: Target | None) -> Plain:
    if target is None:
        return None
    label = redacted_text(target.label)[:LONGEST_LABEL]
    return {"type": target.type, "id": plain_text(str(target.id))[:64], "label": label}


def _changes(changes: Mapping[str, tuple[object, object]]) -> Plain:
    return [_change(name, old, new) for name, (old, new) in changes.items()]


def _change(name: str, old: object, new: object) -> Plain:
    """Of a secret it is only said that it changed."""
    if is_secret_name(name):
        return {"field": name, "changed": True}
    return {"field": name, "old": redacted(old), "new": redacted(new)}


def _fitting(body: dict[str, Plain]) -> bytes:
    """The canonical bytes, with changes and meta within 16 KiB together: the larger goes first."""
    whole = canonical_bytes(body)
    if len(whole) <= LARGEST_DETAIL:
        return whole
    sizes = {name: canonical_bytes(body[name]) for name in ("changes", "meta")}
    for name in sorted(sizes, key=lambda name: -len(sizes[name])):
        if sum(map(len, sizes.values())) <= LARGEST_DETAIL:
            break
        digest = hashlib.sha256(sizes[name]).hexdigest()
        cut: dict[str, Plain] = {"truncated": True, "sha256": digest}
        body[name] = cut if name == "meta" else [cut]
        sizes[name] = canonical_bytes(cut)
    return canonical_bytes(body)


def canonical_bytes(value: Plain) -> bytes:
    """RFC 8785. Python's own encoder gives the same bytes for our types, ten times as fast."""
    text = ENCODER.encode(value)
    if not text.isascii() and BEYOND_BMP.search(text):
        return rfc8785.dumps(value)
    return text.encode()


def _columns(body: dict[str, Plain], canonical: bytes) -> dict[str, Any]:
    actor, target, meta = body["actor"], body["target"] or {}, body["meta"]
    assert isinstance(actor, dict)  # noqa: S101 - built above
    assert isinstance(target, dict)  # noqa: S101 - built above
    assert isinstance(meta, dict)  # noqa: S101 - built above
    same = {name: body[name] for name in SAME_IN_BOTH}
    return {
        **same,
        **{f"actor_{name}": actor[name] for name in ("type", "id", "label", "role")},
        **{f"target_{name}": target.get(name) for name in ("type", "id", "label")},
        "feature_name": feature_name_in(meta) if body["stream"] == Stream.ENTITLEMENT else None,
        "canonical": canonical,
    }


def feature_name_in(meta: Mapping[str, Any]) -> str | None:
    """As its column holds it."""
    name = meta.get("feature_name")
    return name[:LONGEST_FEATURE_NAME] if isinstance(name, str) else None


def uuid7(at: datetime) -> str:
    """RFC 9562 section 5.7 with method 3: milliseconds, then their fraction, then random bits.

    So the events of one process sort as they happened even within a millisecond.
    """
    milliseconds = int(at.timestamp()) * 1000 + at.microsecond // 1000
    fraction = at.microsecond % 1000 * 4096 // 1000
    random = int.from_bytes(os.urandom(8), "big") & ~(0x3 << 62)
    number = (milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0x2 << 62) | random
    return str(uuid.UUID(int=number))
