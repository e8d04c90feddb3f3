"""Every version of the catalogue is kept, and read from memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.catalog.content import catalog_from, content_of
from portal.catalog.effects import mark_of, turns_answers
from portal.catalog.features import FeatureTerms, change_feature, create_feature, terms_of
from portal.catalog.features import feature_or_404 as feature
from portal.catalog.revisions import (
    DRAFT,
    NOTHING,
    catalog_at,
    catalog_now,
    draft_with,
    publish_revision,
)
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db


def rename(label):
    row = feature("api_access")
    terms = replace(terms_of(row), display_name=label)
    change_feature(by=SYSTEM, name="api_access", version=row.version, terms=terms)


def test_without_a_revision_nothing_is_on_offer(app):
    assert catalog_now() is NOTHING
    assert catalog_at(clock.now()) is NOTHING


def test_it_comes_back_from_json_as_it_was(catalog):
    fallback = catalog.fallback_plan.id
    content = content_of(catalog.features.values(), catalog.plans.values(), fallback)
    assert catalog_from(catalog.version, content) == catalog


def test_what_a_limit_states_survives_json(catalog):
    allowance = Allowance(False, 7, Interval.WEEK, True, 0, 1, 5)
    free = replace(catalog.fallback_plan, features={"api_access": PlanFeature(True, allowance)})
    content = content_of([], [free], free.id)
    assert catalog_from(1, content).fallback_plan.features["api_access"].allowance == allowance


def test_the_past_stays_as_it_was(catalog):
    before = clock.now()
    with clock.standing_at(before + timedelta(days=1)):
        rename("Open Doors")
    assert catalog_at(before).features["api_access"].display_name == "API Access"
    assert catalog_at(before - timedelta(days=1)) is NOTHING
    assert catalog_now().features["api_access"].display_name == "Open Doors"


def test_a_clock_that_was_set_back_hides_no_change(catalog):
    with clock.standing_at(clock.now() - timedelta(hours=1)):
        rename("Open Doors")
    assert catalog_at(clock.now()).features["api_access"].display_name == "Open Doors"


def test_a_known_version_costs_one_question(catalog, statements):
    statements.clear()
    assert catalog_now() is catalog
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


def test_what_was_rolled_back_is_forgotten(catalog):
    db.session.commit()
    create_feature(by=SYSTEM, name="never_was", terms=FeatureTerms("Never was"))
    assert "never_was" in catalog_now().features
    db.session.rollback()
    rename("Open Doors")
    found = catalog_now()
    assert "never_was" not in found.features
    assert found.features["api_access"].display_name == "Open Doors"


def test_a_snapshot_cannot_be_changed_by_its_readers(catalog):
    with pytest.raises(TypeError):
        catalog.features["api_access"] = None


def test_a_draft_touches_nothing_that_is_published(catalog):
    killed = replace(catalog.features["api_access"], is_killed=True)
    draft = draft_with(catalog, features=[killed])
    assert draft.version == DRAFT
    assert draft.features["api_access"].is_killed
    assert not catalog.features["api_access"].is_killed
    assert draft.fallback_plan == catalog.fallback_plan


def test_a_draft_of_the_fallback_plan_is_the_fallback(catalog):
    free = replace(catalog.fallback_plan, level=9)
    assert draft_with(catalog, plans=[free]).fallback_plan is free


def test_only_what_decides_turns_answers(catalog):
    found = catalog.features["api_access"]
    label = draft_with(catalog, features=[replace(found, display_name="X")])
    level = draft_with(catalog, features=[replace(found, min_plan_level=1)])
    basic = next(plan for plan in catalog.plans.values() if plan.name == "basic")
    price = draft_with(catalog, plans=[replace(basic, monthly_price_cents=1)])
    fallback = draft_with(catalog, fallback_plan_id=basic.id)
    assert [turns_answers(catalog, one) for one in (label, level, price, fallback)] == [
        False,
        True,
        False,
        True,
    ]
    assert mark_of(catalog, label) != mark_of(catalog, level)


def test_a_new_revision_of_the_same_content_is_another_version(catalog):
    assert publish_revision(by=SYSTEM) > catalog.version
