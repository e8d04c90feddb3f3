"""The plain values that a decision is made from, as they stood at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.catalog.snapshot import Allowance, Plan


class Effect(StrEnum):
    """What an override does."""

    ENABLE = "enable"
    DISABLE = "disable"
    HARD_DENY = "hard_deny"


@dataclass(frozen=True, slots=True)
class Override:
    """One grant or block of a user or a tenant; in force in [starts_at, ends_at)."""

    id: int
    effect: Effect
    starts_at: datetime
    ends_at: datetime | None
    allowance: Allowance | None = None
    """None: the limit of the layer below still counts."""
    by: str = ""
    given_at: datetime | None = None
    reason: str | None = None
    ended_by: str | None = None
    """Who revoked or replaced it; None: nobody did, it runs or ran out by itself."""

    def is_in_force(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class PlanStay:
    """A tenant's time on a plan, [starts_at, ends_at), as long as it grants access.

    `ends_at` is already the end of the trial or of the grace, where there is one.
    """

    id: int
    plan: Plan
    starts_at: datetime
    ends_at: datetime | None
    state: str = "active"

    def is_in_force(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything about one user of one tenant that decisions depend on.

    `user_id` None asks for the tenant as such: user overrides and membership do not count.
    """

    tenant_id: int
    user_id: int | None
    is_tenant_active: bool
    is_member: bool
    stays: tuple[PlanStay, ...] = ()
    fallback_plan: Plan | None = None
    user_overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    tenant_overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
