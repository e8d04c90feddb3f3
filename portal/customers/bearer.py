"""Programs as callers: `Authorization: Bearer <token>` on the JSON API.

One indexed query a request, read afresh, so that a revoked token, an erased user, a disabled
person and a changed role take effect on the very next request.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from hmac import compare_digest
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Response, after_this_request, current_app, request

from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Denied, DomainError
from portal.core.outages import noting
from portal.core.permissions import CUSTOMER_PERMISSIONS, Permission
from portal.core.provenance import add_session
from portal.core.quick import Quick
from portal.core.tokens import token_sha256
from portal.customers.models import (
    ApiToken,
    Tenant,
    TenantStatus,
    TokenKind,
    User,
    UserStatus,
)
from portal.customers.rates import RateLimiter, Standing
from portal.customers.scopes import (
    USER_TOKEN_PERMISSIONS,
    permissions_of_scopes,
    permissions_of_staff_token,
)
from portal.customers.token_text import public_id_of
from portal.staff.models import Admin, RoleAddresses
from portal.web.access import SessionState, View, caller
from portal.web.addresses import client_address, is_within

TOUCH_EVERY = timedelta(seconds=60)
SCHEME = "bearer "

log = structlog.get_logger("portal.bearer")


class Throttled(DomainError):
    """This token asked too often within a minute."""

    status = 429
    code = "throttled"
    title = "Too many requests"

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"This token may ask {standing.limit} times a minute. Wait a little.")
        self.retry_after = standing.resets_in


@dataclass(frozen=True, slots=True)
class TokenCaller:
    """A program that showed a live token, and what its answers depend on."""

    token_id: int
    public_id: str
    kind: TokenKind
    actor: Actor
    user_id: int | None = None
    tenant_id: int | None = None
    row: Any = None
    """All that `token_query` read, by its labels."""

    # What `portal.web.access` asks of a caller.
    state = SessionState.ACTIVE
    is_token = True


_token, _user, _tenant, _admin = (model.__table__.c for model in (ApiToken, User, Tenant, Admin))
_columns: list[sa.ColumnElement[Any]] = [
    _token.id.label("token_id"),
    _token.public_id,
    _token.secret_sha256,
    _token.kind,
    _token.name,
    # As text: what it means is worked out once for each text, not at every request.
    sa.cast(_token.scopes, sa.Text).label("scopes"),
    sa.cast(_token.networks, sa.Text).label("networks"),
    _token.last_used_at,
    _token.user_id,
    _user.tenant_id,
    _user.status.label("user_status"),
    _tenant.status.label("tenant_status"),
    _tenant.time_zone,
    _tenant.created_at.label("tenant_created_at"),
    _tenant.entitlement_version.label("tenant_version"),
    _token.admin_id,
    _admin.email.label("admin_email"),
    _admin.role.label("admin_role"),
    sa.cast(RoleAddresses.networks, sa.Text).label("role_networks"),
]
_on_demand: dict[str, sa.ColumnElement[Any]] = {}


def also_read(label: str, column: sa.ColumnElement[Any], *, is_for_all: bool = True) -> None:
    """Have the token's look-up bring this too, as `TokenCaller.row.<label>`: saves a query.

    For rooms above, at import. The column may correlate with tokens, users and tenants. What is
    not for all is read for those views that ask for it by `brings`.
    """
    if is_for_all:
        _columns.append(column.label(label))
    else:
        _on_demand[label] = column.label(label)
    token_query.cache_clear()


def brings(*labels: str) -> Callable[[View], View]:
    """For this view the token's look-up brings these along, which `also_read` knows."""

    def mark(view: View) -> View:
        view.token_brings = labels  # type: ignore[attr-defined]
        return view

    return mark


@cache
def token_query(*more: str) -> Quick:
    """The live token of a `public_id` as of `now`, with its user's, tenant's and person's state.

    And `more` of what was told to `also_read`. A user who is not active, or whose tenant is not,
    still gets in, to what is asked about features alone: the answer says why they get nothing.
    """
    return Quick(
        sa.select(*_columns, *(_on_demand[label] for label in more))
        .select_from(
            ApiToken.__table__.outerjoin(User.__table__, _token.user_id == _user.id)
            .outerjoin(Tenant.__table__, _user.tenant_id == _tenant.id)
            .outerjoin(Admin.__table__, _token.admin_id == _admin.id)
            .outerjoin(RoleAddresses.__table__, RoleAddresses.role == _admin.role)
        )
        .where(
            _token.public_id == sa.bindparam("public_id"),
            _token.revoked_at.is_(None),
            _token.expires_at > sa.bindparam("now"),
            _user.erased_at.is_(None),
            _admin.disabled_at.is_(None),
        )
    )


def current_customer() -> TokenCaller:
    """The user's token behind a `/me` request.

    Raises:
        Denied: somebody else asks, who has no "me" among the customers.
    """
    found = caller()
    if not isinstance(found, TokenCaller) or found.kind is not TokenKind.USER:
        raise Denied("Only the token of a customer's user has a “me”.")
    return found


def token_caller() -> TokenCaller | None:
    """Who shows the bearer token of this request; None when it opens nothing."""
    text = request.headers["Authorization"][len(SCHEME) :].strip()
    public_id = public_id_of(text)
    if public_id is None:
        return None
    now = clock.now()
    # Past the transaction of a request that writes, which may begin later.
    row = token_query(*_wanted()).committed_row(public_id=public_id, now=now)
    if row is None or not compare_digest(row.secret_sha256, token_sha256(text)):
        return None
    if (row.networks != "[]" or row.role_networks) and not _may_come_from_here(row):
        return None
    _count(row.token_id, now)
    add_session(session_ref=row.public_id, amr=("token",), has_sudo=False)
    note_use(row.token_id, row.last_used_at, now)
    return _caller(row)


def _wanted() -> tuple[str, ...]:
    view = current_app.view_functions.get(request.endpoint or "")
    labels: tuple[str, ...] = getattr(view, "token_brings", ())
    return labels


def _count(token_id: int, now: datetime) -> None:
    """Only after the secret was right: nobody else can use up a token's window.

    Raises:
        Throttled: see the class.
    """
    standing = _limiter().take(token_id, now.timestamp())

    @after_this_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(standing.headers)
        return response

    if standing.is_over:
        raise Throttled(standing)


def _limiter() -> RateLimiter:
    found = current_app.extensions.get("portal_token_rates")
    if not isinstance(found, RateLimiter):
        found = RateLimiter(settings().token_rate, settings().processes)
        current_app.extensions["portal_token_rates"] = found
    return found


def note_use(token_id: int, last_used_at: datetime | None, now: datetime) -> None:
    """When and from where it was last used: written at most once a minute, and committed at once.

    Called before the view did anything, so there is nothing else to commit.
    """
    if last_used_at is not None and now - last_used_at < TOUCH_EVERY:
        return
    with noting():
        db.session.execute(
            sa.update(ApiToken)
            .where(
                ApiToken.id == token_id,
                sa.or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - TOUCH_EVERY),
            )
            .values(last_used_at=now, last_used_ip=client_address())
        )


def _caller(row: Any) -> TokenCaller:
    return TokenCaller(
        token_id=row.token_id,
        public_id=row.public_id,
        kind=TokenKind(row.kind),
        actor=_actor(row),
        user_id=row.user_id,
        tenant_id=row.tenant_id,
        row=row,
    )


def _actor(row: Any) -> Actor:
    if row.kind == TokenKind.USER:
        # Nothing of the person: the ledger keeps labels for ever, also after an erasure.
        label = f"user {row.user_id}"
        permissions = CUSTOMER_PERMISSIONS if _has_left(row) else USER_TOKEN_PERMISSIONS
        return Actor(ActorType.CUSTOMER, row.user_id, label, None, permissions)
    if row.kind == TokenKind.SERVICE:
        return Actor(ActorType.API_TOKEN, row.token_id, row.name, None, _scoped(row.scopes))
    permissions = _lent(row.admin_role, row.scopes)
    return Actor(ActorType.ADMIN, row.admin_id, row.admin_email, row.admin_role, permissions)


def _has_left(row: Any) -> bool:
    """Then their tickets are closed to them. A suspended tenant may want to ask why it is."""
    has_left: bool = row.user_status != UserStatus.ACTIVE
    return has_left or row.tenant_status == TenantStatus.CLOSED


@lru_cache(maxsize=256)
def _scoped(scopes: str) -> frozenset[Permission]:
    return permissions_of_scopes(json.loads(scopes))


@lru_cache(maxsize=256)
def _lent(role: str, chosen: str) -> frozenset[Permission]:
    return permissions_of_staff_token(json.loads(chosen), role)


def _may_come_from_here(row: Any) -> bool:
    """The token's own networks, and those of the role of whoever it acts for."""
    address = client_address()
    if is_within(address, row.networks) and is_within(address, row.role_networks or "[]"):
        return True
    log.warning("token.from_elsewhere", public_id=row.public_id, ip=address)
    return False
