"""An event as a sentence, made from its canonical body alone.

The body is evidence and may be of any version, so nothing in it is taken for granted: what a
sentence misses, it leaves out, and an unknown action is told by its name.
"""

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from portal.audit.changed_values import field_label, value_text
from portal.audit.phrases import day_of, reason_in_words, titled
from portal.audit.sentences import SENTENCES
from portal.audit.words import in_words
from portal.core.text import kept_apart

LONGEST_VALUE = 60
MOST_CHANGES = 3
WHAT_METRICS_ARE = {"first_response": "first answer", "next_response": "next answer"} | {
    "resolution": "solution",
    "update": "next update",
}
TELL_THE_REASON = {
    action.value
    for action, sentence in SENTENCES.items()
    if "{because}" in sentence or "{unless_signed_out}" in sentence
}
Body = Mapping[str, Any]  # as JSON gives it: an object in it is a `dict`


def told(body: Body, zone: ZoneInfo) -> str:
    """What was done, without who did it: `granted Custom Reports to Acme until 12 Dec 2026`."""
    action = _text(body.get("action"))
    parts = PARTS.get(action)
    if parts is None:
        return _by_name(action, body)
    return "".join([words + slot(body, zone) if slot else words for words, slot in parts])


def quoted_reason(action: str, reason: str | None) -> str | None:
    """The reason that somebody gave, unless the sentence of this action tells it."""
    return None if action in TELL_THE_REASON else reason_in_words(reason)


def _by_name(action: str, body: Body) -> str:
    label, words = _part(body, "target").get("label"), in_words(action)
    return f"{words}: {label}" if label else words


def _part(body: Body, name: str) -> dict[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """A value on one line; what has none, such as a list of many, is cut."""
    if value is None or isinstance(value, str):
        return _cut(value or "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _cut(", ".join(_text(item) for item in value))
    if isinstance(value, dict):
        return _cut(", ".join(f"{key}: {_text(item)}" for key, item in value.items()))
    return _cut(str(value))


def _cut(text: str) -> str:
    short = text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
    return kept_apart(short)


def _title(name: object) -> str:
    """`custom_reports` as a person says it."""
    return titled(_text(name))


def _target(body: Body, _zone: ZoneInfo) -> str:
    found = _part(body, "target")
    label = kept_apart(str(found.get("label") or ""))
    return label or _text(found.get("id")) or "something"


def _is_itself(body: Body) -> bool:
    actor, target = _part(body, "actor"), _part(body, "target")
    return actor.get("type") == target.get("type") and str(actor.get("id")) == target.get("id")


def _unless_itself(word: str) -> "Slot":
    def slot(body: Body, zone: ZoneInfo) -> str:
        if not _part(body, "target") or _is_itself(body):
            return ""
        return f" {word} {_target(body, zone)}"

    return slot


def _because(body: Body, _zone: ZoneInfo) -> str:
    reason = _text(body.get("reason")).replace("_", " ")
    return f" ({reason})" if reason else ""


def _unless_signed_out(body: Body, zone: ZoneInfo) -> str:
    return "" if body.get("reason") == "signed_out" else _because(body, zone)


def _device(body: Body, _zone: ZoneInfo) -> str:
    device = _text(_part(body, "meta").get("device"))
    return f" ({device})" if device else ""


def _changed_fields(body: Body) -> dict[str, dict[str, Any]]:
    changes = body.get("changes")
    given = changes if isinstance(changes, list) else []
    rows = [row for row in given if isinstance(row, dict)]
    return {str(row["field"]): row for row in rows if row.get("field")}


def _new(body: Body, field: str) -> object:
    return _changed_fields(body).get(field, {}).get("new")


def _changes(body: Body, zone: ZoneInfo) -> str:
    """` (role from support agent to manager)`, of a few fields; the rest is counted."""
    rows = _changed_fields(body)
    if len(rows) > MOST_CHANGES and all(row.get("old") is None for row in rows.values()):
        return ""  # it was made just then
    found = [_change(name, row, zone) for name, row in rows.items()]
    more = f" and {len(found) - MOST_CHANGES} more" if len(found) > MOST_CHANGES else ""
    parts = [part for part in found[:MOST_CHANGES] if part]
    return f" ({', '.join(parts)}{more})" if parts else ""


def _change(name: str, row: dict[str, Any], zone: ZoneInfo) -> str:
    label = field_label(name)
    old, new = (_side(name, row.get(side), zone) for side in ("old", "new"))
    if old and new:
        return f"{label} from {old} to {new}"
    if new:
        return f"{label} {new}"
    return f"{label} without {old}" if old else label


def _side(name: str, value: object, zone: ZoneInfo) -> str:
    told_as = value_text(name, value, zone)
    return _text(value).replace("_", " ") if told_as is None else _cut(told_as)


def _grant(body: Body) -> dict[str, Any]:
    found = _new(body, "grant")
    return found if isinstance(found, dict) else {}


def _feature(body: Body, _zone: ZoneInfo) -> str:
    return _title(_part(body, "meta").get("feature_name")) or "a feature"


def _limit(body: Body, _zone: ZoneInfo) -> str:
    grant = _grant(body)
    if grant.get("unlimited") is True:
        return " without a limit"
    limit = grant.get("quota_limit")
    if limit is None:
        return ""
    interval = _text(grant.get("interval"))
    each = f" a {interval}" if interval not in {"", "never"} else ""
    return f", {_text(limit)}{each}"


def _since(body: Body, zone: ZoneInfo) -> str:
    """Only where it begins later than it was decided."""
    day = day_of(_grant(body).get("starts_at"), zone)
    decided = day_of(body.get("occurred_at"), zone)
    return f" from {day}" if day and day != decided else ""


def _until(body: Body, zone: ZoneInfo) -> str:
    day = day_of(_grant(body).get("expires_at"), zone)
    return f" until {day}" if day else ""


def _plan(body: Body, _zone: ZoneInfo) -> str:
    return _title(_new(body, "plan")) or "they have"


def _day_of_change(word: str, field: str) -> "Slot":
    def slot(body: Body, zone: ZoneInfo) -> str:
        day = day_of(_new(body, field), zone)
        return f" {word} {day}" if day else ""

    return slot


def _role(body: Body, _zone: ZoneInfo) -> str:
    role = _text(_new(body, "role") or _part(body, "meta").get("role")).replace("_", " ")
    return f" as {role}" if role else ""


def _move(field: str) -> "Slot":
    def slot(body: Body, _zone: ZoneInfo) -> str:
        row = _changed_fields(body).get(field, {})
        old, new = (_text(row.get(side)).replace("_", " ") for side in ("old", "new"))
        return (f" from {old}" if old else "") + (f" to {new}" if new else "")

    return slot


def _assignee(body: Body, _zone: ZoneInfo) -> str:
    changed = _changed_fields(body)
    name = next((field for field in ("assignee", "team") if field in changed), "")
    return f" to {_text(_new(body, name)) or 'nobody'}" if name else ""


def _remaining(body: Body, _zone: ZoneInfo) -> str:
    left = _text(_part(body, "meta").get("remaining"))
    return f" ({left} left)" if left else ""


def _changed(body: Body, _zone: ZoneInfo) -> str:
    names = _text(_part(body, "meta").get("changed")).replace("_", " ")
    return f" ({names})" if names else ""


def _other(body: Body, _zone: ZoneInfo) -> str:
    meta = _part(body, "meta")
    names = ("target", "into", "other")
    return next((_text(meta[name]) for name in names if meta.get(name)), "another")


def _channel(body: Body, _zone: ZoneInfo) -> str:
    channel = _text(_part(body, "meta").get("channel"))
    return f" by {channel}" if channel else ""


def _percent(body: Body, _zone: ZoneInfo) -> str:
    found = _text(_new(body, "used_percent"))
    return f"{found} %" if found else "much"


def _metric(body: Body, _zone: ZoneInfo) -> str:
    metric = _text(_part(body, "meta").get("metric"))
    return WHAT_METRICS_ARE.get(metric, metric) or "time"


def _template(body: Body, _zone: ZoneInfo) -> str:
    return f"“{_title(_part(body, 'meta').get('template')) or 'without a name'}”"


Slot = Callable[[Body, ZoneInfo], str]
SLOTS: dict[str, Slot] = {
    "target": _target,
    "of_target": _unless_itself("of"),
    "for_target": _unless_itself("for"),
    "as_target": _unless_itself("as"),
    "because": _because,
    "unless_signed_out": _unless_signed_out,
    "device": _device,
    "changes": _changes,
    "changed": _changed,
    "feature": _feature,
    "limit": _limit,
    "since": _since,
    "until": _until,
    "plan": _plan,
    "trial": _day_of_change("on trial until", "trial_ends_at"),
    "ends": _day_of_change("as of", "ends_at"),
    "role": _role,
    "status": _move("status"),
    "new_role": _move("role"),
    "new_email": _move("email"),
    "availability": _move("availability"),
    "assignee": _assignee,
    "remaining": _remaining,
    "other": _other,
    "channel": _channel,
    "percent": _percent,
    "metric": _metric,
    "template": _template,
}


def _of_meta(name: str) -> Slot:
    def slot(body: Body, _zone: ZoneInfo) -> str:
        return _text(_part(body, "meta").get(name)) or "something"

    return slot


def _slot(name: str | None) -> Slot | None:
    """What is no slot of ours is a name in `meta`."""
    return (SLOTS.get(name) or _of_meta(name)) if name else None


def _parts(sentence: str) -> list[tuple[str, Slot | None]]:
    """The words before each slot, with it."""
    return [(words, _slot(name)) for words, name, *_ in Formatter().parse(sentence)]


PARTS = {action.value: _parts(sentence) for action, sentence in SENTENCES.items()}
