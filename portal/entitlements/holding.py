"""What is held by reservations: letting go of it, and of what is held for too long already."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.entitlements.buckets import Source
from portal.entitlements.claims import note, own_claim
from portal.entitlements.counters import apply_lines, locked_buckets, mark_extras
from portal.entitlements.models import PENDING, QuotaEvent
from portal.entitlements.pools import TENANT_KEY
from portal.jobs.registry import handles, recurring

EVENTS: Any = QuotaEvent.__table__
KIND = "entitlements.expire_reservations"
AT_ONCE = 200

HELD = (
    QuotaEvent.id,
    QuotaEvent.tenant_id,
    QuotaEvent.user_id,
    QuotaEvent.feature_name,
    QuotaEvent.amount,
    QuotaEvent.allocations,
)

recurring(KIND, every=timedelta(minutes=1))


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """So that what nobody committed is free again, also where nobody asks for it."""
    expire_overdue(clock.now())


def expire_overdue(at: datetime, *which: sa.ColumnElement[bool]) -> int:
    """End reservations whose time is over, at most 200; how many."""
    overdue = sa.select(*HELD).where(_is_overdue(at), *which)
    rows = db.session.execute(overdue.order_by(QuotaEvent.expires_at).limit(AT_ONCE)).all()
    return sum(_expire(row, at) for row in rows)


def _is_overdue(at: Any) -> sa.ColumnElement[bool]:
    return sa.and_(PENDING, EVENTS.c.expires_at <= at)


def let_go(tenant_id: int, feature_name: str, owners: Collection[int], at: datetime) -> bool:
    """End all of these that count against a use of these counters. Were there any?

    Of others only where the counter is shared: nobody waits for somebody else's own.
    """
    which = [QuotaEvent.tenant_id == tenant_id, QuotaEvent.feature_name == feature_name]
    if TENANT_KEY not in owners:
        which.append(QuotaEvent.user_id.in_(owners))
    ended_now = 0
    while more := expire_overdue(at, *which):
        ended_now += more
    return ended_now > 0


def held_too_long(tenant_id: int, at: datetime) -> dict[int, int]:
    """How much of each bucket's reserved content holds nothing any more."""
    overdue = sa.select(EVENTS.c.allocations).where(
        EVENTS.c.tenant_id == tenant_id, _is_overdue(at)
    )
    found: dict[int, int] = defaultdict(int)
    for lines in db.session.scalars(overdue):
        for line in lines:
            found[line["bucket"]] += line["reserved"]
    return found


def overdue_of(tenant_id: Any, feature_name: Any, user_key: Any, at: Any) -> sa.Select[Any]:
    """What `let_go` would end, for a statement that asks of one counter whether there is any."""
    return sa.select(sa.literal_column("1")).where(
        EVENTS.c.tenant_id == tenant_id,
        EVENTS.c.feature_name == feature_name,
        _is_overdue(at),
        sa.or_(user_key == sa.literal_column(str(TENANT_KEY)), EVENTS.c.user_id == user_key),
    )


def _expire(held: Any, at: datetime) -> int:
    lock_for(held)
    if not ended(held.id, "expired", QuotaEvent.expires_at <= at):
        return 0
    lines = used_of(held.allocations, 0)
    apply_lines(lines, at)
    claim = own_claim(held.tenant_id, held.user_id, held.feature_name, f"expire {held.id}")
    result = {"released": held.amount}
    note(
        claim,
        kind="expire",
        amount=held.amount,
        allocations=lines,
        result=result,
        refers_to=held.id,
        at=at,
    )
    return 1


def lock_for(event: Any) -> None:
    """Lock all that an entry may be about, without rolling it, before something is given back."""
    key = event.user_id or TENANT_KEY
    rows = locked_buckets(event.tenant_id, event.feature_name, {key})
    if any(row.source != Source.BASE for row in rows):
        mark_extras(event.tenant_id, event.feature_name, key)


def ended(reservation_id: int, status: str, still: sa.ColumnElement[bool]) -> bool:
    """Set the last status; of two that try, one does."""
    return bool(
        changed_rows(
            sa.update(QuotaEvent)
            .where(QuotaEvent.id == reservation_id, QuotaEvent.status == "pending", still)
            .values(status=status)
        )
    )


def used_of(allocations: Iterable[dict[str, Any]], amount: int) -> list[dict[str, Any]]:
    """Lines that turn so much of what was held into used, in the order of burning; none held on."""
    left: dict[int, int] = defaultdict(lambda: amount)
    lines = []
    for line in allocations:
        part = min(left[line["pool"]], line["reserved"])
        left[line["pool"]] -= part
        lines.append({**line, "used": part, "reserved": -line["reserved"]})
    return lines
