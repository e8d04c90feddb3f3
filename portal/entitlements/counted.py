"""What is counted of a user or tenant, read for an answer.

One row, in which all counters are one text: so the look-up of a user's token can bring them along,
and what was made of a text is true again when the next one is the same.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.database import UTCDateTime
from portal.core.json_rows import JsonRows
from portal.core.quick import Quick
from portal.customers.bearer import also_read
from portal.customers.models import ApiToken, User, UserStatus
from portal.entitlements.answers import LimitBlock
from portal.entitlements.buckets import Bucket, Calendar, Source
from portal.entitlements.counters import BUCKETS, COLUMNS, SEATS
from portal.entitlements.pools import TENANT_KEY, Pool, demands_of, pools_of, tighter
from portal.entitlements.resolution import Decision

COUNTS = ("seats", "counters")
"""What a view's look-up of the token may bring: `@brings(*COUNTS)`, then `counts_in`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The seats that are taken, and the counters as JSON: equal ones leave equally much."""

    seats: int
    counters: str

    def by_feature(self) -> dict[str, list[Bucket]]:
        found: dict[str, list[Bucket]] = defaultdict(list)
        for name, *content in json.loads(self.counters):
            for n, kind in _INSTANTS:
                if content[n] is not None:
                    content[n] = kind.process_result_value(datetime.fromisoformat(content[n]), None)
            found[name].append(Bucket(*content))
        return found


_INSTANTS: list[tuple[int, Any]] = [
    (n, column.type) for n, column in enumerate(COLUMNS) if isinstance(column.type, UTCDateTime)
]


@dataclass(frozen=True, slots=True)
class Left:
    """How much is left of each feature, by name; and until when, if nobody uses any of it."""

    blocks: dict[str, LimitBlock]
    until: datetime | None


def counts_in(row: Any) -> Counts:
    """The counts in a row that has their columns, such as the look-up of a token."""
    return Counts(row.seats, row.counters)


def counts_of(tenant_id: int, user_id: int | None, names: list[str]) -> Counts:
    """One statement, read afresh; of these features alone, where that saves something."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "user_key": user_id or TENANT_KEY}
    if len(names) == 1:
        values["feature_name"] = names[0]
    return counts_in(_QUICK[len(names) == 1, SEATS in names].row(**values))


def what_is_left(
    counts: Counts,
    decisions: Iterable[Decision],
    *,
    user_id: int | None,
    calendar: Calendar,
    at: datetime,
) -> Left:
    """Of each decided feature; before the running period nothing is said to be used."""
    rows, blocks = counts.by_feature(), {}
    for decision in decisions:
        name = decision.feature_name
        buckets = [row for row in rows[name] if not _is_past(row, calendar, at)]
        pools = pools_of(demands_of(decision, user_id), buckets, calendar, at)
        blocks[name] = _block(name, pools, counts.seats)
    edges = [block.changes_at for block in blocks.values() if block.changes_at]
    return Left(blocks, min(edges, default=None))


def _block(name: str, pools: list[Pool], seats: int) -> LimitBlock:
    block = tighter(pools)
    if name == SEATS:
        return replace(block, used=seats, reserved=0, period=None)
    return replace(block, changes_at=min(_edges(pools), default=None))


def _edges(pools: Iterable[Pool]) -> Iterable[datetime]:
    """When they come to count otherwise by themselves."""
    for pool in pools:
        edges = pool.base.period_end, *(extra.expires_at for extra in pool.extras)
        yield from (edge for edge in edges if edge)


def _is_past(bucket: Bucket, calendar: Calendar, at: datetime) -> bool:
    """Is the instant's period over, so that this bucket says nothing about it?"""
    if bucket.source != Source.BASE or at >= bucket.period_start:
        return False
    end = calendar.period(bucket.interval, at)[1]
    return end is not None and end <= bucket.period_start


_SEAT: Any = User.__table__.alias("seat")
_ZERO: Any = sa.literal_column("0")


def _seats(tenant_id: Any) -> Any:
    return (
        sa.select(sa.func.count())
        .select_from(_SEAT)
        .where(
            _SEAT.c.tenant_id == tenant_id,
            _SEAT.c.status == sa.literal_column(f"'{UserStatus.ACTIVE}'"),
        )
        .scalar_subquery()
    )


def _counters(tenant_id: Any, user_key: Any, *more: Any) -> Any:
    """The tenant's own and this user's, never another user's."""
    return (
        sa.select(JsonRows(BUCKETS.c.feature_name, *COLUMNS))
        .select_from(BUCKETS)
        .where(BUCKETS.c.tenant_id == tenant_id, BUCKETS.c.user_key.in_([_ZERO, user_key]), *more)
        .scalar_subquery()
    )


def _quick(*, is_one: bool, has_seats: bool) -> Quick:
    tenant_id: Any = sa.bindparam("tenant_id")
    user_key: Any = sa.bindparam("user_key")
    one = [BUCKETS.c.feature_name == sa.bindparam("feature_name")] if is_one else []
    seats = _seats(tenant_id) if has_seats else _ZERO
    counters = _counters(tenant_id, user_key, *one)
    return Quick(sa.select(seats.label("seats"), counters.label("counters")))


_QUICK = {
    (is_one, has_seats): _quick(is_one=is_one, has_seats=has_seats)
    for is_one in (False, True)
    for has_seats in (False, True)
}

_user, _token = User.__table__.c, ApiToken.__table__.c
also_read("seats", _seats(_user.tenant_id), is_for_all=False)
also_read("counters", _counters(_user.tenant_id, _token.user_id), is_for_all=False)
