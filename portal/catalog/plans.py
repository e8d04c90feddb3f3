"""Creating, changing and archiving plan templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.catalog.features import check_name, check_reason
from portal.catalog.models import PlanTemplate
from portal.catalog.plan_features import said_by, set_features
from portal.catalog.plan_rules import check_plan_terms
from portal.catalog.refusals import Archived, InUse, NameTaken, NoSuchPlan, UnknownPlan
from portal.catalog.revisions import lock_catalog, publish_revision
from portal.catalog.signals import plan_in_use
from portal.catalog.snapshot import Plan, PlanFeature
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.staleness import Stale


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """Everything about a plan but its name. Prices are minor units; None: by agreement.

    A feature that is not listed is left to the plan's level.
    """

    display_name: str
    level: int
    description: str = ""
    currency: str = "USD"
    monthly_price_cents: int | None = None
    annual_price_cents: int | None = None
    includes_all: bool = False
    features: Mapping[str, PlanFeature] = field(default_factory=dict)


PLAIN = tuple(name for name in PlanTerms.__slots__ if name != "features")


def proposed_plan(now: Plan | None, name: str, terms: PlanTerms) -> Plan:
    """The plan as it would stand with these terms: for drafts."""
    values = {key: getattr(terms, key) for key in (*PLAIN, "features")}
    return replace(now or Plan(name, terms.level), **values)


def plan_or_404(name: str) -> PlanTemplate:
    """The plan of this name, archived or not.

    Raises:
        NoSuchPlan: there is none.
    """
    found = db.session.scalar(sa.select(PlanTemplate).filter_by(name=name[:65]))
    if found is None:
        raise NoSuchPlan("There is no plan of this name.")
    return found


def tenants_on(plan_id: int) -> int:
    """How many tenants are on it, or will be, as the rooms above say."""
    return sum(answer for _, answer in plan_in_use.send(plan_id))


def plan_named(name: str) -> PlanTemplate:
    """A plan to put a tenant on. It is not archived until the transaction ends.

    Raises:
        UnknownPlan: no such plan is on offer.
    """
    found = db.session.scalar(
        sa.select(PlanTemplate)
        .where(PlanTemplate.name == name[:65], PlanTemplate.archived_at.is_(None))
        .with_for_update(read=True, key_share=True)
    )
    if found is None:
        raise UnknownPlan("There is no plan of this name on offer.", field="plan")
    return found


def create_plan(
    *, by: Actor, name: str, terms: PlanTerms, is_fallback: bool = False
) -> PlanTemplate:
    """Offer a new plan. Its name never changes.

    Raises:
        BadTerms, NameTaken: see the classes.
    """
    check_name(name)
    lock_catalog()
    check_plan_terms(terms.features, **{key: getattr(terms, key) for key in PLAIN})
    if db.session.scalar(sa.select(sa.exists().where(PlanTemplate.name == name))):
        raise NameTaken("There is a plan of this name. Choose another one.", field="name")
    values = {key: getattr(terms, key) for key in PLAIN}
    row = PlanTemplate(name=name, created_at=clock.now(), is_fallback=is_fallback, **values)
    if is_fallback:
        _no_other_fallback()
    db.session.add(row)
    db.session.flush()
    features = set_features(row, terms.features)
    changes = {key: (None, value) for key, value in values.items()}
    _record(Action.PLAN_CREATED, by, row, changes={**changes, **features})
    publish_revision(by=by)
    return row


def change_plan(
    *, by: Actor, name: str, version: int, terms: PlanTerms, reason: str | None = None
) -> PlanTemplate:
    """Give a plan other terms; the same ones again change nothing.

    Raises:
        NoSuchPlan, BadTerms, Archived: see the classes.
        Stale: it is not at this version any more.
    """
    row = _plan_to_change(name, version)
    check_plan_terms(terms.features, **{key: getattr(terms, key) for key in PLAIN})
    changes: dict[str, tuple[object, object]] = {}
    for key in PLAIN:
        old, new = getattr(row, key), getattr(terms, key)
        if old != new:
            changes[key] = (old, new)
            setattr(row, key, new)
    changes |= set_features(row, terms.features)
    return _changed(by, row, changes, reason) if changes else row


def set_plan_feature(
    *, by: Actor, plan_name: str, version: int, feature_name: str, said: PlanFeature | None
) -> PlanTemplate:
    """One cell of the matrix; None leaves the feature to the plan's level.

    Raises:
        NoSuchPlan, BadTerms, Archived, Stale: as for `change_plan`.
    """
    row = _plan_to_change(plan_name, version)
    features = {**said_by(row.id)}
    features.pop(feature_name, None)
    if said is not None:
        features[feature_name] = said
    check_plan_terms(features, **{key: getattr(row, key) for key in PLAIN})
    changes = set_features(row, features)
    return _changed(by, row, changes, None, feature_name) if changes else row


def make_fallback(*, by: Actor, name: str, reason: str) -> PlanTemplate:
    """Tenants without any other plan get this one from now on.

    Raises:
        NoSuchPlan, BadTerms, Archived: as for `change_plan`.
    """
    check_reason(reason)
    row = _plan_to_change(name)
    if row.is_fallback:
        return row
    before = _no_other_fallback()
    row.is_fallback = True
    return _changed(by, row, {"fallback_plan": (before, row.name)}, reason)


def archive_plan(*, by: Actor, name: str, reason: str) -> PlanTemplate:
    """Stop offering a plan that nobody is on.

    Raises:
        NoSuchPlan, BadTerms, Archived: see the classes.
        InUse: it is the fallback plan, or tenants are on it.
    """
    check_reason(reason)
    row = _plan_to_change(name)
    if row.is_fallback:
        raise InUse(
            f"{row.display_name} is what tenants without a plan get. Make another plan the "
            "fallback first."
        )
    count = tenants_on(row.id)
    if count:
        tenants = "1 tenant is" if count == 1 else f"{count} tenants are"
        raise InUse(f"{tenants} on {row.display_name}. Put them on another plan first.")
    row.archived_at = clock.now()
    row.version += 1
    _record(Action.PLAN_ARCHIVED, by, row, changes={"archived": (False, True)}, reason=reason)
    publish_revision(by=by)
    return row


def _plan_to_change(name: str, version: int | None = None) -> PlanTemplate:
    lock_catalog()
    row = db.session.scalar(
        sa.select(PlanTemplate)
        .filter_by(name=name[:65])
        # Whoever puts a tenant on the plan holds it too (`plan_named`): archiving waits.
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchPlan("There is no plan of this name.")
    if row.archived_at is not None:
        raise Archived(f"{row.display_name} is archived, so it is not changed any more.")
    if version is not None and row.version != version:
        raise Stale(f"{row.display_name} was changed meanwhile. Compare, then save again.")
    return row


def _no_other_fallback() -> str | None:
    old = db.session.scalar(sa.select(PlanTemplate).filter_by(is_fallback=True).with_for_update())
    if old is None:
        return None
    old.is_fallback = False
    old.version += 1
    return old.name


def _changed(
    by: Actor,
    row: PlanTemplate,
    changes: Mapping[str, tuple[object, object]],
    reason: str | None,
    feature_name: str | None = None,
) -> PlanTemplate:
    row.version += 1
    _record(Action.PLAN_CHANGED, by, row, changes=changes, reason=reason, feature_name=feature_name)
    publish_revision(by=by)
    return row


def _record(
    action: Action,
    by: Actor,
    row: PlanTemplate,
    *,
    changes: Mapping[str, tuple[object, object]],
    reason: str | None = None,
    feature_name: str | None = None,
) -> None:
    meta = {"entity_type": "plan", "entity_id": row.id, "feature_name": feature_name}
    target = Target("plan", row.id, row.display_name)
    record(action, by=by, target=target, changes=changes, reason=reason, meta=meta)
