"""Hourly sums of reported uses: kept in the transaction that takes the event, provable at any time.

Hours are UTC. Sums are whole millionths, so that every database adds them up exactly.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.core.database import db, insert_into
from portal.entitlements.models import UsageEvent, UsageHour

MILLION = 1_000_000
AT_ONCE = 5000

Place: TypeAlias = tuple[int, str, datetime]


@dataclass(slots=True)
class Sums:
    """Of one tenant, feature and hour."""

    events: int = 0
    total: int = 0
    largest: int = 0

    def add(self, value: int) -> None:
        self.largest = max(self.largest, value) if self.events else value
        self.events += 1
        self.total += value


@dataclass(frozen=True, slots=True)
class WrongHour:
    """An hour whose sums are not those of its events."""

    place: Place
    kept: Sums
    summed: Sums

    def __str__(self) -> str:
        tenant_id, feature_name, hour = self.place
        return (
            f"tenant {tenant_id}, {feature_name}, {hour:%Y-%m-%d %H}h: {self.kept}, {self.summed}"
        )


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add_to_hours(rows: Iterable[dict[str, Any]]) -> None:
    """Count new events in. In the order of keys: two batches cannot wait for each other."""
    sums = _sums(
        (row["tenant_id"], row["feature_name"], row["occurred_at"], row["value"]) for row in rows
    )
    if sums:
        _upsert([_values(place, sums[place]) for place in sorted(sums)])


def _sums(events: Iterable[tuple[int, str, datetime, str]]) -> dict[Place, Sums]:
    found: dict[Place, Sums] = {}
    for tenant_id, feature_name, at, value in events:
        place = (tenant_id, feature_name, hour_of(at))
        found.setdefault(place, Sums()).add(int(Decimal(value) * MILLION))
    return found


def _values(place: Place, sums: Sums) -> dict[str, Any]:
    tenant_id, feature_name, hour = place
    return {
        "tenant_id": tenant_id,
        "feature_name": feature_name,
        "hour": hour,
        "events": sums.events,
        "total_millionths": sums.total,
        "largest_millionths": sums.largest,
    }


def _upsert(values: list[dict[str, Any]]) -> None:
    added = insert_into(UsageHour)
    new = added.excluded
    kept = UsageHour
    largest = sa.case(
        (new.largest_millionths > kept.largest_millionths, new.largest_millionths),
        else_=kept.largest_millionths,
    )
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=[kept.tenant_id, kept.feature_name, kept.hour],
            set_={
                "events": kept.events + new.events,
                "total_millionths": kept.total_millionths + new.total_millionths,
                "largest_millionths": largest,
            },
        ),
        values,
    )


def wrong_hours() -> list[WrongHour]:
    """Every hour that differs from its events, and every one that should not be there."""
    summed = _sums(_all_events())
    kept = {
        (row.tenant_id, row.feature_name, row.hour): Sums(
            row.events, row.total_millionths, row.largest_millionths
        )
        for row in db.session.execute(sa.select(*UsageHour.__table__.c))
    }
    places = sorted(summed.keys() | kept.keys())
    pairs = [(place, kept.get(place, Sums()), summed.get(place, Sums())) for place in places]
    return [WrongHour(place, was, said) for place, was, said in pairs if was != said]


def rebuild_hours() -> int:
    """Sum all hours up again; how many there are. Events that come in meanwhile wait."""
    _stop_others()
    db.session.execute(sa.delete(UsageHour))
    sums = _sums(_all_events())
    values = [_values(place, sums[place]) for place in sorted(sums)]
    for start in range(0, len(values), AT_ONCE):
        _upsert(values[start : start + AT_ONCE])
    return len(values)


def _stop_others() -> None:
    """On SQLite the transaction that writes is the only one anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("LOCK TABLE usage_hourly, usage_events IN EXCLUSIVE MODE"))


def _all_events() -> Iterator[tuple[int, str, datetime, str]]:
    """By id, some at a time: there may be millions."""
    last = 0
    columns = (
        UsageEvent.id,
        UsageEvent.tenant_id,
        UsageEvent.feature_name,
        UsageEvent.occurred_at,
        UsageEvent.value,
    )
    while True:
        query = sa.select(*columns).where(UsageEvent.id > last).order_by(UsageEvent.id)
        rows = db.session.execute(query.limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        yield from ((row.tenant_id, row.feature_name, row.occurred_at, row.value) for row in rows)
