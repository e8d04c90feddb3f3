"""Events in the Elastic Common Schema, version 8.11 (elastic.co/guide/en/ecs). Pure."""

from collections.abc import Mapping
from typing import Any

VERSION = "8.11.0"
# Of the allowed values of `event.category` and `event.type`, by the subject of the action.
CATEGORIES = {
    "session": ["authentication", "session"],
    "totp": ["iam", "authentication"],
    "backup_code": ["authentication"],
    "backup_codes": ["iam", "authentication"],
    "passkey": ["iam", "authentication"],
    "webauthn": ["authentication"],
    "recovery": ["iam", "authentication"],
    "password": ["iam", "authentication"],
    "staff": ["iam"],
    "user": ["iam"],
    "customer": ["iam"],
    "tenant": ["iam"],
    "token": ["iam"],
    "entitlement": ["iam", "configuration"],
    "mail": ["email"],
    "ticket": ["web"],
}
TYPES = {
    "opened": "start",
    "closed": "end",
    "created": "creation",
    "added": "creation",
    "issued": "creation",
    "changed": "change",
    "saved": "change",
    "removed": "deletion",
    "erased": "deletion",
    "searched": "access",
    "viewed": "access",
    "unmasked": "access",
    "exported": "access",
    "denied": "denied",
    "granted": "allowed",
}
OUTCOMES = {"success": "success", "failure": "failure", "denied": "failure"}
SEVERITIES = {"info": 1, "notice": 2, "warning": 3, "critical": 4}


def ecs(body: Mapping[str, Any], *, leaf_index: int, origin: str) -> dict[str, Any]:
    """The event as ECS; the canonical event whole under `portal`, so nothing is lost."""
    subject, _, verb = str(body["action"]).partition(".")
    actor = body.get("actor") or {}
    return {
        "@timestamp": body["occurred_at"],
        "ecs": {"version": VERSION},
        "message": str(body["action"]),
        "event": {
            "kind": "event",
            "id": body["id"],
            "action": body["action"],
            "category": CATEGORIES.get(subject, ["configuration"]),
            "type": [TYPES.get(verb.rpartition("_")[2], "info")],
            "outcome": OUTCOMES.get(str(body["outcome"]), "unknown"),
            "reason": body.get("reason"),
            "severity": SEVERITIES.get(str(body["severity"]), 0),
            "sequence": leaf_index,
            "dataset": f"portal.{body['stream']}",
            "provider": origin,
        },
        "user": {
            "id": None if actor.get("id") is None else str(actor["id"]),
            "name": actor.get("label"),
            "roles": [actor["role"]] if actor.get("role") else [],
        },
        "organization": {"id": None if body.get("tenant_id") is None else str(body["tenant_id"])},
        "source": {"ip": body.get("ip")},
        "user_agent": {"original": body.get("user_agent")},
        "http": {"request": {"id": body.get("request_id"), "method": body.get("method")}},
        "url": {"path": body.get("route")},
        "portal": dict(body),
    }
