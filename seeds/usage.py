"""What the demo company’s customers used: from their quotas, and as it was reported."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.periods import period_at
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.entitlements.quotas import consume_quota, standing_now
from portal.entitlements.usage import Report, take_in
from portal.support.tickets import plan_of
from seeds.companies import COMPANIES

MONTHS = 6
MONTH, DAY = timedelta(days=30), timedelta(days=1)
SOURCE = "boxcostpro"
REPORTED = {"basic_quotes": (2, 3), "api_access": (1.6, 120), "custom_reports": (0.7, 1)}
"""Features, how many reports a working day may see of each, and how many uses one may name."""
FROM_LEVEL = {"api_access": 2, "custom_reports": 2}
FULL = {"pampa-cajas": 10, "saguaro-shipping-supply": 8}
"""Quotes used by tenants whose plan has few."""
MOST_QUOTES = 40
MOST_BEFORE = 1.6
"""How much more than now was used in a month before, where it shrinks."""
TRENDS = {company.slug: company.trend for company in COMPANIES}


def seed_usage(tenants: Collection[Tenant], *, seed: int) -> int:
    """Quotes of the present period and the customers kept, by who may; how many uses.

    The tenants must be committed: what may be used is read ahead of the transaction that takes.
    """
    uses = 0
    for tenant in sorted(tenants, key=lambda found: found.external_id):
        dice = Random(f"{seed}:{tenant.external_id}:usage")
        people = _people(tenant)
        quotes = FULL.get(tenant.external_id, dice.randrange(3, MOST_QUOTES))
        parts = _parts(quotes, dice)
        instants = _instants(people[0], len(parts), dice)
        for number, (amount, at) in enumerate(zip(parts, instants, strict=True)):
            wanted = {"feature_name": "basic_quotes", "amount": amount}
            uses += _use(tenant, people[number % len(people)], number, wanted, at)
        wanted = {"feature_name": "basic_parties", "amount": dice.randrange(2, 45)}
        uses += _use(tenant, people[0], 0, wanted, clock.now() - timedelta(minutes=51))
    return uses


def _parts(total: int, dice: Random) -> list[int]:
    """A few uses that make up the total."""
    parts = []
    while total > 0:
        parts.append(min(total, dice.randrange(4, 16)))
        total -= parts[-1]
    return parts


def _instants(user_id: int, count: int, dice: Random) -> list[datetime]:
    """In the present period, so that all of them count now."""
    now, found = clock.now(), standing_now(user_id)
    start, _ = period_at(found.anchor_at, "month", now, found.zone)
    return sorted(start + (now - start) * dice.random() for _ in range(count))


def _use(tenant: Tenant, user_id: int, number: int, wanted: dict[str, Any], at: datetime) -> int:
    """Whoever gets nothing, as of a closed tenant, uses nothing."""
    key = f"demo:{tenant.external_id}:{wanted['feature_name']}:{number}"
    with clock.standing_at(at):
        try:
            consume_quota(user_id=user_id, idempotency_key=key, **wanted)
        except DomainError:
            db.session.rollback()
            return 0
        db.session.commit()
    return 1


def _people(tenant: Tenant) -> list[int]:
    """The first who are active."""
    query = sa.select(User.id).filter_by(tenant_id=tenant.id, status=UserStatus.ACTIVE)
    return list(db.session.scalars(query.order_by(User.id).limit(4)))


def seed_reports(tenants: Collection[Tenant], *, seed: int) -> int:
    """Half a year of reported uses, which grow or shrink from month to month; how many reports.

    They are taken in as they came, month by month: older ones than that are refused.
    """
    count, now = 0, clock.now()
    for tenant in tenants:
        dice = Random(f"{seed}:{tenant.external_id}:reports")
        people, size = _people(tenant), dice.uniform(0.35, 1)
        features = _features(tenant)
        for month in range(MONTHS - 1, -1, -1):
            end = now - month * MONTH
            part = size * min(TRENDS.get(tenant.external_id, 1) ** -month, MOST_BEFORE)
            reports = [
                report
                for day in range(MONTH.days)
                for report in _day(tenant, people, end - day * DAY, (part, features), dice)
                if report.occurred_at <= end
            ]
            with clock.standing_at(end):
                count += len(take_in(reports)) if reports else 0
    db.session.commit()
    return count


def _features(tenant: Tenant) -> list[str]:
    """What the product reports of this tenant: what its plan has."""
    level = plan_of(tenant.id)[1]
    return [feature for feature in REPORTED if FROM_LEVEL.get(feature, 0) <= level]


def _day(
    tenant: Tenant, people: list[int], day: datetime, most: tuple[float, list[str]], dice: Random
) -> Iterator[Report]:
    """The uses of one day; on a weekend hardly any, and none while it was not served."""
    morning = day.replace(hour=7, minute=0, second=0, microsecond=0)
    size, features = most
    share = size if morning.weekday() < 5 else size / 8
    gone_at = tenant.status_changed_at if tenant.status != TenantStatus.ACTIVE else None
    for feature in features:
        number, value = REPORTED[feature]
        for place in range(round(number * share * dice.uniform(0.2, 1.8))):
            at = morning + timedelta(seconds=dice.randrange(36_000))
            uses = dice.randrange(1, value + 1)
            if tenant.created_at < at and not (gone_at and gone_at < at):
                key = f"{morning:%Y-%m-%d}:{place}"
                yield _report(tenant, dice.choice(people), (feature, uses), at, key)


def _report(tenant: Tenant, user_id: int, used: tuple[str, int], at: datetime, key: str) -> Report:
    feature, value = used
    return Report(
        event_id=f"demo:{feature}:{key}",
        source=SOURCE,
        feature_name=feature,
        value=Decimal(value),
        occurred_at=at,
        tenant_id=tenant.id,
        user_id=user_id,
    )
