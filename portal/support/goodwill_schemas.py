"""What the API of goodwill takes and gives."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from portal.support.goodwill_terms import MOST_AMOUNT, MOST_DAYS, MOST_PERCENT, Wanted
from portal.support.goodwill_words import GestureKind, GestureStatus
from portal.web.openapi import ExactBody, example
from portal.web.texts import Reason

GESTURE: dict[str, Any] = {
    "id": 31,
    "ticket_number": "TCK-2026-000123",
    "tenant_id": 7,
    "kind": "coupon",
    "summary": "a coupon of 20 %",
    "status": "given",
    "value": "15.80 USD",
    "requested_by": 3,
    "reason": "the press stopped for a day",
    "sentence": "As an apology, the code SORRY-7KX9P-Q2MDR takes 20 % off your next invoice.",
    "target_type": "coupon",
    "target_id": 12,
    "created_at": "2026-06-01T09:00:00Z",
    "until": "2026-07-01T09:00:00Z",
}


class GoodwillBody(ExactBody):
    """A kind, and what that kind needs. `ask` has somebody else decide."""

    model_config = example(
        {"kind": "coupon", "percent": 20, "reason": "the press stopped for a day"},
        {"kind": "feature", "feature_name": "custom_reports", "days": 14, "reason": "a bad week"},
        {"kind": "quota", "feature_name": "basic_quotes", "amount": 10, "reason": "lost quotes"},
        {"kind": "trial", "days": 7, "reason": "no time to try", "ask": True},
    )

    kind: Annotated[GestureKind, Field(strict=False)]
    percent: int | None = Field(None, ge=1, le=MOST_PERCENT)
    feature_name: str | None = Field(None, max_length=64, pattern="^[!-~]*$")
    days: int | None = Field(None, ge=1, le=MOST_DAYS)
    amount: int | None = Field(None, ge=1, le=MOST_AMOUNT)
    reason: Reason = Field(
        "", description="For our own people; needed where somebody else decides."
    )
    ask: bool = Field(False, description="Ask for approval instead of giving.")

    def wanted(self) -> Wanted:
        return Wanted(self.kind, self.percent, self.feature_name, self.days, self.amount)


class GestureShape(BaseModel):
    """A gesture. `sentence` and what was made are null until it is given."""

    model_config = example(GESTURE)

    id: int
    ticket_number: str
    tenant_id: int
    kind: GestureKind
    summary: str
    status: GestureStatus
    value: str
    requested_by: int | None
    reason: str
    sentence: str | None
    target_type: str | None
    target_id: int | None
    created_at: datetime
    until: datetime | None


class GesturesShape(BaseModel):
    """The newest first, at most fifty."""

    model_config = example({"items": [GESTURE], "next_cursor": None})

    items: list[GestureShape]
    next_cursor: str | None
