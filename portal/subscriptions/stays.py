"""The stays of a tenant as plain values, with the spans in which they give access."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, is_read_only
from portal.core.quick import Quick
from portal.subscriptions.access import access_span
from portal.subscriptions.models import Subscription

KNOWN = "stays of a tenant"
COLUMNS = (
    Subscription.id,
    Subscription.plan_id,
    Subscription.status,
    Subscription.starts_at,
    Subscription.ends_at,
    Subscription.trial_ends_at,
    Subscription.grace_ends_at,
    Subscription.anchor_at,
)
"""What a `Stay` is made of."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A tenant's time on a plan; it gives access in [starts_at, ends_at)."""

    id: int
    plan_id: int
    status: str
    starts_at: datetime
    ends_at: datetime | None
    anchor_at: datetime
    trial_ends_at: datetime | None

    def is_in_force(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


class Spanning(Protocol):
    """A stay as the database holds it: its row, or columns of it."""

    @property
    def status(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime | None: ...
    @property
    def trial_ends_at(self) -> datetime | None: ...
    @property
    def grace_ends_at(self) -> datetime | None: ...


def stays_of(tenant_id: int) -> tuple[Stay, ...]:
    """All of them, the oldest first: what "as of" questions are answered from."""
    known = db.session.info.get(KNOWN) if is_read_only() else None
    if known is not None and known[0] == tenant_id:
        return tuple(_stay(row) for row in known[1])
    return tuple(_stay(row) for row in _STAYS.rows(tenant_id=tenant_id))


def stays_of_each(tenant_ids: Collection[int]) -> dict[int, tuple[Stay, ...]]:
    """The same of many tenants, in one statement."""
    query = sa.select(Subscription.tenant_id, *COLUMNS).where(
        Subscription.tenant_id.in_(tenant_ids)
    )
    found: dict[int, tuple[Stay, ...]] = dict.fromkeys(tenant_ids, ())
    for row in db.session.execute(query.order_by(Subscription.starts_at, Subscription.id)):
        found[row.tenant_id] += (_stay(row),)
    return found


def keep_rows(tenant_id: int, rows: Sequence[Any]) -> None:
    """All rows of a tenant, the oldest first, that a request has read and will not change.

    So its page asks for them once, however many of its panels need them.
    """
    if is_read_only():
        db.session.info[KNOWN] = (tenant_id, rows)


def lasting_stay(tenant_id: int) -> Subscription | None:
    """The row of the stay that has not ended yet, even when its trial or grace is over."""
    query = (
        sa.select(Subscription)
        .where(
            Subscription.tenant_id == tenant_id,
            sa.or_(Subscription.ends_at.is_(None), Subscription.ends_at > clock.now()),
        )
        .order_by(Subscription.starts_at.desc(), Subscription.id.desc())
        .limit(1)
        # What a parallel deed committed while this one waited for its turn.
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one_or_none()


def gives_access(stay: Spanning, at: datetime) -> bool:
    """Does this stay, and not the fallback plan, count at this instant?"""
    start, end = access_span(
        stay.status, stay.starts_at, stay.ends_at, stay.trial_ends_at, stay.grace_ends_at
    )
    return start <= at and (end is None or at < end)


_STAYS = Quick(
    sa.select(*COLUMNS)
    .where(Subscription.tenant_id == sa.bindparam("tenant_id"))
    .order_by(Subscription.starts_at, Subscription.id)
)


def _stay(row: Any) -> Stay:
    start, end = access_span(
        row.status, row.starts_at, row.ends_at, row.trial_ends_at, row.grace_ends_at
    )
    return Stay(row.id, row.plan_id, row.status, start, end, row.anchor_at, row.trial_ends_at)
