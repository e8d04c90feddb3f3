"""What the API of quotas takes and gives."""

from datetime import datetime

from pydantic import BaseModel, Field

from portal.entitlements.quotas import MOST_AT_ONCE
from portal.entitlements.schemas import FeatureName
from portal.web.moments import Moment
from portal.web.openapi import ExactBody, example
from portal.web.texts import Reason

LONGEST_HOLD = 7 * 24 * 3600


class ConsumeBody(ExactBody):
    """With `partial`, as much of the amount as there is is taken, instead of all or nothing."""

    model_config = example({"feature_name": "basic_quotes", "amount": 1})

    feature_name: FeatureName
    amount: int = Field(1, ge=1, le=MOST_AT_ONCE)
    partial: bool = False


class ReserveBody(ExactBody):
    """`expires_in` seconds later what nobody committed is free again."""

    model_config = example({"feature_name": "basic_quotes", "amount": 5, "expires_in": 600})

    feature_name: FeatureName
    amount: int = Field(1, ge=1, le=MOST_AT_ONCE)
    expires_in: int = Field(900, ge=1, le=LONGEST_HOLD)


class CommitBody(ExactBody):
    """Without an amount all of it is used; of less the rest is released, more is taken anew."""

    model_config = example({"amount": 3})

    amount: int | None = Field(None, ge=1, le=MOST_AT_ONCE)


class RefundBody(ExactBody):
    """Without an amount, all that is left of it."""

    model_config = example({"amount": 1, "reason": "The quote was a duplicate"})

    amount: int | None = Field(None, ge=1, le=MOST_AT_ONCE)
    reason: Reason | None = None


class TopUpBody(ExactBody):
    """So much once, beside what the plan or a grant gives, until it is used up or expires."""

    model_config = example(
        {
            "feature_name": "basic_quotes",
            "amount": 100,
            "expires_at": "2027-01-01T00:00:00Z",
            "reason": "Goodwill after the outage",
        }
    )

    feature_name: FeatureName
    amount: int = Field(ge=1, le=MOST_AT_ONCE)
    expires_at: Moment | None = None
    reason: Reason | None = None


class TopUpPath(BaseModel):
    top_up_id: int


class WithdrawBody(ExactBody):
    """What is left of a top-up counts no more; what was used of it stays used."""

    model_config = example({"reason": "Given to the wrong tenant"})

    reason: Reason | None = None


class ResetBody(ExactBody):
    """Nothing is used any more, from now to the end of the running period."""

    model_config = example({"feature_name": "basic_quotes", "reason": "A test used it up"})

    feature_name: FeatureName
    reason: Reason | None = None


class EventPath(BaseModel):
    event_id: int


class ConsumedShape(BaseModel):
    """What is used and left afterwards. `limit` and `remaining` are null where there is no end."""

    model_config = example(
        {
            "consumption_id": 4711,
            "consumed": 1,
            "used": 4,
            "limit": 10,
            "remaining": 6,
            "resets_at": "2026-07-01T00:00:00Z",
            "unlimited": False,
        }
    )

    consumption_id: int
    consumed: int
    used: int
    limit: int | None
    remaining: int | None
    resets_at: datetime | None
    unlimited: bool


class ReservedShape(BaseModel):
    reservation_id: int
    reserved: int
    used: int
    limit: int | None
    remaining: int | None
    resets_at: datetime | None
    unlimited: bool


class ReleasedShape(BaseModel):
    """Without the numbers when the feature is not allowed any more."""

    reservation_id: int
    consumed: int
    used: int | None = None
    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    unlimited: bool | None = None


class RefundedShape(BaseModel):
    """Without numbers when the feature is not allowed any more."""

    refund_id: int
    refunded: int
    used: int | None = None
    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    unlimited: bool | None = None


class ToppedUpShape(BaseModel):
    top_up_id: int
    feature_name: str
    amount: int
    expires_at: datetime | None


class WithdrawnShape(BaseModel):
    top_up_id: int
    withdrawn: int


class ResetShape(BaseModel):
    was_used: int


class OverLimitQuery(BaseModel):
    cursor: str | None = Field(None, max_length=2000)
    limit: int = Field(50, ge=1, le=100)


class OverLimitItem(BaseModel):
    tenant_id: int
    user_id: int | None
    feature_name: str
    used: int
    limit: int | None = Field(description="What they may use now; null where nothing limits them.")
    since: datetime


class OverLimitShape(BaseModel):
    items: list[OverLimitItem]
    next_cursor: str | None
