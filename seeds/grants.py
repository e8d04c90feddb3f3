"""What the demo company granted, blocked and took back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus, User
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.revoking import revoke_feature
from seeds.agenda import Agenda
from seeds.customers import Brought
from seeds.rounds import plan_expiry

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


AGENTS_MOST = 14
"""Days for which an agent may give something alone."""
GIVEN_BEFORE = (
    (171, "iris-emballage", "dedicated_support", "Their first month with the new costing", 1, 30),
    (158, "aldgate-cartons", "api_access", "Tries the link to their ERP", 2, 14),
    (149, "lomond-board", "quote_templates", "Asked for on the phone", 1, 10),
    (137, "veld-packaging", "custom_reports", "Year end with their auditor", 1, 14),
    (126, "delta-wellpappe", "dedicated_support", "Goodwill after the slow week in summer", 3, 30),
    (117, "brennero-scatole", "custom_reports", "Report for their bank", 2, 7),
    (105, "rhone-cartonnage", "api_access", "Tries it before they take Professional", 1, 14),
    (93, "coldwater-mailers", "party_analytics", "Asked for on the phone", 1, 7),
    (84, "dune-karton", "recurring_invoices", "Shown on a call", 1, 14),
    (71, "quayside-cases", "custom_reports", "Was part of their trial", 1, 14),
    (58, "estuary-packaging", "api_access", "Their web shop sends quotes", 1, 45),
    (47, "emu-paperboard", "quote_templates", "Waits for the next plan", 1, 14),
    (36, "rhone-cartonnage", "dedicated_support", "Move to Professional", 1, 21),
    (27, "hop-valley-cartons", "custom_reports", "Asked for by their owner", 1, 14),
    (12, "coldwater-mailers", "quote_templates", "Shown on a call", 1, 14),
)
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
    # What was given in the months before, and ran out or was taken back.
    *(
        Gift(
            days,
            to,
            feature,
            reason,
            person=person,
            expires_in=length,
            by="support_agent" if length <= AGENTS_MOST else "",
        )
        for days, to, feature, reason, person, length in GIVEN_BEFORE
    ),
    Gift(
        110,
        "cascadia-box-works",
        "dedicated_support",
        "Move to Enterprise",
        expires_in=60,
    ),
    Gift(
        76,
        "hangang-paper",
        "priority_support",
        "Said yes before it was paid",
        revoked_after=30,
    ),
)


def plan_grants(agenda: Agenda, brought: Brought, staff: Mapping[str, Actor]) -> list[Gift]:
    """The gifts to whoever comes by this agenda, each at its time. Those that were given."""
    given: list[Gift] = []
    for gift in GIFTS:
        at = agenda.until - gift.days_ago * DAY
        by = staff[gift.by or ("manager" if gift.person else "admin")]
        agenda.add(at, partial(_give, agenda, gift, by, brought, given), by=by)
    return given


def _give(agenda: Agenda, gift: Gift, by: Actor, brought: Brought, given: list[Gift]) -> None:
    """Nothing to a company that is not there, or not any more."""
    tenant = next((one for one in brought.tenants if one.external_id == gift.to), None)
    if tenant is None or tenant.status != TenantStatus.ACTIVE:
        return
    at = clock.now()
    terms = {
        **gift.terms,
        "starts_at": at + gift.starts_in * DAY if gift.starts_in else None,
        "expires_at": at + gift.expires_in * DAY if gift.expires_in else None,
        "reason": gift.reason,
    }
    user = _person(tenant, gift.person) if gift.person else None
    if user is not None:
        grant_user_feature(by=by, user=user, feature_name=gift.feature, **terms)
    else:
        grant_tenant_feature(by=by, tenant=tenant, feature_name=gift.feature, **terms)
    given.append(gift)
    if terms["expires_at"] is not None:
        plan_expiry(agenda, terms["expires_at"])
    if gift.revoked_after is not None:
        later = at + gift.revoked_after * DAY
        agenda.add(later, partial(_take_back, gift, by, tenant, user), by=by)


def _take_back(gift: Gift, by: Actor, tenant: Tenant, user: User | None) -> None:
    of_tenant = tenant if user is None else None
    reason = "Given by mistake"
    revoke_feature(by=by, user=user, tenant=of_tenant, feature_name=gift.feature, reason=reason)


def _person(tenant: Tenant, number: int) -> User:
    """That one of its people, or the first of all where that one has not come yet."""
    query = sa.select(User).filter_by(tenant_id=tenant.id).order_by(User.external_id)
    people = db.session.scalars(query).all()
    wanted = f"{tenant.external_id}-{number:02}"
    return next((user for user in people if user.external_id == wanted), people[0])
