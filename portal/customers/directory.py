"""Finding customers: lists by name, searched as one types, and what became of one over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.database import db
from portal.core.errors import NotFound
from portal.customers.models import StatusChange, Tenant, TenantStatus, User, UserStatus
from portal.customers.naming import address_key, masked, name_key
from portal.web.paging import PAGE_SIZE, ListPage, page_of
from portal.web.urls import LARGEST_ID

LONGEST_SEARCH = 200
MOST_MOMENTS = 20
LAST_CHARACTER = "\U0010ffff"
COLOURS = {"active": "green", "suspended": "orange", "closed": "secondary", "inactive": "secondary"}
_tenant, _user, _change = Tenant.__table__.c, User.__table__.c, StatusChange.__table__.c


@dataclass(frozen=True, slots=True)
class Search:
    """What a list is narrowed to. What cannot be read narrows nothing."""

    text: str = ""
    status: str = ""
    tenant_id: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Search":
        """From a query string."""
        text, status = given.get("q", ""), given.get("status", "")
        tenant = given.get("tenant", "")
        is_number = tenant.isascii() and tenant.isdigit() and len(tenant) < 11
        return cls(
            text=text.replace("\x00", "").strip()[:LONGEST_SEARCH],
            status=status if status in {*TenantStatus, *UserStatus} else "",
            tenant_id=min(int(tenant), LARGEST_ID) if is_number else None,
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.status or self.tenant_id)


class TenantRow(NamedTuple):
    """One line of the list of tenants, ready to be drawn."""

    id: int
    name: str
    external_id: str
    state: str
    colour: str


class UserRow(NamedTuple):
    """One line of the list of users, ready to be drawn."""

    id: int
    name: str
    email: str
    """Empty of one who was erased."""
    external_id: str
    state: str
    colour: str
    tenant_id: int
    tenant_name: str


class Moment(NamedTuple):
    """A status that began."""

    status: str
    at: datetime


def tenants(search: Search, *, cursor: str | None = None) -> ListPage[TenantRow]:
    """A page of tenants by name."""
    columns = (_tenant.id, _tenant.name, _tenant.external_id, _tenant.status, _tenant.name_key)
    query = sa.select(*columns).where(*_tenant_conditions(search))
    return page_of(query.order_by(_tenant.name_key, _tenant.id), _tenant_row, cursor=cursor)


def tenants_for_programs(
    search: Search, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[dict[str, Any]]:
    """A page of tenants by id: an order that no change of theirs disturbs."""
    columns = (
        _tenant.id,
        _tenant.external_id,
        _tenant.name,
        _tenant.status,
        _tenant.time_zone,
        _tenant.created_at,
    )
    query = sa.select(*columns).where(*_tenant_conditions(search)).order_by(_tenant.id)
    return page_of(query, sa.Row._asdict, cursor=cursor, limit=limit)


def users(
    search: Search, *, cursor: str | None = None, limit: int = PAGE_SIZE, is_masked: bool = True
) -> ListPage[UserRow]:
    """A page of users by name, of all tenants or of one.

    The desk has their addresses whole: whoever writes to people must tell them apart.
    """
    query = (
        sa.select(
            _user.id,
            _user.name,
            _user.email,
            _user.external_id,
            _user.status,
            _user.erased_at,
            _user.tenant_id,
            _tenant.name.label("tenant_name"),
            _user.name_key,
        )
        .join_from(User.__table__, Tenant.__table__)
        .where(*_user_conditions(search))
        .order_by(_user.name_key, _user.id)
    )
    make = _masked_row if is_masked else _user_row
    return page_of(query, make, cursor=cursor, limit=limit)


def users_for_programs(
    tenant: Tenant, search: Search, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[dict[str, Any]]:
    """A page of one tenant's users by external id."""
    columns = (
        _user.id,
        _user.external_id,
        _user.name,
        _user.email,
        _user.status,
        _user.tenant_id,
        _user.created_at,
    )
    narrowed = Search(search.text, search.status, tenant.id)
    query = sa.select(*columns).where(*_user_conditions(narrowed)).order_by(_user.external_id)
    return page_of(query, sa.Row._asdict, cursor=cursor, limit=limit)


def user_and_tenant(user_id: int) -> tuple[User, Tenant]:
    """Both, at one go.

    Raises:
        NotFound: there is no such user.
    """
    query = sa.select(User, Tenant).join(Tenant, Tenant.id == User.tenant_id)
    row = db.session.execute(query.where(User.id == user_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such user.")
    return row[0], row[1]


def history_of_tenant(tenant: Tenant) -> list[Moment]:
    """The newest first. Whose status never changed is not asked about."""
    if tenant.status_changed_at is None:
        return [Moment(tenant.status, tenant.created_at)]
    return _history(_change.tenant_id == tenant.id, _change.user_id.is_(None))


def history_of_user(user: User) -> list[Moment]:
    """The newest first."""
    return _history(_change.tenant_id == user.tenant_id, _change.user_id == user.id)


def _history(*subject: sa.ColumnElement[bool]) -> list[Moment]:
    query = sa.select(_change.status, _change.at).where(*subject)
    newest = query.order_by(_change.at.desc(), _change.id.desc()).limit(MOST_MOMENTS)
    return [Moment(*row) for row in db.session.connection().execute(newest)]


def _tenant_conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    found = [_tenant.status == search.status] if search.status else []
    if search.text:
        found.append(
            sa.or_(
                _begins(_tenant.name_key, name_key(search.text)),
                _tenant.external_id == search.text,
            )
        )
    return found


def _user_conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    found = [_user.status == search.status] if search.status else []
    if search.tenant_id is not None:
        found.append(_user.tenant_id == search.tenant_id)
    if search.text:
        found.append(
            sa.or_(
                _begins(_user.name_key, name_key(search.text)),
                _begins(_user.email_key, address_key(search.text)),
                _user.external_id == search.text,
            )
        )
    return found


def _begins(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """A range, which an index of either database answers; LIKE needs one of its own kind."""
    return sa.and_(column >= text, column < text + LAST_CHARACTER)


def _tenant_row(row: sa.Row[*tuple[Any, ...]]) -> TenantRow:
    tenant_id, name, external_id, status, _ = row
    return TenantRow(tenant_id, name, external_id, status.capitalize(), COLOURS[status])


def _user_row(row: sa.Row[*tuple[Any, ...]]) -> UserRow:
    user_id, name, email, external_id, status, erased_at, tenant_id, tenant_name, _ = row
    state = "Erased" if erased_at else status.capitalize()
    address = "" if erased_at else email
    return UserRow(
        user_id, name, address, external_id, state, COLOURS[status], tenant_id, tenant_name
    )


def _masked_row(row: sa.Row[*tuple[Any, ...]]) -> UserRow:
    found = _user_row(row)
    return found._replace(email=masked(found.email)) if found.email else found
