"""Looking at each new leaf, once, and raising the alerts whose rules are met.

The place in the log and the alerts move in one transaction, so none is raised twice or missed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.alerting.matching import about, in_short, is_met
from portal.audit.alerting.rules import create_rule
from portal.audit.alerting.usual_rules import USUAL
from portal.audit.ledger import Target, record
from portal.audit.models import Alert, AlertRule, AuditEvent, Leaf, WatchPlace
from portal.audit.readable import event_in
from portal.audit.signals import alert_raised
from portal.audit.tree import tree_size
from portal.audit.words import in_words
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.clock import timestamp
from portal.core.database import db

AT_ONCE = 500
TOO_OLD = timedelta(hours=24)
"""What happened earlier is history that was brought in, or a worker that was away for long."""


def is_anything_new() -> bool:
    """Reads only: the worker asks each second."""
    place = sa.select(WatchPlace.next_index).where(WatchPlace.id == 1).scalar_subquery()
    has_more = sa.exists().where(Leaf.leaf_index >= sa.func.coalesce(place, 0))
    return bool(db.session.scalar(sa.select(has_more)))


def watch() -> int:
    """Look at up to 500 new leaves; how many alerts were raised. The caller commits.

    The first time, the usual rules are made, and the log so far counts as seen.
    """
    place = db.session.get(WatchPlace, 1, with_for_update=True, populate_existing=True)
    if place is None:
        return _begin()
    rows = db.session.execute(
        sa.select(Leaf.leaf_index, AuditEvent.canonical)
        .outerjoin(AuditEvent, AuditEvent.id == Leaf.event_id)
        .where(Leaf.leaf_index >= place.next_index)
        .order_by(Leaf.leaf_index)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return 0
    place.next_index = rows[-1].leaf_index + 1
    rules = list(db.session.scalars(sa.select(AlertRule).where(AlertRule.disabled_at.is_(None))))
    bodies = [event_in(row.canonical) for row in rows if row.canonical is not None]
    return sum(_look(rule, body) for body in bodies if body for rule in rules if is_met(rule, body))


def _begin() -> int:
    db.session.add(WatchPlace(id=1, next_index=tree_size()))
    # Two that begin at once: the second one's row is refused, and its transaction with it.
    db.session.flush()
    if not db.session.scalar(sa.select(sa.exists().select_from(AlertRule))):
        for terms in USUAL:
            create_rule(by=SYSTEM, terms=terms)
    return 0


def _look(rule: AlertRule, body: Mapping[str, Any]) -> int:
    happened = datetime.fromisoformat(body["occurred_at"])
    if clock.now() - happened > TOO_OLD or not _is_reached(rule, body, happened):
        return 0
    key = about(rule, body)
    running = _running(rule, key)
    if running is not None:
        running.count += 1
        return 0
    _raise(rule, body, key)
    return 1


def _is_reached(rule: AlertRule, body: Mapping[str, Any], happened: datetime) -> bool:
    """Are there enough of them in the window that ends with this one?"""
    if rule.threshold == 1:
        return True
    since = timestamp(happened - timedelta(minutes=rule.minutes))
    query = (
        sa.select(AuditEvent.canonical)
        .where(AuditEvent.occurred_at > since, AuditEvent.occurred_at <= body["occurred_at"])
        .where(*_narrowed(rule))
        .order_by(AuditEvent.occurred_at.desc())
    )
    key, found = about(rule, body), 0
    for canonical in db.session.scalars(query):
        other = event_in(canonical)
        found += other is not None and is_met(rule, other) and about(rule, other) == key
        if found >= rule.threshold:
            return True
    return False


def _narrowed(rule: AlertRule) -> list[sa.ColumnElement[bool]]:
    """What the database can tell by itself; `is_met` decides."""
    where: list[sa.ColumnElement[bool]] = []
    if rule.actions:
        where.append(AuditEvent.action.in_(rule.actions))
    if rule.outcome:
        where.append(AuditEvent.outcome == rule.outcome)
    return where


def _running(rule: AlertRule, key: str) -> Alert | None:
    """The alert about the same one whose quiet time is not over."""
    since = clock.now() - timedelta(minutes=rule.quiet_minutes)
    same = (Alert.rule_id == rule.id, Alert.about == key, Alert.raised_at > since)
    return db.session.scalar(
        sa.select(Alert).where(*same).order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(1)
    )


def _raise(rule: AlertRule, body: Mapping[str, Any], key: str) -> None:
    alert = Alert(
        rule_id=rule.id,
        rule_name=rule.name,
        event_id=body["id"],
        about=key,
        text=in_short(body, in_words(body["action"])),
        count=rule.threshold,
        raised_at=clock.now(),
    )
    db.session.add(alert)
    db.session.flush()
    record(
        Action.ALERT_RAISED,
        by=SYSTEM,
        target=Target("alert", alert.id, rule.name),
        tenant_id=body.get("tenant_id"),
        meta={"event_id": body["id"], "count": rule.threshold},
    )
    alert_raised.send(alert, rule=rule)
