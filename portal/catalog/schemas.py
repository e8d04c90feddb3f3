"""What the API takes and gives about the catalogue."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from portal.catalog.features import FeatureTerms
from portal.catalog.models import FeatureCategory
from portal.catalog.overview import Cell, including, plans_on_offer
from portal.catalog.plan_rules import HIGHEST_LEVEL
from portal.catalog.snapshot import Catalog, Feature, Interval, Plan
from portal.web.openapi import StrictBody, example

FEATURE: dict[str, Any] = {
    "name": "advanced_quotes",
    "display_name": "Advanced Quotes",
    "description": "Several quantities, materials and print options in one quote.",
    "category": "quotes",
    "is_default": False,
    "min_plan_level": 1,
    "is_metered": False,
    "unit": None,
    "interval": "month",
    "is_killed": False,
    "is_archived": False,
    "plans": ["basic", "professional", "enterprise"],
    "used_by": {"plans": 3},
}
PLAN: dict[str, Any] = {
    "name": "free",
    "display_name": "Free",
    "description": "To try it, and for whoever quotes now and then.",
    "level": 0,
    "currency": "USD",
    "monthly_price_cents": 0,
    "annual_price_cents": 0,
    "includes_all": False,
    "is_fallback": True,
    "is_archived": False,
    "features": [
        {
            "name": "basic_quotes",
            "included": True,
            "via": "listed",
            "unlimited": False,
            "limit": 10,
            "interval": "month",
            "soft": False,
            "overage_cap": None,
            "rollover_min": 0,
            "rollover_max": 0,
        }
    ],
}


class FeatureQuery(BaseModel):
    """Which features to list."""

    category: FeatureCategory | None = None
    level: int | None = Field(None, ge=0, le=HIGHEST_LEVEL, description="Its min_plan_level")
    availability: Literal["available", "killed", "archived", "all"] | None = Field(
        None, description="Left out: everything that is not archived"
    )
    q: str = Field("", max_length=100, description="A part of its name or label")
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class FeatureBody(StrictBody):
    """A feature to create. Its name never changes."""

    model_config = example(
        {
            "name": "box_previews",
            "display_name": "Box Previews",
            "description": "Turn a box around before it is made.",
            "category": "quotes",
            "min_plan_level": 1,
            "is_metered": True,
            "unit": "preview",
            "interval": "month",
        }
    )

    name: str = Field(pattern=r"^[a-z0-9_.-]{2,64}$")
    display_name: str = Field(min_length=1, max_length=120)
    description: str = Field("", max_length=500)
    category: FeatureCategory = FeatureCategory.OTHER
    is_default: bool = False
    min_plan_level: int = Field(0, ge=0, le=HIGHEST_LEVEL)
    is_metered: bool = False
    unit: str | None = Field(None, max_length=40)
    interval: Interval = Interval.MONTH

    def terms(self) -> FeatureTerms:
        values = self.model_dump(exclude={"name"})
        return FeatureTerms(**{**values, "category": self.category.value})


class UsedBy(BaseModel):
    """How widely it is offered."""

    plans: int


class FeatureAnswer(BaseModel):
    """A feature and the plans on offer that have it."""

    model_config = example(FEATURE)

    name: str
    display_name: str
    description: str
    category: str
    is_default: bool
    min_plan_level: int
    is_metered: bool
    unit: str | None
    interval: str
    is_killed: bool
    is_archived: bool
    plans: list[str]
    used_by: UsedBy


class FeatureList(BaseModel):
    """One page of features, by label."""

    items: list[FeatureAnswer]
    next_cursor: str | None


class PlanQuery(BaseModel):
    """Which plans to list."""

    include_archived: bool = False
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class PlanFeatureAnswer(BaseModel):
    """What a tenant on the plan has of one feature, and by what."""

    name: str
    included: bool
    via: str
    unlimited: bool | None
    limit: int | None
    interval: str | None
    soft: bool
    overage_cap: int | None
    rollover_min: int
    rollover_max: int


class PlanAnswer(BaseModel):
    """A plan. Prices are minor units of its currency; null: by agreement."""

    model_config = example(PLAN)

    name: str
    display_name: str
    description: str
    level: int
    currency: str
    monthly_price_cents: int | None
    annual_price_cents: int | None
    includes_all: bool
    is_fallback: bool
    is_archived: bool
    features: list[PlanFeatureAnswer]


class PlanList(BaseModel):
    """One page of plans, the lowest level first."""

    items: list[PlanAnswer]
    next_cursor: str | None


def feature_json(catalog: Catalog, feature: Feature) -> dict[str, Any]:
    plans = [plan.name for plan in including(feature, plans_on_offer(catalog))]
    values = {name: getattr(feature, name) for name in Feature.__slots__}
    return {**values, "plans": plans, "used_by": {"plans": len(plans)}}


def plan_json(catalog: Catalog, plan: Plan) -> dict[str, Any]:
    values = {name: getattr(plan, name) for name in Plan.__slots__ if name != "id"}
    fallback = catalog.fallback_plan
    offered = [one for one in catalog.features.values() if not one.is_archived]
    return {
        **values,
        "is_fallback": fallback is not None and fallback.id == plan.id,
        "features": [_plan_feature_json(Cell.of(plan, one)) for one in offered],
    }


def _plan_feature_json(cell: Cell) -> dict[str, Any]:
    said = cell.plan.features.get(cell.feature.name)
    given = said.allowance if said else None
    is_limited = given is not None and not given.is_unlimited
    interval = (given.interval if given else None) or cell.feature.interval
    return {
        "name": cell.feature.name,
        "included": cell.via.is_included,
        "via": cell.via.value,
        "unlimited": not is_limited if cell.via.is_included else None,
        "limit": given.limit if given and is_limited else None,
        "interval": interval.value if is_limited else None,
        "soft": bool(given and given.is_soft),
        "overage_cap": given.overage_cap if given else None,
        "rollover_min": given.rollover_min if given else 0,
        "rollover_max": given.rollover_max if given else 0,
    }
