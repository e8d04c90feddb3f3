"""Finding tokens: the list by kind, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.permissions import Permission
from portal.customers.models import ApiToken, TokenKind
from portal.staff.models import Admin
from portal.web.paging import ListPage, page_of
from portal.web.urls import LARGEST_ID

LONGEST_SEARCH = 120
_token, _admin = ApiToken.__table__.c, Admin.__table__.c


class TokenState(StrEnum):
    """Whether a token opens anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def label(self) -> str:
        return self.value.capitalize()


COLOURS = {TokenState.ACTIVE: "green", TokenState.EXPIRED: "secondary", TokenState.REVOKED: "red"}
KIND_LABELS = {
    TokenKind.SERVICE: "Service",
    TokenKind.STAFF: "Staff",
    TokenKind.USER: "Customers’ users",
}

MEANINGS = {permission.value: permission.meaning for permission in Permission}
"""Scopes of services are words that programs know, and stay as they are."""


@dataclass(frozen=True, slots=True)
class TokenSearch:
    """What the list is narrowed to. What cannot be read narrows nothing."""

    kind: TokenKind = TokenKind.SERVICE
    state: TokenState | None = None
    text: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str], *, by: Actor) -> "TokenSearch":
        """Whoever does not manage tokens has only their own, which are of one kind."""
        kind, state = given.get("kind", ""), given.get("state", "")
        found = TokenKind(kind) if kind in set(TokenKind) else TokenKind.SERVICE
        return cls(
            kind=found if by.may(Permission.TOKENS_MANAGE) else TokenKind.STAFF,
            state=TokenState(state) if state in set(TokenState) else None,
            text=given.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        )


class TokenRow(NamedTuple):
    """One row of the list, ready to be drawn."""

    public_id: str
    name: str
    owner: str | None
    user_id: int | None
    opens: list[str]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_ip: str | None
    state: str
    colour: str


def token_page(search: TokenSearch, *, by: Actor, cursor: str | None = None) -> ListPage[TokenRow]:
    """One query over one kind, along its index."""
    query = _rows().where(_token.kind == search.kind, *_scope(by))
    if search.state:
        query = query.where(*_in_state(search.state))
    if search.text:
        query = query.where(_matches(search))
    return page_of(query.order_by(_token.id.desc()), _row, cursor=cursor)


def _rows() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        _token.id,
        _token.kind,
        _token.public_id,
        _token.name,
        _admin.email.label("owner"),
        _token.user_id,
        _token.scopes,
        _token.networks,
        _token.created_at,
        _token.expires_at,
        _token.last_used_at,
        _token.last_used_ip,
        _token.revoked_at,
    ).select_from(ApiToken.__table__.outerjoin(Admin.__table__, _token.admin_id == _admin.id))


def _scope(by: Actor) -> list[sa.ColumnElement[bool]]:
    if by.may(Permission.TOKENS_MANAGE):
        return []
    return [_token.admin_id == (by.id if by.type is ActorType.ADMIN else None)]


def _in_state(state: TokenState) -> list[sa.ColumnElement[bool]]:
    if state is TokenState.REVOKED:
        return [_token.revoked_at.is_not(None)]
    now = clock.now()
    is_over = _token.expires_at <= now if state is TokenState.EXPIRED else _token.expires_at > now
    return [_token.revoked_at.is_(None), is_over]


def _matches(search: TokenSearch) -> sa.ColumnElement[bool]:
    """By public id; by name, where there are few; by number, where there may be millions."""
    is_it = _token.public_id == search.text
    if search.kind is not TokenKind.USER:
        return sa.or_(is_it, _token.name.icontains(search.text, autoescape=True))
    number = search.text.lower().removeprefix("user").strip()
    is_number = number.isascii() and number.isdigit() and len(number) < 11
    if is_number and int(number) <= LARGEST_ID:
        return sa.or_(is_it, _token.user_id == int(number))
    return is_it


def _row(row: sa.Row[*tuple[Any, ...]]) -> TokenRow:
    state = state_of(row.revoked_at, row.expires_at)
    in_words = MEANINGS if row.kind == TokenKind.STAFF else {}
    return TokenRow(
        row.public_id,
        row.name,
        row.owner,
        row.user_id,
        [in_words.get(name, name) for name in row.scopes],
        row.networks,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.last_used_ip,
        state.label,
        COLOURS[state],
    )


def state_of(revoked_at: datetime | None, expires_at: datetime) -> TokenState:
    if revoked_at is not None:
        return TokenState.REVOKED
    return TokenState.ACTIVE if expires_at > clock.now() else TokenState.EXPIRED
