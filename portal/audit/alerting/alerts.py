"""The alerts that were raised, and who has looked at them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import LONGEST_LABEL, Target, record
from portal.audit.models import Alert
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import NotFound
from portal.web.paging import ListPage, page_of

_alert = Alert.__table__.c


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of the list."""

    id: int
    rule_id: int
    rule_name: str
    event_id: str
    text: str
    count: int
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


def alert_page(*, is_open: bool, cursor: str | None = None) -> ListPage[AlertRow]:
    """The newest first: those that nobody has looked at, or the others."""
    columns = [_alert[name] for name in AlertRow.__dataclass_fields__]
    seen = _alert.acknowledged_at
    query = (
        sa.select(*columns)
        .where(seen.is_(None) if is_open else seen.is_not(None))
        .order_by(_alert.id.desc())
    )
    return page_of(query, _row, cursor=cursor)


def _row(row: sa.Row[*tuple[Any, ...]]) -> AlertRow:
    return AlertRow(**row._asdict())


def acknowledge(*, by: Actor, alert_id: int) -> Alert:
    """Somebody has looked at it. A second time changes nothing.

    Raises:
        NotFound: there is none.
    """
    alert = db.session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFound("There is no such alert.")
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by = clock.now(), by.label[:LONGEST_LABEL]
        target = Target("alert", alert.id, alert.rule_name)
        record(Action.ALERT_ACKNOWLEDGED, by=by, target=target, meta={"event_id": alert.event_id})
    return alert
