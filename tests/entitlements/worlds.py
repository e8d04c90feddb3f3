"""Subjects made of plain values, one for each state that the specification's matrix names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.catalog.snapshot import Allowance, Feature, Plan, PlanFeature
from portal.entitlements.facts import Effect, Override, PlanStay, Subject
from portal.subscriptions.access import access_span

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LEVEL = 2
"""What the feature of the matrix asks of a plan that does not list it."""

USERS = TENANTS = ("none", "on", "off", "expired")
PLANS = ("on", "off", "at_level", "below_level", "no_sub", "in_grace", "after_grace")
GATES = ("none", "kill", "hard_deny_user", "hard_deny_tenant")
LISTED = {
    "on": {"f": PlanFeature(True, Allowance(is_unlimited=True))},
    "off": {"f": PlanFeature(False)},
}
LISTED |= {"in_grace": LISTED["on"], "after_grace": LISTED["on"]}
FREE = Plan("free", level=0, id=1)


@dataclass(frozen=True)
class Cell:
    user: str
    tenant: str
    plan: str
    is_default: bool
    gate: str

    @property
    def feature(self) -> Feature:
        return Feature("f", self.is_default, LEVEL, is_killed=self.gate == "kill")


def override(effect: Effect, number: int = 1, **more: object) -> Override:
    values = {"starts_at": NOW - 9 * DAY, "ends_at": None, "by": "ops@x", **more}
    return Override(id=number, effect=effect, **values)


def overrides(state: str, is_denied: bool, number: int) -> dict[str, tuple[Override, ...]]:
    found = [override(Effect.HARD_DENY, number + 1)] if is_denied else []
    if state == "expired":
        found.append(override(Effect.ENABLE, number, ends_at=NOW))
    elif state != "none":
        found.append(override(Effect.ENABLE if state == "on" else Effect.DISABLE, number))
    return {"f": tuple(found)} if found else {}


def stays(state: str) -> tuple[PlanStay, ...]:
    """One stay, with the span in which its status gives access."""
    if state == "no_sub":
        return ()
    plan = Plan("plan", LEVEL - (state == "below_level"), LISTED.get(state, {}), id=2)
    status = "past_due" if state.endswith("grace") else "active"
    grace = {"in_grace": NOW + DAY, "after_grace": NOW}.get(state)
    start, end = access_span(status, NOW - 9 * DAY, None, None, grace)
    return (PlanStay(5, plan, start, end, status),)


def subject(cell: Cell, fallback: Plan | None = FREE) -> Subject:
    return Subject(
        tenant_id=1,
        user_id=1,
        is_tenant_active=True,
        is_member=True,
        stays=stays(cell.plan),
        fallback_plan=fallback,
        user_overrides=overrides(cell.user, cell.gate == "hard_deny_user", 10),
        tenant_overrides=overrides(cell.tenant, cell.gate == "hard_deny_tenant", 20),
    )
