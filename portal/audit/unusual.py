"""What somebody should look at before anything else: alerts, refused sign-ins, warnings."""

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Outcome, Severity, Stream
from portal.audit.models import Alert, AuditEvent
from portal.audit.searching import is_outcome, is_severity
from portal.core import clock
from portal.core.clock import timestamp
from portal.core.counting import capped
from portal.core.quick import Quick

LATELY = timedelta(days=1)
DAYS_BEFORE = 14
MANY_TIMES, FEW = 2, 5
"""More than so many times what is usual, and more than a few, is unusual."""
_event, _alert = AuditEvent.__table__.c, Alert.__table__.c


class Numbers(NamedTuple):
    """Counts since an instant a day ago, none of them beyond what a page shows."""

    since: datetime
    alerts: int
    critical: int
    warnings: int
    refused: int
    refused_before: int

    @property
    def usually_refused(self) -> int:
        """Sign-ins a day, in the two weeks before."""
        return round(self.refused_before / DAYS_BEFORE)

    @property
    def are_more_refused(self) -> bool:
        return self.refused > max(MANY_TIMES * self.refused_before / DAYS_BEFORE, FEW)


class OpenAlert(NamedTuple):
    """An alert that nobody has looked at."""

    event_id: str
    rule_name: str
    text: str
    times: int
    raised_at: datetime


def unusual_numbers() -> Numbers:
    """One statement: each number is a range of an index."""
    since = (clock.now() - LATELY).replace(second=0, microsecond=0)
    before = since - timedelta(days=DAYS_BEFORE)
    row = _counting().row(since=timestamp(since), before=timestamp(before))
    return Numbers(since, *row)


@cache
def _counting() -> Quick:
    since, before = (sa.bindparam(name, type_=sa.String) for name in ("since", "before"))
    events, lately = sa.select(_event.id), _event.occurred_at >= since
    refused = events.where(_event.stream == Stream.ADMIN_LOGIN.value, is_outcome(Outcome.FAILURE))
    earlier = refused.where(_event.occurred_at >= before, _event.occurred_at < since).subquery()
    return Quick(
        sa.select(
            capped(sa.select(_alert.id).where(_alert.acknowledged_at.is_(None))).label("alerts"),
            capped(events.where(is_severity(Severity.CRITICAL), lately)).label("critical"),
            capped(events.where(is_severity(Severity.WARNING), lately)).label("warnings"),
            capped(refused.where(lately)).label("refused"),
            sa.select(sa.func.count()).select_from(earlier).scalar_subquery().label("earlier"),
        )
    )


def open_alerts(*, few: int) -> list[OpenAlert]:
    """The newest of them."""
    return [OpenAlert(*row) for row in _open().rows(few=few)]


@cache
def _open() -> Quick:
    times = _alert["count"].label("times")
    columns = [_alert.event_id, _alert.rule_name, _alert.text, times, _alert.raised_at]
    newest = sa.select(*columns).where(_alert.acknowledged_at.is_(None)).order_by(_alert.id.desc())
    return Quick(newest.limit(sa.bindparam("few", type_=sa.Integer)))
