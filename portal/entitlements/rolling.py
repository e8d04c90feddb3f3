"""The counters that a use goes through: locked, rid of what is held too long, and rolled.

Whoever takes from them sees what a check says at the same instant, swept or not.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import changed_rows, db, insert_into
from portal.entitlements.buckets import PRIORITY, Bucket, Calendar, Source
from portal.entitlements.claims import note, own_claim
from portal.entitlements.counters import BUCKETS, locked_buckets
from portal.entitlements.holding import let_go
from portal.entitlements.models import QuotaBucket
from portal.entitlements.pools import TENANT_KEY, Demand, Pool, pools_of


def locked_pools(
    *,
    tenant_id: int,
    feature_name: str,
    demands: Sequence[Demand],
    calendar: Calendar,
    at: datetime,
) -> list[Pool]:
    """The pools with their rows locked and rolled, ready to be taken from."""
    keys = {key for demand in demands for key in demand.helpers}
    rows = locked_buckets(tenant_id, feature_name, keys)
    owners = {demand.user_key for demand in demands}
    if any(row.reserved for row in rows) and let_go(tenant_id, feature_name, owners, at):
        rows = locked_buckets(tenant_id, feature_name, keys)
    missing = [demand for demand in demands if not _has_base(demand, rows)]
    if missing:
        _add_bases(tenant_id, feature_name, missing, calendar, at)
        rows = locked_buckets(tenant_id, feature_name, keys)
    pools = pools_of(demands, rows, calendar, at)
    settled = [_settle(tenant_id, feature_name, pool, rows, at) for pool in pools]
    if any(settled):
        rows = locked_buckets(tenant_id, feature_name, keys)
        pools = pools_of(demands, rows, calendar, at)
    return pools


def _has_base(demand: Demand, rows: list[Bucket]) -> bool:
    return any(row.source == Source.BASE and row.user_key == demand.user_key for row in rows)


def _add_bases(
    tenant_id: int, feature_name: str, demands: list[Demand], calendar: Calendar, at: datetime
) -> None:
    for demand in demands:
        interval = str(demand.allowance.interval)
        start, end = calendar.period(interval, at)
        values = {
            **_row(tenant_id, feature_name, demand.user_key, Source.BASE),
            "interval": interval,
            "period_start": start,
            "period_end": end,
            "created_at": at,
        }
        db.session.execute(insert_into(QuotaBucket).values(**values).on_conflict_do_nothing())


def _row(tenant_id: int, feature_name: str, user_key: int, source: Source) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "user_key": user_key,
        "feature_name": feature_name,
        "source": source,
        "source_id": 0,
        "used": 0,
        "reserved": 0,
        "has_extras": False,
        "priority": PRIORITY[source],
    }


def _settle(
    tenant_id: int, feature_name: str, pool: Pool, rows: list[Bucket], at: datetime
) -> bool:
    """Write the roll, the new interval or the mark that is due. Was one?"""
    before = next(row for row in rows if row.id == pool.base.id)
    after = replace(
        pool.base,
        has_extras=bool(pool.extras or pool.renewal.carried)
        or (before.has_extras and _any_extras(tenant_id, feature_name, pool.base, at)),
    )
    if before == after:
        return False
    # The old end guards the roll: of two that see it due, one does it.
    is_rolled = changed_rows(
        sa.update(QuotaBucket)
        .where(
            BUCKETS.c.id == after.id, BUCKETS.c.period_end.is_not_distinct_from(before.period_end)
        )
        .values(
            used=after.used,
            reserved=after.reserved,
            interval=after.interval,
            period_start=after.period_start,
            period_end=after.period_end,
            has_extras=after.has_extras,
        )
    )
    if pool.renewal.is_rolled and is_rolled:
        _note_roll(tenant_id, feature_name, before, pool, at)
        if pool.renewal.carried:
            _carry(tenant_id, feature_name, pool, at)
    return True


def _any_extras(tenant_id: int, feature_name: str, base: Bucket, at: datetime) -> bool:
    """Does any user have a top-up that counts? Then the counter that all share stays marked."""
    more = sa.select(BUCKETS.c.id).where(
        BUCKETS.c.tenant_id == tenant_id,
        BUCKETS.c.feature_name == feature_name,
        BUCKETS.c.source != Source.BASE,
        sa.or_(BUCKETS.c.user_key == base.user_key, sa.literal(base.user_key == TENANT_KEY)),
        sa.or_(BUCKETS.c.expires_at.is_(None), BUCKETS.c.expires_at > at),
        sa.or_(BUCKETS.c.exhausted_at.is_(None), BUCKETS.c.exhausted_at >= base.period_start),
    )
    return db.session.scalar(more.limit(1)) is not None


def _note_roll(tenant_id: int, feature_name: str, before: Bucket, pool: Pool, at: datetime) -> None:
    """Once a period: the key makes a second one impossible."""
    start = timestamp(pool.base.period_start)
    claim = own_claim(tenant_id, None, feature_name, f"roll {before.id} {start}")
    result = {"was_used": before.used, "was_reserved": before.reserved}
    result["carried"] = pool.renewal.carried
    note(claim, kind="roll", amount=0, allocations=[], result=result, at=at)


def _carry(tenant_id: int, feature_name: str, pool: Pool, at: datetime) -> None:
    """What was rolled over, in the one bucket that each counter has for it."""
    base = pool.base
    fresh = {
        "own_limit": pool.renewal.carried,
        "used": 0,
        "reserved": 0,
        "interval": base.interval,
        "period_start": base.period_start,
        "period_end": base.period_end,
        "expires_at": base.period_end,
        "exhausted_at": None,
        "created_at": at,
    }
    row = {**_row(tenant_id, feature_name, base.user_key, Source.ROLLOVER), **fresh}
    place = [BUCKETS.c[name] for name in ("tenant_id", "user_key", "feature_name", "source")]
    added = insert_into(QuotaBucket).values(**row)
    db.session.execute(
        added.on_conflict_do_update(index_elements=[*place, BUCKETS.c.source_id], set_=fresh)
    )
