"""What the API of uses takes and gives."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from portal.coupons.models import UsageStatus
from portal.coupons.schemas import PURCHASE, Cents, PurchaseBody, RowId
from portal.web.moments import Moment
from portal.web.openapi import ExactBody, example
from portal.web.texts import Reason

BEGAN = "When the period began that is paid. Left out: now. Counts for coupons that count months."


class UsagePath(BaseModel):
    usage_id: int


class HistoryQuery(BaseModel):
    coupon_id: RowId | None = None
    tenant_id: RowId | None = None
    status: UsageStatus | None = None
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


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
    period_starts_at: Moment | None = Field(None, description=BEGAN)


class RedeemReservedBody(ExactBody):
    """Of a reservation, whose purchase is known."""

    model_config = example({"is_in_trial": False})

    is_in_trial: bool = False
    period_starts_at: Moment | None = Field(None, description=BEGAN)


class PeriodBody(ExactBody):
    """Which period was billed."""

    model_config = example({"period_starts_at": "2026-02-28T00:00:00Z"})

    period_starts_at: Moment | None = Field(None, description=BEGAN)


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


class UseShape(BaseModel):
    """One use. `periods_total` null: the discount never ends, or with its window of `months`.

    A period is discounted whole if it begins inside the window: null until one was paid.
    """

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
    months: int | None
    discounted_from: str | None
    discounted_until: str | None
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
