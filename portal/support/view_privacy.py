"""Saved views of an erased user: the parts that name them go, and what else is asked stays.

A view is somebody's way of working, so a part goes for a whole name or an address, or for one of
their names where it asks whose a ticket is or which words stand in it. Others than the erased one
may be meant by it: a view is saved anew in seconds, and what was erased never is.
"""

import sqlalchemy as sa

from portal.core.database import db
from portal.core.text import nfc
from portal.customers.models import User
from portal.customers.naming import name_key
from portal.support.filter_language import BadFilter, Filter, Part, Words, parse, written
from portal.support.models import SavedView

SHORTEST = 3
"""A name of two letters is a part of too many words."""
NEUTRAL_VIEW = "View"
TEXTS = frozenset({"assignee", "team", "tenant", "requester", "plan", "tag"})
"""What takes any text. The others have words of their own, whoever is called like one of them."""


def forget_in_views(user: User) -> None:
    """A view that asked for nothing but them is removed."""
    for view in db.session.scalars(sa.select(SavedView).order_by(SavedView.id)).all():
        left = _without(view.query, user)
        if left is None:
            db.session.delete(view)
            continue
        view.query = left
        if _says_whole(view.name, user):
            view.name = f"{NEUTRAL_VIEW} {view.id}"
            view.name_key = name_key(view.name)
    db.session.flush()


def _without(query: str, user: User) -> str | None:
    """The filter without what names them; None where nothing is left of it."""
    try:
        asked = parse(query)
    except BadFilter:  # from before a change of the language: it cannot be told what it asks
        return None if _says_any(query, user) else query
    kept = tuple(part for part in asked.parts if not _names(part, user))
    if len(kept) == len(asked.parts):
        return query
    left = Filter(kept)
    return written(left) if left.sorted_by(None).parts else None


def _names(part: Part, user: User) -> bool:
    if isinstance(part, Words):
        return _says_any(part.text, user)
    if part.name not in TEXTS:
        return False
    says = _begins if part.name == "requester" else _says_whole
    return any(says(value, user) for value in part.values)


def _begins(text: str, user: User) -> bool:
    """As the filter looks for it: a name or an address that begins so."""
    said = _plain(text)
    called = (_plain(user.name), _plain(user.email))
    is_begun = len(said) >= SHORTEST and any(one.startswith(said) for one in called)
    return is_begun or _says_any(text, user)


def _says_whole(text: str, user: User) -> bool:
    said = _plain(text)
    return any(whole in said for whole in (_plain(user.name), _plain(user.email)) if whole)


def _says_any(text: str, user: User) -> bool:
    """Also one of their names alone, or the beginning of their address."""
    names = {*_plain(user.name).split(), _plain(user.email).partition("@")[0]}
    said = set(_plain(text).replace("@", " ").split())
    return _says_whole(text, user) or any(len(one) >= SHORTEST and one in said for one in names)


def _plain(text: str) -> str:
    return " ".join(nfc(text).casefold().split())
