"""How much somebody may give away alone. More is for whoever may approve it.

A coupon takes off at most 30 %, is used at most 100 times, and runs for at most 90 days. So that
a hundred and first use is not found in another coupon, the uses of all codes of a batch count
together, and with them those of the person's own coupons of the last 30 days that are worth
about as much (`given.uses_given`).
"""

from datetime import datetime, timedelta

from portal.core.actor import Actor, ActorType
from portal.core.errors import Denied
from portal.core.money import WHOLE
from portal.core.permissions import Permission
from portal.coupons.terms import Terms

MOST_BASIS_POINTS = 3000
MOST_USES = 100
LONGEST = timedelta(days=90)


class BeyondLimits(Denied):
    """More than this person may give alone; the message names each limit that is passed."""

    title = "A manager has to approve this"
    is_attempt = False

    def __init__(self, passed: list[str]) -> None:
        words = ", and ".join(passed)
        super().__init__(f"You cannot give this coupon alone: {words}. Ask for approval.")
        self.passed = passed
        self.more = {"limits": passed}


def is_unlimited(by: Actor) -> bool:
    return by.type is ActorType.SYSTEM or by.may(Permission.COUPONS_APPROVE)


def beyond(terms: Terms, begins: datetime, *, codes: int = 1, others: int = 0) -> list[str]:
    """The limits that these terms pass, in words.

    `begins`: where no start is named. `codes`: how many say the same. `others`: the uses of
    coupons like it that count together with this one's.
    """
    found = []
    if _is_worth_too_much(terms):
        found.append("it takes off more than 30 %")
    if terms.max_redemptions is None or terms.max_redemptions * codes > MOST_USES:
        together = "its codes together" if codes > 1 else "it"
        found.append(f"{together} can be used more than {MOST_USES} times")
    elif terms.max_redemptions * codes + others > MOST_USES:
        found.append(
            f"with {others} uses of your coupons like it in the last 30 days it comes to more "
            f"than {MOST_USES}"
        )
    start = terms.starts_at or begins
    if terms.redeem_by is None or terms.redeem_by - start > LONGEST:
        found.append(f"it runs for more than {LONGEST.days} days")
    return found


def _is_worth_too_much(terms: Terms) -> bool:
    """An amount is a share of the least price that it is taken off, so it needs one."""
    if terms.basis_points is not None:
        return terms.basis_points > MOST_BASIS_POINTS
    return any(
        cents * WHOLE > terms.min_amounts.get(currency, 0) * MOST_BASIS_POINTS
        for currency, cents in terms.amounts.items()
    )


def refuse_beyond(passed: list[str]) -> None:
    """Tell which limits are passed, if any.

    Raises:
        BeyondLimits: see the class.
    """
    if passed:
        raise BeyondLimits(passed)
