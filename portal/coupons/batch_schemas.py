"""What the API of batches takes and gives."""

from pydantic import BaseModel, Field

from portal.coupons.generating import MOST_CODES
from portal.coupons.models import CouponStatus
from portal.coupons.schemas import RowId, TermsBody, TermsShape
from portal.web.openapi import example


class BatchPath(BaseModel):
    batch_id: int


class BatchQuery(BaseModel):
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class BatchBody(TermsBody):
    """The terms that each code has, how many codes, and how they begin.

    With `tenant_ids` they are for these tenants alone.
    """

    model_config = example(
        {"count": 500, "prefix": "FAIR", "basis_points": 1500, "max_redemptions": 1, "plans": []}
    )

    count: int = Field(ge=1, le=MOST_CODES)
    prefix: str = Field("", max_length=20)
    tenant_ids: list[RowId] = Field(default=[], max_length=1000)


class BatchShape(BaseModel):
    """Many codes that were made at once."""

    id: int
    prefix: str
    count: int
    status: CouponStatus
    terms: TermsShape
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
