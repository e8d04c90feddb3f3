"""What the demo company granted, blocked and took back, and what its customers used lately."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.models import Tenant, User, UserStatus
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.quotas import consume_quota
from portal.entitlements.revoking import revoke_feature

DAY = timedelta(days=1)
OFF = {"effect": Effect.DISABLE}


@dataclass(frozen=True, slots=True)
class Gift:
    """So many days ago, to a tenant or to one of its people; the days count from the grant."""

    days_ago: int
    to: str
    feature: str
    reason: str
    person: int | None = None
    terms: dict[str, Any] = field(default_factory=dict)
    starts_in: int | None = None
    expires_in: int | None = None
    revoked_after: int | None = None
    by: str = ""
    """The role; else an admin for a tenant, a manager for one person."""


GIFTS = (
    Gift(8, "estuary-packaging", "quote_templates", "Tries them before an upgrade", expires_in=38),
    Gift(6, "fjordpak", "basic_quotes", "Opening offer", terms={"quota_limit": 25}, expires_in=26),
    Gift(
        3,
        "lomond-board",
        "custom_reports",
        "Waits for an answer of ours",
        person=2,
        expires_in=10,
        by="support_agent",
    ),
    Gift(20, "veld-packaging", "api_access", "Builds a link to us", person=1, expires_in=80),
    Gift(15, "kaveri-corrugated", "custom_reports", "Asked for by their lead", person=4, terms=OFF),
    Gift(5, "iris-emballage", "api_access", "Until their program is mended", terms=OFF),
    Gift(
        70,
        "delta-wellpappe",
        "multi_user",
        "Five more seats by agreement",
        terms={"quota_limit": 20},
    ),
    Gift(
        4,
        "cascadia-box-works",
        "audit_logs",
        "While their security looks into it",
        person=3,
        terms={"effect": Effect.HARD_DENY},
        by="admin",
    ),
    Gift(2, "umber-display", "dedicated_support", "Move of their data", starts_in=5, expires_in=35),
    Gift(40, "brennero-scatole", "party_analytics", "A look at it", person=1, expires_in=14),
    Gift(50, "quayside-cases", "recurring_invoices", "By mistake", person=2, revoked_after=30),
    Gift(9, "yarrow-folding-cartons", "dedicated_support", "Goodwill after an outage", person=1),
)
FULL = {"pampa-cajas": 10, "saguaro-shipping-supply": 8}
"""Quotes used by tenants whose plan has few."""
MOST_QUOTES = 40


def seed_grants(tenants: Collection[Tenant], staff: dict[str, Actor]) -> int:
    """The gifts to these tenants, each at its time; how many."""
    by_slug = {tenant.external_id: tenant for tenant in tenants}
    given = [gift for gift in GIFTS if gift.to in by_slug]
    for gift in given:
        role = gift.by or ("manager" if gift.person else "admin")
        _give(gift, by_slug[gift.to], staff[role])
    return len(given)


def _give(gift: Gift, tenant: Tenant, by: Actor) -> None:
    at = clock.now() - gift.days_ago * DAY
    terms = {
        **gift.terms,
        "starts_at": at + gift.starts_in * DAY if gift.starts_in else None,
        "expires_at": at + gift.expires_in * DAY if gift.expires_in else None,
        "reason": gift.reason,
    }
    user = _person(tenant, gift.person) if gift.person else None
    with clock.standing_at(at):
        if user is not None:
            grant_user_feature(by=by, user=user, feature_name=gift.feature, **terms)
        else:
            grant_tenant_feature(by=by, tenant=tenant, feature_name=gift.feature, **terms)
    if gift.revoked_after is not None:
        with clock.standing_at(at + gift.revoked_after * DAY):
            revoke_feature(by=by, user=user, feature_name=gift.feature, reason="Given by mistake")


def _person(tenant: Tenant, number: int) -> User:
    external_id = f"{tenant.external_id}-{number:02}"
    return db.session.scalars(sa.select(User).filter_by(external_id=external_id)).one()


def seed_usage(tenants: Collection[Tenant], *, seed: int) -> int:
    """Quotes of the last hour and the customers kept, by who may; how many uses.

    The tenants must be committed: what may be used is read ahead of the transaction that takes.
    """
    uses = 0
    for tenant in sorted(tenants, key=lambda found: found.external_id):
        dice = Random(f"{seed}:{tenant.external_id}:usage")
        query = sa.select(User.id).filter_by(tenant_id=tenant.id, status=UserStatus.ACTIVE)
        people = list(db.session.scalars(query.order_by(User.id).limit(4)))
        quotes = FULL.get(tenant.external_id, dice.randrange(3, MOST_QUOTES))
        for number, amount in enumerate(_parts(quotes, dice)):
            wanted = {"feature_name": "basic_quotes", "amount": amount}
            uses += _use(tenant, people[number % len(people)], number, wanted)
        wanted = {"feature_name": "basic_parties", "amount": dice.randrange(2, 45)}
        uses += _use(tenant, people[0], 0, wanted)
    return uses


def _parts(total: int, dice: Random) -> list[int]:
    """A few uses that make up the total."""
    parts = []
    while total > 0:
        parts.append(min(total, dice.randrange(1, 9)))
        total -= parts[-1]
    return parts


def _use(tenant: Tenant, user_id: int, number: int, wanted: dict[str, Any]) -> int:
    """Whoever gets nothing, as of a closed tenant, uses nothing."""
    key = f"demo:{tenant.external_id}:{wanted['feature_name']}:{number}"
    with clock.standing_at(clock.now() - timedelta(minutes=50 - number)):
        try:
            consume_quota(user_id=user_id, idempotency_key=key, **wanted)
        except DomainError:
            db.session.rollback()
            return 0
        db.session.commit()
    return 1
