"""What is counted of a user or tenant, read for an answer.

One row, in which all counters are one text, and all that is held another: so the look-up of a
user's token can bring them along, and what was made of a text is true again when the next one is
the same. What is held for too long already counts no more, also before the sweeper lets go of it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.core.database import UTCDateTime
from portal.core.json_rows import JsonRows
from portal.core.quick import Quick
from portal.customers.bearer import also_read
from portal.customers.models import ApiToken, User, UserStatus
from portal.entitlements.answers import LimitBlock
from portal.entitlements.buckets import Bucket, Calendar, Source
from portal.entitlements.counters import BUCKETS, COLUMNS, SEATS
from portal.entitlements.models import PENDING, QuotaEvent
from portal.entitlements.pools import TENANT_KEY, Pool, demands_of, pools_of, tighter
from portal.entitlements.resolution import Decision

COUNTS = ("seats", "counters", "holds")
"""What a view's look-up of the token may bring: `@brings(*COUNTS)`, then `counts_in`."""

EVENTS = QuotaEvent.__table__


@dataclass(frozen=True, slots=True)
class Hold:
    """So much of a bucket that a reservation holds, and until when."""

    amount: int
    ends_at: datetime


Held: TypeAlias = Mapping[tuple[int, datetime], Sequence[Hold]]
"""By the bucket and the start of the period that it is held of: of a later one it is not."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The seats that are taken, and counters and holds as JSON: equal ones leave equally much."""

    seats: int
    counters: str
    holds: str

    def by_feature(self) -> dict[str, list[Bucket]]:
        found: dict[str, list[Bucket]] = defaultdict(list)
        for name, *content in json.loads(self.counters):
            for n, kind in _INSTANTS:
                if content[n] is not None:
                    content[n] = _instant(kind, content[n])
            found[name].append(Bucket(*content))
        return found

    def held(self) -> Held:
        found: dict[tuple[int, datetime], list[Hold]] = defaultdict(list)
        for end, lines in json.loads(self.holds):
            ends_at = _instant(EVENTS.c.expires_at.type, end)
            for line in json.loads(lines):
                start = datetime.fromisoformat(line["period_start"])
                found[line["bucket"], start].append(Hold(line["reserved"], ends_at))
        return found


def _instant(kind: Any, text: str) -> Any:
    """One in JSON, as a column of this type has it."""
    return kind.process_result_value(datetime.fromisoformat(text), None)


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
    return Counts(row.seats, row.counters, row.holds)


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
    rows, held, blocks = counts.by_feature(), counts.held(), {}
    for decision in decisions:
        name = decision.feature_name
        buckets = [_freed(row, held, at) for row in rows[name] if not _is_past(row, calendar, at)]
        pools = pools_of(demands_of(decision, user_id), buckets, calendar, at)
        edges = [*_edges(pools), *_ends(buckets, held, at)]
        blocks[name] = _block(name, pools, counts.seats, min(edges, default=None))
    edges = [block.changes_at for block in blocks.values() if block.changes_at]
    return Left(blocks, min(edges, default=None))


def _block(name: str, pools: list[Pool], seats: int, changes_at: datetime | None) -> LimitBlock:
    block = tighter(pools)
    if name == SEATS:
        return replace(block, used=seats, reserved=0, period=None)
    return replace(block, changes_at=changes_at)


def _is_past(bucket: Bucket, calendar: Calendar, at: datetime) -> bool:
    """Is the instant's period over, so that this bucket says nothing about it?"""
    if bucket.source != Source.BASE or at >= bucket.period_start:
        return False
    end = calendar.period(bucket.interval, at)[1]
    return end is not None and end <= bucket.period_start


def _freed(bucket: Bucket, held: Held, at: datetime) -> Bucket:
    """The bucket as the sweeper would leave it at the instant."""
    holds = held.get((bucket.id, bucket.period_start), ())
    overdue = sum(hold.amount for hold in holds if hold.ends_at <= at)
    if not overdue:
        return bucket
    freed = replace(bucket, reserved=bucket.reserved - overdue)
    is_full = freed.own_limit is not None and freed.taken >= freed.own_limit
    return freed if is_full else replace(freed, exhausted_at=None)


def _edges(pools: Iterable[Pool]) -> Iterable[datetime]:
    """When they come to count otherwise by themselves."""
    for pool in pools:
        edges = pool.base.period_end, *(extra.expires_at for extra in pool.extras)
        yield from (edge for edge in edges if edge)


def _ends(buckets: Iterable[Bucket], held: Held, at: datetime) -> Iterable[datetime]:
    """When what is held of them is free again; a top-up that it emptied then counts once more."""
    for bucket in buckets:
        holds = held.get((bucket.id, bucket.period_start), ())
        yield from (hold.ends_at for hold in holds if hold.ends_at > at)


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


def _holds(tenant_id: Any, *more: Any) -> Any:
    """Of all users: what another holds of a shared counter counts too."""
    return (
        sa.select(JsonRows(EVENTS.c.expires_at, sa.cast(EVENTS.c.allocations, sa.Text)))
        .select_from(EVENTS)
        .where(EVENTS.c.tenant_id == tenant_id, PENDING, *more)
        .scalar_subquery()
    )


def _quick(*, is_one: bool, has_seats: bool) -> Quick:
    tenant_id: Any = sa.bindparam("tenant_id")
    user_key: Any = sa.bindparam("user_key")

    def of_one(table: Any) -> list[Any]:
        return [table.c.feature_name == sa.bindparam("feature_name")] if is_one else []

    seats = _seats(tenant_id) if has_seats else _ZERO
    counters = _counters(tenant_id, user_key, *of_one(BUCKETS))
    holds = _holds(tenant_id, *of_one(EVENTS))
    columns = seats.label("seats"), counters.label("counters"), holds.label("holds")
    return Quick(sa.select(*columns))


_QUICK = {
    (is_one, has_seats): _quick(is_one=is_one, has_seats=has_seats)
    for is_one in (False, True)
    for has_seats in (False, True)
}

_user, _token = User.__table__.c, ApiToken.__table__.c
also_read("seats", _seats(_user.tenant_id), is_for_all=False)
also_read("counters", _counters(_user.tenant_id, _token.user_id), is_for_all=False)
also_read("holds", _holds(_user.tenant_id), is_for_all=False)
