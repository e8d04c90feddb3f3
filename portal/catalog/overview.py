"""The catalogue as people look at it: lists, and the matrix of features and plans."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar

from portal.catalog.inclusion import Via, via_of
from portal.catalog.models import FeatureCategory
from portal.catalog.snapshot import Allowance, Catalog, Feature, Interval, Plan
from portal.core.currencies import price_text
from portal.core.errors import DomainError
from portal.web.paging import BadCursor, ListPage

Item = TypeVar("Item", Feature, Plan)
AFTER, BEFORE = "~", "-"  # as they stand in an address
CATEGORIES = [(category.value, category.value.capitalize()) for category in FeatureCategory]
PERIODS = {
    Interval.HOUR: "an hour",
    Interval.DAY: "a day",
    Interval.WEEK: "a week",
    Interval.MONTH: "a month",
    Interval.QUARTER: "a quarter",
    Interval.YEAR: "a year",
    Interval.NEVER: "in all",
}


class Availability(StrEnum):
    """Whether anybody can have a feature at all."""

    AVAILABLE = "available"
    KILLED = "killed"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        return {"killed": "Switched off"}.get(self.value, self.value.capitalize())


def availability_of(feature: Feature) -> Availability:
    if feature.is_archived:
        return Availability.ARCHIVED
    return Availability.KILLED if feature.is_killed else Availability.AVAILABLE


@dataclass(frozen=True, slots=True)
class Cell:
    """What one plan says of one feature."""

    plan: Plan
    feature: Feature
    via: Via
    quota: str

    @classmethod
    def of(cls, plan: Plan, feature: Feature) -> Self:
        said = plan.features.get(feature.name)
        quota = quota_text(said.allowance, feature) if said and said.is_included else ""
        return cls(plan, feature, via_of(plan, feature), quota)

    @property
    def id(self) -> str:
        # Names hold dots, which a selector would read as classes.
        return f"cell-{self.plan.name}-{self.feature.name}".replace(".", "-dot-")


def quota_text(allowance: Allowance | None, feature: Feature) -> str:
    """`10 a month`, `5 in all, 2 more when passed`; nothing for what is not counted."""
    if allowance is None or allowance.is_unlimited:
        return "unlimited" if feature.is_metered else ""
    text = f"{allowance.limit:,} {PERIODS[allowance.interval or feature.interval]}"
    if allowance.is_soft:
        cap = allowance.overage_cap
        text += ", may be passed" if cap is None else f", may be passed by {cap:,}"
    if allowance.rollover_max:
        text += f", up to {allowance.rollover_max:,} go over"
    return text


def plans_on_offer(catalog: Catalog) -> list[Plan]:
    """Lowest level first."""
    found = [plan for plan in catalog.plans.values() if not plan.is_archived]
    return sorted(found, key=lambda plan: (plan.level, plan.id))


def archived_plans(catalog: Catalog) -> list[Plan]:
    return [plan for plan in catalog.plans.values() if plan.is_archived]


def price_of(cents: int | None, currency: str) -> str:
    return "by agreement" if cents is None else price_text(cents, currency)


def including(feature: Feature, plans: Iterable[Plan]) -> list[Plan]:
    return [plan for plan in plans if via_of(plan, feature).is_included]


@dataclass(frozen=True, slots=True)
class FeatureSearch:
    """Which features to list; an unknown word of a filter narrows nothing."""

    text: str = ""
    category: str = ""
    level: int | None = None
    availability: Availability | None = None
    with_archived: bool = False

    @classmethod
    def of(cls, *, text: str, category: str, level: str, availability: str) -> Self:
        known = {state.value: state for state in Availability}
        return cls(
            text=text.strip()[:100],
            category=category if category in list(FeatureCategory) else "",
            level=int(level) if level.isascii() and level.isdigit() and len(level) < 5 else None,
            availability=known.get(availability),
        )

    def fits(self, feature: Feature) -> bool:
        """Archived features show only when they are asked for."""
        state = availability_of(feature)
        if self.availability is None:
            is_wanted = self.with_archived or state is not Availability.ARCHIVED
        else:
            is_wanted = state is self.availability
        words = f"{feature.name} {feature.display_name}".casefold()
        return (
            is_wanted
            and self.category in {"", feature.category}
            and self.level in {None, feature.min_plan_level}
            and self.text.casefold() in words
        )


def features_page(
    catalog: Catalog, search: FeatureSearch, *, cursor: str | None, limit: int
) -> ListPage[Feature]:
    """By label.

    Raises:
        BadCursor: see the class.
    """
    known = {feature.name: feature for feature in catalog.features.values()}
    return _page(known, filter(search.fits, known.values()), _feature_place, cursor, limit)


def plans_page(
    catalog: Catalog, *, with_archived: bool, cursor: str | None, limit: int
) -> ListPage[Plan]:
    """By level.

    Raises:
        BadCursor: see the class.
    """
    known = {plan.name: plan for plan in catalog.plans.values()}
    fitting = (plan for plan in known.values() if with_archived or not plan.is_archived)
    return _page(known, fitting, _plan_place, cursor, limit)


def _page(
    known: dict[str, Item],
    fitting: Iterable[Item],
    place: Callable[[Item], tuple[str, str] | tuple[int, str]],
    cursor: str | None,
    limit: int,
) -> ListPage[Item]:
    """The catalogue is in memory: a cursor names the one that the page follows, or precedes."""
    rest = sorted(fitting, key=place)
    start = 0
    if cursor:
        if cursor[1:] not in known or cursor[0] not in AFTER + BEFORE:
            raise BadCursor("Go back to the first page of the list.")
        edge = bisect_left(rest, place(known[cursor[1:]]), key=place)
        is_there = edge < len(rest) and rest[edge].name == cursor[1:]
        start = max(0, edge - limit) if cursor[0] == BEFORE else edge + is_there
    items = rest[start : start + limit]
    has_more = start + limit < len(rest)
    return ListPage(
        items,
        AFTER + items[-1].name if items and has_more else None,
        BEFORE + items[0].name if items and start else None,
    )


def _feature_place(feature: Feature) -> tuple[str, str]:
    return feature.display_name.casefold(), feature.name


def _plan_place(plan: Plan) -> tuple[int, str]:
    return plan.level, plan.name


class NotInCatalog(DomainError):
    """The matrix has no such cell."""

    status = 404
    code = "not_found"
    title = "Not found"


def cell_or_404(catalog: Catalog, plan_name: str, feature_name: str) -> Cell:
    """Raises:
    NotInCatalog: the plan or the feature does not exist.
    """
    plan = next((one for one in catalog.plans.values() if one.name == plan_name), None)
    feature = catalog.features.get(feature_name)
    if plan is None or feature is None:
        raise NotInCatalog("There is no such plan or feature.")
    return Cell.of(plan, feature)
