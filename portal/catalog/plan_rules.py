"""What a plan's terms must be like."""

from collections.abc import Mapping

from portal.catalog.refusals import BadTerms
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.currencies import known_currencies
from portal.core.text import is_blank

HIGHEST_LEVEL = 1000
HIGHEST_PRICE = 2**31 - 1
HIGHEST_QUOTA = 2**53
"""The largest whole number that every JSON reader keeps exactly."""


def check_plan_terms(
    features: Mapping[str, PlanFeature],
    *,
    display_name: str,
    level: int,
    description: str,
    currency: str,
    monthly_price_cents: int | None,
    annual_price_cents: int | None,
    includes_all: bool,
) -> None:
    """Raises:
    BadTerms: which field is not right, and why.
    """
    del description, includes_all  # any is fine
    if is_blank(display_name):
        raise BadTerms("Enter what people read.", field="display_name")
    if not 0 <= level <= HIGHEST_LEVEL:
        raise BadTerms(f"A level is 0 to {HIGHEST_LEVEL}.", field="level")
    if currency not in known_currencies():
        raise BadTerms("There is no such currency: use three letters, as USD.", field="currency")
    for name, price in (("monthly", monthly_price_cents), ("annual", annual_price_cents)):
        if price is not None and not 0 <= price <= HIGHEST_PRICE:
            raise BadTerms("This price is out of range.", field=f"{name}_price")
    for name, said in features.items():
        check_entry(name, said)


def check_entry(feature_name: str, said: PlanFeature | None) -> None:
    """Raises:
    BadTerms: which field is not right, and why.
    """
    if said is not None and said.allowance is not None and not said.allowance.is_unlimited:
        _check_limit(feature_name, said.allowance)


def _check_limit(feature_name: str, given: Allowance) -> None:
    for field in ("limit", "overage_cap", "rollover_min", "rollover_max"):
        if not 0 <= (getattr(given, field) or 0) <= HIGHEST_QUOTA:
            raise BadTerms(
                f"{feature_name}: use a whole number from 0 to {HIGHEST_QUOTA:,}.", field=field
            )
    if given.overage_cap is not None and not given.is_soft:
        raise BadTerms(f"{feature_name}: only a soft limit is passed.", field="overage_cap")
    if given.rollover_min > given.rollover_max:
        raise BadTerms(f"{feature_name}: at least is more than at most.", field="rollover_min")
    if given.rollover_max and given.interval is Interval.NEVER:
        raise BadTerms(
            f"{feature_name}: what never starts anew has no rest to take over.",
            field="rollover_max",
        )
