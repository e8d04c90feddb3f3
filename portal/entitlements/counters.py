"""The rows behind limits: locked for a use, and brought in line with what the ledger says.

Rows are locked in one order, those that all users share first, so that two uses that need the same
ones take turns instead of waiting for each other: whoever holds the shared ones may lock those of
other users too (`holding.let_go`). In which order they are burnt is decided afterwards (`pools`).
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.database import changed_rows, db
from portal.entitlements.buckets import Bucket, Source
from portal.entitlements.models import QuotaBucket
from portal.entitlements.pools import TENANT_KEY

SEATS = "multi_user"
"""Counted, never consumed: the active users of a tenant."""

BUCKETS = QuotaBucket.__table__
COLUMNS = [BUCKETS.c[field.name] for field in fields(Bucket)]


def locked_buckets(tenant_id: int, feature_name: str, keys: Iterable[int]) -> list[Bucket]:
    """Those of these users, and the shared ones, which are always among them.

    Locked first and read then: whoever waited sees also what was added meanwhile.
    """
    query = (
        sa.select(*COLUMNS)
        .where(
            BUCKETS.c.tenant_id == tenant_id,
            BUCKETS.c.feature_name == feature_name,
            BUCKETS.c.user_key.in_(sorted({TENANT_KEY, *keys})),
        )
        .order_by(BUCKETS.c.user_key, BUCKETS.c.id)
    )
    if db.engine.dialect.name == "postgresql":
        db.session.execute(query.with_only_columns(BUCKETS.c.id).with_for_update())
    return [Bucket(*row) for row in db.session.execute(query.with_for_update())]


def mark_extras(tenant_id: int, feature_name: str, user_key: int) -> None:
    """There is, or is again, something beside the counters that this one's uses go through."""
    changed_rows(
        sa.update(QuotaBucket)
        .where(
            QuotaBucket.tenant_id == tenant_id,
            QuotaBucket.feature_name == feature_name,
            QuotaBucket.source == Source.BASE,
            QuotaBucket.user_key.in_({TENANT_KEY, user_key}),
        )
        .values(has_extras=True)
    )


def apply_lines(lines: Iterable[dict[str, Any]], at: datetime) -> int:
    """Bring buckets in line with what the ledger says; how many of the lines still counted.

    A line about a period that is over stays on the ledger alone.
    """
    return sum(_apply(line, at) for line in lines)


def _apply(line: dict[str, Any], at: datetime) -> int:
    used = QuotaBucket.used + line["used"]
    reserved = QuotaBucket.reserved + line["reserved"]
    return changed_rows(
        sa.update(QuotaBucket)
        .where(
            QuotaBucket.id == line["bucket"],
            QuotaBucket.period_start == datetime.fromisoformat(line["period_start"]),
        )
        .values(
            used=used,
            reserved=reserved,
            exhausted_at=sa.case((used + reserved >= QuotaBucket.own_limit, at), else_=None),
        )
    )
