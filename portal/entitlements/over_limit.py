"""Who has used more than they may now. A sweeper keeps the list; it never decides anything.

Limits are derived, so a lowered one is seen when the sweeper comes by: each counter that is in
use, some at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import UTCDateTime, changed_rows, db, looking
from portal.customers.models import Tenant
from portal.entitlements.buckets import Bucket, Calendar, Source
from portal.entitlements.counters import BUCKETS, COLUMNS
from portal.entitlements.many import standings_of
from portal.entitlements.models import QuotaBucket
from portal.entitlements.pools import TENANT_KEY, Demand, demands_of, pools_of
from portal.entitlements.snapshots import Standing
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.web.paging import PAGE_SIZE, ListPage, page_of

KIND = "entitlements.note_over_limit"
AT_ONCE = 1000

recurring(KIND, every=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A counter that is beyond its limit, and since when that is known."""

    bucket_id: int
    tenant_id: int
    tenant_name: str
    user_key: int
    feature_name: str
    used: int
    since: datetime


def over_limit(*, cursor: str | None = None, limit: int = PAGE_SIZE) -> ListPage[OverLimit]:
    """The latest first."""
    # Never null in this list, which its pages rely on: the column alone does not say so.
    since: sa.ColumnClause[datetime] = sa.literal_column(
        f"{QuotaBucket.__tablename__}.over_limit_since", UTCDateTime()
    )
    query = (
        sa.select(
            QuotaBucket.id,
            QuotaBucket.tenant_id,
            Tenant.name,
            QuotaBucket.user_key,
            QuotaBucket.feature_name,
            QuotaBucket.used,
            since,
        )
        .join(Tenant, Tenant.id == QuotaBucket.tenant_id)
        .where(since.is_not(None))
        .order_by(since.desc(), QuotaBucket.id.desc())
    )
    return page_of(query, lambda row: OverLimit(*row), cursor=cursor, limit=limit)


def limits_now(rows: Sequence[OverLimit]) -> dict[int, int]:
    """What each of them may use at most now, by its counter; without those whom nothing limits."""
    standings, at = standings_of({(row.tenant_id, row.user_key) for row in rows}), clock.now()
    return {
        row.bucket_id: demand.allowance.limit
        for row in rows
        for found in [standings[row.tenant_id, row.user_key]]
        for demand in _own_demands(found, row.feature_name, row.user_key, at)
        if not demand.allowance.is_unlimited
    }


def _own_demands(found: Standing, feature_name: str, user_key: int, at: datetime) -> list[Demand]:
    """By which allowance this counter counts; by none of a feature that is not given any more."""
    decision = found.decide(feature_name, at)
    demands = demands_of(decision, user_key if user_key != TENANT_KEY else None)
    return [each for each in demands if each.user_key == user_key] if decision.allowed else []


@handles(KIND)
def sweep(payload: dict[str, Any]) -> None:
    """Some counters a run, then the next run is queued: no transaction grows long."""
    last = _note_after(int(payload.get("after", 0)))
    if last is not None:
        enqueue(KIND, {"after": last})


def _note_after(bucket_id: int) -> int | None:
    """The last id that was looked at; None when that was the end."""
    query = _used().where(BUCKETS.c.id > bucket_id).order_by(BUCKETS.c.id).limit(AT_ONCE)
    return _note(query)


def _used() -> Any:
    return sa.select(
        BUCKETS.c.tenant_id, BUCKETS.c.feature_name, BUCKETS.c.over_limit_since, *COLUMNS
    ).where(
        BUCKETS.c.source == Source.BASE,
        sa.or_(BUCKETS.c.used > 0, BUCKETS.c.over_limit_since.is_not(None)),
    )


def _note(query: Any) -> int | None:
    at = clock.now()
    with looking():  # a thousand decisions would keep every writer of SQLite waiting
        rows = list(db.session.execute(query))
        over = {row.id for row in _over(rows, at)}
    for row in rows:
        _mark(row, row.id in over, at)
    return max((row.id for row in rows), default=None) if len(rows) == AT_ONCE else None


def _over(rows: list[Any], at: datetime) -> Iterator[Any]:
    standings = standings_of({(row.tenant_id, row.user_key) for row in rows})
    for row in rows:
        found = standings[row.tenant_id, row.user_key]
        own = _own_demands(found, row.feature_name, row.user_key, at)
        if own:
            calendar = Calendar(found.anchor_at, found.zone)
            block = pools_of(own, [Bucket(*row[3:])], calendar, at)[0].block()
            if not block.is_unlimited and block.used > block.limit and not block.is_soft:
                yield row


def _mark(row: Any, is_over: bool, at: datetime) -> None:
    """A counter that moved meanwhile waits for the next round."""
    if is_over == (row.over_limit_since is not None):
        return
    changed_rows(
        sa.update(QuotaBucket)
        .where(QuotaBucket.id == row.id, QuotaBucket.used == row.used)
        .values(over_limit_since=at if is_over else None)
    )
