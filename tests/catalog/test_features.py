"""Features: created, changed, switched off and archived."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.catalog.features import (
    FeatureTerms,
    archive_feature,
    change_feature,
    create_feature,
    feature_or_404,
    kill_feature,
    revive_feature,
    terms_of,
)
from portal.catalog.refusals import Archived, BadTerms, NameTaken, NoSuchFeature
from portal.catalog.revisions import catalog_now
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.staleness import Stale
from tests.cast import actor

TERMS = FeatureTerms("Box Previews", category="quotes", min_plan_level=1)


def last_event():
    return db.session.scalar(sa.select(AuditEvent).order_by(AuditEvent.id.desc()))


def test_a_new_feature_is_in_the_next_version(ann, catalog):
    create_feature(by=actor(ann), name="box.previews-2", terms=TERMS)
    found = catalog_now()
    assert found.version > catalog.version
    assert found.features["box.previews-2"].display_name == "Box Previews"
    event = last_event()
    assert (event.action, event.stream) == ("feature.created", "entitlement")
    assert (event.target_label, event.actor_label) == ("Box Previews", ann.email)


@pytest.mark.parametrize("name", ["", "x", "Big", "with space", "ä" * 3, "x" * 65, "..", "a/b"])
def test_a_name_that_is_no_name_is_refused(ann, app, name):
    with pytest.raises(BadTerms) as refusal:
        create_feature(by=actor(ann), name=name, terms=TERMS)
    assert refusal.value.field == "name"


def test_a_name_is_used_once_even_after_archiving(ann, catalog):
    archive_feature(by=actor(ann), name="api_access", reason="unused")
    with pytest.raises(NameTaken):
        create_feature(by=actor(ann), name="api_access", terms=TERMS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("display_name", " "), ("category", "shoes"), ("min_plan_level", -1), ("is_metered", True)],
)
def test_terms_out_of_range_are_refused(ann, app, field, value):
    with pytest.raises(BadTerms):
        create_feature(by=actor(ann), name="x1", terms=replace(TERMS, **{field: value}))


def test_a_change_says_old_and_new(ann, catalog):
    row = feature_or_404("api_access")
    terms = replace(terms_of(row), min_plan_level=3)
    change_feature(by=actor(ann), name="api_access", version=1, terms=terms, reason="too cheap")
    assert catalog_now().features["api_access"].min_plan_level == 3
    event = last_event()
    assert event.reason == "too cheap"
    assert b'{"field":"min_plan_level","new":3,"old":2}' in event.canonical
    assert b'"feature_name":"api_access"' in event.canonical


def test_the_same_terms_again_change_nothing(ann, catalog):
    row = feature_or_404("api_access")
    change_feature(by=actor(ann), name="api_access", version=1, terms=terms_of(row))
    assert catalog_now() is catalog
    assert row.version == 1


def test_who_opened_the_form_too_early_is_refused(ann, catalog):
    terms = replace(terms_of(feature_or_404("api_access")), min_plan_level=3)
    change_feature(by=actor(ann), name="api_access", version=1, terms=terms)
    with pytest.raises(Stale):
        change_feature(by=actor(ann), name="api_access", version=1, terms=TERMS)


def test_the_kill_switch_goes_off_and_on(ann, catalog):
    kill_feature(by=actor(ann), name="api_access", reason="leaks")
    assert catalog_now().features["api_access"].is_killed
    assert (last_event().severity, last_event().reason) == ("critical", "leaks")
    with pytest.raises(Conflict):
        kill_feature(by=actor(ann), name="api_access", reason="again")
    revive_feature(by=actor(ann), name="api_access", reason="mended")
    assert not catalog_now().features["api_access"].is_killed
    with pytest.raises(Conflict):
        revive_feature(by=actor(ann), name="api_access", reason="again")


@pytest.mark.parametrize("deed", [kill_feature, revive_feature, archive_feature])
def test_danger_needs_a_reason(ann, catalog, deed):
    with pytest.raises(BadTerms) as refusal:
        deed(by=actor(ann), name="api_access", reason=" ")
    assert refusal.value.field == "reason"


def test_what_is_archived_stays_as_it_is(ann, catalog):
    archive_feature(by=actor(ann), name="api_access", reason="unused")
    assert catalog_now().features["api_access"].is_archived
    with pytest.raises(Archived):
        change_feature(by=actor(ann), name="api_access", version=2, terms=TERMS)
    with pytest.raises(Archived):
        kill_feature(by=actor(ann), name="api_access", reason="leaks")


def test_a_feature_that_does_not_exist_is_not_changed(ann, catalog):
    with pytest.raises(NoSuchFeature):
        kill_feature(by=actor(ann), name="nothing", reason="leaks")
