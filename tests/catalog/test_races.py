"""Two changes at once: each revision holds all that was published before it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from portal.catalog.features import FeatureTerms, create_feature
from portal.catalog.models import CatalogRevision
from portal.catalog.plans import archive_plan, plan_named, set_plan_feature
from portal.catalog.refusals import UnknownPlan
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import PlanFeature
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.staleness import Stale
from seeds.catalog import seed_catalog
from seeds.support import seed_levels
from tests.statements import waiting

pytestmark = pytest.mark.race
CROWD = 8


def at_once(app, works):
    """Each in a thread and a transaction of its own; what each gave, or its refusal."""
    barrier = Barrier(len(works))

    def run(work):
        with app.app_context():
            barrier.wait(30)
            try:
                found = work()
                db.session.commit()
            except DomainError as error:
                db.session.rollback()
                return error
            finally:
                db.session.remove()
            return found

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def shop(own_app):
    with own_app.app_context():
        seed_catalog()
        db.session.commit()
    return own_app


def test_parallel_changes_are_all_in_the_newest_revision(shop):
    def create(number):
        return lambda: (
            create_feature(by=SYSTEM, name=f"extra_{number}", terms=FeatureTerms("Extra")).id
        )

    at_once(shop, [create(number) for number in range(CROWD)])
    with shop.app_context():
        sizes = [
            len(content["features"])
            for content in db.session.scalars(
                sa.select(CatalogRevision.content).order_by(CatalogRevision.id)
            )
        ]
        assert sizes == list(range(17, 17 + CROWD + 1))
        assert len(catalog_now().features) == 17 + CROWD


def test_of_parallel_changes_of_one_version_one_wins(shop):
    cell = {"plan_name": "basic", "version": 1, "feature_name": "basic_reports"}
    no = PlanFeature(is_included=False)
    found = at_once(
        shop, [lambda: set_plan_feature(by=SYSTEM, **cell, said=no).id for _ in range(CROWD)]
    )
    assert sum(isinstance(one, Stale) for one in found) == CROWD - 1


def test_a_name_is_taken_once(shop):
    terms = FeatureTerms("Extra")
    found = at_once(shop, [lambda: create_feature(by=SYSTEM, name="extra", terms=terms).id] * CROWD)
    assert sum(isinstance(one, DomainError) for one in found) == CROWD - 1


def test_seeding_at_once_seeds_once(own_app):
    found = at_once(own_app, [lambda: (*seed_catalog(), seed_levels())] * 4)
    assert sorted(found) == [(0, 0, 0)] * 3 + [(17, 4, 4)]


def archive(app):
    with app.app_context():
        archive_plan(by=SYSTEM, name="basic", reason="unloved")
        db.session.commit()


def test_a_plan_that_somebody_takes_is_archived_after_them(shop):
    """So that it is counted then who took it; whoever comes later finds it gone."""
    with shop.app_context(), ThreadPoolExecutor(1) as pool:
        assert plan_named("basic").name == "basic"
        archiving = pool.submit(archive, shop)
        while not (archiving.done() or waiting()):
            pass
        assert not archiving.done()
        db.session.commit()
        assert archiving.result(30) is None
        with pytest.raises(UnknownPlan):
            plan_named("basic")
