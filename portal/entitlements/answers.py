"""The answer to a check: the decision, how much is left, and as of when that is true."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.entitlements.resolution import Decision
from portal.entitlements.snapshots import Standing
from portal.web.times import machine

STAFF = "staff"
"""Who decided, as far as a customer is concerned."""


@dataclass(frozen=True, slots=True)
class LimitBlock:
    """How much of a feature there is and how much is left.

    `limit` counts only when it is not unlimited. Where a user's limit and a tenant's both count,
    this is the tighter one. `period` None: it never starts anew.
    """

    is_unlimited: bool
    limit: int
    used: int
    reserved: int = 0
    period: tuple[datetime, datetime] | None = None
    is_soft: bool = False
    overage_cap: int | None = None
    changes_at: datetime | None = None
    """When it first comes to count otherwise, if nobody uses any of it. Known in answers alone."""

    @property
    def remaining(self) -> int | None:
        """None: there is no end to it."""
        return None if self.is_unlimited else max(0, self.limit - self.used - self.reserved)

    @property
    def resets_at(self) -> datetime | None:
        return self.period[1] if self.period else None

    @property
    def most(self) -> int | None:
        """How much is allowed at most: a soft limit ends at its cap. None: there is no end."""
        if self.is_unlimited or (self.is_soft and self.overage_cap is None):
            return None
        return self.limit + (self.overage_cap or 0 if self.is_soft else 0)

    def has_room(self, quantity: int = 1) -> bool:
        """Would so much more be allowed?"""
        return self.most is None or self.used + self.reserved + quantity <= self.most

    def as_json(self) -> dict[str, Any]:
        return {
            "unlimited": self.is_unlimited,
            "limit": None if self.is_unlimited else self.limit,
            "used": self.used,
            "remaining": self.remaining,
            "resets_at": machine(self.period[1]) if self.period else None,
            "period": [machine(edge) for edge in self.period] if self.period else None,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision with what is left of it. `allowed` already counts the limit in."""

    decision: Decision
    allowed: bool
    reason: str
    """The decision's reason, or that with `_USAGE_EXCEEDED` when nothing is left."""
    limit: LimitBlock | None
    next_change_at: datetime | None
    evaluated_at: datetime
    standing: Standing

    @property
    def feature_name(self) -> str:
        return self.decision.feature_name

    @property
    def trace(self) -> tuple[dict[str, Any], ...]:
        """Every gate and layer, and what the losing ones would say."""
        return self.standing.explain(self.feature_name, self.evaluated_at)

    def as_json(self, explain: bool = False) -> dict[str, Any]:
        """The decision, as of when it was made, and what it holds under."""
        return {
            **self.decision_json(explain),
            "evaluated_at": machine(self.evaluated_at),
            "snapshot": self.standing.versions,
        }

    def decision_json(self, explain: bool = False, to_customer: bool = False) -> dict[str, Any]:
        """The shape of the API, as `docs/api.md` tells it.

        A customer's user is not told which of us decided, nor what we noted as the reason.
        """
        source = self.decision.source
        if to_customer and source:
            source = source | {"by": STAFF if source["by"] else None, "reason": None}
        found: dict[str, Any] = {
            "feature_name": self.decision.feature_name,
            "allowed": self.allowed,
            "reason": self.reason,
            "source": plain(source) if source else None,
            "limit": self.limit.as_json() if self.limit else None,
            "next_change_at": machine(self.next_change_at) if self.next_change_at else None,
        }
        if explain:
            unsaid = {"ended_by"} if to_customer else set()
            found["trace"] = [plain(step, unsaid) for step in self.trace]
        return found


def mark_of(standing: Standing, answers: Iterable[Answer], *asked: object) -> str:
    """What tells these answers from other ones: equal marks, equal answers (an ETag).

    The versions and the end of their time say what was decided, the counters what is left of it.
    """
    facts = standing.facts
    parts = [facts.tenant_id, facts.user_id, facts.is_tenant_active, facts.is_member, facts.zone]
    left = [(each.feature_name, each.limit) for each in answers if each.limit is not None]
    text = repr((*parts, *asked, standing.until, left))
    digest = hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
    return f"{facts.tenant_version}-{facts.catalog_version}-{digest}"


def plain(values: dict[str, Any], unsaid: Collection[str] = ()) -> dict[str, Any]:
    """The same with its instants as the API writes them, and without what is to be left unsaid."""
    return {
        name: machine(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if name not in unsaid
    }
