"""Writing the ledger: `record` is the last line of every deed."""

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from portal.audit.actions import Action, Outcome
from portal.audit.models import AuditEvent
from portal.audit.redaction import Plain, redacted, redacted_text
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.provenance import provenance

SCHEMA = 1
LARGEST_DETAIL = 16 * 1024
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
    body = _body(
        action=action, by=by, target=target, outcome=outcome, reason=reason, tenant_id=tenant_id
    )
    body["changes"] = _changes(changes or {})
    body["meta"] = redacted(dict(meta or {}))
    _fit(body)
    event = _event(body)
    db.session.add(event)
    return event


def _body(
    *,
    action: Action,
    by: Actor,
    target: Target | None,
    outcome: Outcome,
    reason: str | None,
    tenant_id: int | None,
) -> dict[str, Plain]:
    origin = provenance()
    return {
        "id": uuid7(),
        "schema": SCHEMA,
        "occurred_at": timestamp(clock.now()),
        "stream": action.stream.value,
        "action": action.value,
        "outcome": outcome.value,
        "severity": action.severity.value,
        "reason": redacted_text(reason)[:500] if reason else None,
        "actor": {
            "type": by.type.value,
            "id": by.id,
            "label": redacted_text(by.label)[:320],
            "role": by.role,
        },
        "target": _target(target),
        "tenant_id": tenant_id,
        "ip": origin.ip,
        "user_agent": redacted_text(origin.user_agent) if origin.user_agent else None,
        "session_ref": origin.session_ref,
        "request_id": origin.request_id,
        "method": origin.method,
        "route": origin.route,
        "amr": list(origin.amr),
        "sudo": origin.has_sudo,
    }


def _target(target: Target | None) -> Plain:
    if target is None:
        return None
    label = redacted_text(target.label)[:320]
    return {"type": target.type, "id": str(target.id)[:64], "label": label}


def _changes(changes: Mapping[str, tuple[object, object]]) -> Plain:
    return [
        {"field": name, "old": redacted(old, name=name), "new": redacted(new, name=name)}
        for name, (old, new) in changes.items()
    ]


def _fit(body: dict[str, Plain]) -> None:
    """Keep changes and meta within 16 KiB together, dropping the larger one first."""
    for name in ("meta", "changes"):
        if sum(len(rfc8785.dumps(body[key])) for key in ("changes", "meta")) > LARGEST_DETAIL:
            body[name] = {"truncated": True} if name == "meta" else [{"truncated": True}]


def _event(body: dict[str, Plain]) -> AuditEvent:
    actor, target = body["actor"], body["target"] or {}
    assert isinstance(actor, dict)  # noqa: S101 - built above
    assert isinstance(target, dict)  # noqa: S101 - built above
    same = {name: body[name] for name in SAME_IN_BOTH}
    return AuditEvent(
        **same,
        **{f"actor_{name}": actor[name] for name in ("type", "id", "label", "role")},
        **{f"target_{name}": target.get(name) for name in ("type", "id", "label")},
        canonical=rfc8785.dumps(body),
    )


def timestamp(at: datetime) -> str:
    """The instant as the ledger writes it: UTC, always six digits of a second, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def uuid7() -> str:
    """RFC 9562 section 5.7: 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    number &= ~(0xF << 76) & ~(0x3 << 62)
    return str(uuid.UUID(int=number | (0x7 << 76) | (0x2 << 62)))
