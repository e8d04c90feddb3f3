"""What the API of grants takes and gives."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from portal.catalog.snapshot import Interval
from portal.entitlements.facts import Effect
from portal.entitlements.schemas import DatedShape, DecisionShape, FeatureName, HolderPath
from portal.entitlements.terms import LARGEST_LIMIT, Given
from portal.web.moments import Moment, MomentOrDay
from portal.web.openapi import ExactBody, example
from portal.web.texts import WHOLE, Reason
from portal.web.urls import LARGEST_ID

GRANT: dict[str, Any] = {
    "id": 41,
    "state": "active",
    "feature_name": "advanced_quotes",
    "effect": "enable",
    "is_enabled": True,
    "quota_limit": 100,
    "unlimited": False,
    "interval": "month",
    "soft": False,
    "overage_cap": None,
    "starts_at": "2026-06-01T09:00:00Z",
    "expires_at": None,
    "reason": "asked for by telephone",
    "by": "ada.okafor@boxcostpro.test",
    "created_at": "2026-06-01T09:00:00Z",
    "ended_at": None,
}


class GrantBody(ExactBody):
    """`is_enabled: false` blocks; `hard_deny` blocks above every grant.

    Without `quota_limit` and `unlimited`, the limit of the plan (or of the tenant) still counts.
    A limit starts anew by `interval`, or as the feature says: by the month unless told otherwise.
    """

    model_config = example(
        {
            "feature_name": "advanced_quotes",
            "quota_limit": 100,
            "expires_at": "2026-12-31T00:00:00Z",
            "reason": "asked for by telephone",
        }
    )

    feature_name: FeatureName
    is_enabled: bool = True
    hard_deny: bool = False
    quota_limit: int | None = Field(None, ge=0, le=LARGEST_LIMIT)
    unlimited: bool | None = None
    interval: Interval | None = None
    soft: bool = False
    overage_cap: int | None = Field(None, ge=0, le=LARGEST_LIMIT)
    starts_at: Moment | None = None
    expires_at: Moment | None = None
    reason: Reason | None = None

    @property
    def effect(self) -> Effect:
        if self.hard_deny:
            return Effect.HARD_DENY
        return Effect.ENABLE if self.is_enabled else Effect.DISABLE

    def terms(self) -> Given:
        return Given(
            effect=self.effect,
            quota_limit=self.quota_limit,
            is_unlimited=bool(self.unlimited),
            interval=self.interval,
            is_soft=self.soft,
            overage_cap=self.overage_cap,
            starts_at=self.starts_at,
            expires_at=self.expires_at,
            reason=self.reason,
        )


class OverridePath(HolderPath):
    feature_name: str


class RevokeQuery(BaseModel):
    reason: Reason | None = None


class RevokeBody(ExactBody):
    """May be left out; its reason counts before that of the query."""

    model_config = example({"reason": "Paid for meanwhile"})

    reason: Reason | None = None


class LogQuery(BaseModel):
    """`from` and `to` are instants or days (UTC; the day of `to` is included).

    `admin` is the number of a person of ours, or the name of whoever did it as the log writes it.
    """

    user_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    tenant_id: int | None = Field(None, ge=1, le=LARGEST_ID)
    feature_name: Annotated[str, Field(max_length=64), WHOLE] | None = None
    action: Annotated[str, Field(max_length=60), WHOLE] | None = None
    admin: Annotated[str, Field(max_length=320), WHOLE] | None = None
    since: MomentOrDay | None = Field(None, alias="from")
    until: MomentOrDay | None = Field(None, alias="to")
    cursor: str | None = Field(None, max_length=500)
    limit: int = Field(50, ge=1, le=100)

    @property
    def since_at(self) -> datetime | None:
        return _instant(self.since)

    @property
    def until_at(self) -> datetime | None:
        return _instant(self.until, days=1)


def _instant(value: datetime | date | None, *, days: int = 0) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time.min, UTC) + timedelta(days=days)


class GrantShape(BaseModel):
    """One override, as it was given."""

    model_config = example(GRANT)

    id: int
    state: str
    feature_name: str
    effect: Effect
    is_enabled: bool
    quota_limit: int | None
    unlimited: bool
    interval: str | None
    soft: bool
    overage_cap: int | None
    starts_at: datetime
    expires_at: datetime | None
    reason: str | None
    by: str
    created_at: datetime
    ended_at: datetime | None


class GrantedShape(BaseModel):
    """What was written, and the answer before and after. `at_start` only when it is scheduled."""

    grant: GrantShape
    before: DatedShape
    after: DatedShape
    at_start: DatedShape | None
    warnings: list[str]


class RevokedShape(BaseModel):
    before: DatedShape
    after: DatedShape


class OverridesShape(BaseModel):
    """`expired`: the last fifty that ran out."""

    active: list[GrantShape]
    scheduled: list[GrantShape]
    expired: list[GrantShape]


class FeaturesShape(BaseModel):
    """What is allowed in effect, with the trace, and the overrides behind it."""

    items: list[DecisionShape]
    overrides: OverridesShape


class LogEntryShape(BaseModel):
    """One change, who made it and why. The values say what changed, null where nothing was."""

    model_config = example(
        {
            "action": "entitlement.granted",
            "entity_type": "user_entitlement",
            "entity_id": 41,
            "user_id": 17,
            "tenant_id": 12,
            "feature_name": "advanced_quotes",
            "old_value": None,
            "new_value": {"effect": "enable", "quota_limit": 100, "unlimited": False},
            "reason": "asked for by telephone",
            "admin": "ada.okafor@boxcostpro.test",
            "at": "2026-06-01T09:00:00Z",
        }
    )

    action: str
    entity_type: str | None
    entity_id: int | str | None
    user_id: int | None
    tenant_id: int | None
    feature_name: str | None
    old_value: Any
    new_value: Any
    reason: str | None
    admin: str
    at: datetime


class LogShape(BaseModel):
    items: list[LogEntryShape]
    next_cursor: str | None
