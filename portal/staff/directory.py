"""Finding people: the list that everybody scans, and one person by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.quick import Quick
from portal.core.roles import Role
from portal.staff.identity import email_key
from portal.staff.models import Admin, AdminSession
from portal.staff.open_sessions import is_open
from portal.web.access import SessionState
from portal.web.paging import PAGE_SIZE, ListPage, first_page_of, page_of

LONGEST_SEARCH = 200
ROLE_LABELS = {role.value: role.label for role in Role}
_people = Admin.__table__.c


class State(StrEnum):
    """Whether a person can sign in."""

    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"
    WITHOUT_SECOND_FACTOR = "without_second_factor"
    """A filter of the list only: active, and signing in with a password alone."""
    SIGNED_IN = "signed_in"
    """A filter of the list only: with a session that is open now."""

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


STATE_LABELS = {state: state.label for state in State}
COLOURS = {State.ACTIVE: "green", State.INVITED: "azure", State.DISABLED: "secondary"}
_CONDITIONS: dict[str, Sequence[sa.ColumnElement[bool]]] = {
    State.ACTIVE: (_people.joined_at.is_not(None), _people.disabled_at.is_(None)),
    State.INVITED: (_people.joined_at.is_(None), _people.disabled_at.is_(None)),
    State.DISABLED: (_people.disabled_at.is_not(None),),
    State.WITHOUT_SECOND_FACTOR: (
        _people.joined_at.is_not(None),
        _people.disabled_at.is_(None),
        _people.is_second_factor_on.is_(False),
    ),
}


def in_state(state: State, now: Any) -> Sequence[sa.ColumnElement[bool]]:
    """Who is in this state at an instant, which may be a parameter of a statement."""
    if state is not State.SIGNED_IN:
        return _CONDITIONS[state]
    return (_people.id.in_(sa.select(AdminSession.admin_id).where(*is_live(now))),)


def is_live(now: Any) -> Sequence[sa.ColumnElement[bool]]:
    """Sessions in which somebody is signed in."""
    return (AdminSession.state == SessionState.ACTIVE, is_open(now))


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to. What cannot be read narrows nothing."""

    text: str = ""
    role: Role | None = None
    state: State | None = None

    @classmethod
    def of(cls, *, text: str, role: str, state: str) -> "Search":
        return cls(
            text=text.replace("\x00", "").strip()[:LONGEST_SEARCH],
            role=Role(role) if role in ROLE_LABELS else None,
            state=State(state) if state in STATE_LABELS else None,
        )


EVERYBODY = Search()
_ORDER = (_people.name, _people.id)


class PersonRow(NamedTuple):
    """One row of the list, ready to be drawn: a page of fifty calls no method."""

    id: int
    name: str
    email: str
    role: str
    state: str
    colour: str
    second_factor: str


def people(search: Search, *, cursor: str | None = None) -> ListPage[PersonRow]:
    """A page of people by name: one query on one table, columns only."""
    if search == EVERYBODY and not cursor:
        return first_page_of(_first().rows(), _row, order=_ORDER)
    query = _listed()
    if search.text:
        query = query.where(
            sa.or_(
                _people.name.icontains(search.text, autoescape=True),
                _people.email_key.contains(email_key(search.text), autoescape=True),
            )
        )
    if search.role:
        query = query.where(_people.role == search.role)
    if search.state:
        query = query.where(*in_state(search.state, clock.now()))
    return page_of(query, _row, cursor=cursor)


@cache
def _first() -> Quick:
    """The first page of all and one row more: what the list begins with, built once."""
    return Quick(_listed().limit(PAGE_SIZE + 1))


def _listed() -> sa.Select[*tuple[Any, ...]]:
    columns = (
        *(_people.id, _people.name, _people.email, _people.role),
        _people.joined_at.is_not(None).label("has_joined"),
        _people.disabled_at.is_not(None).label("is_disabled"),
        _people.is_second_factor_on,
    )
    return sa.select(*columns).order_by(*_ORDER)


def _row(row: sa.Row[*tuple[Any, ...]]) -> PersonRow:
    person_id, name, email, role, has_joined, is_disabled, is_second_factor_on = row
    state = _state(has_joined, is_disabled)
    second_factor = ("On" if is_second_factor_on else "Off") if has_joined else ""
    label, colour = STATE_LABELS[state], COLOURS[state]
    role_label = ROLE_LABELS.get(role, role)
    return PersonRow(person_id, name, email, role_label, label, colour, second_factor)


def state_of(joined_at: datetime | None, disabled_at: datetime | None) -> State:
    return _state(joined_at is not None, disabled_at is not None)


def _state(has_joined: bool, is_disabled: bool) -> State:
    if is_disabled:
        return State.DISABLED
    return State.ACTIVE if has_joined else State.INVITED


def person_or_404(person_id: int) -> Admin:
    """Whoever may see one person may see them all: the view's permission is the whole scope.

    Raises:
        NotFound: no such person.
    """
    found = db.session.get(Admin, person_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def locked_person(person_id: int) -> Admin:
    """The person as the database has them now, kept from others until the transaction ends.

    Rows that only point to the person (`key_share`) need not wait.

    Raises:
        NotFound: no such person.
    """
    found = db.session.scalar(
        sa.select(Admin)
        .where(Admin.id == person_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such person.")
    return found


def admins_besides(person_id: int) -> list[int]:
    """The ids of the other people with the role of an admin who can sign in."""
    query = sa.select(Admin.id).where(
        Admin.role == Role.ADMIN, Admin.id != person_id, *_CONDITIONS[State.ACTIVE]
    )
    return list(db.session.scalars(query.order_by(Admin.id)))


def person_by_email(text: str) -> Admin | None:
    return db.session.scalar(sa.select(Admin).where(Admin.email_key == email_key(text)))


def live_session_count(admin_id: int) -> int:
    """In how many browsers the person is signed in now."""
    return db.session.scalar(sa.select(live_sessions_of(admin_id))) or 0


def live_sessions_of(admin_id: Any) -> sa.ScalarSelect[int]:
    """The same as a column; `admin_id` may be one, too."""
    return (
        sa.select(sa.func.count())
        .select_from(AdminSession)
        .where(AdminSession.admin_id == admin_id, *is_live(clock.now()))
        .scalar_subquery()
    )
