"""What the API of coupons takes and gives."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from portal.coupons.models import CouponStatus, UsageStatus
from portal.coupons.terms import Duration, Terms
from portal.coupons.validating import Purchase
from portal.web.moments import Moment
from portal.web.openapi import ExactBody, example
from portal.web.texts import Reason, Text

Cents = Annotated[int, Field(ge=0, le=2**53)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
PlanName = Annotated[str, Field(max_length=64, pattern="^[!-~]*$")]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Code = Annotated[str, Field(max_length=64)]
PURCHASE: dict[str, Any] = {
    "code": "SPRING20",
    "tenant_id": 12,
    "plan": "professional",
    "currency": "USD",
    "amount_cents": 9900,
    "is_first_time": True,
}
CARRY = "What an amount that counts once leaves over is taken off the next invoices; else lost."
BEYOND = "Where your limits are passed, ask for approval instead of being refused."


class CouponPath(BaseModel):
    coupon_id: int


class UsagePath(BaseModel):
    usage_id: int


class ListQuery(BaseModel):
    status: CouponStatus | None = None
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class HistoryQuery(BaseModel):
    coupon_id: RowId | None = None
    tenant_id: RowId | None = None
    status: UsageStatus | None = None
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class TermsBody(ExactBody):
    """A percentage in basis points, or amounts in minor units by currency."""

    basis_points: int | None = None
    amounts: dict[Currency, Cents] = Field(default={}, max_length=200)
    duration: Annotated[Duration, Field(strict=False)] = Duration.ONCE
    periods: int | None = Field(None, description="Of a repeating one: how many are discounted.")
    carry_remaining: bool = Field(False, description=CARRY)
    starts_at: Moment | None = None
    redeem_by: Moment | None = None
    max_redemptions: Count | None = None
    max_per_tenant: Count = 1
    max_per_user: Count | None = None
    plans: list[PlanName] = Field(default=[], max_length=100, description="Empty: every plan.")
    min_amounts: dict[Currency, Cents] = Field(default={}, max_length=200)
    is_first_time_only: bool = False
    is_stackable: bool = False
    description: Annotated[Text, Field(max_length=200)] = ""
    ask_approval: bool = Field(False, description=BEYOND)

    def said(self) -> dict[str, Any]:
        """The terms that the body names."""
        names = self.model_fields_set & set(Terms.__slots__)
        found = {name: getattr(self, name) for name in names}
        return {**found, "plans": tuple(self.plans)} if "plans" in found else found


class CreateBody(TermsBody):
    """A new coupon. With `tenant_ids` it is for these tenants alone."""

    model_config = example(
        {"code": "SPRING20", "basis_points": 2000, "max_redemptions": 100, "plans": []}
    )

    code: Code
    tenant_ids: list[RowId] = Field(default=[], max_length=1000)


class CouponChangeBody(TermsBody):
    """What is not named stays. `is_active` true enables a disabled coupon."""

    model_config = example({"max_redemptions": 50})

    is_active: Literal[True] | None = None


class DecisionBody(ExactBody):
    """Why, for the log."""

    model_config = example({"reason": "agreed for the fair"})

    reason: Reason | None = None


class PurchaseBody(ExactBody):
    """What is bought, before this coupon. `is_first_time` is what you know of the tenant."""

    model_config = example(PURCHASE)

    code: Code
    tenant_id: RowId
    user_id: RowId | None = None
    plan: PlanName
    currency: Currency
    amount_cents: Cents
    is_first_time: bool = False

    def purchase(self) -> Purchase:
        names = Purchase.__slots__
        return Purchase(**{name: getattr(self, name) for name in names})


class PurchaseReserveBody(PurchaseBody):
    """With how many seconds it is held."""

    model_config = example({**PURCHASE, "expires_in": 1800})

    expires_in: int = Field(1800, ge=1, le=86_400)

    def span(self) -> timedelta:
        return timedelta(seconds=self.expires_in)


class RedeemBody(PurchaseBody):
    """In a trial the first period is yet to come."""

    model_config = example({**PURCHASE, "is_in_trial": False})

    is_in_trial: bool = False


class RedeemReservedBody(ExactBody):
    """Of a reservation, whose purchase is known."""

    model_config = example({"is_in_trial": False})

    is_in_trial: bool = False


class PurchaseRefundBody(ExactBody):
    """What was paid for the purchase in all, and how much of it went back."""

    model_config = example({"paid_cents": 7900, "refunded_cents": 7900, "reason": "cancelled"})

    paid_cents: Cents
    refunded_cents: Cents
    reason: Reason | None = None


class LeftoverBody(ExactBody):
    """What another invoice comes to before it."""

    model_config = example({"amount_cents": 7900})

    amount_cents: Annotated[int, Field(ge=1, le=2**53)]


class TermsShape(BaseModel):
    """What a coupon says."""

    description: str
    basis_points: int | None
    amounts: dict[str, int]
    duration: Duration
    periods: int | None
    carry_remaining: bool
    starts_at: str | None
    redeem_by: str | None
    max_redemptions: int | None
    max_per_tenant: int
    max_per_user: int | None
    plans: list[str]
    min_amounts: dict[str, int]
    is_first_time_only: bool
    is_stackable: bool
    is_public: bool


class CouponShape(TermsShape):
    """A coupon and how often it was used."""

    id: int
    code: str
    status: CouponStatus
    times_redeemed: int
    batch_id: int | None
    created_at: str
    by: str


class CouponsShape(BaseModel):
    items: list[CouponShape]
    next_cursor: str | None


class UseShape(BaseModel):
    """One use. `periods_total` null: the discount never ends."""

    id: int
    coupon_id: int
    code: str
    tenant_id: int
    user_id: int | None
    status: UsageStatus
    plan: str
    currency: str
    base_cents: int
    discount_cents: int
    remaining_cents: int
    periods_total: int | None
    periods_used: int
    leftover_cents: int
    reserved_at: str
    expires_at: str
    ended_at: str | None
    returned_at: str | None
    by: str


class LeftoverShape(BaseModel):
    """How much was taken off, and what the use says now."""

    taken_cents: int
    usage: UseShape


class UsesShape(BaseModel):
    items: list[UseShape]
    next_cursor: str | None


class VerdictShape(BaseModel):
    """`reason` says which rule refused it, or is null."""

    valid: bool
    reason: str | None
    detail: str | None
    discount_cents: int
    remaining_cents: int
