"""What a plan says of single features: reading and writing its rows."""

from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from portal.catalog.content import plan_feature_content
from portal.catalog.models import FeatureRow, PlanFeatureRow, PlanTemplate
from portal.catalog.refusals import BadTerms
from portal.catalog.revisions import plan_feature_of
from portal.catalog.snapshot import UNLIMITED, PlanFeature
from portal.core.database import db


def said_by(plan_id: int) -> dict[str, PlanFeature]:
    """What a plan says of each feature that it lists, by the feature's name."""
    rows = db.session.execute(
        sa.select(PlanFeatureRow, FeatureRow.name)
        .join(FeatureRow, FeatureRow.id == PlanFeatureRow.feature_id)
        .where(PlanFeatureRow.plan_id == plan_id)
        .order_by(FeatureRow.id)
    )
    return {name: plan_feature_of(row) for row, name in rows}


def plainly(said: PlanFeature) -> PlanFeature:
    """The one form of two that mean the same, so that they compare equal."""
    if not said.is_included:
        return PlanFeature(is_included=False)
    if said.allowance is None or said.allowance.is_unlimited:
        return PlanFeature(is_included=True, allowance=UNLIMITED)
    cap = said.allowance.overage_cap if said.allowance.is_soft else None
    return replace(said, allowance=replace(said.allowance, overage_cap=cap))


def set_features(
    row: PlanTemplate, wanted: Mapping[str, PlanFeature]
) -> dict[str, tuple[object, object]]:
    """Write what differs; the changes for the ledger, one a feature."""
    had = said_by(row.id)
    wanted = {name: plainly(said) for name, said in wanted.items()}
    names = [name for name in {**had, **wanted} if had.get(name) != wanted.get(name)]
    ids = _feature_ids(names)
    changes: dict[str, tuple[object, object]] = {}
    for name in names:
        old, new = had.get(name), wanted.get(name)
        place = {"plan_id": row.id, "feature_id": ids[name]}
        if new is None:
            db.session.execute(sa.delete(PlanFeatureRow).filter_by(**place))
        else:
            db.session.merge(PlanFeatureRow(**place, **_said_columns(new)))
        changes[name] = (_plain(old), _plain(new))
    return changes


def _feature_ids(names: list[str]) -> dict[str, int]:
    rows = db.session.scalars(sa.select(FeatureRow).where(FeatureRow.name.in_(names)))
    ids = {row.name: row.id for row in rows}
    for name in names:
        if name not in ids:
            raise BadTerms(f"There is no feature {name}.", field="features")
    return ids


def _said_columns(said: PlanFeature) -> dict[str, object]:
    """Every column, so that what was stated before is taken back too."""
    given = said.allowance if said.is_included else None
    is_limited = given is not None and not given.is_unlimited
    return {
        "is_included": said.is_included,
        "is_unlimited": not is_limited,
        "quota_limit": given.limit if given and is_limited else None,
        "interval": given.interval.value if given and is_limited and given.interval else None,
        "is_soft": bool(given and is_limited and given.is_soft),
        "overage_cap": given.overage_cap if given and is_limited else None,
        "rollover_min": given.rollover_min if given and is_limited else 0,
        "rollover_max": given.rollover_max if given and is_limited else 0,
    }


def _plain(said: PlanFeature | None) -> object:
    return None if said is None else plan_feature_content(said)
