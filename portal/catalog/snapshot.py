"""The catalogue as plain values, as it stood at one instant: what decisions are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Interval(StrEnum):
    """When a limit starts anew. `never`: it is counted, not consumed (seats, parties)."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much: never None or 0 for unlimited, which would turn an exhausted cap into a free one.

    `limit` counts only when it is not unlimited; `interval` says when it starts anew, None: as
    the feature says.
    """

    is_unlimited: bool
    limit: int = 0
    interval: Interval | None = None
    is_soft: bool = False
    overage_cap: int | None = None
    rollover_min: int = 0
    rollover_max: int = 0


UNLIMITED = Allowance(is_unlimited=True)


@dataclass(frozen=True, slots=True)
class PlanFeature:
    """What a plan says of one feature."""

    is_included: bool
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan template as it stood."""

    name: str
    level: int
    features: Mapping[str, PlanFeature] = field(default_factory=dict)
    includes_all: bool = False
    id: int = 0
    display_name: str = ""
    description: str = ""
    currency: str = "USD"
    monthly_price_cents: int | None = None
    """Minor units of the currency; None: by agreement."""
    annual_price_cents: int | None = None
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it stood."""

    name: str
    is_default: bool = False
    min_plan_level: int = 0
    is_killed: bool = False
    is_archived: bool = False
    is_metered: bool = False
    interval: Interval = Interval.MONTH
    unit: str | None = None
    display_name: str = ""
    category: str = "other"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that was on offer, under the version that answers are cached by."""

    version: int
    features: Mapping[str, Feature]
    plans: Mapping[int, Plan]
    fallback_plan: Plan | None
