"""What the API of usage takes and gives."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from portal.entitlements.schemas import FeatureName
from portal.entitlements.usage import Report
from portal.entitlements.usage_reports import Step
from portal.web.moments import AnyMoment, Moment
from portal.web.openapi import ExactBody, FieldProblem, example
from portal.web.texts import whole
from portal.web.urls import LARGEST_ID

MOST_EVENTS = 1000
LARGEST_PROPERTIES = 4096
ID = r"^[\x21-\x7e]+$"


def _small(value: dict[str, Any]) -> dict[str, Any]:
    written = json.dumps(value, allow_nan=False)  # raises a ValueError, as `whole` does
    if len(written) > LARGEST_PROPERTIES:
        raise ValueError(f"at most {LARGEST_PROPERTIES} characters of JSON")
    whole(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\x00"))
    return value


def _exact(value: int | str) -> int | str:
    number = Decimal(value)
    if not 0 <= number <= 1_000_000_000:
        raise ValueError("a number from 0 to 1,000,000,000")
    return value


Value = Annotated[
    Annotated[int, Field()] | Annotated[str, Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,6})?$")],
    AfterValidator(_exact),
]


class UsageBody(ExactBody):
    """One use. **A retry must send the same `id`**: it is what makes the event count once, for
    good. `value` is a whole number or, for fractions, a decimal string of up to six places.
    """

    model_config = example(
        {
            "id": "job-7731",
            "source": "worker-3",
            "feature_name": "basic_quotes",
            "user_id": 17,
            "value": "2.5",
            "occurred_at": "2026-06-10T12:00:00Z",
            "properties": {"region": "north"},
        }
    )

    id: str = Field(min_length=1, max_length=128, pattern=ID)
    source: str = Field("api", min_length=1, max_length=64, pattern=ID)
    feature_name: FeatureName
    tenant_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    user_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    value: Value = 1
    occurred_at: AnyMoment
    properties: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict)

    def report(self) -> Report:
        return Report(
            event_id=self.id,
            source=self.source,
            feature_name=self.feature_name,
            value=Decimal(self.value),
            occurred_at=self.occurred_at,
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            properties=self.properties,
        )


class UsageBatchBody(ExactBody):
    """Up to 1,000 events; each gets its own answer, so one that is wrong spoils no other."""

    model_config = example(
        {
            "events": [
                {
                    "id": "job-7731",
                    "source": "worker-3",
                    "feature_name": "basic_quotes",
                    "tenant_id": 3,
                    "occurred_at": "2026-06-10T12:00:00Z",
                }
            ]
        }
    )

    events: list[Any] = Field(min_length=1, max_length=MOST_EVENTS)


class AnsweredShape(BaseModel):
    """`duplicate` is a success: this event counts already. `code` says why one was rejected.

    `errors` names the fields of one that is not of the documented form (`validation_failed`).
    """

    id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    code: str | None = None
    errors: list[FieldProblem] | None = None


class BatchAnswerShape(BaseModel):
    accepted: int
    duplicates: int
    rejected: int
    items: list[AnsweredShape]


class UsageQuery(BaseModel):
    """`unique` counts distinct users (`user`) or distinct values of that property.

    `latest=1` adds the value of the event that happened last in each step.
    """

    model_config = ConfigDict(populate_by_name=True)

    tenant_id: int = Field(ge=1, le=LARGEST_ID)
    feature_name: FeatureName
    interval: Step = Step.DAY
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    unique: str | None = Field(None, min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    latest: bool = False


class PointShape(BaseModel):
    """`sum`, `max` and `latest` are decimal strings; `latest` is null where nothing was used."""

    start: datetime
    count: int
    sum: str
    max: str
    unique: int | None = None
    latest: str | None = None


class UsageShape(BaseModel):
    """Steps of UTC, the oldest first, also those without any use."""

    tenant_id: int
    feature_name: str
    interval: Step
    items: list[PointShape]
