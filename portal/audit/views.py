"""Saved views of the log: filters under a name, of one person or of everybody who reads it all."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.ledger import Target, record
from portal.audit.models import AuditView
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, take_turns
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.text import has_unseen, nfc, one_line

MOST_VIEWS = 30
LOCK = 0xA0D1_0001
LONGEST_NAME = 60
LONGEST_KEY = 200
LONGEST_QUERY = 2000


class BadViewName(DomainError):
    """No name, or one that no page can show."""


class BadView(DomainError):
    """Filters that mean nothing, none at all, or more than can be kept."""


class ViewNameTaken(Conflict):
    """Its owner has another view of this name."""


class TooManyViews(Conflict):
    """One owner has at most 30."""


class NotYourView(Denied):
    """Shared views belong to those who may see the events of everybody."""


def visible_views(by: Actor) -> Sequence[AuditView]:
    """The shared ones that this person may know of, then their own, each by name."""
    order = (AuditView.owner_id.is_not(None), AuditView.name_key, AuditView.id)
    return db.session.scalars(sa.select(AuditView).where(_seen(by)).order_by(*order)).all()


def view_or_404(*, by: Actor, view_id: int, lock: bool = False) -> AuditView:
    """A view that this person may open, rename and remove. With `lock` it waits for the commit.

    Raises:
        NotFound: there is none that they may know of.
    """
    query = sa.select(AuditView).where(AuditView.id == view_id, _seen(by))
    found = db.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("There is no such view.")
    return found


def save_view(*, by: Actor, name: str, query: str, is_shared: bool = False) -> AuditView:
    """Keep the filters of an address of the log.

    Raises:
        BadViewName, BadView: what was given (422).
        ViewNameTaken, TooManyViews: see the classes (409).
        NotYourView: a shared one, by somebody who may see their own events alone (403).
    """
    if is_shared and not by.may(Permission.AUDIT_ALL):
        raise NotYourView("Shared views are kept by managers. Save one of your own.")
    owner_id = None if is_shared else by.id
    name, query = checked_name(name), checked_query(query)
    take_turns(LOCK)
    held = sa.select(AuditView.id).where(_of_owner(owner_id))
    if len(db.session.scalars(held).all()) >= MOST_VIEWS:
        raise TooManyViews(f"There are {MOST_VIEWS} views already. Remove one first.")
    view = AuditView(
        name=name,
        name_key=_key(name),
        query=query,
        owner_id=owner_id,
        created_at=clock.now(),
    )
    _store(view)
    meta = {"is_shared": is_shared, "query": query}
    record(Action.AUDIT_VIEW_SAVED, by=by, target=_target(view), meta=meta)
    return view


def rename_view(*, by: Actor, view: AuditView, name: str) -> AuditView:
    """
    Raises:
        BadViewName, ViewNameTaken: see the classes.
    """
    old, view.name = view.name, checked_name(name)
    view.name_key = _key(view.name)
    _store(view)
    changes = {"name": (old, view.name)}
    record(Action.AUDIT_VIEW_SAVED, by=by, target=_target(view), changes=changes)
    return view


def remove_view(*, by: Actor, view: AuditView) -> None:
    db.session.delete(view)
    record(Action.AUDIT_VIEW_REMOVED, by=by, target=_target(view), meta={"query": view.query})


def checked_name(text: str) -> str:
    """
    Raises:
        BadViewName: see the class.
    """
    name = one_line(text)
    if not name:
        raise BadViewName("Write what this view is called.", field="name")
    if len(name) > LONGEST_NAME:
        raise BadViewName(f"Use a name of at most {LONGEST_NAME} characters.", field="name")
    if has_unseen(name):
        raise BadViewName("Use a name without control or direction characters.", field="name")
    return name


def checked_query(text: str) -> str:
    """The filters in their one written form, so that it is read for as long as it stands.

    Raises:
        BadView: see the class.
    """
    filters = Filters.of(dict(parse_qsl(text[: 4 * LONGEST_QUERY], max_num_fields=100)))
    if filters.faults:
        raise BadView(next(iter(filters.faults.values())), field="query")
    found = urlencode(filters.given)
    if not found:
        raise BadView("Narrow the log first, then save what you see.", field="query")
    if len(found) > LONGEST_QUERY:
        raise BadView("These filters are too long to be kept.", field="query")
    return found


def _seen(by: Actor) -> sa.ColumnElement[bool]:
    own = AuditView.owner_id == by.id
    return sa.or_(own, AuditView.owner_id.is_(None)) if by.may(Permission.AUDIT_ALL) else own


def _of_owner(owner_id: int | None) -> sa.ColumnElement[bool]:
    return AuditView.owner_id.is_(None) if owner_id is None else AuditView.owner_id == owner_id


def _key(name: str) -> str:
    return nfc(name.casefold())[:LONGEST_KEY]


def _store(view: AuditView) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(view)
    except IntegrityError as error:
        raise ViewNameTaken("There is a view of this name already.", field="name") from error


def _target(view: AuditView) -> Target:
    return Target("audit_view", view.id, view.name)
