"""What the simulator takes and gives over the API."""

from typing import Annotated

from pydantic import BaseModel, Field

from portal.coupons.schemas import Code, Currency, PlanName, RowId
from portal.coupons.simulating import (
    LARGEST_AMOUNT,
    MOST_CODES,
    MOST_LINES,
    BillingInterval,
    Line,
    Question,
)
from portal.web.openapi import ExactBody, example
from portal.web.texts import Text

Amount = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT)]


class LineBody(ExactBody):
    """What stands on each invoice beside the plan."""

    label: Annotated[Text, Field(min_length=1, max_length=120)]
    amount_cents: Amount


class SimulateBody(ExactBody):
    """Who would buy what, with which codes in order. Without a price it is the catalogue's."""

    model_config = example(
        {"tenant_id": 12, "plan": "professional", "interval": "month", "codes": ["SPRING20"]}
    )

    tenant_id: RowId
    user_id: RowId | None = None
    plan: PlanName
    interval: Annotated[BillingInterval, Field(strict=False)] = BillingInterval.MONTH
    codes: list[Code] = Field(default=[], max_length=MOST_CODES)
    currency: Currency | None = None
    price_cents: Amount | None = None
    lines: list[LineBody] = Field(default=[], max_length=MOST_LINES)
    is_first_time: bool = False

    def question(self) -> Question:
        return Question(
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            plan=self.plan,
            interval=self.interval,
            codes=tuple(self.codes),
            currency=self.currency,
            price_cents=self.price_cents,
            extras=tuple(Line(line.label, line.amount_cents) for line in self.lines),
            is_first_time=self.is_first_time,
        )


class LineShape(BaseModel):
    """A line before and after all codes."""

    label: str
    list_cents: int
    discount_cents: int
    total_cents: int


class EffectShape(BaseModel):
    """What one code does. `reason` says why it does not count, or is null."""

    code: str
    counts: bool
    reason: str | None
    detail: str | None
    discount_cents: int
    line_discounts: list[int]
    remaining_cents: int


class PeriodsShape(BaseModel):
    """Periods that are paid alike. `last` null: from then on."""

    first: int
    last: int | None
    discount_cents: int
    total_cents: int


class SimulationShape(BaseModel):
    """The next period line by line, and what is paid after it.

    `running`: what the tenant redeemed before and still gets. It comes off before `coupons`.
    """

    tenant_id: int
    plan: str
    interval: BillingInterval
    currency: str
    lines: list[LineShape]
    running: list[EffectShape]
    coupons: list[EffectShape]
    list_cents: int
    discount_cents: int
    total_cents: int
    periods: list[PeriodsShape]
