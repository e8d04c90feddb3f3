"""Many at once on the plan of one tenant, with real transactions."""

from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.catalog.plans import archive_plan, plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tenants import tenant_by_external_id
from portal.subscriptions.assignments import assign_plan, cancel_plan
from portal.subscriptions.models import Subscription
from tests.cast import make_tenant
from tests.staff.test_people_races import outcomes
from tests.subscriptions.conftest import make_plans

pytestmark = pytest.mark.race
NAMES = ("basic", "pro")
AT_ONCE = 12


@pytest.fixture
def prepared(own_app):
    with own_app.app_context():
        make_tenant()
        make_plans()
        db.session.commit()
    return own_app


def assign(name, **more):
    acme = tenant_by_external_id("acme")
    return assign_plan(by=SYSTEM, tenant=acme, plan=plan_named(name), **more)


def history(app):
    with app.app_context():
        query = sa.select(Subscription).order_by(Subscription.starts_at, Subscription.id)
        return list(db.session.scalars(query))


def test_assignments_at_once_leave_one_open_stay_and_no_gap(prepared):
    work = outcomes(prepared, lambda number: assign(NAMES[number % 2]), AT_ONCE)
    assert set(work) == {200}
    stays = history(prepared)
    assert [stay.ends_at for stay in stays].count(None) == 1
    assert [stay.ends_at for stay in stays[:-1]] == [stay.starts_at for stay in stays[1:]]
    assert len({stay.anchor_at for stay in stays}) == 1


def test_the_same_assignment_at_once_makes_one_stay(prepared):
    trial = clock.now() + timedelta(days=14)
    assert set(outcomes(prepared, lambda _: assign("pro", trial_ends_at=trial), AT_ONCE)) == {200}
    assert len(history(prepared)) == 1


def test_of_two_who_saw_the_same_plan_one_is_told(prepared):
    work = outcomes(prepared, lambda number: assign(NAMES[number % 2], expected=0), 2)
    assert (sorted(work), len(history(prepared))) == ([200, 409], 1)


def test_a_plan_is_archived_or_used_never_both(prepared):
    def work(number):
        if number:
            assign("pro")
        else:
            archive_plan(by=SYSTEM, name="pro", reason="old")

    assert sorted(outcomes(prepared, work, 2)) in ([200, 409], [200, 422])
    is_used = len(history(prepared)) == 1
    with prepared.app_context():
        pro = db.session.scalars(sa.select(PlanTemplate).filter_by(name="pro")).one()
        assert (pro.archived_at is None) == is_used


def test_canceling_and_changing_at_once_leave_a_whole_history(prepared):
    with prepared.app_context():
        assign("basic")
        db.session.commit()

    def work(number):
        if number % 2:
            cancel_plan(by=SYSTEM, tenant=tenant_by_external_id("acme"))
        else:
            assign(NAMES[number // 2 % 2])

    assert set(outcomes(prepared, work, 8)) <= {200, 404}
    stays = history(prepared)
    assert [stay.ends_at for stay in stays].count(None) <= 1
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(stays))
