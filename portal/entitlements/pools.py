"""The buckets that count for one use, put together: what is left, and what a use takes from where.

Pure. A user's own limit and a tenant's explicit one are two pools, and both must have room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.catalog.snapshot import Allowance, Interval
from portal.entitlements.answers import LimitBlock
from portal.entitlements.buckets import (
    PRIORITY,
    Bucket,
    Burn,
    Calendar,
    Renewal,
    Source,
    burn,
    renew,
)
from portal.entitlements.resolution import Decision

TENANT_KEY = 0
COUNTED_ONLY = Allowance(is_unlimited=True, interval=Interval.MONTH)
"""For a feature that is not metered: uses are counted, a month at a time."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Whose base counter counts, by which allowance, and whose top-ups add to it."""

    user_key: int
    allowance: Allowance
    helpers: frozenset[int]


def demands_of(decision: Decision, user_id: int | None) -> tuple[Demand, ...]:
    """The counters that a use of the decided feature goes through."""
    allowance = decision.allowance or COUNTED_ONLY
    if decision.limit_scope != "user" or user_id is None:
        keys = {TENANT_KEY} if user_id is None else {TENANT_KEY, user_id}
        return (Demand(TENANT_KEY, allowance, frozenset(keys)),)
    own = Demand(user_id, allowance, frozenset({user_id}))
    if decision.tenant_cap is None:
        return (own,)
    return own, Demand(TENANT_KEY, decision.tenant_cap, frozenset({TENANT_KEY}))


@dataclass(frozen=True, slots=True)
class Pool:
    """One demand and the buckets that meet it, as they stand at one instant."""

    demand: Demand
    renewal: Renewal
    extras: tuple[Bucket, ...]
    """Top-ups and what was rolled over, without what has expired."""

    @property
    def base(self) -> Bucket:
        return self.renewal.bucket

    def block(self) -> LimitBlock:
        base, terms = self.base, self.demand.allowance
        extras = () if terms.is_unlimited else self.extras
        return LimitBlock(
            is_unlimited=terms.is_unlimited,
            limit=terms.limit + self._carried + sum(extra.own_limit or 0 for extra in extras),
            used=base.used + sum(extra.used for extra in extras),
            reserved=base.reserved + sum(extra.reserved for extra in extras),
            period=(base.period_start, base.period_end) if base.period_end else None,
            is_soft=terms.is_soft,
            overage_cap=terms.overage_cap,
        )

    @property
    def _carried(self) -> int:
        """What a roll that is due will add; once it is done, it stands among the extras."""
        return self.renewal.carried

    def room(self) -> int | None:
        """How much a use may take at most; None: there is no end to it."""
        block = self.block()
        return None if block.most is None else max(0, block.most - block.used - block.reserved)

    def take(self, amount: int) -> list[Burn]:
        """Where `amount`, for which there is room, comes from. Beyond a soft limit: the base."""
        if self.demand.allowance.is_unlimited:
            return [Burn(self.base, amount)]
        free = self.demand.allowance.limit - self.base.taken
        rooms = [(self.base, free)]
        rooms += [(extra, (extra.own_limit or 0) - extra.taken) for extra in self.extras]
        burnt, rest = burn(amount, rooms)
        return [*burnt, Burn(self.base, rest)] if rest else burnt


def pools_of(
    demands: Iterable[Demand], buckets: Sequence[Bucket], calendar: Calendar, at: datetime
) -> list[Pool]:
    """The pools as of `at`, rolled where a roll is due."""
    return [_pool(demand, buckets, calendar, at) for demand in demands]


def _pool(demand: Demand, buckets: Sequence[Bucket], calendar: Calendar, at: datetime) -> Pool:
    own = [bucket for bucket in buckets if bucket.user_key == demand.user_key]
    bases = [bucket for bucket in own if bucket.source == Source.BASE]
    base = bases[0] if bases else new_base(demand, calendar, at)
    left = sum(
        (bucket.own_limit or 0) - bucket.taken
        for bucket in own
        if bucket.source == Source.ROLLOVER and bucket.expires_at == base.period_end
    )
    renewal = renew(base, left, demand.allowance, calendar, at)
    since = renewal.bucket.period_start
    extras = [
        bucket
        for bucket in buckets
        if bucket.source != Source.BASE
        and bucket.user_key in demand.helpers
        and (bucket.source == Source.TOP_UP or bucket.user_key == demand.user_key)
        and is_shown(bucket, since, at)
    ]
    return Pool(demand, renewal, tuple(extras))


def is_shown(bucket: Bucket, since: datetime, at: datetime) -> bool:
    """Not expired; and of a top-up that ran empty, only until the period ends in which it did."""
    if bucket.expires_at is not None and bucket.expires_at <= at:
        return False
    return bucket.exhausted_at is None or bucket.exhausted_at >= since


def new_base(demand: Demand, calendar: Calendar, at: datetime) -> Bucket:
    interval = str(demand.allowance.interval or Interval.MONTH)
    start, end = calendar.period(interval, at)
    return Bucket(
        id=0,
        user_key=demand.user_key,
        source=Source.BASE,
        own_limit=None,
        used=0,
        reserved=0,
        interval=interval,
        period_start=start,
        period_end=end,
        priority=PRIORITY[Source.BASE],
        expires_at=None,
        exhausted_at=None,
        created_at=at,
    )


def tighter(pools: Sequence[Pool]) -> LimitBlock:
    """The block of the pool that ends first."""
    rooms = [(pool.room(), pool.block()) for pool in pools]
    ending = [(room, block) for room, block in rooms if room is not None]
    if not ending:
        return min((block for _, block in rooms), key=lambda block: block.is_unlimited)
    return min(ending, key=lambda pair: pair[0])[1]
