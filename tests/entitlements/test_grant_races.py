"""Many at once on one feature: one open row, a history without holes, one event for each change.

Real threads on a real database, and two processes that share nothing but it.
"""

from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.core.clock import second_of
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import revoke_feature
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.conftest import make_app
from tests.entitlements.granting import REPORTS, days, events, open_rows
from tests.processes import APART
from tests.staff.test_races import together

pytestmark = pytest.mark.race
AT_ONCE = 12


@pytest.fixture
def ann_at(own_app):
    """Ann as an actor, in a database where transactions are real."""
    with own_app.app_context():
        seed_catalog()
        make_user(make_tenant())
        by = actor(make_admin("Ann", Role.ADMIN))
        db.session.commit()
    return by


def give(app, by, **terms) -> int:
    with app.app_context():
        try:
            user = db.session.scalars(sa.select(User)).one()
            grant_user_feature(by=by, user=user, feature_name=REPORTS, **terms)
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            return error.status
        return 201


def history() -> list[UserEntitlement]:
    """In the order in which they were written."""
    return list(db.session.scalars(sa.select(UserEntitlement).order_by(UserEntitlement.created_at)))


def test_parallel_grants_leave_one_open_row_and_a_history_without_holes(own_app, ann_at):
    answers = together(lambda n: give(own_app, ann_at, quota_limit=n), AT_ONCE)
    assert answers == [201] * AT_ONCE
    with own_app.app_context():
        rows = history()
        assert len(open_rows()) == 1
        assert [row.ended_at for row in rows[:-1]] == [row.starts_at for row in rows[1:]]
        assert len(events("entitlement.granted")) == AT_ONCE
        assert db.session.scalar(sa.select(Tenant.entitlement_version)) == AT_ONCE + 1


def test_scheduled_grants_at_once_leave_one_that_follows_the_present_one(own_app, ann_at):
    give(own_app, ann_at)
    start = second_of(days(3))
    answers = together(lambda n: give(own_app, ann_at, quota_limit=n, starts_at=start), AT_ONCE)
    assert answers == [201] * AT_ONCE
    with own_app.app_context():
        present, (follower,) = history()[0], open_rows()
        assert (present.ended_at, follower.replaces_id) == (start, present.id)
        ended = [row for row in history() if row not in (present, follower)]
        assert all(row.ended_at < row.starts_at for row in ended)


def test_denials_and_grants_at_once_leave_one_of_each(own_app, ann_at):
    effects = (Effect.ENABLE, Effect.HARD_DENY, Effect.DISABLE)
    answers = together(lambda n: give(own_app, ann_at, effect=effects[n % 3]), AT_ONCE)
    assert answers == [201] * AT_ONCE
    with own_app.app_context():
        kinds = [row.effect == Effect.HARD_DENY for row in open_rows()]
        assert sorted(kinds) == [False, True]


def test_of_many_revokes_at_once_one_finds_something(own_app, ann_at):
    give(own_app, ann_at)

    def revoke(_):
        with own_app.app_context():
            try:
                user = db.session.scalars(sa.select(User)).one()
                revoke_feature(by=ann_at, user=user, feature_name=REPORTS)
                db.session.commit()
            except DomainError as error:
                db.session.rollback()
                return error.status
            return 200

    assert sorted(together(revoke, AT_ONCE)) == [200] + [404] * (AT_ONCE - 1)
    with own_app.app_context():
        assert open_rows() == []
        assert len(events("entitlement.revoked")) == 1


def grant_ten(url: str, folder: str, by) -> list[int]:
    """In a process of its own."""
    app = make_app(url, Path(folder))
    return [give(app, by, quota_limit=n) for n in range(10)]


def test_two_processes_leave_one_open_row(own_app, ann_at, tmp_path):
    url = own_app.config["SQLALCHEMY_DATABASE_URI"]
    with APART.Pool(2) as pool:
        found = pool.starmap(grant_ten, [(url, str(tmp_path), ann_at)] * 2)
    assert found == [[201] * 10] * 2
    with own_app.app_context():
        assert len(open_rows()) == 1
        assert len(history()) == 20
