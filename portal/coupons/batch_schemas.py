"""What the API of batches takes and gives."""

from pydantic import BaseModel, Field

from portal.coupons.generating import MOST_CODES
from portal.coupons.models import CouponStatus
from portal.coupons.schemas import TermsBody
from portal.coupons.terms import Duration
from portal.web.openapi import example


class BatchPath(BaseModel):
    batch_id: int


class BatchQuery(BaseModel):
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class BatchBody(TermsBody):
    """The terms that each code has, how many codes, and how they begin."""

    model_config = example(
        {"count": 500, "prefix": "FAIR", "basis_points": 1500, "max_redemptions": 1, "plans": []}
    )

    count: int = Field(ge=1, le=MOST_CODES)
    prefix: str = Field("", max_length=20)


class BatchTermsShape(BaseModel):
    """What each of the codes says."""

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


class BatchShape(BaseModel):
    """Many codes that were made at once."""

    id: int
    prefix: str
    count: int
    status: CouponStatus
    terms: BatchTermsShape
    created_at: str
    by: str
    decided_by: str | None


class BatchesShape(BaseModel):
    items: list[BatchShape]
    next_cursor: str | None


class CodeShape(BaseModel):
    """One code of a batch; `id` is that of its coupon."""

    id: int
    code: str
    status: CouponStatus
    times_redeemed: int


class CodesShape(BaseModel):
    items: list[CodeShape]
    next_cursor: str | None
