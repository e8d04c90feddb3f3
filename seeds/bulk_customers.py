"""Customers by the ten thousand, to measure on: plain rows, the same for a seed.

A tenth of the tenants has a third of the users, as customers are not alike.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import FeatureRow, PlanTemplate
from portal.core import clock
from portal.core.database import db
from portal.customers.models import StatusChange, Tenant, TenantStatus, User, UserStatus
from portal.customers.naming import name_key
from portal.entitlements.facts import Effect
from portal.entitlements.models import UserEntitlement
from portal.subscriptions.models import Subscription, SubscriptionStatus
from seeds.bulk_rows import analyze, load
from seeds.names import FIRST_NAMES, LAST_NAMES, plain

Row = tuple[Any, ...]
PREFIX = "bulk-"
DAY = timedelta(days=1)
SPAN = 700 * DAY
TRADES = ("Boxes", "Cartons", "Packaging", "Crates", "Displays", "Board", "Sleeves", "Cases")
PLANS = (("free", 20), ("basic", 45), ("professional", 30), ("enterprise", 5))
ACTIVE, SUSPENDED = TenantStatus.ACTIVE.value, TenantStatus.SUSPENDED.value
SUFFIX = ("", "Ltd", "GmbH", "SAS", "Inc")


TENANT = (
    *("external_id", "name", "name_key", "status", "entitlement_version", "created_at"),
    "status_changed_at",
)
CHANGE = ("tenant_id", "user_id", "status", "at")
STAY = (
    *("tenant_id", "plan_id", "status", "starts_at", "ends_at", "trial_ends_at"),
    *("anchor_at", "created_at", "created_by_label"),
)
USER = (
    *("tenant_id", "external_id", "name", "name_key", "email", "email_key"),
    *("status", "created_at"),
)
OVERRIDE = (
    *("user_id", "tenant_id", "feature_name", "effect", "quota_limit", "starts_at"),
    *("expires_at", "expiry_noted_at", "reason", "created_at", "created_by_label"),
    *("ended_at", "ended_by_label"),
)
"""The columns that are filled, in the order of the rows."""


def bulk_customers(*, tenants: int, users: int, overrides: int, seed: int) -> dict[str, int]:
    """Add so many of each; how many rows of each kind that made. Commits as it goes."""
    dice = Random(seed)
    made: dict[str, int] = {}
    start = clock.now() - SPAN
    if tenants:
        made["tenants"] = _tenants(tenants, dice, start)
    if users:
        made["users"] = _users(users, dice, start)
    if overrides:
        made["overrides"] = _overrides(overrides, dice)
    if made:
        analyze()
    return made


def _newest(model: type[Tenant] | type[User]) -> int:
    return db.session.scalar(sa.select(sa.func.max(model.id))) or 0


def _tenants(count: int, dice: Random, start: datetime) -> int:
    """With their history: a status or two, and mostly a plan or more."""
    before = _newest(Tenant)
    rows = (_tenant(before + n, dice, start) for n in range(1, count + 1))
    load(Tenant, TENANT, rows)
    query = sa.select(Tenant.id, Tenant.created_at, Tenant.status_changed_at)
    found = [
        (row[0], row[1], row[2]) for row in db.session.execute(query.where(Tenant.id > before))
    ]
    load(StatusChange, CHANGE, ((id_, None, ACTIVE, at) for id_, at, _ in found))
    load(StatusChange, CHANGE, ((id_, None, SUSPENDED, at) for id_, _, at in found if at))
    load(Subscription, STAY, _stays([(id_, at) for id_, at, _ in found], dice))
    return len(found)


def _tenant(number: int, dice: Random, start: datetime) -> Row:
    name = f"{dice.choice(LAST_NAMES)} {dice.choice(TRADES)} {dice.choice(SUFFIX)}".strip()
    name = f"{name} {number}"
    created = start + SPAN * 0.8 * dice.random()
    suspended = created + 100 * DAY * dice.random() if dice.random() < 0.03 else None
    status = SUSPENDED if suspended else ACTIVE
    return f"{PREFIX}{number}", name, name_key(name), status, 1, created, suspended


def _stays(tenants: list[tuple[int, datetime]], dice: Random) -> Iterator[Row]:
    plans = {plan.name: plan.id for plan in db.session.scalars(sa.select(PlanTemplate))}
    names = [name for name, _ in PLANS]
    weights = [weight for _, weight in PLANS]
    now = clock.now()
    for tenant_id, created in tenants:
        if dice.random() < 0.1:
            continue  # never chose one: the fallback plan counts
        changes = sorted(
            created + (now - created) * dice.random() for _ in range(dice.randrange(3))
        )
        edges = [created, *changes]
        for place, starts_at in enumerate(edges):
            ends_at = edges[place + 1] if place + 1 < len(edges) else None
            plan = plans[dice.choices(names, weights)[0]]
            is_trial = ends_at is None and dice.random() < 0.05
            trial = now + 30 * DAY * dice.random() if is_trial else None
            status = SubscriptionStatus.TRIALING if is_trial else SubscriptionStatus.ACTIVE
            yield (
                *(tenant_id, plan, status.value, starts_at, ends_at, trial),
                *(created, starts_at, "system"),
            )


def _users(count: int, dice: Random, start: datetime) -> int:
    """Spread over all bulk tenants, the first of them with the most."""
    query = sa.select(Tenant.id).where(Tenant.external_id.like(f"{PREFIX}%")).order_by(Tenant.id)
    tenants = list(db.session.scalars(query))
    if not tenants:
        return 0
    before = _newest(User)
    load(User, USER, (_user(before + n, dice, tenants, start) for n in range(1, count + 1)))
    found = db.session.execute(
        sa.select(User.tenant_id, User.id, User.status, User.created_at).where(User.id > before)
    ).all()
    load(StatusChange, CHANGE, (tuple(row) for row in found))
    return len(found)


def _user(number: int, dice: Random, tenants: list[int], start: datetime) -> Row:
    tenant_id = tenants[int(len(tenants) * dice.random() ** 2)]
    name = f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"
    email = f"{plain(name).replace(' ', '.')}.{number}@{PREFIX}{tenant_id}.test"
    status = UserStatus.ACTIVE if dice.random() < 0.95 else UserStatus.INACTIVE
    return (
        *(tenant_id, f"{PREFIX}{number}", name, name_key(name), email, email),
        *(status.value, start + SPAN * dice.random()),
    )


def _overrides(count: int, dice: Random) -> int:
    """So many for users that have none yet: at most one open of each feature, the rest history."""
    has_some = sa.exists().where(UserEntitlement.user_id == User.id)
    query = (
        sa.select(User.id, User.tenant_id)
        .where(User.external_id.like(f"{PREFIX}%"), ~has_some)
        .order_by(User.id)
    )
    users = [(row.id, row.tenant_id) for row in db.session.execute(query)]
    features = list(db.session.scalars(sa.select(FeatureRow.name).order_by(FeatureRow.id)))
    if not users or not features:
        return 0
    rows = _all_overrides(count, users, features, dice)
    return load(UserEntitlement, OVERRIDE, rows)


def _all_overrides(
    count: int, users: list[tuple[int, int]], features: list[str], dice: Random
) -> Iterator[Row]:
    """User by user, as an index likes it; each of another feature than the one before."""
    now, (each, rest) = clock.now(), divmod(count, len(users))
    for place, (user_id, tenant_id) in enumerate(users):
        for turn in range(each + (place < rest)):
            feature = features[(turn + place * 7) % len(features)]
            # A feature's second turn can only be history: one override of it may be open.
            is_history = turn >= len(features)
            yield (user_id, tenant_id, feature, *_terms(now, dice, is_history))


def _terms(now: datetime, dice: Random, is_history: bool) -> Row:
    starts_at = now - SPAN * (0.01 + 0.99 * dice.random())
    chance = dice.random()
    effect = Effect.ENABLE if chance < 0.8 else Effect.DISABLE
    limit = dice.randrange(10, 500) if chance < 0.1 else None
    expires_at = starts_at + 2 * SPAN * dice.random() if chance > 0.6 else None
    noted_at = expires_at if expires_at is not None and expires_at <= now else None
    ended_at = starts_at + DAY if is_history or chance < 0.05 else None
    return (
        *(effect.value, limit, starts_at, expires_at, noted_at),
        *("Bulk", starts_at, "system", ended_at, "system" if ended_at else None),
    )
