"""The usual use in as few statements as there can be: one counter, room enough, nothing due.

Whatever is not usual (a roll, a top-up, two counters, no room, something that is held too long)
changes nothing here and goes the long way through `taking`. On PostgreSQL a use that stands alone
is one statement, counter, ledger entry and key together, which is its own transaction: the row of
a busy counter is locked no longer than the server needs for it.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from portal.core.database import changed_rows, db, insert_into
from portal.core.quick import Quick
from portal.entitlements.alerts import THRESHOLDS, alert, crossed
from portal.entitlements.answers import LimitBlock
from portal.entitlements.buckets import Bucket, Source
from portal.entitlements.claims import Claim, Noted, allocation, columns_of, stored
from portal.entitlements.holding import overdue_of
from portal.entitlements.models import QuotaBucket, QuotaEvent
from portal.entitlements.pools import Demand
from portal.entitlements.refusals import numbers
from portal.entitlements.taking import Use

BASE: Any = QuotaBucket.__table__.alias("base")
EVENTS: Any = QuotaEvent.__table__
INSTANT = QuotaBucket.__table__.c.created_at.type
JSON = EVENTS.c.result.type
TEXT, NUMBER = sa.String(), sa.BigInteger()
NEVER_REACHED = -1
PREFIX = "b_"
"""SQLAlchemy keeps the names of columns for itself."""


def take_at_once(
    claim: Claim, use: Use, amount: int, at: datetime, *, is_alone: bool = False
) -> Noted | None:
    """The use, done; None: nothing was changed, and it needs the long way.

    With `is_alone` it may be committed already: nothing else belongs to its transaction.
    """
    if len(use.demands) != 1:
        return None
    demand = use.demands[0]
    values = _values(claim, demand, amount, at)
    if is_alone and db.engine.dialect.name == "postgresql":
        return _in_one(values)
    found = _in_two(claim, demand, values, amount)
    if found is None:
        return None
    bucket, event_id, result = found
    if event_id is None:
        return _given_back(claim, bucket, amount)
    if not demand.allowance.is_unlimited:
        _alert(use, demand, bucket, amount, at)
    return Noted(event_id, result)


def _values(claim: Claim, demand: Demand, amount: int, at: datetime) -> dict[str, Any]:
    terms = demand.allowance
    is_endless = terms.is_unlimited or (terms.is_soft and terms.overage_cap is None)
    cap = terms.limit + ((terms.overage_cap or 0) if terms.is_soft else 0)
    values = {
        **columns_of(claim),
        "user_key": demand.user_key,
        "interval": str(terms.interval),
        "amount": amount,
        "cap": None if is_endless else cap,
        "most": None if terms.is_unlimited else terms.limit,
        "at": at,
        **_marks(None if terms.is_unlimited else terms.limit),
    }
    return {PREFIX + name: value for name, value in values.items()}


def _marks(limit: int | None) -> dict[str, int]:
    """What is used at each threshold; below nothing when there is none to reach."""
    return {
        f"mark_{each}": -(-each * limit // 100) if limit else NEVER_REACHED for each in THRESHOLDS
    }


def _bind(name: str, kind: Any) -> sa.BindParameter[Any]:
    return sa.bindparam(PREFIX + name, type_=kind)


def _overdue(at: Any) -> Any:
    """Looked for where anything is held at all."""
    place = _bind("tenant_id", NUMBER), _bind("feature_name", TEXT), _bind("user_key", NUMBER)
    return overdue_of(*place, at).exists()


def _counted() -> Any:
    """The counter moves if its period runs, it has room, and nothing else counts beside it."""
    at, amount = _bind("at", INSTANT), _bind("amount", NUMBER)
    cap = sa.cast(_bind("cap", NUMBER), NUMBER)
    return (
        sa.update(BASE)
        .where(
            BASE.c.tenant_id == _bind("tenant_id", NUMBER),
            BASE.c.user_key == _bind("user_key", NUMBER),
            BASE.c.feature_name == _bind("feature_name", TEXT),
            BASE.c.source == sa.literal_column(f"'{Source.BASE}'"),
            BASE.c.source_id == sa.literal_column("0"),
            BASE.c.interval == _bind("interval", TEXT),
            sa.or_(BASE.c.period_end.is_(None), BASE.c.period_end > at),
            sa.or_(cap.is_(None), BASE.c.used + BASE.c.reserved + amount <= cap),
            sa.not_(BASE.c.has_extras),
            sa.or_(BASE.c.reserved == sa.literal_column("0"), ~_overdue(at)),
        )
        .values(used=BASE.c.used + amount)
        .returning(
            BASE.c.id,
            BASE.c.user_key,
            BASE.c.used,
            BASE.c.reserved,
            BASE.c.interval,
            BASE.c.period_start,
            BASE.c.period_end,
            BASE.c.created_at,
        )
    )


NOTED: dict[str, Any] = {
    "tenant_id": NUMBER,
    "user_id": NUMBER,
    "feature_name": TEXT,
    "idempotency_key": TEXT,
    "request_sha256": EVENTS.c.request_sha256.type,
    "amount": NUMBER,
    "at": INSTANT,
}
_COUNTED = _counted()


def _counted_alone() -> Any:
    """Nor is the key known or a threshold reached, which are for the long way."""
    known: Any = sa.select(sa.literal_column("1")).where(
        EVENTS.c.tenant_id == _bind("tenant_id", NUMBER),
        EVENTS.c.idempotency_key == _bind("idempotency_key", TEXT),
    )
    used, amount = BASE.c.used, _bind("amount", NUMBER)
    marks = [_bind(f"mark_{each}", NUMBER) for each in THRESHOLDS]
    reached = [sa.and_(used < mark, used + amount >= mark) for mark in marks]
    return _COUNTED.where(~known.exists(), ~sa.or_(*reached))


def _counted_and_noted() -> Any:
    moved = _counted_alone().cte("moved")
    plain: dict[str, Any] = {name: sa.cast(_bind(name, kind), kind) for name, kind in NOTED.items()}
    row = {
        **plain,
        "kind": sa.literal_column("'consume'"),
        "status": sa.literal_column("'done'"),
        "refunded": sa.literal_column("0"),
        "allocations": _lines_of(moved),
        "result": _result_of(moved),
    }
    noted = (
        postgresql.insert(EVENTS)
        .from_select(list(row), sa.select(*row.values()).select_from(moved))
        .returning(EVENTS.c.id, EVENTS.c.result)
        .cte("noted")
    )
    return sa.select(noted.c.id, sa.type_coerce(noted.c.result, JSON).label("result"))


def _lines_of(moved: Any) -> Any:
    start = sa.func.to_char(
        sa.func.timezone("UTC", moved.c.period_start),
        sa.literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""),
    )
    line = _object(
        bucket=moved.c.id,
        pool=moved.c.user_key,
        period_start=start,
        used=sa.cast(_bind("amount", NUMBER), NUMBER),
        reserved=sa.literal_column("0"),
    )
    return sa.func.jsonb_build_array(line)


def _result_of(moved: Any) -> Any:
    most = sa.cast(_bind("most", NUMBER), NUMBER)
    end = sa.func.to_char(
        sa.func.timezone("UTC", moved.c.period_end),
        sa.literal_column("""'YYYY-MM-DD"T"HH24:MI:SS"Z"'"""),
    )
    left = most - moved.c.used - moved.c.reserved
    return _object(
        consumed=sa.cast(_bind("amount", NUMBER), NUMBER),
        used=moved.c.used,
        limit=most,
        remaining=sa.case((most.is_(None), None), else_=sa.func.greatest(0, left)),
        resets_at=end,
        unlimited=most.is_(None),
    )


def _object(**parts: Any) -> Any:
    flat = [each for name, value in parts.items() for each in (_quoted(name), value)]
    return sa.func.jsonb_build_object(*flat)


def _quoted(name: str) -> Any:
    return sa.literal_column(f"'{name}'")


_COUNTED_AND_NOTED = Quick(_counted_and_noted())


def _in_one(values: dict[str, Any]) -> Noted | None:
    """Committed when it comes back. A twin that was quicker with the same key undoes all of it."""
    try:
        row = _COUNTED_AND_NOTED.committed_row(**values)
    except IntegrityError:
        return None
    return Noted(row.id, row.result) if row else None


Found = tuple[Bucket, int | None, dict[str, Any]]


def _in_two(claim: Claim, demand: Demand, values: dict[str, Any], amount: int) -> Found | None:
    row = db.session.execute(_COUNTED, values).one_or_none()
    if row is None:
        return None
    bucket = _bucket(row)
    result = {"consumed": amount, **numbers(_block(demand, bucket))}
    added = (
        insert_into(QuotaEvent)
        .values(
            **columns_of(claim),
            kind="consume",
            amount=amount,
            allocations=[allocation(bucket, bucket.user_key, used=amount)],
            result=result,
            status="done",
            refunded=0,
            at=values[PREFIX + "at"],
        )
        .on_conflict_do_nothing()
        .returning(QuotaEvent.id)
    )
    return bucket, db.session.scalar(added), result


def _bucket(row: Any) -> Bucket:
    return Bucket(
        id=row.id,
        user_key=row.user_key,
        source=Source.BASE,
        own_limit=None,
        used=row.used,
        reserved=row.reserved,
        interval=row.interval,
        period_start=row.period_start,
        period_end=row.period_end,
        priority=0,
        expires_at=None,
        exhausted_at=None,
        created_at=row.created_at,
    )


def _block(demand: Demand, bucket: Bucket) -> LimitBlock:
    terms = demand.allowance
    return LimitBlock(
        is_unlimited=terms.is_unlimited,
        limit=terms.limit,
        used=bucket.used,
        reserved=bucket.reserved,
        period=(bucket.period_start, bucket.period_end) if bucket.period_end else None,
    )


def _given_back(claim: Claim, bucket: Bucket, amount: int) -> Noted | None:
    """The key was used before: the counter, which is still locked, moves back."""
    changed_rows(
        sa.update(QuotaBucket)
        .where(QuotaBucket.id == bucket.id)
        .values(used=QuotaBucket.used - amount)
    )
    return stored(claim)


def _alert(use: Use, demand: Demand, bucket: Bucket, amount: int, at: datetime) -> None:
    limit = demand.allowance.limit
    alert(
        tenant_id=use.tenant_id,
        feature_name=use.feature_name,
        bucket=bucket,
        thresholds=crossed(bucket.used - amount, bucket.used, limit),
        limit=limit,
        at=at,
    )
