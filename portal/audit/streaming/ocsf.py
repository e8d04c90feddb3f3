"""Events in the Open Cybersecurity Schema Framework, version 1.3.0 (schema.ocsf.io). Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

VERSION = "1.3.0"
AUTHENTICATION, ACCOUNT_CHANGE, USER_ACCESS, API_ACTIVITY = 3002, 3001, 3005, 6003
OTHER = 99

# Class and activity of each action that has one of its own.
KNOWN = {
    "session.opened": (AUTHENTICATION, 1),
    "session.password_accepted": (AUTHENTICATION, 6),
    "session.password_refused": (AUTHENTICATION, 1),
    "session.code_refused": (AUTHENTICATION, 1),
    "session.throttled": (AUTHENTICATION, 1),
    "session.closed": (AUTHENTICATION, 2),
    "session.revoked": (AUTHENTICATION, 2),
    "session.sudo_granted": (AUTHENTICATION, OTHER),
    "session.sudo_refused": (AUTHENTICATION, OTHER),
    "totp.code_refused": (AUTHENTICATION, 1),
    "backup_code.used": (AUTHENTICATION, 1),
    "backup_code.refused": (AUTHENTICATION, 1),
    "passkey.refused": (AUTHENTICATION, 1),
    "webauthn.sign_count_regression": (AUTHENTICATION, 1),
    "staff.joined": (ACCOUNT_CHANGE, 1),
    "staff.added": (ACCOUNT_CHANGE, 1),
    "user.created": (ACCOUNT_CHANGE, 1),
    "staff.enabled": (ACCOUNT_CHANGE, 2),
    "user.reactivated": (ACCOUNT_CHANGE, 2),
    "password.changed": (ACCOUNT_CHANGE, 3),
    "password.reset": (ACCOUNT_CHANGE, 4),
    "staff.disabled": (ACCOUNT_CHANGE, 5),
    "user.deactivated": (ACCOUNT_CHANGE, 5),
    "user.erased": (ACCOUNT_CHANGE, 6),
    "totp.enabled": (ACCOUNT_CHANGE, 10),
    "totp.disabled": (ACCOUNT_CHANGE, 11),
    "totp.disabled_by_policy": (ACCOUNT_CHANGE, 11),
    "totp.reset": (ACCOUNT_CHANGE, 11),
    "passkey.registered": (ACCOUNT_CHANGE, 10),
    "passkey.removed": (ACCOUNT_CHANGE, 11),
    "passkey.disabled_by_policy": (ACCOUNT_CHANGE, 11),
    "recovery.completed": (ACCOUNT_CHANGE, 11),
    "staff.role_changed": (USER_ACCESS, 1),
    "entitlement.granted": (USER_ACCESS, 1),
    "entitlement.disabled": (USER_ACCESS, 2),
    "entitlement.denied": (USER_ACCESS, 2),
    "entitlement.revoked": (USER_ACCESS, 2),
    "entitlement.expired": (USER_ACCESS, 2),
}
# What the API activity is, by how the action's verb begins: create 1, read 2, update 3, delete 4.
VERBS = {
    "created": 1,
    "issued": 1,
    "generated": 1,
    "exported": 2,
    "searched": 2,
    "viewed": 2,
    "unmasked": 2,
    "removed": 4,
    "archived": 4,
    "changed": 3,
    "saved": 3,
}
SEVERITIES = {"info": 1, "notice": 2, "warning": 3, "critical": 5}
STATUSES = {"success": 1, "failure": 2, "denied": 2}


def ocsf(body: Mapping[str, Any], *, leaf_index: int, origin: str) -> dict[str, Any]:
    """The event as OCSF: Authentication, Account Change, User Access, or API Activity.

    `body` is the canonical event. What the schema has no place for stands in `unmapped`, so
    nothing is lost.
    """
    class_uid, activity = kind_of(str(body["action"]))
    return {
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "activity_id": activity,
        "activity_name": str(body["action"]),
        "type_uid": class_uid * 100 + activity,
        "time": milliseconds(str(body["occurred_at"])),
        "severity_id": SEVERITIES.get(str(body["severity"]), OTHER),
        "status_id": STATUSES.get(str(body["outcome"]), OTHER),
        "status_detail": body.get("reason"),
        "message": str(body["action"]),
        "metadata": _metadata(body, leaf_index, origin),
        "actor": _actor(body),
        "src_endpoint": {"ip": body.get("ip")},
        "http_request": {
            "uid": body.get("request_id"),
            "http_method": body.get("method"),
            "user_agent": body.get("user_agent"),
            "url": {"path": body.get("route")},
        },
        **_about(class_uid, body),
        "unmapped": dict(body),
    }


def kind_of(action: str) -> tuple[int, int]:
    """Class and activity of an action; API activity where none fits better."""
    known = KNOWN.get(action)
    if known:
        return known
    verb = action.rpartition(".")[2].rpartition("_")[2] or action
    return API_ACTIVITY, VERBS.get(verb, OTHER)


def milliseconds(at: str) -> int:
    """Of the epoch, as the schema wants its times."""
    moment = datetime.fromisoformat(at)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def _metadata(body: Mapping[str, Any], leaf_index: int, origin: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "product": {"name": "Portal", "vendor_name": "Portal"},
        "uid": body["id"],
        "original_time": body["occurred_at"],
        "log_name": origin,
        "sequence": leaf_index,
        "tenant_uid": None if body.get("tenant_id") is None else str(body["tenant_id"]),
    }


def _actor(body: Mapping[str, Any]) -> dict[str, Any]:
    actor = body.get("actor") or {}
    return {
        "user": {
            "uid": None if actor.get("id") is None else str(actor["id"]),
            "name": actor.get("label"),
            "type": actor.get("type"),
            "groups": [{"name": actor["role"]}] if actor.get("role") else [],
        },
        "session": {"uid": body.get("session_ref")},
    }


def _about(class_uid: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Whom or what the event is about, in the words of its class."""
    target = body.get("target") or {}
    thing = {"uid": target.get("id"), "name": target.get("label"), "type": target.get("type")}
    if class_uid == API_ACTIVITY:
        return {"api": {"operation": body["action"]}, "resources": [thing] if target else []}
    if class_uid == USER_ACCESS:
        privileges = [str((body.get("meta") or {}).get("feature_name") or target.get("label"))]
        return {"user": thing, "privileges": privileges}
    user = thing if target else _actor(body)["user"]
    is_mfa = bool({"otp", "passkey"} & set(body.get("amr") or []))
    return {"user": user, **({"is_mfa": is_mfa} if class_uid == AUTHENTICATION else {})}
