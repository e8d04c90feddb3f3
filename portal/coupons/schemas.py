"""What the API of coupons takes and gives."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, Field, ValidationInfo, field_validator

from portal.coupons.models import CouponStatus
from portal.coupons.terms import DiscountKind, Duration, Terms
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
MONTHS = "Instead of periods: those count that begin within so many months of the first paid one."
BEYOND = "Where your limits are passed, ask for approval instead of being refused."


class CouponPath(BaseModel):
    coupon_id: int


class ListQuery(BaseModel):
    status: CouponStatus | None = None
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


def named(name: str, own: str) -> AliasChoices:
    """A field as the description calls it; the name that the portal has for it will do, too."""
    return AliasChoices(name, own)


class TermsBody(ExactBody):
    """A percentage in basis points, or fixed amounts in minor units by currency.

    `kind` can be left out: it follows from which of the two is named.
    """

    basis_points: int | None = None
    amounts: dict[Currency, Cents] = Field(default={}, max_length=200)
    kind: Annotated[DiscountKind, Field(strict=False)] | None = None
    duration: Annotated[Duration, Field(strict=False)] = Duration.ONCE
    periods: int | None = Field(None, description="Of a repeating one: how many are discounted.")
    months: int | None = Field(None, description=MONTHS)
    carry_remaining: bool = Field(False, description=CARRY)
    starts_at: Moment | None = None
    redeem_by: Moment | None = None
    max_redemptions: Count | None = None
    max_per_tenant: Count = 1
    max_per_user: Count | None = None
    plans: list[PlanName] = Field(default=[], max_length=100, description="Empty: every plan.")
    min_amounts: dict[Currency, Cents] = Field(
        default={}, max_length=200, validation_alias=named("min_amount", "min_amounts")
    )
    is_first_time_only: bool = Field(
        False, validation_alias=named("first_time_only", "is_first_time_only")
    )
    is_stackable: bool = Field(False, validation_alias=named("stackable", "is_stackable"))
    description: Annotated[Text, Field(max_length=200)] = ""
    ask_approval: bool = Field(False, description=BEYOND)

    def said(self) -> dict[str, Any]:
        """The terms that the body names."""
        names = self.model_fields_set & set(Terms.__slots__)
        found = {name: getattr(self, name) for name in names}
        return {**found, "plans": tuple(self.plans)} if "plans" in found else found

    @field_validator("kind")
    @classmethod
    def _as_is_said(cls, kind: DiscountKind | None, info: ValidationInfo) -> DiscountKind | None:
        other = "amounts" if kind is DiscountKind.PERCENT else "basis_points"
        if kind is not None and info.data.get(other):
            raise ValueError("percent goes with basis_points, and fixed with amounts")
        return kind


class CreateBody(TermsBody):
    """A new coupon. With `tenant_ids` it is for these tenants alone."""

    model_config = example(
        {"code": "SPRING20", "basis_points": 2000, "max_redemptions": 100, "plans": []}
    )

    code: Code
    tenant_ids: list[RowId] = Field(default=[], max_length=1000)


class CouponChangeBody(TermsBody):
    """What is not named stays. `active` enables a disabled coupon, or disables it."""

    model_config = example({"max_redemptions": 50})

    is_active: bool | None = Field(None, validation_alias=named("active", "is_active"))

    def said(self) -> dict[str, Any]:
        """Of another kind, it loses what it was worth before."""
        lost: dict[DiscountKind | None, dict[str, Any]] = {
            DiscountKind.PERCENT: {"amounts": {}},
            DiscountKind.FIXED: {"basis_points": None},
        }
        return {**lost.get(self.kind, {}), **super().said()}


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


class TermsShape(BaseModel):
    """What a coupon says."""

    description: str
    kind: DiscountKind
    basis_points: int | None
    amounts: dict[str, int]
    duration: Duration
    periods: int | None
    months: int | None
    carry_remaining: bool
    starts_at: str | None
    redeem_by: str | None
    max_redemptions: int | None
    max_per_tenant: int
    max_per_user: int | None
    plans: list[str]
    min_amount: dict[str, int]
    first_time_only: bool
    stackable: bool
    is_public: bool


class CouponShape(TermsShape):
    """A coupon and how often it was used. `active` is whether its status is."""

    id: int
    code: str
    status: CouponStatus
    active: bool
    times_redeemed: int
    batch_id: int | None
    created_at: str
    by: str


class CouponsShape(BaseModel):
    items: list[CouponShape]
    next_cursor: str | None


class VerdictShape(BaseModel):
    """`reason` says which rule refused it, or is null."""

    valid: bool
    reason: str | None
    detail: str | None
    discount_cents: int
    remaining_cents: int
