"""Does an event meet a rule? Pure: plain values in, plain values out."""

from collections.abc import Mapping
from typing import Any

from portal.audit.actions import Action, Severity
from portal.audit.models import AlertRule, GroupBy

RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}
# Alerts about alerts would never end.
NEVER = frozenset({Action.ALERT_RAISED, Action.ALERT_ACKNOWLEDGED})


def is_met(rule: AlertRule, body: Mapping[str, Any]) -> bool:
    """`body` is the canonical event. The threshold is not looked at here."""
    if body["action"] in NEVER or (rule.actions and body["action"] not in rule.actions):
        return False
    if rule.outcome and body["outcome"] != rule.outcome:
        return False
    if rule.lowest_severity:
        lowest = RANKS.get(rule.lowest_severity, 0)
        if RANKS.get(str(body["severity"]), 0) < lowest:
            return False
    return not rule.role or rule.role in roles_given(body)


def roles_given(body: Mapping[str, Any]) -> set[str]:
    """The roles that the event gave to somebody, as it says itself."""
    changes = body.get("changes") or []
    given = {str(one.get("new")) for one in changes if one.get("field") == "role"}
    for named in (body.get("meta") or {}, (body.get("actor") or {}) if is_joining(body) else {}):
        given |= {str(named["role"])} if "role" in named else set()
    return given


def is_joining(body: Mapping[str, Any]) -> bool:
    """Whoever joins is the actor, in the role that they were invited to."""
    return bool(body["action"] == Action.STAFF_JOINED)


def about(rule: AlertRule, body: Mapping[str, Any]) -> str:
    """Whom or what the rule counts this event for; empty when it counts all together."""
    actor, target = body.get("actor") or {}, body.get("target") or {}
    found = {
        GroupBy.NOBODY: "",
        GroupBy.ACTOR: f"{actor.get('type')}:{actor.get('id')}:{actor.get('label')}",
        GroupBy.TARGET: f"{target.get('type')}:{target.get('id')}",
        GroupBy.ADDRESS: str(body.get("ip") or ""),
    }
    return found[GroupBy(rule.group_by)][:400]


def in_short(body: Mapping[str, Any], words: str) -> str:
    """One line for a notice: who did what, to what."""
    actor, target = body.get("actor") or {}, body.get("target") or {}
    label = target.get("label")
    thing = f": {label}" if label and label != actor.get("label") else ""
    return f"{actor.get('label') or 'Somebody'} {words}{thing}"[:500]
