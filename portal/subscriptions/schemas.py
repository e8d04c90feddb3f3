"""What the API of subscriptions takes and gives."""

from typing import Any

from pydantic import BaseModel, Field

from portal.web.moments import Moment
from portal.web.openapi import example
from portal.web.texts import Reason

STAY: dict[str, Any] = {
    "id": 7,
    "plan": "professional",
    "status": "trialing",
    "starts_at": "2026-11-23T09:00:00Z",
    "ends_at": None,
    "trial_ends_at": "2026-12-07T09:00:00Z",
    "grace_ends_at": None,
    "anchor_at": "2026-11-23T09:00:00Z",
    "is_in_force": True,
    "by": "ada.okafor@boxcostpro.test",
    "reason": "asked for by telephone",
}
PRESENT: dict[str, Any] = {
    "tenant_id": 12,
    "plan": "professional",
    "source": "subscription",
    "subscription": STAY,
}


class TenantPath(BaseModel):
    tenant_id: int = Field(description="Our number of the tenant.")


class PlanBody(BaseModel):
    """The plan from now on.

    Without `trial_ends_at` a trial of the same plan goes on; null ends it and keeps the plan.
    """

    model_config = example({"plan": "professional", "trial_ends_at": "2026-12-07T09:00:00Z"})

    plan: str = Field(max_length=64, pattern="^[!-~]*$")
    trial_ends_at: Moment | None = None
    reason: Reason | None = None

    @property
    def speaks_of_trial(self) -> bool:
        return "trial_ends_at" in self.model_fields_set


class HistoryQuery(BaseModel):
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=100)


class StayShape(BaseModel):
    """One stay on a plan, in force in [starts_at, ends_at)."""

    model_config = example(STAY)

    id: int
    plan: str
    status: str = Field(description="trialing, active, past_due or canceled")
    starts_at: str
    ends_at: str | None
    trial_ends_at: str | None
    grace_ends_at: str | None
    anchor_at: str = Field(description="Where the periods of its quotas are counted from.")
    is_in_force: bool
    by: str
    reason: str | None


class Present(BaseModel):
    """The plan that counts now; `source` says whether it is the tenant's own."""

    model_config = example(PRESENT)

    tenant_id: int
    plan: str | None
    source: str | None = Field(description="subscription, fallback_plan or null")
    subscription: StayShape | None


class PresentAndHistory(Present):
    """With every stay, the latest first."""

    model_config = example({**PRESENT, "items": [STAY], "next_cursor": None})

    items: list[StayShape]
    next_cursor: str | None
