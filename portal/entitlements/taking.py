"""Taking from the buckets that count for a use, under their locks, and giving back to them.

Every path locks buckets first and claims its key last, so no two uses wait for each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from portal.core.clock import timestamp
from portal.entitlements.alerts import alert, crossed
from portal.entitlements.buckets import Burn, Calendar
from portal.entitlements.claims import Claim, Noted, allocation, note, stored
from portal.entitlements.counters import apply_lines
from portal.entitlements.pools import Demand, Pool, tighter
from portal.entitlements.refusals import QuotaExceeded, numbers
from portal.entitlements.rolling import locked_pools


@dataclass(frozen=True, slots=True)
class Use:
    """Who uses what, and which counters that goes through."""

    tenant_id: int
    user_id: int
    feature_name: str
    demands: tuple[Demand, ...]
    calendar: Calendar

    def pools(self, at: datetime) -> list[Pool]:
        """Locked, rid of what is held too long, and rolled."""
        return locked_pools(
            tenant_id=self.tenant_id,
            feature_name=self.feature_name,
            demands=self.demands,
            calendar=self.calendar,
            at=at,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much, and what it becomes on the ledger."""

    amount: int
    kind: str = "consume"
    is_partial: bool = False
    holds_until: datetime | None = None
    """Set for a reservation: it counts, but is not used yet."""


def take(claim: Claim, use: Use, wanted: Wanted, at: datetime) -> Noted:
    """Take it from every pool, or nothing; the same request again gets the same answer.

    Raises:
        QuotaExceeded: there is not so much.
        KeyReused: the key belongs to another request.
    """
    pools = use.pools(at)
    replay = stored(claim)
    if replay is not None:
        return replay
    granted = room_for(pools, wanted)
    if not granted:
        raise QuotaExceeded(use.feature_name, tighter(pools))
    lines = charge(use, pools, granted, is_held=wanted.holds_until is not None, at=at)
    result = {"consumed": granted, **numbers(tighter(after(pools, lines)))}
    return note(
        claim,
        kind=wanted.kind,
        amount=granted,
        allocations=lines,
        result=result,
        status="pending" if wanted.holds_until else "done",
        expires_at=wanted.holds_until,
        at=at,
    )


def room_for(pools: Iterable[Pool], wanted: Wanted) -> int:
    """How much is granted: all, nothing, or, when a part will do, what every pool has."""
    rooms = [pool.room() for pool in pools]
    least = min([wanted.amount, *(room for room in rooms if room is not None)])
    return least if least == wanted.amount or wanted.is_partial else 0


def charge(
    use: Use, pools: Iterable[Pool], amount: int, *, is_held: bool, at: datetime
) -> list[dict[str, Any]]:
    """Book `amount` on each pool; the lines for the ledger, in the order of burning."""
    lines = []
    for pool in pools:
        for part in pool.take(amount):
            line = _line(pool, part, is_held)
            apply_lines([line], at)
            lines.append(line)
        if not is_held:
            alert_of(use, pool, lines, at)
    return lines


def _line(pool: Pool, part: Burn, is_held: bool) -> dict[str, Any]:
    parts = {"reserved": part.amount} if is_held else {"used": part.amount}
    return allocation(part.bucket, pool.demand.user_key, **parts)


def alert_of(use: Use, pool: Pool, lines: list[dict[str, Any]], at: datetime) -> None:
    """Alert when the lines took the base counter past a threshold; `pool` stands as before them."""
    base, terms = pool.base, pool.demand.allowance
    start = timestamp(base.period_start)
    mine = [line for line in lines if line["bucket"] == base.id and line["period_start"] == start]
    more = sum(line["used"] for line in mine)
    if not terms.is_unlimited:
        now = replace(base, used=base.used + more)
        alert(
            tenant_id=use.tenant_id,
            feature_name=use.feature_name,
            bucket=now,
            thresholds=crossed(base.used, now.used, terms.limit),
            limit=terms.limit,
            at=at,
        )


def after(pools: Iterable[Pool], lines: list[dict[str, Any]]) -> list[Pool]:
    """The same pools once the lines are booked."""
    return [_after(pool, lines) for pool in pools]


def _after(pool: Pool, lines: list[dict[str, Any]]) -> Pool:
    def booked(bucket: Any) -> Any:
        mine = [line for line in lines if line["bucket"] == bucket.id]
        return replace(
            bucket,
            used=bucket.used + sum(line["used"] for line in mine),
            reserved=bucket.reserved + sum(line["reserved"] for line in mine),
        )

    return replace(
        pool,
        renewal=replace(pool.renewal, bucket=booked(pool.base)),
        extras=tuple(booked(extra) for extra in pool.extras),
    )
