"""Saved views of an erased user: the parts that name them go, and what else is asked stays.

A view is somebody's way of working, so a part goes for a whole name or an address, or for one of
their names where it asks whose a ticket is or which words stand in it. Others than the erased one
may be meant by it: a view is saved anew in seconds, and what was erased never is.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from portal.core.database import db
from portal.core.text import nfc
from portal.customers.former import Called, ever_called
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
    called = ever_called(user)
    for view in db.session.scalars(sa.select(SavedView).order_by(SavedView.id)).all():
        left = _without(view.query, called)
        if left is None:
            db.session.delete(view)
            continue
        view.query = left
        if any(_says_whole(view.name, one) for one in called):
            view.name = f"{NEUTRAL_VIEW} {view.id}"
            view.name_key = name_key(view.name)
    db.session.flush()


def _without(query: str, called: Sequence[Called]) -> str | None:
    """The filter without what names them; None where nothing is left of it."""
    try:
        asked = parse(query)
    except BadFilter:  # from before a change of the language: it cannot be told what it asks
        return None if any(_says_any(query, one) for one in called) else query
    kept = tuple(part for part in asked.parts if not any(_names(part, one) for one in called))
    if len(kept) == len(asked.parts):
        return query
    left = Filter(kept)
    return written(left) if left.sorted_by(None).parts else None


def _names(part: Part, one: Called) -> bool:
    if isinstance(part, Words):
        return _says_any(part.text, one)
    if part.name not in TEXTS:
        return False
    says = _begins if part.name == "requester" else _says_whole
    return any(says(value, one) for value in part.values)


def _begins(text: str, one: Called) -> bool:
    """As the filter looks for it: a name or an address that begins so."""
    said = _plain(text)
    called = (_plain(one.name), _plain(one.email))
    is_begun = len(said) >= SHORTEST and any(words.startswith(said) for words in called)
    return is_begun or _says_any(text, one)


def _says_whole(text: str, one: Called) -> bool:
    said = _plain(text)
    return any(whole in said for whole in (_plain(one.name), _plain(one.email)) if whole)


def _says_any(text: str, one: Called) -> bool:
    """Also one of their names alone, or the beginning of their address."""
    names = {*_plain(one.name).split(), _plain(one.email).partition("@")[0]}
    said = set(_plain(text).replace("@", " ").split())
    return _says_whole(text, one) or any(len(name) >= SHORTEST and name in said for name in names)


def _plain(text: str) -> str:
    return " ".join(nfc(text).casefold().split())
