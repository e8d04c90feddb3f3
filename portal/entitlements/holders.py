"""Whose override it is: a user's or a tenant's. The deeds treat both alike."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.audit.ledger import Target
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.customers.naming import target_of_tenant, target_of_user
from portal.entitlements.facts import Effect
from portal.entitlements.models import TenantEntitlement, UserEntitlement

Entitlement: TypeAlias = UserEntitlement | TenantEntitlement


@dataclass(frozen=True, slots=True)
class Holder:
    """One user or one tenant, and what the ledger calls it."""

    scope: str
    id: int
    tenant_id: int
    target: Target

    @property
    def user_id(self) -> int | None:
        return self.id if self.scope == "user" else None

    @property
    def entity_type(self) -> str:
        return f"{self.scope}_entitlement"

    @property
    def model(self) -> Any:
        return UserEntitlement if self.scope == "user" else TenantEntitlement

    @property
    def key(self) -> dict[str, int]:
        """What its rows are filled with."""
        if self.scope == "user":
            return {"user_id": self.id, "tenant_id": self.tenant_id}
        return {"tenant_id": self.tenant_id}


def holder_of(*, user: User | None = None, tenant: Tenant | None = None) -> Holder:
    """The user, or the tenant when there is no user."""
    if user is not None:
        return Holder("user", user.id, user.tenant_id, target_of_user(user))
    if tenant is None:
        raise TypeError("whose? give a user or a tenant")
    return Holder("tenant", tenant.id, tenant.id, target_of_tenant(tenant))


def holder_of_row(row: Entitlement) -> Holder:
    if isinstance(row, UserEntitlement):
        return holder_of(user=db.session.get_one(User, row.user_id))
    return holder_of(tenant=db.session.get_one(Tenant, row.tenant_id))


def unended_rows(holder: Holder, feature_name: str, at: datetime) -> list[Entitlement]:
    """Read afresh, oldest start first: in force, run out but not closed, or still to come.

    The caller holds the tenant's version, so that nobody changes them meanwhile.
    """
    return unended_rows_of([holder], feature_name, at)[holder.id]


def unended_rows_of(
    holders: Collection[Holder], feature_name: str, at: datetime
) -> dict[int, list[Entitlement]]:
    """The same for several of one scope, by their ids."""
    found: dict[int, list[Entitlement]] = {holder.id: [] for holder in holders}
    scope = next((holder.scope for holder in holders), "user")
    model: Any = UserEntitlement if scope == "user" else TenantEntitlement
    owner = model.user_id if scope == "user" else model.tenant_id
    query = (
        sa.select(model)
        .where(
            owner.in_(list(found)),
            model.feature_name == feature_name,
            is_unended(model, at),
        )
        .order_by(model.starts_at, model.id)
        .execution_options(populate_existing=True)
    )
    for row in db.session.scalars(query):
        found[row.user_id if scope == "user" else row.tenant_id].append(row)
    return found


def is_blocked_for_tenant(tenant_id: int, feature_name: str, at: datetime) -> bool:
    """Is the feature switched off for all users of the tenant, now or from a later start?"""
    row = TenantEntitlement
    query = sa.select(row.id).where(
        row.tenant_id == tenant_id,
        row.feature_name == feature_name,
        row.effect == Effect.DISABLE,
        is_unended(row, at),
        is_unexpired(row, at),
    )
    return db.session.scalar(query.limit(1)) is not None


def is_unended(columns: Any, at: datetime) -> sa.ColumnElement[bool]:
    """Not superseded or taken back by then; `columns` are a model or its table's."""
    return sa.or_(columns.ended_at.is_(None), columns.ended_at > at)


def is_unexpired(columns: Any, at: datetime) -> sa.ColumnElement[bool]:
    """Not run out by then."""
    return sa.or_(columns.expires_at.is_(None), columns.expires_at > at)
