"""One grant for many: started here, worked off by the worker in batches, a result for each.

A batch, its results, its progress and the job that goes on are one transaction: after a kill the
next attempt finds either all of it or nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.customers.models import User
from portal.entitlements.models import BulkGrant, BulkGrantRow
from portal.entitlements.subjects import Reach, SubjectFilter, Subjects, add_rows, count_subjects
from portal.entitlements.superseding import grantable_feature
from portal.entitlements.terms import (
    NOT_GIVEN,
    Given,
    Terms,
    check_may_grant,
    check_terms,
    may_only_grant_briefly,
)
from portal.jobs.queue import enqueue
from portal.web.paging import ListPage, page_of

__all__ = [
    "KIND",
    "BulkLine",
    "BulkRow",
    "Reach",
    "SubjectFilter",
    "batch_id",
    "bulk_grants",
    "bulk_or_404",
    "bulk_rows",
    "count_subjects",
    "start_bulk_grant",
]

KIND = "entitlements.bulk_grant"
RESULTS = {"granted": "granted", "refused": "refused", "waiting": None}
_bulk, _row, _user = BulkGrant.__table__.c, BulkGrantRow.__table__.c, User.__table__.c


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One bulk grant in the list of them."""

    id: int
    scope: str
    feature_name: str
    effect: str
    status: str
    total: int
    done: int
    failed: int
    created_at: datetime
    created_by_label: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One subject: `result` is None while it waits. The label is the name as it is now."""

    subject_id: int
    label: str
    result: str | None
    detail: str | None


def start_bulk_grant(
    *, by: Actor, scope: str, subjects: Subjects, feature_name: str, **terms: Unpack[Given]
) -> BulkGrant:
    """Have the worker grant a feature to many users or tenants; `scope` says which.

    Raises:
        BadSubjects: nobody, or too many (422).
        BadTerms, Denied, NotFound: as a single grant would be refused.
    """
    now, found = clock.now(), Terms(**terms)
    check_may_grant(by, scope=scope, terms=found, now=now)
    if by.type not in {ActorType.ADMIN, ActorType.SYSTEM}:
        raise Denied("Only a person starts this: the worker asks what they may do.")
    if scope == "user" and may_only_grant_briefly(by):
        raise Denied("You may grant to one user at a time. Ask a manager.")
    grantable_feature(feature_name)
    check_terms(found, now)
    bulk = BulkGrant(
        scope=scope,
        terms={"feature_name": feature_name, **_kept(found)},
        status="queued",
        total=0,
        created_at=now,
        created_by=by.id if by.type is ActorType.ADMIN else None,
        created_by_label=by.label,
    )
    db.session.add(bulk)
    db.session.flush()
    bulk.total = add_rows(bulk, subjects)
    enqueue(KIND, {"bulk_grant_id": bulk.id})
    _record_start(by, bulk, found)
    return bulk


def _kept(terms: Terms) -> dict[str, Any]:
    """What is needed to give it later, as JSON holds it."""
    found = {
        "effect": terms.effect.value,
        "quota_limit": terms.quota_limit,
        "is_unlimited": terms.is_unlimited,
        "interval": str(terms.interval) if terms.interval else None,
        "is_soft": terms.is_soft,
        "overage_cap": terms.overage_cap,
        "starts_at": timestamp(terms.starts_at) if terms.starts_at else None,
        "expires_at": timestamp(terms.expires_at) if terms.expires_at else None,
        "reason": terms.reason,
        "cause_type": terms.cause_type,
        "cause_id": terms.cause_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _record_start(by: Actor, bulk: BulkGrant, terms: Terms) -> None:
    name = bulk.terms["feature_name"]
    record(
        Action.ENTITLEMENTS_BULK_STARTED,
        by=by,
        target=Target("bulk_grant", bulk.id, f"{name} for {bulk.total} {bulk.scope}s"),
        reason=terms.reason or NOT_GIVEN,
        changes={"grant": (None, bulk.terms)},
        meta={
            "feature_name": name,
            "entity_type": "bulk_grant",
            "entity_id": bulk.id,
            "total": bulk.total,
            "batch_id": batch_id(bulk),
        },
    )


def batch_id(bulk: BulkGrant) -> str:
    """What all its grants and their events have in common."""
    return f"bulk-{bulk.id}"


def bulk_or_404(bulk_id: int) -> BulkGrant:
    """The bulk grant.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(BulkGrant, bulk_id)
    if found is None:
        raise NotFound("There is no such bulk grant.")
    return found


def bulk_grants(*, cursor: str | None = None) -> ListPage[BulkLine]:
    """The latest first."""
    query = sa.select(
        _bulk.id,
        _bulk.scope,
        _bulk.terms,
        _bulk.status,
        _bulk.total,
        _bulk.done,
        _bulk.failed,
        _bulk.created_at,
        _bulk.created_by_label,
        _bulk.finished_at,
    ).order_by(_bulk.id.desc())
    return page_of(query, _line, cursor=cursor)


def _line(row: sa.Row[*tuple[Any, ...]]) -> BulkLine:
    values = row._asdict()
    terms = values.pop("terms")
    return BulkLine(feature_name=terms["feature_name"], effect=terms["effect"], **values)


def bulk_rows(
    bulk: BulkGrant, *, result: str | None = None, cursor: str | None = None
) -> ListPage[BulkRow]:
    """Its subjects by id, those with one result alone: `granted`, `refused` or `waiting`."""
    columns = (_row.subject_id, _row.label, _row.result, _row.detail)
    query = sa.select(*columns).where(_row.bulk_grant_id == bulk.id)
    if bulk.scope == "user":
        users = BulkGrantRow.__table__.outerjoin(User.__table__, _user.id == _row.subject_id)
        query = query.add_columns(_user.name.label("name")).select_from(users)
    if result in RESULTS:
        query = query.where(_row.result == RESULTS[result])
    return page_of(query.order_by(_row.subject_id), _subject, cursor=cursor)


def _subject(row: sa.Row[*tuple[Any, ...]]) -> BulkRow:
    values = row._asdict()
    name = values.pop("name", None)
    return BulkRow(**(values | {"label": name or values["label"]}))
