"""What a gesture is worth: the stated rules, on plain values.

A month has 30 days. Everything is rounded half away from zero, in minor units of the currency of
the plans on offer. Whoever is on a free plan, or on one by agreement, is judged by the price of
the lowest paid plan, or of the dearest.
"""

from collections.abc import Callable

from portal.catalog.overview import plans_on_offer
from portal.catalog.snapshot import Allowance, Catalog, Plan
from portal.core.money import percent_of, round_ratio
from portal.entitlements.explaining import upgrade_for
from portal.support.goodwill_terms import BASIS_POINTS, Wanted
from portal.support.goodwill_words import GestureKind

DAYS_OF_A_MONTH = 30
USUAL_CURRENCY = "USD"


def value_of(wanted: Wanted, plan: Plan | None, catalog: Catalog) -> int:
    """By the plan that the tenant is on.

    coupon: the percentage of the plan's monthly price, once.
    feature: what the lowest plan with the feature costs more a month, x days / 30; of a feature
    that no dearer plan has, the plan's own price x days / 30.
    quota: the monthly price of the plan with this limit (the present one, else the lowest) x
    amount / limit, as if it sold nothing else; at most a month of the lowest plan without it.
    trial: the plan's monthly price x days / 30.
    """
    return _RULES[wanted.kind](wanted, plan, catalog)


def currency_of(catalog: Catalog) -> str:
    """In which budgets and values are counted: that of the lowest plan with a price."""
    priced = [plan.currency for plan in plans_on_offer(catalog) if plan.monthly_price_cents]
    return next(iter(priced), USUAL_CURRENCY)


def monthly_price(plan: Plan | None, catalog: Catalog) -> int:
    """0 only where nothing on offer has a price."""
    price = plan.monthly_price_cents if plan else 0
    if price:
        return price
    prices = [found for one in plans_on_offer(catalog) if (found := one.monthly_price_cents)]
    choose = min if price == 0 else max
    return choose(prices, default=0)


def _coupon(wanted: Wanted, plan: Plan | None, catalog: Catalog) -> int:
    return percent_of(monthly_price(plan, catalog), wanted.reach * BASIS_POINTS)


def _trial(wanted: Wanted, plan: Plan | None, catalog: Catalog) -> int:
    return _by_days(monthly_price(plan, catalog), wanted.reach)


def _feature(wanted: Wanted, plan: Plan | None, catalog: Catalog) -> int:
    feature = catalog.features.get(wanted.feature)
    higher = upgrade_for(feature, catalog) if feature else None
    present = (plan.monthly_price_cents or 0) if plan else 0
    more = monthly_price(higher, catalog) - present if higher else 0
    return _by_days(more if more > 0 else monthly_price(plan, catalog), wanted.reach)


def _quota(wanted: Wanted, plan: Plan | None, catalog: Catalog) -> int:
    offered = plans_on_offer(catalog)
    without_end = [one.monthly_price_cents for one in offered if _is_unlimited(one, wanted.feature)]
    most = min((price for price in without_end if price), default=None)
    limited = (one for one in (plan, *offered) if _limit(one, wanted.feature))
    one = next(limited, None)
    if one is None:
        return most or monthly_price(plan, catalog)
    price = monthly_price(one, catalog)
    found = round_ratio(price * wanted.reach, _limit(one, wanted.feature))
    return found if most is None else min(found, most)


def _limit(plan: Plan | None, feature_name: str) -> int:
    """0: it has none, or counts nothing."""
    found = _allowance(plan, feature_name)
    return 0 if found is None or found.is_unlimited else found.limit


def _is_unlimited(plan: Plan, feature_name: str) -> bool:
    found = _allowance(plan, feature_name)
    return found is not None and found.is_unlimited


def _allowance(plan: Plan | None, feature_name: str) -> Allowance | None:
    found = plan.features.get(feature_name) if plan else None
    return found.allowance if found and found.is_included else None


def _by_days(price: int, days: int) -> int:
    return round_ratio(price * days, DAYS_OF_A_MONTH)


Rule = Callable[[Wanted, Plan | None, Catalog], int]
_RULES: dict[GestureKind, Rule] = {
    GestureKind.COUPON: _coupon,
    GestureKind.FEATURE: _feature,
    GestureKind.QUOTA: _quota,
    GestureKind.TRIAL: _trial,
}
