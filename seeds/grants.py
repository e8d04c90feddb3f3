"""What the demo company granted, blocked and took back."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
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
