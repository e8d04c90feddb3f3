"""An answer in plain words: what was decided, what each layer says, and what would change it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.catalog.inclusion import Via, via_of
from portal.catalog.overview import plans_on_offer
from portal.catalog.snapshot import Catalog, Feature, Plan
from portal.entitlements.answers import Answer, LimitBlock
from portal.web.times import machine

Writer = Callable[[datetime], str]
WORDS = {
    "UNKNOWN_FEATURE": "There is no such feature.",
    "GLOBAL_KILL_SWITCH": "It is switched off for everybody.",
    "TENANT_INACTIVE": "The tenant is not active.",
    "NOT_A_MEMBER": "The user is not an active member of the tenant.",
    "HARD_DENY": "It is denied beyond any grant.",
    "USER_OVERRIDE": "It was granted to this user.",
    "USER_DISABLED": "It was blocked for this user.",
    "TENANT_OVERRIDE": "It was granted to the whole tenant.",
    "TENANT_DISABLED": "It was blocked for the whole tenant.",
    "PLAN_ENTITLEMENT": "The plan includes it.",
    "PLAN_EXCLUDES": "The plan leaves it out.",
    "PLAN_LEVEL": "The plan's level is high enough.",
    "PLAN_LEVEL_TOO_LOW": "The plan's level is too low.",
    "DEFAULT_ON": "Everybody has it.",
    "DEFAULT_OFF": "Nobody has it without a plan or a grant.",
}
USED_UP = "_USAGE_EXCEEDED"
GIVING = {Via.LISTED, Via.ALL, Via.LEVEL}
"""By the plan itself, not only by default."""
LAYERS = {
    "gate.known_feature": "Is it in the catalogue?",
    "gate.kill_switch": "Is it switched on?",
    "gate.tenant_active": "Is the tenant active?",
    "gate.member": "Is the user active?",
    "gate.hard_deny": "Is it not denied?",
    "user_override": "Grants and blocks of the user",
    "tenant_override": "Grants and blocks of the tenant",
    "plan": "The plan",
    "default": "What everybody has",
}
VERDICTS = {"pass": "passes", "fail": "denies", "skipped": "says nothing"}
MEASURES = {
    "id": "number {}",
    "effect": "{}",
    "why": "{}",
    "plan": "{}",
    "via": "{}",
    "starts_at": "from {}",
    "expires_at": "until {}",
    "expired_at": "ran out {}",
    "ended_at": "ended {}",
    "needs_level": "needs level {}",
}


@dataclass(frozen=True, slots=True)
class LayerWords:
    """One line of the trace. `is_deciding`: this one made the answer."""

    label: str
    verdict: str
    detail: str
    is_deciding: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the panel shows; `text` is the whole of it for a reply or a note."""

    headline: str
    sentence: str
    source: str
    limit: str
    layers: tuple[LayerWords, ...]
    remedies: tuple[str, ...]
    text: str


def in_words(reason: str) -> str:
    """One sentence for a reason of the API."""
    base = reason.removesuffix(USED_UP)
    sentence = WORDS.get(base, base)
    return f"{sentence} Its limit is used up." if reason.endswith(USED_UP) else sentence


def explanation_of(
    answer: Answer, *, who: str, catalog: Catalog, written: Writer = machine
) -> Explanation:
    """The answer about `who`, in words; `written` turns instants into text, except in `text`."""
    feature = catalog.features.get(answer.feature_name)
    name = feature.display_name if feature and feature.display_name else answer.feature_name
    headline = f"{who} {'may' if answer.allowed else 'may not'} use {name}"
    sentence = in_words(answer.reason)
    limit = limit_in_words(answer.limit)
    return Explanation(
        headline=headline,
        sentence=sentence,
        source=source_in_words(answer.decision.source, written),
        limit=limit,
        layers=tuple(_layers(answer, written)),
        remedies=tuple(_remedies(answer, feature, catalog, written)),
        text=_text(answer, f"{headline}. {sentence}", limit, feature, catalog),
    )


def source_in_words(source: dict[str, Any] | None, written: Writer = machine) -> str:
    """Who gave it, when and why; empty when nobody in particular did."""
    if not source:
        return ""
    parts = [f"Plan {source['plan']}" if source.get("plan") else ""]
    if source.get("via") == "fallback_plan":
        parts.append("which counts because no other plan does")
    if source.get("by"):
        parts.append(f"by {source['by']}")
    if source.get("at"):
        parts.append(f"{'since' if source.get('plan') else 'on'} {_plain(source['at'], written)}")
    if source.get("reason"):
        parts.append(f"because “{source['reason']}”")
    return " ".join(part for part in parts if part)


def limit_in_words(limit: LimitBlock | None) -> str:
    if limit is None:
        return ""
    if limit.is_unlimited:
        return f"{limit.used} used, without a limit"
    return f"{limit.used} of {limit.limit} used, {limit.remaining} left"


def upgrade_for(feature: Feature, catalog: Catalog) -> Plan | None:
    """The lowest plan on offer that would give the feature."""
    giving = (plan for plan in plans_on_offer(catalog) if via_of(plan, feature) in GIVING)
    return next(giving, None)


def _layers(answer: Answer, written: Writer = machine) -> Iterator[LayerWords]:
    for step in answer.trace:
        verdict = VERDICTS.get(step["result"], "")
        if step["result"] == "match":
            verdict = "decides: allowed" if answer.decision.allowed else "decides: denied"
        elif step.get("would_be"):
            verdict = f"would {step['would_be']}"
        is_deciding = step["result"] in {"match", "fail"}
        label = LAYERS.get(step["step"], step["step"])
        yield LayerWords(label, verdict, _detail(step, written), is_deciding)


def _detail(step: dict[str, Any], written: Writer) -> str:
    found = [
        shape.format(_plain(step[key], written))
        for key, shape in MEASURES.items()
        if step.get(key) is not None
    ]
    if step.get("bypassed"):
        found.append("counts below the level that the feature needs")
    return ", ".join(found).replace("_", " ")


def _remedies(
    answer: Answer, feature: Feature | None, catalog: Catalog, written: Writer = machine
) -> Iterator[str]:
    if answer.next_change_at is not None:
        yield f"By itself, not before {written(answer.next_change_at)}."
    reason = answer.reason.removesuffix(USED_UP)
    if answer.reason.endswith(USED_UP):
        yield "A top-up, a higher limit, or the next period."
    elif reason in {"PLAN_LEVEL_TOO_LOW", "PLAN_EXCLUDES", "DEFAULT_OFF"} and feature is not None:
        plan = upgrade_for(feature, catalog)
        if plan is not None:
            yield f"The plan {plan.display_name or plan.name}."
        yield "A grant to the user or the tenant."
    elif reason in {"USER_DISABLED", "TENANT_DISABLED", "HARD_DENY"}:
        yield "Taking the block back."
    elif reason in {"TENANT_INACTIVE", "NOT_A_MEMBER"}:
        yield "Making them active again."
    elif reason == "GLOBAL_KILL_SWITCH":
        yield "Switching the feature on again in the catalogue."


def _text(answer: Answer, first: str, limit: str, feature: Feature | None, catalog: Catalog) -> str:
    source = source_in_words(answer.decision.source)
    lines = [f"{first} ({answer.reason})", f"As of {machine(answer.evaluated_at)}."]
    lines += [f"{name}: {said}" for name, said in (("Source", source), ("Limit", limit)) if said]
    for layer in _layers(answer):
        detail = f" ({layer.detail})" if layer.detail else ""
        lines.append(f"- {layer.label}: {layer.verdict}{detail}")
    remedies = list(_remedies(answer, feature, catalog))
    if remedies:
        lines.append("What would change it: " + " ".join(remedies))
    return "\n".join(lines)


def _plain(value: Any, written: Writer) -> str:
    return written(value) if isinstance(value, datetime) else str(value)
