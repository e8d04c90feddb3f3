"""What was used over time: sums of the hours, and distinct values of the events themselves.

Hours, days and months are those of UTC, as the hourly sums are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from portal.core.database import db
from portal.core.errors import DomainError
from portal.entitlements.models import UsageEvent, UsageHour
from portal.entitlements.rollups import MILLION

MOST_POINTS = 750


class Step(StrEnum):
    """The length of one point of a report."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class TooLong(DomainError):
    """A report has at most 750 points."""


@dataclass(frozen=True, slots=True)
class Point:
    """Uses from `start` on for one step. `unique` and `latest` only where they were asked for."""

    start: datetime
    events: int = 0
    total: Decimal = Decimal(0)
    largest: Decimal = Decimal(0)
    unique: int | None = None
    latest: Decimal | None = None


def usage_report(
    *,
    tenant_id: int,
    feature_name: str,
    step: Step,
    since: datetime,
    until: datetime,
    unique: str | None = None,
    with_latest: bool = False,
) -> list[Point]:
    """Every step from the one around `since` to before `until`, also those without any use.

    `unique` counts distinct users (`user`) or distinct values of a property of that name. The
    latest is the value of the event that happened last, of two at once the one received later.

    Raises:
        TooLong: see the class.
    """
    starts = list(_starts(step, since, until))
    sums = _sums(tenant_id, feature_name, step, starts[0] if starts else since, until)
    counts, values = {}, {}
    if unique is not None and starts:
        counts = _distinct(tenant_id, feature_name, step, (starts[0], until), unique)
    if with_latest and starts:
        values = _latest(tenant_id, feature_name, step, (starts[0], until))
    missing = None if unique is None else 0
    nothing = (0, Decimal(0), Decimal(0))
    return [
        Point(start, *sums.get(start, nothing), counts.get(start, missing), values.get(start))
        for start in starts
    ]


def _starts(step: Step, since: datetime, until: datetime) -> Iterator[datetime]:
    at, points = start_of(step, since), 0
    while at < until:
        points += 1
        if points > MOST_POINTS:
            raise TooLong(f"Ask for at most {MOST_POINTS} steps at once.", field="from")
        yield at
        at = after(step, at)


def start_of(step: Step, at: datetime) -> datetime:
    """The start of the step around the instant."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if step is Step.HOUR:
        return hour
    return hour.replace(hour=0) if step is Step.DAY else hour.replace(hour=0, day=1)


def after(step: Step, start: datetime) -> datetime:
    """The start of the next one."""
    if step is Step.MONTH:
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(hours=1) if step is Step.HOUR else timedelta(days=1))


def _sums(
    tenant_id: int, feature_name: str, step: Step, since: datetime, until: datetime
) -> dict[datetime, tuple[int, Decimal, Decimal]]:
    rows = db.session.execute(
        sa.select(
            UsageHour.hour,
            UsageHour.events,
            UsageHour.total_millionths,
            UsageHour.largest_millionths,
        ).where(
            UsageHour.tenant_id == tenant_id,
            UsageHour.feature_name == feature_name,
            UsageHour.hour >= since,
            UsageHour.hour < until,
        )
    )
    found: dict[datetime, tuple[int, Decimal, Decimal]] = {}
    for hour, events, total, largest in rows:
        place = start_of(step, hour)
        before = found.get(place, (0, Decimal(0), Decimal(0)))
        found[place] = (
            before[0] + events,
            before[1] + Decimal(total) / MILLION,
            max(before[2], Decimal(largest) / MILLION),
        )
    return found


def _distinct(
    tenant_id: int, feature_name: str, step: Step, span: tuple[datetime, datetime], what: str
) -> dict[datetime, int]:
    value: Any = UsageEvent.user_id
    if what != "user":
        value = UsageEvent.properties[what].as_string()
    place = _place_of(step)
    rows = db.session.execute(
        sa.select(place, sa.func.count(sa.distinct(value)))
        .where(*_within(tenant_id, feature_name, span))
        .group_by(place)
    )
    return {datetime.fromisoformat(text).replace(tzinfo=UTC): count for text, count in rows}


def _latest(
    tenant_id: int, feature_name: str, step: Step, span: tuple[datetime, datetime]
) -> dict[datetime, Decimal]:
    place = _place_of(step).label("place")
    newest = (UsageEvent.occurred_at.desc(), UsageEvent.id.desc())
    number = sa.func.row_number().over(partition_by=place, order_by=newest)
    ranked = (
        sa.select(place, UsageEvent.value, number.label("number"))
        .where(*_within(tenant_id, feature_name, span))
        .subquery()
    )
    rows = db.session.execute(sa.select(ranked.c.place, ranked.c.value).where(ranked.c.number == 1))
    return {
        datetime.fromisoformat(text).replace(tzinfo=UTC): Decimal(value) for text, value in rows
    }


def _within(
    tenant_id: int, feature_name: str, span: tuple[datetime, datetime]
) -> list[sa.ColumnElement[bool]]:
    return [
        UsageEvent.tenant_id == tenant_id,
        UsageEvent.feature_name == feature_name,
        UsageEvent.occurred_at >= span[0],
        UsageEvent.occurred_at < span[1],
    ]


def _place_of(step: Step) -> Any:
    """The start of the step as text, in the words of the database."""
    if db.engine.dialect.name == "postgresql":
        forms = {
            Step.HOUR: "YYYY-MM-DD HH24:00:00",
            Step.DAY: "YYYY-MM-DD",
            Step.MONTH: "YYYY-MM-01",
        }
        moment = sa.func.timezone("UTC", UsageEvent.occurred_at)
        return sa.func.to_char(moment, sa.literal_column(f"'{forms[step]}'"))
    forms = {Step.HOUR: "%Y-%m-%d %H:00:00", Step.DAY: "%Y-%m-%d", Step.MONTH: "%Y-%m-01"}
    return sa.func.strftime(sa.literal_column(f"'{forms[step]}'"), UsageEvent.occurred_at)


def features_used(tenant_id: int, since: datetime) -> list[str]:
    """The features that the tenant has used since, by name."""
    names = (
        sa.select(UsageHour.feature_name)
        .where(UsageHour.tenant_id == tenant_id, UsageHour.hour >= since)
        .distinct()
    )
    return sorted(db.session.scalars(names))
