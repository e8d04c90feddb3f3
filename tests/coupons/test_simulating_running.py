"""What would Acme pay, who redeemed coupons before? What runs comes off first."""

import pytest

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.redeeming import redeem_coupon, reserve_coupon
from portal.coupons.running import count_period, return_slot
from portal.coupons.simulating import Question, simulate
from tests.coupons.conftest import buys, make_coupon

URL = "/api/coupons/simulate"


@pytest.fixture
def ask(catalog, acme):
    """What Acme would pay for Professional, unless it is said otherwise."""

    def asked(*codes, **more):
        values = {"tenant_id": acme.id, "plan": "professional", **more}
        return simulate(Question(codes=codes, **values))

    return asked


@pytest.fixture
def redeem(acme):
    def redeemed(code, **terms):
        make_coupon(code, **{"is_stackable": True, **terms})
        return redeem_coupon(by=SYSTEM, code=code, purchase=buys(acme, 7900, plan="professional"))

    return redeemed


def paid(found):
    return [(one.first, one.last, one.total_cents) for one in found.periods]


def test_what_runs_comes_off_before_a_code(ask, redeem):
    redeem("OLD", duration="forever")
    make_coupon("TEN", amounts={"USD": 1000}, is_stackable=True)
    found = ask("TEN")
    assert [(one.code, one.taken.cents) for one in found.running] == [("OLD", 1580)]
    assert [one.taken.cents for one in found.effects] == [1000]
    assert (found.total_cents, paid(found)) == (5320, [(1, 1, 5320), (2, None, 6320)])


def test_it_counts_for_the_periods_that_are_left(ask, redeem):
    usage = redeem("THREE", duration="repeating", periods=3)
    assert usage.periods_used == 1
    assert paid(ask()) == [(1, 2, 6320), (3, None, 7900)]
    for _ in range(2):
        count_period(by=SYSTEM, usage_id=usage.id)
    assert (ask().running, paid(ask())) == ((), [(1, None, 7900)])


def test_what_an_amount_left_over_goes_on(ask, redeem):
    usage = redeem("BIG", amounts={"USD": 20_000}, carry_remaining=True)
    assert usage.leftover_cents == 12_100
    assert paid(ask()) == [(1, 1, 0), (2, 2, 3700), (3, None, 7900)]


def test_what_is_for_another_plan_or_currency_is_named_and_takes_nothing_off(ask, redeem, acme):
    redeem("PRO", plans=("professional",), duration="forever")
    redeem("DOLLARS", amounts={"USD": 500}, duration="forever")
    found = ask(plan="basic", currency="EUR", price_cents=1000)
    assert [one.reason for one in found.running] == ["coupon_wrong_plan", "coupon_wrong_currency"]
    assert found.total_cents == 1000


def test_what_is_only_held_or_was_refunded_does_not_run(ask, redeem, acme):
    usage = redeem("GONE", duration="forever")
    return_slot(by=SYSTEM, usage_id=usage.id, paid_cents=1, refunded_cents=1)
    make_coupon("HELD", is_stackable=True, duration="forever")
    reserve_coupon(by=SYSTEM, code="HELD", purchase=buys(acme))
    assert (ask().running, ask().total_cents) == ((), 7900)


def test_terms_count_as_they_were_redeemed_and_lines_share_them(ask, redeem):
    redeem("OLD", duration="forever")
    found = ask(price_cents=1000)
    assert found.running[0].taken.parts == (200,)
    assert found.left == (800,)


def test_the_page_and_the_api_say_what_they_have_already(mo_client, ask, redeem, acme):
    redeem("OLD", duration="forever")
    db.session.commit()
    query = {"tenant": acme.id, "plan": "professional", "interval": "month"}
    page = mo_client.soup("/coupons/simulate", query_string=query)
    assert "OLD" in page.select_one("#simulation-running").get_text()
    body = {"tenant_id": acme.id, "plan": "professional"}
    answer = mo_client.call("POST", URL, body).get_json()
    assert [one["code"] for one in answer["running"]] == ["OLD"]
    assert (answer["coupons"], answer["total_cents"]) == ([], 6320)
