"""Versions of the whole catalogue: publishing one, and reading the one of an instant.

A revision never changes once it is committed, so each process keeps the latest ones in memory
and asks the database for the newest number alone.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event, orm

from portal.catalog.content import catalog_from, content_of
from portal.catalog.models import CatalogRevision, FeatureRow, PlanFeatureRow, PlanTemplate
from portal.catalog.snapshot import Allowance, Catalog, Feature, Interval, Plan, PlanFeature
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import PortalSession, db, take_turns

NOTHING = Catalog(0, MappingProxyType({}), MappingProxyType({}), None)
DRAFT = -1
"""The version of a catalogue that nobody published: it must never be a cache key."""
KEPT = 64
LOCK = 0x0CA7A106
UNSETTLED = "catalog_revision"

_is_held: ContextVar[bool] = ContextVar("is_held", default=False)
# One memory a database, as an engine stands for one.
_memories: WeakKeyDictionary[Any, OrderedDict[int, Catalog]] = WeakKeyDictionary()


def lock_catalog() -> None:
    """Changes of the catalogue wait for each other, so each revision holds everything that was
    published before it.
    """
    take_turns(LOCK)


def publish_revision(*, by: Actor) -> int:
    """Keep the whole catalogue as it stands now; its number is the new version.

    Every deed of the catalogue begins with `lock_catalog` and ends here. Inside `one_revision`
    it answers 0: the number is not known yet.
    """
    if _is_held.get():
        return 0
    db.session.flush()
    newest = db.session.scalar(sa.select(sa.func.max(CatalogRevision.effective_at)))
    at = clock.now()
    revision = CatalogRevision(
        # A clock that was set back must not put this revision before the one it replaces.
        effective_at=max(at, newest) if newest else at,
        content=_present_content(),
        changed_by=by.id if by.type is ActorType.ADMIN else None,
    )
    db.session.add(revision)
    db.session.flush()
    db.session.info[UNSETTLED] = revision.id
    return revision.id


@contextmanager
def one_revision(*, by: Actor) -> Iterator[None]:
    """Several changes inside become one revision, at the end."""
    token = _is_held.set(True)
    try:
        yield
    finally:
        _is_held.reset(token)
    publish_revision(by=by)


def _present_content() -> dict[str, Any]:
    features = db.session.scalars(sa.select(FeatureRow).order_by(FeatureRow.id)).all()
    plans = db.session.scalars(
        sa.select(PlanTemplate).order_by(PlanTemplate.level, PlanTemplate.id)
    ).all()
    names = {row.id: row.name for row in features}
    said: dict[int, dict[str, PlanFeature]] = {row.id: {} for row in plans}
    for entry in db.session.scalars(sa.select(PlanFeatureRow).order_by(PlanFeatureRow.feature_id)):
        said[entry.plan_id][names[entry.feature_id]] = plan_feature_of(entry)
    fallback = next((row.id for row in plans if row.is_fallback), None)
    return content_of(
        [feature_of(row) for row in features],
        [plan_of(row, said[row.id]) for row in plans],
        fallback,
    )


def feature_of(row: FeatureRow) -> Feature:
    return Feature(
        name=row.name,
        is_default=row.is_default,
        min_plan_level=row.min_plan_level,
        is_killed=row.killed_at is not None,
        is_archived=row.archived_at is not None,
        is_metered=row.is_metered,
        interval=Interval(row.interval),
        unit=row.unit,
        display_name=row.display_name,
        category=row.category,
        description=row.description,
    )


def plan_of(row: PlanTemplate, said: dict[str, PlanFeature]) -> Plan:
    return Plan(
        name=row.name,
        level=row.level,
        features=said,
        includes_all=row.includes_all,
        id=row.id,
        display_name=row.display_name,
        description=row.description,
        currency=row.currency,
        monthly_price_cents=row.monthly_price_cents,
        annual_price_cents=row.annual_price_cents,
        is_archived=row.archived_at is not None,
    )


def plan_feature_of(row: PlanFeatureRow) -> PlanFeature:
    if not row.is_included:
        return PlanFeature(is_included=False)
    if row.is_unlimited:
        return PlanFeature(is_included=True, allowance=Allowance(is_unlimited=True))
    allowance = Allowance(
        is_unlimited=False,
        limit=row.quota_limit or 0,
        interval=Interval(row.interval) if row.interval else None,
        is_soft=row.is_soft,
        overage_cap=row.overage_cap,
        rollover_min=row.rollover_min,
        rollover_max=row.rollover_max,
    )
    return PlanFeature(is_included=True, allowance=allowance)


def catalog_now() -> Catalog:
    """The newest revision: one query, and one more where this process has not met it yet."""
    version = db.session.scalar(sa.select(sa.func.max(CatalogRevision.id)))
    return catalog_of(version) if version else NOTHING


def catalog_at(at: datetime) -> Catalog:
    """The catalogue as it stood at an instant; an empty one before the first revision."""
    newest = (CatalogRevision.effective_at.desc(), CatalogRevision.id.desc())
    version = db.session.scalar(
        sa.select(CatalogRevision.id)
        .where(CatalogRevision.effective_at <= at)
        .order_by(*newest)
        .limit(1)
    )
    return catalog_of(version) if version else NOTHING


def catalog_of(version: int) -> Catalog:
    """The catalogue under a version that was read from the database; 0 is the empty one."""
    if version == 0:
        return NOTHING
    memory = _memories.setdefault(db.engine, OrderedDict())
    found = memory.get(version)
    if found is None:
        content = db.session.scalars(
            sa.select(CatalogRevision.content).where(CatalogRevision.id == version)
        ).one()
        found = catalog_from(version, content)
        # Not yet committed: were it rolled back, another revision would get its number.
        if db.session.info.get(UNSETTLED) is None:
            memory[version] = found
    while len(memory) > KEPT:
        memory.popitem(last=False)
    return found


@event.listens_for(PortalSession, "after_transaction_end")
def _settle(session: orm.Session, transaction: orm.SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(UNSETTLED, None)


def draft_with(
    now: Catalog,
    *,
    features: Iterable[Feature] = (),
    plans: Iterable[Plan] = (),
    fallback_plan_id: int | None = None,
) -> Catalog:
    """The catalogue as it would stand with these in place of those of the same name (or id)."""
    all_features = {**now.features, **{feature.name: feature for feature in features}}
    all_plans = {**now.plans, **{plan.id: plan for plan in plans}}
    old = fallback_plan_id or (now.fallback_plan.id if now.fallback_plan else None)
    return replace(
        now,
        version=DRAFT,
        features=MappingProxyType(all_features),
        plans=MappingProxyType(all_plans),
        fallback_plan=all_plans.get(old) if old is not None else None,
    )
