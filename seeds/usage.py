"""What the demo company’s customers used lately: from their quotas, and as it was reported."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.entitlements.quotas import consume_quota
from portal.entitlements.usage import Report, take_in

DAYS = 30
SOURCE = "boxcostpro"
REPORTED = {"basic_quotes": 6, "api_access": 40}
"""Features, and how many uses a working day may see of each."""
FULL = {"pampa-cajas": 10, "saguaro-shipping-supply": 8}
"""Quotes used by tenants whose plan has few."""
MOST_QUOTES = 40


def seed_usage(tenants: Collection[Tenant], *, seed: int) -> int:
    """Quotes of the last hour and the customers kept, by who may; how many uses.

    The tenants must be committed: what may be used is read ahead of the transaction that takes.
    """
    uses = 0
    for tenant in sorted(tenants, key=lambda found: found.external_id):
        dice = Random(f"{seed}:{tenant.external_id}:usage")
        people = _people(tenant)
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


def _people(tenant: Tenant) -> list[int]:
    """The first who are active."""
    query = sa.select(User.id).filter_by(tenant_id=tenant.id, status=UserStatus.ACTIVE)
    return list(db.session.scalars(query.order_by(User.id).limit(4)))


def seed_reports(tenants: Collection[Tenant], *, seed: int) -> int:
    """A month of reported uses of the tenants that are served; how many."""
    served = [tenant for tenant in tenants if tenant.status == TenantStatus.ACTIVE]
    count = 0
    for tenant in served:
        dice = Random(f"{seed}:{tenant.external_id}:reports")
        people, size = _people(tenant), dice.uniform(0.3, 1)
        reports = [
            report for day in range(DAYS) for report in _day(tenant, people, day, size, dice)
        ]
        count += len(take_in([report for report in reports if report.occurred_at <= clock.now()]))
    db.session.commit()
    return count


def _day(
    tenant: Tenant, people: list[int], back: int, size: float, dice: Random
) -> Iterator[Report]:
    """The uses of one day, so many days ago; on a weekend hardly any."""
    morning = (clock.now() - timedelta(days=back)).replace(hour=7, minute=0, second=0)
    share = size if morning.weekday() < 5 else size / 8
    for feature, most in REPORTED.items():
        if morning < tenant.created_at:
            continue
        for number in range(round(most * share * dice.random())):
            at = morning + timedelta(seconds=dice.randrange(36_000))
            yield _report(tenant, dice.choice(people), feature, at, f"{back}:{number}")


def _report(tenant: Tenant, user_id: int, feature: str, at: datetime, key: str) -> Report:
    return Report(
        event_id=f"demo:{feature}:{key}",
        source=SOURCE,
        feature_name=feature,
        value=Decimal(1),
        occurred_at=at,
        tenant_id=tenant.id,
        user_id=user_id,
    )
