"""Uses that the product reports. Each event counts once, for good, whatever is sent again.

An id is remembered for ever, so a retry must send the id of its first try. Each event of a batch
gets its own answer, and one bad event spoils nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.database import db, insert_into
from portal.customers.models import Tenant, User
from portal.entitlements.models import UsageEvent
from portal.entitlements.rollups import add_to_hours

OLDEST = timedelta(days=35)
NEWEST = timedelta(minutes=5)


class Outcome(StrEnum):
    """What became of one event. A duplicate is a success: it had been accepted before."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Report:
    """One event as it was reported; the tenant follows from the user where only that is named."""

    event_id: str
    source: str
    feature_name: str
    value: Decimal
    occurred_at: datetime
    tenant_id: int | None = None
    user_id: int | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it; a rejected one says why."""

    outcome: Outcome
    code: str | None = None


def take_in(reports: Sequence[Report]) -> list[Answered]:
    """Keep the events and count them into their hours; an answer for each, in their order."""
    tenants = _tenants_of(reports)
    now, features = clock.now(), catalog_now().features
    answers: list[Answered | None] = []
    rows: dict[tuple[int, str, str], dict[str, Any]] = {}
    for report in reports:
        code = _fault(report, tenants, features, now)
        if code is not None:
            answers.append(Answered(Outcome.REJECTED, code))
            continue
        row = _row(report, tenants, now)
        key = _key(row)
        answers.append(Answered(Outcome.DUPLICATE) if key in rows else None)
        rows.setdefault(key, row)
    added = _insert(rows)
    add_to_hours([rows[key] for key in added])
    fresh = iter(rows)
    return [each or _outcome(next(fresh) in added) for each in answers]


def _outcome(is_added: bool) -> Answered:
    return Answered(Outcome.ACCEPTED if is_added else Outcome.DUPLICATE)


@dataclass(frozen=True, slots=True)
class _Known:
    tenants: frozenset[int]
    tenant_by_user: dict[int, int]

    def tenant_of(self, report: Report) -> int | None:
        if report.tenant_id is not None:
            return report.tenant_id if report.tenant_id in self.tenants else None
        return self.tenant_by_user.get(report.user_id or 0)


def _tenants_of(reports: Iterable[Report]) -> _Known:
    """Which of the named tenants and users there are, in two statements."""
    reports = list(reports)
    tenants = {report.tenant_id for report in reports} - {None}
    users = {report.user_id for report in reports} - {None}
    found = db.session.scalars(sa.select(Tenant.id).where(Tenant.id.in_(sorted(tenants)))).all()
    pairs = db.session.execute(
        sa.select(User.id, User.tenant_id).where(User.id.in_(sorted(users)))
    ).all()
    return _Known(frozenset(found), {row.id: row.tenant_id for row in pairs})


def _fault(report: Report, known: _Known, features: Any, now: datetime) -> str | None:
    """Why it cannot be taken; None when it can."""
    faults = (
        ("too_old", report.occurred_at < now - OLDEST),
        ("too_new", report.occurred_at > now + NEWEST),
        ("unknown_feature", report.feature_name not in features),
        ("unknown_user", _is_strange(report, known)),
        ("unknown_tenant", known.tenant_of(report) is None),
    )
    return next((code for code, is_so in faults if is_so), None)


def _is_strange(report: Report, known: _Known) -> bool:
    """Is the user nobody's, or another tenant's? Both get the same answer."""
    if report.user_id is None:
        return False
    tenant_id = known.tenant_by_user.get(report.user_id)
    return tenant_id is None or report.tenant_id not in {None, tenant_id}


def _row(report: Report, known: _Known, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": known.tenant_of(report),
        "user_id": report.user_id,
        "source": report.source,
        "event_id": report.event_id,
        "feature_name": report.feature_name,
        "value": f"{report.value:f}",
        "occurred_at": report.occurred_at,
        "received_at": now,
        "properties": report.properties,
    }


def _key(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["tenant_id"], row["source"], row["event_id"]


def _insert(rows: dict[tuple[int, str, str], dict[str, Any]]) -> set[tuple[int, str, str]]:
    """The keys that were new. In the order of keys: two batches cannot wait for each other."""
    if not rows:
        return set()
    added = (
        insert_into(UsageEvent)
        .on_conflict_do_nothing()
        .returning(UsageEvent.tenant_id, UsageEvent.source, UsageEvent.event_id)
    )
    ordered = [rows[key] for key in sorted(rows)]
    return {(row[0], row[1], row[2]) for row in db.session.execute(added, ordered)}
