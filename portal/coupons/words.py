"""What a coupon says, in words: for pages, and for whoever compares two versions of it."""

from collections.abc import Mapping

from portal.core.currencies import amounts_text
from portal.core.money import percent_text
from portal.coupons.standing import Standing
from portal.coupons.terms import Duration, Terms
from portal.web.times import exact


def worth_text(basis_points: int | None, amounts: Mapping[str, int]) -> str:
    """`20 % off`, `10.00 USD or 9.00 EUR off`."""
    share = amounts_text(amounts) if basis_points is None else percent_text(basis_points)
    return f"{share} off"


def usable_text(standing: Standing, terms: Terms) -> str:
    """`can be used now`, or from when on it can, or why nobody can: `is used up`."""
    if standing is Standing.ACTIVE:
        return "can be used now"
    if standing is Standing.SCHEDULED and terms.starts_at:
        return f"can be used from {exact(terms.starts_at)} on"
    if standing is Standing.ENDED and terms.redeem_by:
        return f"ended on {exact(terms.redeem_by)}"
    return f"is {standing.label.lower()}"


def duration_text(duration: str, periods: int | None, months: int | None) -> str:
    """For how many periods of one who redeemed it, or months."""
    if months is not None:
        return "for 1 month" if months == 1 else f"for {months} months"
    if duration == Duration.REPEATING:
        return "for 1 period" if periods == 1 else f"for {periods} periods"
    return "for ever" if duration == Duration.FOREVER else "once"


def uses_text(times_redeemed: int, max_redemptions: int | None) -> str:
    """`12 of 100`, or how often alone where there is no limit."""
    if max_redemptions is None:
        return f"{times_redeemed:,}"
    return f"{times_redeemed:,} of {max_redemptions:,}"


def plans_text(plans: tuple[str, ...], labels: Mapping[str, str]) -> str:
    """By the names that people know."""
    return ", ".join(labels.get(name, name) for name in plans) or "every plan"


def limits_text(terms: Terms) -> str:
    """How often one tenant and one user may redeem it."""
    said = [f"{_times(terms.max_per_tenant)} for a tenant"]
    if terms.max_per_user is not None:
        said.append(f"{_times(terms.max_per_user)} for a user")
    return ", ".join(said)


def terms_in_words(terms: Terms, plan_labels: Mapping[str, str]) -> dict[str, str]:
    """Every term by its label; instants on the reader's clock."""
    uses = "no limit" if terms.max_redemptions is None else f"{terms.max_redemptions:,}"
    return {
        "Takes off": worth_text(terms.basis_points, terms.amounts),
        "How long": duration_text(terms.duration, terms.periods, terms.months),
        "What is left over": "goes on to the next invoices" if terms.carry_remaining else "is lost",
        "From": exact(terms.starts_at) if terms.starts_at else "at once",
        "Until": exact(terms.redeem_by) if terms.redeem_by else "without an end",
        "Uses in all": uses,
        "Each may use it": limits_text(terms),
        "Plans": plans_text(terms.plans, plan_labels),
        "Least price": amounts_text(terms.min_amounts) or "any price",
        "First purchase only": _yes(terms.is_first_time_only),
        "With other coupons": _yes(terms.is_stackable),
        "Description": terms.description or "none",
    }


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
