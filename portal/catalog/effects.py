"""Showing what a change would do to customers before it is saved.

Who those customers are is known above: the entitlements room registers the function that counts.
"""

import hashlib
import json
from collections.abc import Callable

from markupsafe import Markup

from portal.catalog.content import content_of
from portal.catalog.snapshot import Catalog, Feature, Plan

EffectPreview = Callable[[Catalog, Catalog], Markup]
"""Takes the catalogue now and as it would be; gives what to show, empty for no effect."""

_previews: list[EffectPreview] = []


def register_effect_preview(preview: EffectPreview) -> None:
    _previews.append(preview)


def effect_of(now: Catalog, draft: Catalog) -> Markup:
    return Markup("").join(preview(now, draft) for preview in _previews)


def must_be_seen(now: Catalog, draft: Catalog) -> bool:
    """May the change turn any answer about a customer, and is there anybody to say whose?"""
    return bool(_previews) and turns_answers(now, draft)


def turns_answers(now: Catalog, draft: Catalog) -> bool:
    """Labels and prices decide nothing. A plan that does not exist yet has nobody on it."""
    if _fallback(now) != _fallback(draft):
        return True
    features = {name: _decides(feature) for name, feature in draft.features.items()}
    if features != {name: _decides(feature) for name, feature in now.features.items()}:
        return True
    return any(_grants(draft.plans[id_]) != _grants(plan) for id_, plan in now.plans.items())


def _decides(feature: Feature) -> tuple[object, ...]:
    return (
        feature.is_default,
        feature.min_plan_level,
        feature.is_killed,
        feature.is_archived,
        feature.is_metered,
        feature.interval,
    )


def _grants(plan: Plan) -> tuple[object, ...]:
    return plan.level, plan.includes_all, dict(plan.features)


def _fallback(catalog: Catalog) -> int | None:
    return catalog.fallback_plan.id if catalog.fallback_plan else None


def mark_of(now: Catalog, draft: Catalog) -> str:
    """Stands for one change of one catalogue: who saves with it has seen this very effect."""
    content = content_of(draft.features.values(), draft.plans.values(), _fallback(draft))
    text = json.dumps([now.version, content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
