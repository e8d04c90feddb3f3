"""What a change of plan changes, feature by feature. Pure.

Overrides of the tenant and its users stay as they are and are not looked at here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from portal.catalog.inclusion import Via, via_of
from portal.catalog.snapshot import UNLIMITED, Allowance, Catalog, Feature, Interval, Plan


class PlanUse(NamedTuple):
    """How much a tenant has used, and whether the other plan would give less than that."""

    used: int
    is_over: bool


UNUSED = PlanUse(0, is_over=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """One feature that the two plans treat differently."""

    label: str
    before: str
    after: str
    is_gain: bool | None
    """None: neither more nor less, such as another period."""
    use: PlanUse = UNUSED


def differences(
    catalog: Catalog,
    before: Plan | None,
    after: Plan | None,
    uses: Mapping[str, PlanUse] | None = None,
) -> list[Difference]:
    """In the order of the catalogue. `uses`: of a tenant, by feature."""
    found, known = [], uses or {}
    for feature in catalog.features.values():
        if feature.is_archived:
            continue
        old, new = allowance_of(before, feature), allowance_of(after, feature)
        texts = words(old, feature), words(new, feature)
        if texts[0] != texts[1]:
            sizes = _size(old), _size(new)
            is_gain = None if sizes[0] == sizes[1] else sizes[1] > sizes[0]
            label, use = feature.display_name or feature.name, known.get(feature.name, UNUSED)
            found.append(Difference(label, *texts, is_gain, use))
    return found


def allowance_of(plan: Plan | None, feature: Feature) -> Allowance | None:
    """How much of the feature users of the plan get; None: nothing."""
    if plan is None:
        return UNLIMITED if feature.is_default else None
    via = via_of(plan, feature)
    if via is Via.LISTED:
        return plan.features[feature.name].allowance or UNLIMITED
    return UNLIMITED if via.is_included else None


def words(allowance: Allowance | None, feature: Feature) -> str:
    """`Not included`, `Included`, `Unlimited`, `1,000 a month`, `5 in all`."""
    if allowance is None:
        return "Not included"
    if allowance.is_unlimited:
        return "Unlimited" if feature.is_metered else "Included"
    interval = allowance.interval or feature.interval
    often = "in all" if interval is Interval.NEVER else f"{_article(interval)} {interval}"
    more = ", and beyond" if allowance.is_soft else ""
    return f"{allowance.limit:,} {often}{more}"


def _article(interval: Interval) -> str:
    return "an" if interval is Interval.HOUR else "a"


def _size(allowance: Allowance | None) -> float:
    if allowance is None:
        return -1
    return inf if allowance.is_unlimited else allowance.limit
