"""What a change of the catalogue would do to customers, counted before it is saved.

Users who stand alike get the same answer: those on one plan with the same kind of override. So
each standing is decided once by the resolver, under both catalogues, and where its answer turns
its people are counted: three statements, however many features, tenants and users there are.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple

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
PLAN = sa.func.coalesce(Subscription.plan_id, sa.literal_column(str(FALLBACK)))


class Own(NamedTuple):
    """The override that counts for a user or a tenant, if any, and whether it has its own limit."""

    effect: str | None = None
    has_limit: bool = False


class Standing(NamedTuple):
    """Users who get one answer: their plan, and the overrides that count for them."""

    plan_id: int
    user: Own
    tenant: Own


NONE = Own()
EVERY_OWN = (NONE, *(Own(effect, limit) for effect, limit in product(Effect, (False, True))))
"""How a user or a tenant can stand to one feature."""
KINDS = ("gaining", "losing", "relimited")


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


def effects_of(now: Catalog, draft: Catalog) -> list[Change]:
    """Every feature whose answer would differ for somebody, by name."""
    at = clock.now()
    names = sorted({*now.features, *draft.features})
    turned = {name: turns for name in names if (turns := _turns(now, draft, name, at))}
    users: Counter[tuple[str, str]] = Counter()
    tenants: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for name, standing, tenant_id, count in _people(turned, at):
        kind = turned[name].get(standing)
        if kind is not None:
            users[name, kind] += count
            tenants[name, kind].add(tenant_id)
    return [
        Change(
            name,
            (draft.features.get(name) or now.features[name]).display_name or name,
            **{f"{kind}_users": users[name, kind] for kind in KINDS},
            **{f"{kind}_tenants": len(tenants[name, kind]) for kind in KINDS},
        )
        for name in turned
        if any(users[name, kind] for kind in KINDS)
    ]


def _turns(now: Catalog, draft: Catalog, name: str, at: datetime) -> dict[Standing, str]:
    """Every standing that the feature would be answered otherwise, and which of `KINDS` that is."""
    is_other = now.features.get(name) != draft.features.get(name)
    plans = [
        plan
        for plan in (FALLBACK, *sorted({*now.plans, *draft.plans}))
        if is_other or _said(now, plan, name) != _said(draft, plan, name)
    ]
    standings = (Standing(*each) for each in product(plans, EVERY_OWN, EVERY_OWN))
    kinds = ((standing, _kind(now, draft, standing, name, at)) for standing in standings)
    return {standing: kind for standing, kind in kinds if kind is not None}


def _said(catalog: Catalog, plan_id: int, name: str) -> object:
    plan = catalog.plans.get(plan_id) if plan_id != FALLBACK else catalog.fallback_plan
    if plan is None:
        return None
    return plan.level, plan.includes_all, plan.features.get(name)


def _kind(now: Catalog, draft: Catalog, standing: Standing, name: str, at: datetime) -> str | None:
    before, after = _decide(now, standing, name, at), _decide(draft, standing, name, at)
    if before.allowed != after.allowed:
        return "gaining" if after.allowed else "losing"
    if after.allowed and before.allowance != after.allowance:
        return "relimited"
    return None


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
        user_overrides=_given(name, standing.user, at),
        tenant_overrides=_given(name, standing.tenant, at),
    )
    return resolve(catalog.features.get(name), name, subject, at)


def _given(name: str, own: Own, at: datetime) -> dict[str, tuple[Override, ...]]:
    """An override's own limit is the same before and after: only that it has one counts."""
    if own.effect is None:
        return {}
    allowance = Allowance(is_unlimited=True) if own.has_limit else None
    return {name: (Override(1, Effect(own.effect), at, None, allowance),)}


def _people(
    turned: dict[str, dict[Standing, str]], at: datetime
) -> Iterator[tuple[str, Standing, int, int]]:
    """How many users stand how to each of the features, tenant by tenant."""
    names, plans = list(turned), {each.plan_id for turns in turned.values() for each in turns}
    if not plans:
        return
    of_users, of_tenants = _overrides_of_users(names, plans, at), _overrides_of_tenants(names, at)
    for tenant_id, plan_id, users in db.session.execute(_crowd(plans, at)):
        for name in names:
            theirs, rest = of_tenants.get((name, tenant_id), NONE), users
            for own, count in of_users.get((name, tenant_id), ()):
                yield name, Standing(plan_id, own, theirs), tenant_id, count
                rest -= count
            if rest > 0:
                yield name, Standing(plan_id, NONE, theirs), tenant_id, rest


def _crowd(plans: Collection[int], at: datetime) -> Any:
    """The active tenants on these plans: id, plan, and how many active users."""
    groups = (User.tenant_id, PLAN)
    query = sa.select(*groups, sa.func.count()).select_from(User)
    return _of_active(query, plans, at).group_by(*groups)


def _overrides_of_users(
    names: list[str], plans: Collection[int], at: datetime
) -> dict[tuple[str, int], list[tuple[Own, int]]]:
    """By feature and tenant: how many of its active users have which override of their own."""
    own = _in_force(UserEntitlement, UserEntitlement.user_id, names, at)
    groups = (own.c.feature_name, User.tenant_id, own.c.effect, own.c.has_limit)
    query = sa.select(*groups, sa.func.count()).join(User, User.id == own.c.holder_id)
    query = _of_active(query, plans, at).group_by(*groups)
    found = defaultdict(list)
    for name, tenant_id, effect, has_limit, users in db.session.execute(query):
        found[name, tenant_id].append((Own(effect, bool(has_limit)), users))
    return found


def _overrides_of_tenants(names: list[str], at: datetime) -> dict[tuple[str, int], Own]:
    own = _in_force(TenantEntitlement, TenantEntitlement.tenant_id, names, at)
    return {
        (name, tenant_id): Own(effect, bool(has_limit))
        for tenant_id, name, effect, has_limit in db.session.execute(sa.select(own))
    }


def _in_force(
    model: type[UserEntitlement | TenantEntitlement],
    holder: sa.orm.InstrumentedAttribute[int],
    names: list[str],
    at: datetime,
) -> sa.Subquery:
    """The override in force of each holder; a hard denial is no matter of the catalogue."""
    has_limit = sa.case((sa.or_(model.is_unlimited, model.quota_limit.is_not(None)), 1), else_=0)
    return (
        sa.select(
            holder.label("holder_id"),
            model.feature_name,
            sa.func.max(model.effect).label("effect"),
            sa.func.max(has_limit).label("has_limit"),
        )
        .where(
            model.feature_name.in_(names),
            model.starts_at <= at,
            is_unexpired(model, at),
            is_unended(model, at),
        )
        .group_by(holder, model.feature_name)
        .subquery()
    )


def _of_active(query: Any, plans: Collection[int], at: datetime) -> Any:
    """Of active users alone, whose tenants are active and on one of the plans now."""
    paid = sa.and_(Subscription.tenant_id == User.tenant_id, in_force(at))
    is_active = (User.status == UserStatus.ACTIVE, Tenant.status == TenantStatus.ACTIVE)
    return (
        query.join(Tenant, Tenant.id == User.tenant_id)
        .outerjoin(Subscription, paid)
        .where(*is_active, PLAN.in_(plans))
    )
