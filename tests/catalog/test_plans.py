"""Plans: created, changed cell by cell, made the fallback, archived."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.catalog.models import PlanTemplate
from portal.catalog.plans import (
    PlanTerms,
    archive_plan,
    change_plan,
    create_plan,
    make_fallback,
    plan_named,
    set_plan_feature,
)
from portal.catalog.refusals import Archived, BadTerms, InUse, NameTaken, UnknownPlan
from portal.catalog.revisions import catalog_now
from portal.catalog.signals import plan_in_use
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.database import db
from portal.core.staleness import Stale
from tests.cast import actor

TERMS = PlanTerms("Team", 2, currency="JPY", monthly_price_cents=2900)
NO = PlanFeature(is_included=False)
TEN = Allowance(is_unlimited=False, limit=10)


def now(name):
    return next(plan for plan in catalog_now().plans.values() if plan.name == name)


def terms_of(name):
    return PlanTerms(**{each: getattr(now(name), each) for each in PlanTerms.__slots__})


def last_event():
    return db.session.scalar(sa.select(AuditEvent).order_by(AuditEvent.id.desc()))


def test_a_new_plan_is_in_the_next_version(ann, catalog):
    features = {"api_access": PlanFeature(True, TEN), "audit_logs": NO}
    create_plan(by=actor(ann), name="team", terms=replace(TERMS, features=features))
    assert now("team").features == features
    assert (now("team").monthly_price_cents, now("team").annual_price_cents) == (2900, None)
    assert last_event().action == "plan.created"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("level", 1001),
        ("currency", "XYZ"),
        ("monthly_price_cents", -1),
        ("features", {"nothing": NO}),
        ("features", {"api_access": PlanFeature(True, replace(TEN, limit=2**53 + 1))}),
        ("features", {"api_access": PlanFeature(True, replace(TEN, overage_cap=1))}),
        ("features", {"api_access": PlanFeature(True, replace(TEN, rollover_min=1))}),
    ],
)
def test_terms_that_make_no_sense_are_refused(ann, catalog, field, value):
    with pytest.raises(BadTerms):
        create_plan(by=actor(ann), name="team", terms=replace(TERMS, **{field: value}))


def test_a_name_is_used_once(ann, catalog):
    with pytest.raises(NameTaken):
        create_plan(by=actor(ann), name="free", terms=TERMS)


def test_a_change_keeps_what_it_does_not_name(ann, catalog):
    before = now("basic")
    terms = replace(terms_of("basic"), monthly_price_cents=3100)
    change_plan(by=actor(ann), name="basic", version=1, terms=terms, reason="inflation")
    assert now("basic") == replace(before, monthly_price_cents=3100)
    assert b'{"field":"monthly_price_cents","new":3100,"old":2900}' in last_event().canonical


def test_the_same_terms_again_change_nothing(ann, catalog):
    terms = terms_of("basic")
    assert change_plan(by=actor(ann), name="basic", version=1, terms=terms).version == 1
    assert catalog_now() is catalog


def test_one_cell_is_limited_excluded_and_left_to_the_level(ann, catalog):
    soft = PlanFeature(True, replace(TEN, interval=Interval.DAY, is_soft=True, overage_cap=5))
    for version, said in enumerate((soft, NO, None), start=1):
        set_plan_feature(
            by=actor(ann),
            plan_name="basic",
            version=version,
            feature_name="basic_reports",
            said=said,
        )
        assert now("basic").features.get("basic_reports") == said
        assert b'"feature_name":"basic_reports"' in last_event().canonical
    assert len(now("basic").features) == 6


def test_a_stale_cell_is_refused(ann, catalog):
    cell = {"plan_name": "basic", "version": 1, "feature_name": "basic_reports"}
    set_plan_feature(by=actor(ann), **cell, said=NO)
    with pytest.raises(Stale):
        set_plan_feature(by=actor(ann), **cell, said=None)


def test_one_plan_at_a_time_is_the_fallback(ann, catalog):
    make_fallback(by=actor(ann), name="basic", reason="a gift")
    assert catalog_now().fallback_plan.name == "basic"
    found = db.session.scalars(sa.select(PlanTemplate.name).filter_by(is_fallback=True)).all()
    assert found == ["basic"]
    assert b'{"field":"fallback_plan","new":"basic","old":"free"}' in last_event().canonical


def test_the_fallback_plan_is_not_archived(ann, catalog):
    with pytest.raises(InUse):
        archive_plan(by=actor(ann), name="free", reason="stingy")


def test_a_plan_with_tenants_is_not_archived(ann, catalog):
    def two(plan_id):
        return 2

    with plan_in_use.connected_to(two), pytest.raises(InUse, match="2 tenants are on Basic"):
        archive_plan(by=actor(ann), name="basic", reason="unloved")


def test_an_archived_plan_takes_nobody_and_no_change(ann, catalog):
    archive_plan(by=actor(ann), name="basic", reason="unloved")
    assert now("basic").is_archived
    with pytest.raises(UnknownPlan):
        plan_named("basic")
    with pytest.raises(Archived):
        change_plan(by=actor(ann), name="basic", version=2, terms=TERMS)


def test_only_a_plan_on_offer_is_found_by_its_name(catalog):
    assert plan_named("basic").level == 1
    with pytest.raises(UnknownPlan) as refusal:
        plan_named("gold")
    assert refusal.value.field == "plan"
