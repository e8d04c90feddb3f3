"""What an event changed, field by field, for people: from its canonical body."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

SECRET = "It changed. Secrets are not written down."  # noqa: S105 - a sentence
TOO_LONG = "Too long to be kept: its hash is in the event."
MOST_ROWS = 200


class Difference(NamedTuple):
    """One field; None is a side that has no value. `note` stands in place of both."""

    field: str
    old: str | None
    new: str | None
    note: str = ""


def differences(body: Mapping[str, Any]) -> list[Difference]:
    """Terms within a field are told one by one, and of those only what differs."""
    changes = body.get("changes")
    rows = [row for row in changes if isinstance(row, Mapping)] if isinstance(changes, list) else []
    return [found for row in rows for found in _of_row(row)][:MOST_ROWS]


def _of_row(row: Mapping[str, Any]) -> Iterator[Difference]:
    name = _label(row.get("field", "changes"))
    if row.get("changed") is True:
        yield Difference(name, None, None, SECRET)
    elif row.get("truncated") is True:
        yield Difference(name, None, None, TOO_LONG)
    else:
        yield from _of_values(name, row.get("old"), row.get("new"))


def _of_values(name: str, old: object, new: object) -> Iterator[Difference]:
    terms = [side for side in (old, new) if isinstance(side, Mapping)]
    if not terms or any("truncated" in side for side in terms):
        yield Difference(name, _text(old), _text(new))
        return
    for key in dict.fromkeys(key for side in terms for key in side):
        before, after = (
            side.get(key) if isinstance(side, Mapping) else None for side in (old, new)
        )
        if before != after:
            yield Difference(f"{name}: {_label(key)}", _text(before), _text(after))


def _label(name: object) -> str:
    return str(name).replace("_", " ")


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping) and value.get("truncated") is True:
        return f"{value.get('starts', '')}… (too long to be kept whole)"
    return json.dumps(value, ensure_ascii=False)
