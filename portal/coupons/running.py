"""What becomes of a discount after it was redeemed: more invoices, void ones, and refunds.

Whoever keeps the invoices calls these and says what happened to them: nothing here knows one.
"""

from datetime import datetime

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Conflict, DomainError
from portal.coupons.models import CouponUsage
from portal.coupons.used import (
    bill_period,
    discounts,
    is_running,
    locked_usage,
    record_use,
    unbill_period,
)


class NotRunning(Conflict):
    """It takes nothing off any more, or not yet."""


class NothingCounted(Conflict):
    """No period was billed with it that could be taken back."""


class NotWholeRefund(DomainError):
    """Only a refund of everything that was paid gives the use back."""


def count_period(
    *, by: Actor, usage_id: int, period_starts_at: datetime | None = None
) -> CouponUsage:
    """Another period, which began now or then, was billed with it.

    Periods are counted, never dates; a coupon that counts months asks when the period begins,
    and not when its invoice was written.

    Raises:
        NotRunning, NotFound: see the classes.
    """
    usage, starts_at = locked_usage(usage_id), period_starts_at or clock.now()
    if not is_running(usage) or not discounts(usage, starts_at):
        raise NotRunning("This discount was not redeemed, or all its periods were billed.")
    bill_period(usage, starts_at)
    record_use(Action.COUPON_PERIOD_COUNTED, by, usage)
    return usage


def restore_period(*, by: Actor, usage_id: int, reason: str | None = None) -> CouponUsage:
    """The invoice of a counted period is void: a discount that had ended by it goes on.

    Raises:
        NotRunning, NothingCounted, NotFound: see the classes.
    """
    usage = _running(usage_id)
    if not usage.periods_used:
        raise NothingCounted("No period was billed with this discount.")
    unbill_period(usage)
    record_use(Action.COUPON_PERIOD_RESTORED, by, usage, reason, periods_used=usage.periods_used)
    return usage


def use_leftover(*, by: Actor, usage_id: int, amount_cents: int) -> tuple[int, CouponUsage]:
    """Take what an amount left over off a later invoice of `amount_cents`: how much, and the use.

    It counts no period. Of two invoices at once each gets what the other left.

    Raises:
        NotRunning: it was not redeemed, was refunded, or nothing is left over.
        DomainError: the amount is less than 1.
        NotFound: there is no such use.
    """
    if amount_cents < 1:
        raise DomainError("Use an amount above zero.", field="amount_cents")
    usage = _running(usage_id)
    if not usage.leftover_cents:
        raise NotRunning("Nothing of this discount is left over.")
    taken = min(usage.leftover_cents, amount_cents)
    usage.leftover_cents -= taken
    left = usage.leftover_cents
    record_use(Action.COUPON_LEFTOVER_USED, by, usage, taken_cents=taken, leftover_cents=left)
    return taken, usage


def return_slot(
    *,
    by: Actor,
    usage_id: int,
    paid_cents: int,
    refunded_cents: int,
    reason: str | None = None,
) -> CouponUsage:
    """The purchase was refunded in full: the tenant and the user may use the coupon anew.

    The discount ends. The use that all tenants share stays used, or a limited offer could be
    taken, given back and taken again without end.

    Raises:
        NotWholeRefund, NotRunning, NotFound: see the classes.
    """
    if refunded_cents < paid_cents:
        raise NotWholeRefund("A part was refunded: the use stays.", field="refunded_cents")
    usage = _running(usage_id)
    usage.slot, usage.returned_at = None, clock.now()
    meta = {"paid_cents": paid_cents, "refunded_cents": refunded_cents}
    record_use(Action.COUPON_RETURNED, by, usage, reason, **meta)
    return usage


def _running(usage_id: int) -> CouponUsage:
    usage = locked_usage(usage_id)
    if not is_running(usage):
        raise NotRunning("This discount was not redeemed, or its purchase was refunded.")
    return usage
