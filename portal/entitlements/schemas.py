"""What the API of entitlements takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from portal.catalog.models import FeatureCategory
from portal.web.moments import AsOf
from portal.web.openapi import StrictBody, example
from portal.web.texts import WHOLE

MOST_FEATURES = 100
LARGEST_QUANTITY = 2**53

FeatureName = Annotated[str, Field(min_length=1, max_length=64), WHOLE]


class CheckBody(StrictBody):
    """`quantity`: would so much be allowed? `at`: as of another instant, past or future.

    Without a fraction it stands for its whole second: what happened within it counts.
    """

    model_config = example({"feature_name": "advanced_quotes", "quantity": 5, "explain": True})

    feature_name: FeatureName
    quantity: int | None = Field(None, ge=1, le=LARGEST_QUANTITY)
    explain: bool = False
    at: AsOf | None = None


class BatchCheckBody(StrictBody):
    """An unknown feature is denied like any other: it does not spoil the rest."""

    model_config = example({"features": ["advanced_quotes", "custom_reports"]})

    features: list[FeatureName] = Field(min_length=1, max_length=MOST_FEATURES)
    explain: bool = False
    at: AsOf | None = None


class FeaturesQuery(BaseModel):
    """`explain=1` adds the trace; `category` is one of the catalogue's."""

    category: FeatureCategory | None = None
    explain: bool = False


class HolderPath(BaseModel):
    """The integer id of the user or tenant."""

    holder_id: int


class SourceShape(BaseModel):
    """The row or plan that decided."""

    model_config = ConfigDict(extra="allow")

    type: Literal["user_entitlement", "tenant_entitlement", "plan", "default"]
    id: int | None
    by: str | None
    at: datetime | None
    reason: str | None


class LimitShape(BaseModel):
    """`limit` and `remaining` are null where there is no end to it."""

    unlimited: bool
    limit: int | None
    used: int
    remaining: int | None
    resets_at: datetime | None
    period: tuple[datetime, datetime] | None


class DecisionShape(BaseModel):
    """May they, and why. Good until `next_change_at` as long as nobody changes anything."""

    model_config = example(
        {
            "feature_name": "basic_quotes",
            "allowed": True,
            "reason": "PLAN_ENTITLEMENT",
            "source": {
                "type": "plan",
                "id": 7,
                "plan": "free",
                "by": None,
                "at": "2026-06-01T00:00:00Z",
                "reason": None,
            },
            "limit": {
                "unlimited": False,
                "limit": 10,
                "used": 3,
                "remaining": 7,
                "resets_at": "2026-07-01T00:00:00Z",
                "period": ["2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"],
            },
            "next_change_at": "2026-07-01T00:00:00Z",
        }
    )

    feature_name: str
    allowed: bool
    reason: str
    source: SourceShape | None
    limit: LimitShape | None
    next_change_at: datetime | None
    trace: list[dict[str, Any]] | None = None


class DatedShape(DecisionShape):
    """The decision as of an instant."""

    evaluated_at: datetime


class VersionsShape(BaseModel):
    """What the answer holds under."""

    tenant_version: int
    catalog_version: int


class AnswerShape(DatedShape):
    snapshot: VersionsShape


class AnswersShape(BaseModel):
    items: list[DecisionShape]
    evaluated_at: datetime
    snapshot: VersionsShape
