"""Coupons that count months: each period counts whole that begins inside the window."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.periods import nth_boundary
from portal.coupons.coupons import Frozen, change_coupon
from portal.coupons.models import Coupon
from portal.coupons.redeeming import redeem_coupon, redeem_reservation, reserve_coupon
from portal.coupons.running import NotRunning, count_period, restore_period
from portal.coupons.simulating import Question, simulate
from portal.coupons.terms import BadTerms, Terms, terms_of
from portal.coupons.validating import validate_coupon
from portal.coupons.windows import Pace, window_end
from tests.coupons.conftest import buys, make_coupon

ANCHOR = datetime(2027, 1, 31, 9, tzinfo=UTC)
STEP = timedelta(microseconds=1)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
months = st.integers(1, 120)


def boundary(n, interval="month", anchor=ANCHOR, zone="UTC"):
    """Where a period of the subscription begins."""
    return nth_boundary(anchor, interval, n, zone)


def redeem(tenant, first=None, count=2, **more):
    make_coupon(duration="repeating", months=count)
    values = {"by": SYSTEM, "code": "SPRING20", "period_starts_at": first}
    return redeem_coupon(purchase=buys(tenant), **values, **more)


def billed(usage, start):
    """Was it taken off the period that begins then?"""
    try:
        count_period(by=SYSTEM, usage_id=usage.id, period_starts_at=start)
    except NotRunning:
        return False
    return True


@given(instants, st.integers(0, 40), months)
def test_of_periods_of_a_month_exactly_so_many_are_discounted(anchor, first, count):
    """Also where the first one begins on a day that was moved to the end of a short month."""
    starts = [nth_boundary(anchor, "month", n, "UTC") for n in range(first, first + count + 2)]
    end = window_end(starts[0], count, "UTC")
    assert sum(start < end for start in starts) == count


@given(instants, st.sampled_from(["month", "year"]), months)
def test_a_pace_counts_what_begins_inside_the_window(start, interval, count):
    pace = Pace(start, interval, "Europe/Berlin")
    end = window_end(start, count, "Europe/Berlin")
    starts = [nth_boundary(start, interval, n, "Europe/Berlin") for n in range(count + 2)]
    assert pace.periods_within(count) == sum(each < end for each in starts)
    assert pace.periods_before(start) == 0


def test_whoever_begins_on_the_last_of_february_loses_no_month(app, acme):
    usage = redeem(acme, boundary(1))
    assert boundary(1) == datetime(2027, 2, 28, 9, tzinfo=UTC)
    assert [billed(usage, boundary(n)) for n in (2, 3, 4)] == [True, False, False]
    assert usage.periods_used == 2


def test_a_year_that_begins_inside_the_window_is_discounted_whole(app, acme):
    usage = redeem(acme, boundary(0), count=13)
    assert [billed(usage, boundary(n, "year")) for n in (1, 2)] == [True, False]


def test_a_window_ends_before_its_end(app, acme):
    usage = redeem(acme, boundary(0), count=3)
    end = usage.discounted_until
    assert (usage.discounted_from, end) == (ANCHOR, datetime(2027, 4, 30, 9, tzinfo=UTC))
    assert [billed(usage, at) for at in (ANCHOR - STEP, end - STEP, end)] == [False, True, False]


def test_the_wall_clock_of_the_tenant_counts(app, acme):
    acme.time_zone = "America/New_York"
    usage = redeem(acme, datetime(2027, 3, 1, 3, tzinfo=UTC), count=1)
    assert usage.discounted_until == datetime(2027, 3, 29, 2, tzinfo=UTC)


def test_a_trial_opens_no_window(app, acme):
    usage = redeem(acme, boundary(0), is_in_trial=True)
    assert (usage.periods_used, usage.discounted_from) == (0, None)
    assert [billed(usage, boundary(n)) for n in (3, 4, 5)] == [True, True, False]
    assert usage.discounted_from == boundary(3)


def test_a_checkout_that_says_no_period_begins_now(app, acme):
    make_coupon(duration="repeating", months=2)
    held = reserve_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme))
    assert (held.discounted_from, held.discounted_until) == (None, None)
    redeem_reservation(by=SYSTEM, usage_id=held.id)
    assert held.discounted_from == held.ended_at


def test_where_the_first_invoice_is_void_the_window_opens_anew(app, acme):
    usage = redeem(acme, boundary(0), count=1)
    restore_period(by=SYSTEM, usage_id=usage.id)
    assert (usage.discounted_from, usage.discounted_until) == (None, None)
    assert [billed(usage, boundary(n)) for n in (1, 2)] == [True, False]
    restore_period(by=SYSTEM, usage_id=usage.id)
    assert usage.discounted_from is None


def test_a_later_void_invoice_moves_no_window(app, acme):
    usage = redeem(acme, boundary(0), count=2)
    assert billed(usage, boundary(1))
    restore_period(by=SYSTEM, usage_id=usage.id)
    assert (usage.periods_used, usage.discounted_from) == (1, ANCHOR)
    assert billed(usage, boundary(1))


def test_a_closed_window_is_in_nobodys_way(app, acme):
    usage = redeem(acme)
    make_coupon("OTHER")
    end = usage.discounted_until
    for at, said in ((end - STEP, "coupon_not_stackable"), (end, None)):
        with time_machine.travel(at, tick=False):
            assert validate_coupon(code="OTHER", purchase=buys(acme)).reason == said


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"duration": "repeating"}, "periods"),
        ({"duration": "repeating", "periods": 1, "months": 1}, "months"),
        ({"duration": "once", "months": 1}, "periods"),
        ({"duration": "repeating", "months": 0}, "months"),
        ({"duration": "repeating", "months": 121}, "months"),
    ],
)
def test_a_repeating_coupon_counts_periods_or_months(app, terms, field):
    with pytest.raises(BadTerms) as refusal:
        make_coupon(**terms)
    assert refusal.value.field == field


def test_months_are_fixed_once_it_was_redeemed(app, acme):
    usage = redeem(acme)
    terms = Terms(basis_points=2000, duration="repeating", months=3)
    with pytest.raises(Frozen):
        change_coupon(by=SYSTEM, coupon_id=usage.coupon_id, terms=terms)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [("month", [(1, 13, 6320), (14, None, 7900)]), ("year", [(1, 2, 800), (3, None, 1000)])],
)
def test_the_simulator_counts_them(catalog, acme, interval, expected):
    make_coupon(duration="repeating", months=13)
    price = {"price_cents": 1000} if interval == "year" else {}
    asked = Question(acme.id, "professional", ("SPRING20",), interval, **price)
    assert [(one.first, one.last, one.total_cents) for one in simulate(asked).periods] == expected


@pytest.mark.parametrize(("is_in_trial", "left"), [(False, 2), (True, 3)])
def test_the_simulator_knows_what_is_left_of_a_window(catalog, acme, is_in_trial, left):
    usage = redeem(acme, count=3, is_in_trial=is_in_trial)
    later = (usage.discounted_from or usage.ended_at) + timedelta(days=32)
    with time_machine.travel(later, tick=False):
        found = simulate(Question(acme.id, "professional"))
    assert [(one.first, one.last) for one in found.periods] == [(1, left), (left + 1, None)]


def test_a_person_makes_one_and_sees_it(catalog, mo_client, acme):
    typed = {"code": "HALFYEAR", "kind": "percent", "percent": "10", "audience": "everybody"}
    without = mo_client.submit("/coupons/new", **typed, duration="months")
    assert (without.status_code, "how many months" in without.text) == (422, True)
    made = mo_client.submit("/coupons/new", **typed, duration="months", months="6", periods="9")
    row = db.session.query(Coupon).one()
    assert (made.status_code, terms_of(row).months, row.periods) == (303, 6, None)
    form = mo_client.soup(f"/coupons/{row.id}/edit")
    assert form.select_one("[name=duration][checked]")["value"] == "months"
    assert form.select_one("[name=months]")["value"] == "6"
    assert "for 6 months" in mo_client.get(f"/coupons/{row.id}").text


def test_the_list_of_uses_says_until_when(mo_client, acme):
    usage = redeem(acme)
    db.session.commit()
    until = usage.discounted_until.isoformat()
    assert mo_client.soup("/coupons/usage").select_one(f'#use-rows time[datetime="{until}"]')
    assert until[:16] in mo_client.get("/coupons/usage.csv").text
