"""Who a bulk grant is for: a list of ids, or everybody that a filter of tenants names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.directory import LAST_CHARACTER
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.customers.naming import name_key
from portal.entitlements.models import BulkGrant, BulkGrantRow
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription
from portal.web.urls import LARGEST_ID

MOST = 100_000
AT_ONCE = 1000
MOST_NAMED = 10
_tenant, _user = Tenant.__table__.c, User.__table__.c


class BadSubjects(DomainError):
    """Nobody, too many, or a filter that names nothing we know."""


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Tenants by status, present plan and the beginning of their name or their external id.

    For users: the active ones of these tenants.
    """

    status: str | None = None
    plan: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How many a bulk grant is for."""

    subjects: int
    tenants: int


Subjects = Sequence[int] | SubjectFilter


def count_subjects(*, scope: str, subjects: Subjects) -> Reach:
    """For the question before it begins. Ids that nobody has are counted, and refused later.

    Raises:
        BadSubjects: as `start_bulk_grant`.
    """
    if not isinstance(subjects, SubjectFilter):
        return _count_listed(scope, sorted(set(subjects)))
    found = _found(scope, subjects).subquery()
    distinct = sa.func.count(sa.distinct(found.c.tenant_id))
    counted = db.session.execute(sa.select(sa.func.count(), distinct).select_from(found)).one()
    return Reach(subjects=counted[0], tenants=counted[1])


def _count_listed(scope: str, ids: list[int]) -> Reach:
    _check_range(ids)
    tenants: set[int] = set()
    for some in _in_parts(ids):
        tenants.update(row.tenant_id for row in db.session.execute(_found(scope, some)))
    return Reach(subjects=len(ids), tenants=len(tenants))


def first_names(*, scope: str, ids: Sequence[int]) -> list[str]:
    """What the first few are called, for whoever wonders whether they are meant."""
    first = ids[:MOST_NAMED]
    if scope == "tenant":
        query = sa.select(_tenant.id, _tenant.name).where(_tenant.id.in_(first))
    else:
        name = _user.name.concat(" (").concat(_tenant.name).concat(")")
        query = sa.select(_user.id, name).join_from(User.__table__, Tenant.__table__)
        query = query.where(_user.id.in_(first))
    names = {row[0]: row[1] for row in db.session.execute(query)}
    return [names[number] for number in first if number in names]


def add_rows(bulk: BulkGrant, subjects: Subjects) -> int:
    """One waiting row for each subject; how many.

    Raises:
        BadSubjects: there is none, or there are too many.
    """
    if isinstance(subjects, SubjectFilter):
        number = _add_found(bulk, subjects)
    else:
        number = _add_listed(bulk, sorted(set(subjects)))
    if number == 0:
        raise BadSubjects("Nobody is meant by this.", field="subjects")
    if number > MOST:
        raise BadSubjects(f"Choose at most {MOST:,} at a time.", field="subjects")
    return number


def _add_found(bulk: BulkGrant, subjects: SubjectFilter) -> int:
    """Inside the database, in one statement."""
    found = _found(bulk.scope, subjects).limit(MOST + 1).subquery()
    rows = sa.select(sa.literal(bulk.id), found.c.id, found.c.label)
    columns = ["bulk_grant_id", "subject_id", "label"]
    db.session.execute(sa.insert(BulkGrantRow).from_select(columns, rows))
    count = sa.select(sa.func.count()).where(BulkGrantRow.bulk_grant_id == bulk.id)
    return db.session.scalar(count) or 0


def _add_listed(bulk: BulkGrant, ids: list[int]) -> int:
    if len(ids) > MOST:
        return len(ids)
    _check_range(ids)
    for some in _in_parts(ids):
        labels = {row.id: row.label for row in db.session.execute(_found(bulk.scope, some))}
        rows: list[dict[str, Any]] = [
            {
                "bulk_grant_id": bulk.id,
                "subject_id": subject,
                "label": labels.get(subject, f"{bulk.scope} {subject}"),
            }
            for subject in some
        ]
        db.session.execute(sa.insert(BulkGrantRow), rows)
    return len(ids)


def _check_range(ids: list[int]) -> None:
    if ids and not 1 <= ids[0] <= ids[-1] <= LARGEST_ID:
        raise BadSubjects("One of the ids is out of range.", field="subjects")


def _in_parts(ids: list[int]) -> Iterator[list[int]]:
    """A statement takes only so many values."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _found(scope: str, subjects: Subjects) -> sa.Select[Any]:
    """`id`, `tenant_id` and a label without personal data."""
    if scope == "tenant":
        query = sa.select(_tenant.id, _tenant.id.label("tenant_id"), _tenant.name.label("label"))
        mine = _tenant.id
    else:
        label = sa.literal("user ").concat(sa.cast(_user.id, sa.String))
        query = sa.select(_user.id, _user.tenant_id, label.label("label"))
        query = query.join(Tenant.__table__, _tenant.id == _user.tenant_id)
        mine = _user.id
    if not isinstance(subjects, SubjectFilter):
        return query.where(mine.in_(list(subjects)))
    if scope == "user":
        query = query.where(_user.status == UserStatus.ACTIVE, _user.erased_at.is_(None))
    return query.where(*_conditions(subjects, clock.now())).order_by(mine)


def _conditions(subjects: SubjectFilter, at: datetime) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if subjects.status:
        if subjects.status not in list(TenantStatus):
            raise BadSubjects(f"Use one of: {', '.join(TenantStatus)}.", field="status")
        found.append(_tenant.status == subjects.status)
    if subjects.search:
        key = name_key(subjects.search.strip())
        begins = sa.and_(_tenant.name_key >= key, _tenant.name_key < key + LAST_CHARACTER)
        found.append(sa.or_(begins, _tenant.external_id == subjects.search.strip()))
    if subjects.plan:
        found.append(_is_on(subjects.plan, at))
    return found


def _is_on(name: str, at: datetime) -> sa.ColumnElement[bool]:
    """Without a stay that gives access, a tenant is on the fallback plan."""
    plan = db.session.scalars(sa.select(PlanTemplate).filter_by(name=name)).one_or_none()
    if plan is None:
        raise BadSubjects("There is no such plan.", field="plan")
    mine = sa.select(Subscription.id).where(Subscription.tenant_id == _tenant.id, in_force(at))
    on_it = mine.where(Subscription.plan_id == plan.id).correlate(Tenant.__table__).exists()
    if not plan.is_fallback:
        return on_it
    return sa.or_(on_it, ~mine.correlate(Tenant.__table__).exists())
