"""The catalogue as JSON, as a revision keeps it, and back: plain values in and out."""

from collections.abc import Iterable
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from portal.catalog.snapshot import Allowance, Catalog, Feature, Interval, Plan, PlanFeature


def content_of(
    features: Iterable[Feature], plans: Iterable[Plan], fallback_plan_id: int | None
) -> dict[str, Any]:
    return {
        "features": [asdict(feature) for feature in features],
        "plans": [_plan_content(plan) for plan in plans],
        "fallback_plan_id": fallback_plan_id,
    }


def _plan_content(plan: Plan) -> dict[str, Any]:
    names = [name for name in Plan.__slots__ if name != "features"]
    said = {name: plan_feature_content(entry) for name, entry in plan.features.items()}
    return {**{name: getattr(plan, name) for name in names}, "features": said}


def plan_feature_content(said: PlanFeature) -> dict[str, Any]:
    """What the plan says, without what is as it is anyway: short in revisions and the ledger."""
    found: dict[str, Any] = {"is_included": said.is_included}
    if said.allowance is not None:
        usual = asdict(Allowance(is_unlimited=said.allowance.is_unlimited))
        given = asdict(said.allowance)
        stated = {name: value for name, value in given.items() if value != usual[name]}
        found["allowance"] = {"is_unlimited": said.allowance.is_unlimited, **stated}
    return found


def catalog_from(version: int, content: dict[str, Any]) -> Catalog:
    features = [_feature(entry) for entry in content["features"]]
    plans = [_plan(entry) for entry in content["plans"]]
    by_id = {plan.id: plan for plan in plans}
    return Catalog(
        version=version,
        features=MappingProxyType({feature.name: feature for feature in features}),
        plans=MappingProxyType(by_id),
        fallback_plan=by_id.get(content["fallback_plan_id"]),
    )


def _feature(entry: dict[str, Any]) -> Feature:
    return Feature(**{**entry, "interval": Interval(entry["interval"])})


def _plan(entry: dict[str, Any]) -> Plan:
    said = {name: _plan_feature(found) for name, found in entry["features"].items()}
    return Plan(**{**entry, "features": MappingProxyType(said)})


def _plan_feature(entry: dict[str, Any]) -> PlanFeature:
    stated = entry.get("allowance")
    if stated is None:
        return PlanFeature(entry["is_included"])
    interval = stated.get("interval")
    allowance = Allowance(**{**stated, "interval": Interval(interval) if interval else None})
    return PlanFeature(entry["is_included"], allowance)
