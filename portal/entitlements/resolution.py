"""The decision: may this user use this feature at this instant, and why.

Pure. Hard gates first (any denies), then the nearest scope replaces: the user's override, the
tenant's, the plan, the default. Every losing layer says what it would
have decided, so that the answer can be explained and changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.catalog.inclusion import Via, via_of
from portal.catalog.snapshot import UNLIMITED, Allowance, Feature, Plan
from portal.entitlements.facts import Effect, Override, PlanStay, Subject

MOST_PAST_ROWS = 3
"""Of what ran out or was ended, how many rows of one layer the trace names, the latest first."""


class Reason(StrEnum):
    """Why the answer is what it is."""

    UNKNOWN_FEATURE = "UNKNOWN_FEATURE"
    GLOBAL_KILL_SWITCH = "GLOBAL_KILL_SWITCH"
    TENANT_INACTIVE = "TENANT_INACTIVE"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    HARD_DENY = "HARD_DENY"
    USER_OVERRIDE = "USER_OVERRIDE"
    USER_DISABLED = "USER_DISABLED"
    TENANT_OVERRIDE = "TENANT_OVERRIDE"
    TENANT_DISABLED = "TENANT_DISABLED"
    PLAN_ENTITLEMENT = "PLAN_ENTITLEMENT"
    PLAN_EXCLUDES = "PLAN_EXCLUDES"
    PLAN_LEVEL = "PLAN_LEVEL"
    PLAN_LEVEL_TOO_LOW = "PLAN_LEVEL_TOO_LOW"
    DEFAULT_ON = "DEFAULT_ON"
    DEFAULT_OFF = "DEFAULT_OFF"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer says; `is_allowed` None when it says nothing."""

    step: str
    is_allowed: bool | None
    reason: Reason | None = None
    allowance: Allowance | None = None
    source: dict[str, Any] | None = None
    detail: tuple[tuple[str, Any], ...] = ()

    def trace(self, result: str) -> dict[str, Any]:
        return {"step": self.step, "result": result, **dict(self.detail)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one feature, before anything that was used is counted."""

    feature_name: str
    allowed: bool
    reason: Reason
    source: dict[str, Any] | None
    allowance: Allowance | None
    """How much, always with its interval. None: denied, or neither limited nor metered."""
    limit_scope: str
    """`user` or `tenant`: whose counter the allowance is about."""
    tenant_cap: Allowance | None
    """The tenant's own limit, which counts beside a user's."""
    next_change_at: datetime | None


def resolve(feature: Feature | None, name: str, subject: Subject, at: datetime) -> Decision:
    """Decide one feature as of `at`; `feature` None means the catalogue had no such feature."""
    _, layers, winner = _weigh(feature, name, subject, at)
    limits = _limits(feature, layers, winner) if feature and winner.is_allowed else _NO_LIMITS
    return Decision(
        feature_name=name,
        allowed=bool(winner.is_allowed),
        reason=winner.reason or Reason.DEFAULT_OFF,
        source=winner.source,
        allowance=limits[0],
        limit_scope=limits[1],
        tenant_cap=limits[2],
        next_change_at=next_change(name, subject, at),
    )


def explain(
    feature: Feature | None, name: str, subject: Subject, at: datetime
) -> tuple[dict[str, Any], ...]:
    """Every gate and layer in the order in which they count, and what the losing ones would say."""
    return tuple(_trace(*_weigh(feature, name, subject, at)))


def _weigh(
    feature: Feature | None, name: str, subject: Subject, at: datetime
) -> tuple[list[Layer], list[Layer], Layer]:
    """All gates, all layers, and the one of them that decides."""
    gates = list(_gates(feature, name, subject, at))
    layers = _layers(feature, subject, at) if feature else []
    failed = next((gate for gate in gates if gate.is_allowed is False), None)
    winner = failed or next((layer for layer in layers if layer.is_allowed is not None), None)
    assert winner is not None  # noqa: S101 - the default layer always answers
    return gates, layers, winner


def next_change(name: str, subject: Subject, at: datetime) -> datetime | None:
    """The earliest instant after `at` at which a start or an end may change the answer."""
    spans: list[Override | PlanStay] = [
        *subject.user_overrides.get(name, ()),
        *subject.tenant_overrides.get(name, ()),
        *subject.stays,
    ]
    instants = [edge for span in spans for edge in (span.starts_at, span.ends_at) if edge]
    return min((edge for edge in instants if edge > at), default=None)


def _gates(feature: Feature | None, name: str, subject: Subject, at: datetime) -> Iterable[Layer]:
    """All are evaluated; the first that fails is the reason. No grant overrides one."""
    yield _gate(
        "known_feature", feature is not None and not feature.is_archived, Reason.UNKNOWN_FEATURE
    )
    is_killed = feature is not None and feature.is_killed
    yield _gate("kill_switch", not is_killed, Reason.GLOBAL_KILL_SWITCH)
    yield _gate("tenant_active", subject.is_tenant_active, Reason.TENANT_INACTIVE)
    yield _gate("member", subject.is_member, Reason.NOT_A_MEMBER)
    denial = _hard_denial(name, subject, at)
    source = _source(denial[0], denial[1]) if denial else None
    yield _gate("hard_deny", denial is None, Reason.HARD_DENY, source)


def _gate(name: str, passes: bool, reason: Reason, source: dict[str, Any] | None = None) -> Layer:
    return Layer(f"gate.{name}", None if passes else False, reason, source=source)


def _hard_denial(name: str, subject: Subject, at: datetime) -> tuple[str, Override] | None:
    for scope, overrides in (
        ("user", subject.user_overrides.get(name, ())),
        ("tenant", subject.tenant_overrides.get(name, ())),
    ):
        for override in overrides:
            if override.effect is Effect.HARD_DENY and override.is_in_force(at):
                return scope, override
    return None


def _layers(feature: Feature, subject: Subject, at: datetime) -> list[Layer]:
    """Nearest first. The first that says something wins."""
    user = subject.user_overrides.get(feature.name, ())
    tenant = subject.tenant_overrides.get(feature.name, ())
    plan, stay = _plan_at(subject, at)
    return [
        *_override_layers("user", user, feature, plan, at),
        *_override_layers("tenant", tenant, feature, plan, at),
        _plan_layer(feature, plan, stay),
        _default_layer(feature, plan),
    ]


def _override_layers(
    scope: str, overrides: tuple[Override, ...], feature: Feature, plan: Plan | None, at: datetime
) -> Iterable[Layer]:
    step = f"{scope}_override"
    told = [found for found in overrides if found.effect is not Effect.HARD_DENY]
    if not told:
        yield Layer(step, None, detail=(("why", "none"),))
    for override in told:
        if override.is_in_force(at):
            yield _override_layer(scope, override, feature, plan)
    past = [found for found in told if found.ends_at is not None and found.ends_at <= at]
    past.sort(key=lambda found: (found.ends_at, found.id), reverse=True)
    for override in [found for found in told if found.starts_at > at] + past[:MOST_PAST_ROWS]:
        yield Layer(step, None, detail=_out_of_force(override, at))


def _override_layer(scope: str, override: Override, feature: Feature, plan: Plan | None) -> Layer:
    is_on = override.effect is Effect.ENABLE
    reason = Reason[f"{scope.upper()}_{'OVERRIDE' if is_on else 'DISABLED'}"]
    detail: tuple[tuple[str, Any], ...] = (("id", override.id), ("effect", override.effect.value))
    if is_on and (plan is None or plan.level < feature.min_plan_level):
        detail += (("bypassed", ["min_plan_level"]),)
    source = _source(scope, override)
    return Layer(f"{scope}_override", is_on, reason, override.allowance, source, detail)


def _out_of_force(override: Override, at: datetime) -> tuple[tuple[str, Any], ...]:
    if override.starts_at > at:
        return (("id", override.id), ("why", "scheduled"), ("starts_at", override.starts_at))
    if override.ended_by is not None:
        told = (("id", override.id), ("why", "ended"), ("ended_at", override.ends_at))
        return (*told, ("ended_by", override.ended_by))
    return (("id", override.id), ("why", "expired"), ("expired_at", override.ends_at))


def _source(scope: str, override: Override) -> dict[str, Any]:
    return {
        "type": f"{scope}_entitlement",
        "id": override.id,
        "by": override.by,
        "at": override.given_at,
        "reason": override.reason,
    }


def _plan_at(subject: Subject, at: datetime) -> tuple[Plan | None, PlanStay | None]:
    """The plan that counts; the fallback one (without a stay) when no subscription grants."""
    in_force = [stay for stay in subject.stays if stay.is_in_force(at)]
    if in_force:
        latest = max(in_force, key=lambda stay: (stay.starts_at, stay.id))
        return latest.plan, latest
    return subject.fallback_plan, None


def _plan_layer(feature: Feature, plan: Plan | None, stay: PlanStay | None) -> Layer:
    if plan is None:
        return Layer("plan", None, detail=(("why", "no plan"),))
    source = {
        "type": "plan",
        "id": stay.id if stay else None,
        "plan": plan.name,
        "by": None,
        "at": stay.starts_at if stay else None,
        "reason": None,
    }
    detail: tuple[tuple[str, Any], ...] = (("plan", plan.name),)
    if stay is None:
        source["via"] = "fallback_plan"
        detail += (("via", "fallback_plan"),)
    via, listed = via_of(plan, feature), plan.features.get(feature.name)
    if via is Via.EXCLUDED:
        return Layer("plan", False, Reason.PLAN_EXCLUDES, None, source, detail)
    if via in {Via.LISTED, Via.ALL}:
        allowance = (listed.allowance if listed else None) or UNLIMITED
        return Layer("plan", True, Reason.PLAN_ENTITLEMENT, allowance, source, detail)
    if via is Via.LEVEL:
        return Layer("plan", True, Reason.PLAN_LEVEL, UNLIMITED, source, detail)
    detail += (("why", "level too low"), ("needs_level", feature.min_plan_level))
    return Layer("plan", None, detail=detail)


def _default_layer(feature: Feature, plan: Plan | None) -> Layer:
    if feature.is_default:
        source = {"type": "default", "id": None, "by": None, "at": None, "reason": None}
        return Layer("default", True, Reason.DEFAULT_ON, UNLIMITED, source)
    reason = Reason.DEFAULT_OFF if plan is None else Reason.PLAN_LEVEL_TOO_LOW
    return Layer("default", False, reason)


_NO_LIMITS: tuple[Allowance | None, str, Allowance | None] = (None, "tenant", None)


def _limits(
    feature: Feature, layers: list[Layer], winner: Layer
) -> tuple[Allowance | None, str, Allowance | None]:
    """The winner's limit; where it states none, that of the next layer below that allows."""
    stating = [
        layer
        for layer in layers[layers.index(winner) :]
        if layer.is_allowed and layer.allowance is not None
    ]
    allowance = stating[0].allowance if stating else None
    step = stating[0].step if stating else ""
    is_users = step == "user_override"
    cap = next((layer.allowance for layer in stating[1:] if layer.step == "tenant_override"), None)
    return (
        _counted(allowance or UNLIMITED, feature, is_granted=step.endswith("_override")),
        "user" if is_users else "tenant",
        _counted(cap, feature) if is_users and cap and not cap.is_unlimited else None,
    )


def _counted(
    allowance: Allowance, feature: Feature, *, is_granted: bool = False
) -> Allowance | None:
    """With its interval; None where there is nothing to count and nobody granted it unlimited."""
    if allowance.is_unlimited and not feature.is_metered and not is_granted:
        return None
    return replace(allowance, interval=allowance.interval or feature.interval)


def _trace(gates: list[Layer], layers: list[Layer], winner: Layer) -> Iterable[dict[str, Any]]:
    for gate in gates:
        yield gate.trace("fail" if gate.is_allowed is False else "pass")
    for layer in layers:
        if layer is winner:
            yield layer.trace("match")
        elif layer.is_allowed is None:
            yield layer.trace("skipped")
        else:
            found = layer.trace("lost")
            yield {**found, "would_be": "allow" if layer.is_allowed else "deny"}
