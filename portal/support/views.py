"""Saved views: filters under a name, of one person or of everybody."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, take_turns
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.customers.naming import name_key
from portal.staff.directory import locked_person
from portal.staff.identity import checked_name
from portal.support.filter_language import parse, written
from portal.support.models import SavedView

MOST_VIEWS = 30
LOCK = 0x51A0_0002
LONGEST_NAME = 60
SAVED = "view-"
"""Stands before the number of a saved view, where the name of a queue is asked for."""


class EmptyView(DomainError):
    """A view without a filter, which would be the view of all."""


class ViewNameTaken(Conflict):
    """Its owner has another view of this name."""


class TooManyViews(Conflict):
    """One owner has at most 30."""


class NotYourView(Denied):
    """Views of everybody are changed by whoever manages the desk."""


def visible_views(by: Actor) -> Sequence[SavedView]:
    """Those of everybody, then the person's own, each in their order."""
    query = sa.select(SavedView).where(seen_views(by.id)).order_by(*ORDER)
    return db.session.scalars(query).all()


ORDER = (SavedView.owner_id.is_not(None), SavedView.position, SavedView.id)


def seen_views(admin_id: int | sa.BindParameter[int] | None) -> sa.ColumnElement[bool]:
    """The views that this person may open."""
    return sa.or_(SavedView.owner_id.is_(None), SavedView.owner_id == admin_id)


def view_to_change(by: Actor, view_id: int, *, lock: bool = False) -> SavedView:
    """A view that this person may change. With `lock` its owner's list waits for the commit.

    Raises:
        NotFound: there is none that they may know of.
        NotYourView: it is everybody's and they do not manage the desk.
    """
    found = _seen_view(by, view_id)
    check_owner(by, found.owner_id)
    if lock:
        _lock_list(found.owner_id)
        found = _seen_view(by, view_id)
    return found


def _seen_view(by: Actor, view_id: int) -> SavedView:
    query = sa.select(SavedView).where(SavedView.id == view_id, seen_views(by.id))
    found = db.session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound("There is no such view.")
    return found


def save_view(*, by: Actor, name: str, query: str, is_shared: bool = False) -> SavedView:
    """A new view at the end of its owner's list.

    Raises:
        BadName, BadFilter, EmptyView: what was given (422).
        ViewNameTaken, TooManyViews: see the classes (409).
        NotYourView: a shared one, without the permission (403).
    """
    owner_id = None if is_shared else by.id
    check_owner(by, owner_id)
    name, query = checked_view_name(name), _checked_query(query)
    _lock_list(owner_id)
    positions = db.session.scalars(sa.select(SavedView.position).where(_of_owner(owner_id))).all()
    if len(positions) >= MOST_VIEWS:
        raise TooManyViews(f"There are {MOST_VIEWS} views already. Remove one first.")
    view = SavedView(
        name=name,
        name_key=name_key(name),
        query=query,
        owner_id=owner_id,
        position=max(positions, default=-1) + 1,
        created_at=clock.now(),
    )
    _store(view)
    return _saved(by, view)


def change_view(*, by: Actor, view: SavedView, name: str, query: str) -> SavedView:
    """Another name or filter for a locked view. Raises as `save_view`."""
    view.name, view.query = checked_view_name(name), _checked_query(query)
    view.name_key = name_key(view.name)
    _store(view)
    return _saved(by, view)


def move_view(*, by: Actor, view: SavedView, places: int) -> SavedView:
    """Further down a locked list by so many places, or up where it is negative."""
    query = sa.select(SavedView).where(_of_owner(view.owner_id)).order_by(*ORDER)
    views = list(db.session.scalars(query))
    wanted = max(views.index(view) + places, 0)
    views.remove(view)
    views.insert(wanted, view)
    for position, one in enumerate(views):
        one.position = position
    return _saved(by, view)


def remove_view(*, by: Actor, view: SavedView) -> None:
    db.session.delete(view)
    record(Action.SAVED_VIEW_REMOVED, by=by, target=_target(view))


def checked_view_name(text: str) -> str:
    """
    Raises:
        BadName: empty, longer than 60 characters, or one that no page can show.
    """
    return checked_name(text, longest=LONGEST_NAME, missing="Write what this view is called.")


def _checked_query(text: str) -> str:
    """The filter in its one written form, so that it is read for as long as it stands."""
    found = written(parse(text))
    if not found:
        raise EmptyView("Write what the view shows, such as tag:vip status:open.", field="q")
    return found


def _of_owner(owner_id: int | None) -> sa.ColumnElement[bool]:
    return SavedView.owner_id.is_(None) if owner_id is None else SavedView.owner_id == owner_id


def check_owner(by: Actor, owner_id: int | None) -> None:
    """
    Raises:
        NotYourView: the list is everybody's and this person does not manage the desk.
    """
    if owner_id is None and not by.may(Permission.SUPPORT_MANAGE):
        raise NotYourView("Views of everybody are kept by managers. Save one of your own.")


def _lock_list(owner_id: int | None) -> None:
    """One change of a list at a time: that of everybody, or of its owner."""
    if owner_id is None:
        take_turns(LOCK)
    else:
        locked_person(owner_id)


def _store(view: SavedView) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(view)
    except IntegrityError as error:
        raise ViewNameTaken("There is a view of this name already.", field="name") from error


def _saved(by: Actor, view: SavedView) -> SavedView:
    meta = {"is_shared": view.owner_id is None, "position": view.position}
    record(Action.SAVED_VIEW_SAVED, by=by, target=_target(view), meta=meta)
    return view


def _target(view: SavedView) -> Target:
    return Target("saved_view", view.id, view.name)
