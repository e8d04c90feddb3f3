"""Why a grant was given: rooms above say where the page of its cause lies."""

from collections.abc import Callable
from typing import NamedTuple

from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.entitlements.holders import Entitlement


class Cause(NamedTuple):
    """`url` None: this reader may not open it, or no room knows of such causes."""

    label: str
    url: str | None


class _Known(NamedTuple):
    permission: Permission
    url: Callable[[str], str]


_known: dict[str, _Known] = {}


def register_cause(cause_type: str, *, permission: Permission, url: Callable[[str], str]) -> None:
    """Have grants of this `cause_type` lead to `url(cause_id)` for whoever has the permission."""
    _known[cause_type] = _Known(permission, url)


def cause_of(row: Entitlement, by: Actor) -> Cause | None:
    """What the grant was given for; None when nobody said."""
    if row.cause_type is None or row.cause_id is None:
        return None
    known = _known.get(row.cause_type)
    may_open = known is not None and by.may(known.permission)
    label = f"{row.cause_type.replace('_', ' ').capitalize()} {row.cause_id}"
    return Cause(label, known.url(row.cause_id) if known and may_open else None)
