"""What a change of the catalogue would do to customers, counted before it is saved.

Users who stand alike get the same answer: those on one plan with the same kind of override. So
each kind is decided once by the resolver, under both catalogues, and its people are counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.catalog.snapshot import Allowance, Catalog
from portal.core import clock
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.entitlements.facts import Effect, Override, PlanStay, Subject
from portal.entitlements.holders import is_unended, is_unexpired
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.entitlements.resolution import Decision, resolve
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription

FALLBACK = 0
"""In place of a plan's id: tenants whom no subscription gives a plan."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Users who get one answer: their plan, and the override that counts for them."""

    plan_id: int
    user_effect: str | None
    user_limits: bool
    tenant_effect: str | None
    tenant_limits: bool


@dataclass(frozen=True, slots=True)
class Change:
    """How many users, in how many tenants, a change gives a feature to or takes it from.

    `relimited` keep the feature with another limit.
    """

    feature_name: str
    display_name: str
    gaining_users: int = 0
    gaining_tenants: int = 0
    losing_users: int = 0
    losing_tenants: int = 0
    relimited_users: int = 0
    relimited_tenants: int = 0

    @property
    def is_felt(self) -> bool:
        return bool(self.gaining_users or self.losing_users or self.relimited_users)


def effects_of(now: Catalog, draft: Catalog) -> list[Change]:
    """Every feature whose answer would differ for somebody; one query a changed feature."""
    at = clock.now()
    changed = (
        name for name in sorted({*now.features, *draft.features}) if _differs(now, draft, name)
    )
    found = (_change(now, draft, name, at) for name in changed)
    return [change for change in found if change.is_felt]


def _differs(now: Catalog, draft: Catalog, name: str) -> bool:
    """Could any plan or kind of override decide this feature otherwise?"""
    if now.features.get(name) != draft.features.get(name):
        return True
    return any(_said(now, plan, name) != _said(draft, plan, name) for plan in _plan_ids(now, draft))


def _plan_ids(now: Catalog, draft: Catalog) -> list[int]:
    return [FALLBACK, *sorted({*now.plans, *draft.plans})]


def _said(catalog: Catalog, plan_id: int, name: str) -> object:
    plan = catalog.plans.get(plan_id) if plan_id != FALLBACK else catalog.fallback_plan
    if plan is None:
        return None
    return plan.level, plan.includes_all, plan.features.get(name)


def _change(now: Catalog, draft: Catalog, name: str, at: datetime) -> Change:
    counts = dict.fromkeys(("gaining", "losing", "relimited"), 0)
    tenants: dict[str, set[int]] = {key: set() for key in counts}
    for standing, tenant_id, users in _people(name, at):
        kind = _kind(_decide(now, standing, name, at), _decide(draft, standing, name, at))
        if kind is not None:
            counts[kind] += users
            tenants[kind].add(tenant_id)
    shown = draft.features.get(name) or now.features[name]
    return Change(
        name,
        shown.display_name or name,
        **{f"{kind}_users": count for kind, count in counts.items()},
        **{f"{kind}_tenants": len(found) for kind, found in tenants.items()},
    )


def _kind(before: Decision, after: Decision) -> str | None:
    if before.allowed != after.allowed:
        return "gaining" if after.allowed else "losing"
    if after.allowed and before.allowance != after.allowance:
        return "relimited"
    return None


def _people(name: str, at: datetime) -> Iterator[tuple[Standing, int, int]]:
    """How many active users of active tenants stand how, tenant by tenant."""
    user, tenant = _override(UserEntitlement, name, at), _override(TenantEntitlement, name, at)
    query = (
        sa.select(
            sa.func.coalesce(Subscription.plan_id, FALLBACK),
            user.c.effect,
            user.c.limits,
            tenant.c.effect,
            tenant.c.limits,
            User.tenant_id,
            sa.func.count(User.id),
        )
        .join(Tenant, Tenant.id == User.tenant_id)
        .outerjoin(Subscription, sa.and_(Subscription.tenant_id == User.tenant_id, in_force(at)))
        .outerjoin(user, user.c.subject_id == User.id)
        .outerjoin(tenant, tenant.c.subject_id == User.tenant_id)
        .where(User.status == UserStatus.ACTIVE, Tenant.status == TenantStatus.ACTIVE)
        .group_by(sa.text("1, 2, 3, 4, 5, 6"))
    )
    for (
        plan_id,
        effect,
        limits,
        tenant_effect,
        tenant_limits,
        tenant_id,
        users,
    ) in db.session.execute(query):
        standing = Standing(plan_id, effect, bool(limits), tenant_effect, bool(tenant_limits))
        yield standing, tenant_id, users


def _override(
    model: type[UserEntitlement] | type[TenantEntitlement], name: str, at: datetime
) -> sa.Subquery:
    """The override in force of each subject; a hard denial is no matter of the catalogue."""
    subject = UserEntitlement.user_id if model is UserEntitlement else TenantEntitlement.tenant_id
    limits = sa.or_(model.is_unlimited, model.quota_limit.is_not(None))
    return (
        sa.select(
            subject.label("subject_id"),
            sa.func.max(model.effect).label("effect"),
            sa.func.max(sa.case((limits, 1), else_=0)).label("limits"),
        )
        .where(
            model.feature_name == name,
            model.starts_at <= at,
            is_unexpired(model, at),
            is_unended(model, at),
        )
        .group_by(subject)
        .subquery()
    )


def _decide(catalog: Catalog, standing: Standing, name: str, at: datetime) -> Decision:
    plan = catalog.plans.get(standing.plan_id)
    stays = (PlanStay(1, plan, at, None),) if plan is not None else ()
    subject = Subject(
        tenant_id=0,
        user_id=0,
        is_tenant_active=True,
        is_member=True,
        stays=stays,
        fallback_plan=catalog.fallback_plan,
        user_overrides=_given(name, standing.user_effect, standing.user_limits, at),
        tenant_overrides=_given(name, standing.tenant_effect, standing.tenant_limits, at),
    )
    return resolve(catalog.features.get(name), name, subject, at)


def _given(
    name: str, effect: str | None, limits: bool, at: datetime
) -> dict[str, tuple[Override, ...]]:
    """An override's own limit is the same before and after: only that it has one counts."""
    if effect is None:
        return {}
    allowance = Allowance(is_unlimited=True) if limits else None
    return {name: (Override(1, Effect(effect), at, None, allowance),)}
