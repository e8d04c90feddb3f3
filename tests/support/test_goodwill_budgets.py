"""How much may be given: by one person, to one tenant, in one month."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.core.errors import Denied
from portal.core.staleness import Stale
from portal.support.goodwill_budgets import (
    EVERYBODY,
    BadLimit,
    OverBudget,
    change_limits,
    drop_limits,
    limits_of,
    month_of,
    standing_of,
)
from portal.support.models import GoodwillGesture
from tests.cast import actor, make_tenant, make_user
from tests.ledger import events
from tests.support.desk import make_ticket
from tests.support.goodwill import allow, coupon, feature, given, on_plan

WORTH = 580
"""20 % of Basic."""


@pytest.fixture
def ticket(acme, catalog):
    on_plan(acme, "basic")
    return make_ticket(make_user(acme))


def standing(admin, tenant):
    return standing_of(admin_id=admin.id, tenant_id=tenant.id, at=clock.now())


def test_each_gesture_takes_of_both_budgets(ticket, bea, acme):
    before = standing(bea, acme)
    given(ticket, bea, coupon(20))
    after = standing(bea, acme)
    assert before.left - after.left == before.tenant_left - after.tenant_left == WORTH


def test_a_budget_reaches_to_its_last_cent_and_no_further(ticket, bea, mo, acme):
    allow(mo, monthly_cents=2 * WORTH)
    given(ticket, bea, coupon(20))
    given(ticket, bea, coupon(20))
    assert standing(bea, acme).left == 0
    with pytest.raises(OverBudget, match=r"Your budget of this month is 11\.60 USD"):
        given(ticket, bea, coupon(1))
    assert given(ticket, mo, coupon(20)).spent_cents == WORTH


def test_what_is_refused_leaves_no_trace(ticket, bea, mo, acme):
    allow(mo, monthly_cents=WORTH - 1)
    savepoint = db.session.begin_nested()
    with pytest.raises(OverBudget):
        given(ticket, bea, coupon(20))
    savepoint.rollback()
    assert standing(bea, acme).agent_spent == 0
    assert db.session.scalar(sa.select(sa.func.count(GoodwillGesture.id))) == 0


def test_a_customer_gets_no_more_whoever_gives(ticket, bea, mo, catalog):
    allow(mo, tenant_cents=WORTH)
    given(ticket, bea, coupon(20))
    with pytest.raises(OverBudget, match="this customer may get"):
        given(ticket, mo, coupon(20))
    birch = make_tenant("Birch")
    on_plan(birch, "basic")
    assert given(make_ticket(make_user(birch)), mo, coupon(20)).status == "given"


def test_somebody_with_a_budget_of_their_own_has_that(ticket, bea, mo, acme):
    allow(mo, bea.id, monthly_cents=WORTH, cap_cents=WORTH)
    assert limits_of(bea.id).is_own
    assert not limits_of(mo.id).is_own
    given(ticket, bea, coupon(20))
    with pytest.raises(OverBudget):
        given(ticket, bea, coupon(20))
    drop_limits(by=actor(mo), admin_id=bea.id)
    assert given(ticket, bea, coupon(20)).status == "given"
    drop_limits(by=actor(mo), admin_id=bea.id)


def test_everybodys_budget_is_nobodys_own_and_stays(mo):
    allow(mo, monthly_cents=5000)
    drop_limits(by=actor(mo), admin_id=EVERYBODY)
    assert limits_of(mo.id).monthly_cents == 5000
    assert not limits_of(mo.id).is_own
    assert not limits_of(EVERYBODY).is_own


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "2027-01"),
    ],
)
def test_a_month_is_one_of_the_portals_own_zone(app, monkeypatch, at, month):
    in_berlin = replace(settings(), timezone="Europe/Berlin")
    monkeypatch.setitem(app.extensions, "portal_settings", in_berlin)
    assert month_of(at) == month


def test_a_new_month_brings_a_new_budget(acme, bea, mo, catalog):
    with time_machine.travel(datetime(2031, 1, 31, 23, 59, 50, tzinfo=UTC), tick=False) as now:
        on_plan(acme, "basic")
        ticket = make_ticket(make_user(acme))
        allow(mo, monthly_cents=WORTH)
        given(ticket, bea, coupon(20))
        with pytest.raises(OverBudget):
            given(ticket, bea, coupon(20))
        now.shift(10)
        row = given(ticket, bea, coupon(20))
    assert row.month == "2031-02"


def test_only_a_manager_changes_a_budget_and_the_log_says_how(bea, mo):
    with pytest.raises(Denied):
        allow(bea, monthly_cents=1)
    with pytest.raises(Denied):
        drop_limits(by=actor(bea), admin_id=bea.id)
    allow(mo, bea.id, monthly_cents=5000)
    drop_limits(by=actor(mo), admin_id=bea.id)
    found = events(Action.GOODWILL_BUDGET_CHANGED)
    assert {event.target_label for event in found} == {"Bea Agent"}
    assert [json.loads(event.canonical)["changes"] for event in found] == [
        [{"field": "monthly_cents", "old": old, "new": new}]
        for old, new in ((20_000, 5000), (5000, 20_000))
    ]


def test_a_budget_that_is_none_is_refused(mo):
    for cents in (-1, 10**9 + 1):
        with pytest.raises(BadLimit):
            allow(mo, cap_cents=cents)
    with pytest.raises(BadLimit):
        allow(mo, 4711)


def test_of_two_who_save_the_later_one_looks_again(mo):
    allow(mo, monthly_cents=5000)
    same = {"monthly_cents": 1, "cap_cents": 1, "tenant_cents": 1}
    for version in (0, 7):
        with pytest.raises(Stale):
            change_limits(by=actor(mo), admin_id=EVERYBODY, version=version, **same)


def test_a_lower_budget_takes_nothing_back(ticket, bea, mo, acme):
    given(ticket, bea, feature(14))
    allow(mo, monthly_cents=10, tenant_cents=10)
    assert standing(bea, acme).left == standing(bea, acme).tenant_left == 0
