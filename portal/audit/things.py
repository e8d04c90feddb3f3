"""Where the page of what an event is about lies: rooms above say it, by the kind of thing.

A kind and an id stand in the log as they were written then, so whatever they hold is quoted.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from portal.core.actor import Actor
from portal.core.permissions import Permission


class _Known(NamedTuple):
    permission: Permission
    path: str


class Thing(NamedTuple):
    """Something that an event names, and its page."""

    label: str
    url: str


_known: dict[str, _Known] = {}


def register_thing(kind: str, *, permission: Permission, path: str) -> None:
    """Have events lead to `path` and the thing's id, for whoever has the permission."""
    _known[kind] = _Known(permission, path)


def things_in(body: Mapping[str, Any], by: Actor) -> list[Thing]:
    """What the event was done to and what it was done for, where this reader may open them."""
    target, meta = body.get("target"), body.get("meta")
    named = []
    if isinstance(target, Mapping):
        named.append((target.get("type"), target.get("id")))
    if isinstance(meta, Mapping):
        named.append((meta.get("cause_type"), meta.get("cause_id")))
    found = [_thing(kind, id_, by) for kind, id_ in named]
    return [thing for thing in dict.fromkeys(found) if thing is not None]


def _thing(kind: object, id_: object, by: Actor) -> Thing | None:
    known = _known.get(kind) if isinstance(kind, str) else None
    if known is None or not id_ or not by.may(known.permission):
        return None
    label = f"{str(kind).replace('_', ' ').capitalize()} {id_}"
    return Thing(label, f"{known.path}{quote(str(id_), safe='')}")
