"""What decisions are made from, read from the database: a user's present, or any past instant.

The present costs one statement for who it is and under which versions, one for the stays and one
for the overrides; all three are indexed and do not grow with the tables.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import CatalogRevision
from portal.catalog.snapshot import Allowance, Catalog, Interval
from portal.core.clock import second_of
from portal.core.errors import NotFound
from portal.core.quick import Quick
from portal.customers.bearer import also_read
from portal.customers.models import StatusChange, Tenant, TenantStatus, User, UserStatus
from portal.entitlements.facts import Effect, Override, PlanStay, Subject
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.subscriptions.stays import Stay, stays_of

REMEMBERED = timedelta(days=400)
"""Of overrides that are over, those of about a year are told in the trace."""

_newest_catalog = sa.select(sa.func.coalesce(sa.func.max(CatalogRevision.id), 0)).scalar_subquery()
also_read("catalog_version", _newest_catalog)


@dataclass(frozen=True, slots=True)
class Facts:
    """A user (or, with `user_id` None, a tenant as such) and the versions of what is decided."""

    tenant_id: int
    user_id: int | None
    is_tenant_active: bool
    is_member: bool
    zone: str
    tenant_created_at: datetime
    tenant_version: int
    catalog_version: int


def facts_of(*, user_id: int | None = None, tenant_id: int | None = None) -> Facts:
    """One indexed statement, read afresh.

    Raises:
        NotFound: there is no such user or tenant.
    """
    row = _USER.row(id=user_id) if user_id is not None else _TENANT.row(id=tenant_id)
    if row is None:
        raise NotFound(f"There is no such {'tenant' if user_id is None else 'user'}.")
    return facts_in(row)


def facts_in(row: Any) -> Facts:
    """The facts in a row that has their columns, such as the look-up of a token."""
    return Facts(
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        is_tenant_active=row.tenant_status == TenantStatus.ACTIVE,
        is_member=row.user_id is None or row.user_status == UserStatus.ACTIVE,
        zone=row.time_zone,
        tenant_created_at=row.tenant_created_at,
        tenant_version=row.tenant_version,
        catalog_version=row.catalog_version,
    )


def facts_then(facts: Facts, at: datetime) -> Facts:
    """The same with the states of the tenant and the user as they were at a past instant."""
    states = _STATES.row(tenant_id=facts.tenant_id, user_id=facts.user_id or 0, at=at)
    was_there = facts.tenant_created_at <= at
    tenant = states.tenant_status if states else None
    is_active = tenant == TenantStatus.ACTIVE if tenant else facts.is_tenant_active and was_there
    if facts.user_id is None:
        return replace(facts, is_tenant_active=is_active)
    user = states.user_status if states else None
    joined = states is not None and states.user_created_at <= at
    is_member = user == UserStatus.ACTIVE if user else facts.is_member and joined
    return replace(facts, is_tenant_active=is_active, is_member=is_member)


def subject_of(facts: Facts, catalog: Catalog, at: datetime) -> tuple[Subject, datetime]:
    """The subject with its stays and overrides, and the second its periods are counted from."""
    rows = _OVERRIDES.rows(
        tenant_id=facts.tenant_id, user_id=facts.user_id or 0, since=at - REMEMBERED
    )
    return subject_with(facts, catalog, at, stays_of(facts.tenant_id), rows)


def subject_with(
    facts: Facts, catalog: Catalog, at: datetime, stays: tuple[Stay, ...], rows: Sequence[Any]
) -> tuple[Subject, datetime]:
    """The same from what is read by now: `rows` are overrides of the tenant and of the user."""
    subject = Subject(
        tenant_id=facts.tenant_id,
        user_id=facts.user_id,
        is_tenant_active=facts.is_tenant_active,
        is_member=facts.is_member,
        stays=tuple(_plan_stays(stays, catalog)),
        fallback_plan=catalog.fallback_plan,
        user_overrides=_by_feature(row for row in rows if row.scope == "user"),
        tenant_overrides=_by_feature(row for row in rows if row.scope == "tenant"),
    )
    return subject, second_of(_anchor(stays, at) or facts.tenant_created_at)


def _plan_stays(stays: Iterable[Stay], catalog: Catalog) -> Iterable[PlanStay]:
    for stay in stays:
        plan = catalog.plans.get(stay.plan_id)
        if plan is not None and (stay.ends_at is None or stay.starts_at < stay.ends_at):
            yield PlanStay(stay.id, plan, stay.starts_at, stay.ends_at, stay.status)


def _anchor(stays: tuple[Stay, ...], at: datetime) -> datetime | None:
    """That of the latest stay that has begun; a change of plan keeps it."""
    begun = [stay for stay in stays if stay.starts_at <= at] or list(stays)
    return begun[-1].anchor_at if begun else None


def _by_feature(rows: Iterable[Any]) -> dict[str, tuple[Override, ...]]:
    found: dict[str, list[Override]] = {}
    for row in rows:
        override = _override(row)
        # A scheduled one that was taken back before its start was never in force.
        if override.ends_at is None or override.starts_at < override.ends_at:
            found.setdefault(row.feature_name, []).append(override)
    return {name: tuple(overrides) for name, overrides in found.items()}


def _override(row: Any) -> Override:
    ends = [instant for instant in (row.expires_at, row.ended_at) if instant is not None]
    is_ended = row.ended_at is not None and row.ended_at == min(ends)
    return Override(
        id=row.id,
        effect=Effect(row.effect),
        # What was entered later for an earlier time gave nobody anything before.
        starts_at=max(row.starts_at, row.created_at),
        ends_at=min(ends, default=None),
        allowance=_allowance(row),
        by=row.created_by_label,
        given_at=row.created_at,
        reason=row.reason,
        ended_by=row.ended_by_label if is_ended else None,
    )


def _allowance(row: Any) -> Allowance | None:
    if not row.is_unlimited and row.quota_limit is None:
        return None
    return Allowance(
        is_unlimited=row.is_unlimited,
        limit=row.quota_limit or 0,
        interval=Interval(row.interval) if row.interval else None,
        is_soft=row.is_soft,
        overage_cap=row.overage_cap,
    )


_user, _tenant = User.__table__.c, Tenant.__table__.c
_shared = (
    _tenant.status.label("tenant_status"),
    _tenant.time_zone,
    _tenant.created_at.label("tenant_created_at"),
    _tenant.entitlement_version.label("tenant_version"),
    _newest_catalog.label("catalog_version"),
)
OF_USERS = sa.select(
    _user.id.label("user_id"), _user.tenant_id, _user.status.label("user_status"), *_shared
).join_from(User.__table__, Tenant.__table__, _user.tenant_id == _tenant.id)
OF_TENANTS = sa.select(
    _tenant.id.label("tenant_id"),
    sa.null().label("user_id"),
    sa.null().label("user_status"),
    *_shared,
)
"""What `facts_in` reads, of everybody."""
_USER = Quick(OF_USERS.where(_user.id == sa.bindparam("id")))
_TENANT = Quick(OF_TENANTS.where(_tenant.id == sa.bindparam("id")))


def _state_of(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[str]:
    """The status that the latest change at or before `at` left."""
    return (
        sa.select(StatusChange.status)
        .where(
            StatusChange.tenant_id == sa.bindparam("tenant_id"),
            StatusChange.at <= sa.bindparam("at", type_=StatusChange.at.type),
            *conditions,
        )
        .order_by(StatusChange.at.desc(), StatusChange.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_STATES = Quick(
    sa.select(
        _state_of(StatusChange.user_id.is_(None)).label("tenant_status"),
        _state_of(StatusChange.user_id == sa.bindparam("user_id")).label("user_status"),
        sa.select(_user.created_at)
        .where(_user.id == sa.bindparam("user_id"))
        .scalar_subquery()
        .label("user_created_at"),
    )
)


def overrides(scope: str, model: Any, since: Any) -> sa.Select[Any]:
    """Of everybody, without those that ended or ran out until then."""
    table = model.__table__.c
    return sa.select(
        sa.literal_column(f"'{scope}'").label("scope"),
        table.id,
        table.feature_name,
        table.effect,
        table.quota_limit,
        table.is_unlimited,
        table.interval,
        table.is_soft,
        table.overage_cap,
        table.starts_at,
        table.expires_at,
        table.reason,
        table.created_at,
        table.created_by_label,
        table.ended_at,
        table.ended_by_label,
    ).where(
        sa.or_(table.ended_at.is_(None), table.ended_at > since),
        sa.or_(table.expires_at.is_(None), table.expires_at > since),
    )


_since = sa.bindparam("since", type_=UserEntitlement.__table__.c.starts_at.type)
_OVERRIDES = Quick(
    sa.union_all(
        overrides("user", UserEntitlement, _since).where(
            UserEntitlement.__table__.c.user_id == sa.bindparam("user_id")
        ),
        overrides("tenant", TenantEntitlement, _since).where(
            TenantEntitlement.__table__.c.tenant_id == sa.bindparam("tenant_id")
        ),
    )
)
