"""What a customer may be told of why they may or may not use a feature.

It names none of our people, no reason that we noted, and no rule of ours: only what is so.
"""

from portal.entitlements.answers import Answer
from portal.entitlements.explaining import USED_UP, Writer, upgrade_for

SHUT = {
    "GLOBAL_KILL_SWITCH": "{name} is switched off for everybody at the moment.",
    "TENANT_INACTIVE": "Your company's account is not active, so {name} is not available.",
    "NOT_A_MEMBER": "Your own account is not active, so {name} is not available to you.",
}
OFF = "{name} is not available for your account at the moment."
NOT_IN_PLAN = frozenset({"PLAN_LEVEL_TOO_LOW", "PLAN_EXCLUDES", "DEFAULT_OFF"})


def customer_sentence(answer: Answer, *, written: Writer) -> str:
    """One or two sentences for a reply; `written` turns instants into text."""
    feature = answer.standing.catalog.features.get(answer.feature_name)
    name = (feature.display_name if feature else "") or answer.feature_name
    if answer.reason.endswith(USED_UP):
        return _used_up(answer, name, written)
    if answer.allowed:
        return f"You may use {name}: it is active for your account."
    if answer.reason in NOT_IN_PLAN and feature is not None:
        plan = upgrade_for(feature, answer.standing.catalog)
        more = f" The plan {plan.display_name or plan.name} includes it." if plan else ""
        return f"{name} is not part of your present plan.{more}"
    return SHUT.get(answer.reason, OFF).format(name=name)


def _used_up(answer: Answer, name: str, written: Writer) -> str:
    limit = answer.limit
    if limit is None:
        return OFF.format(name=name)
    text = f"Your limit of {name} is used up: {limit.used} of {limit.limit}."
    return f"{text} It starts anew on {written(limit.resets_at)}." if limit.resets_at else text
