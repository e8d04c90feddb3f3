"""What would Acme pay? As the checkout would answer now, and nothing is written."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.coupons.models import Coupon, CouponUsage
from portal.coupons.redeeming import redeem_coupon, reserve_coupon
from portal.coupons.simulating import (
    LARGEST_AMOUNT,
    BadQuestion,
    BillingInterval,
    Line,
    Question,
    simulate,
)
from portal.coupons.validating import REASONS, Purchase
from tests.coupons.conftest import buys, make_coupon

URL = "/api/coupons/simulate"
SEATS = Line("Five more seats", 2500)


@pytest.fixture
def ask(catalog, acme):
    """What Acme would pay for Professional, unless it is said otherwise."""

    def asked(*codes, **more):
        values = {"tenant_id": acme.id, "plan": "professional", **more}
        return simulate(Question(codes=codes, **values))

    return asked


def amounts(found):
    return [effect.taken.cents for effect in found.effects]


def reasons(found):
    return [effect.reason for effect in found.effects]


def test_without_a_code_the_price_of_the_catalogue_is_paid(ask):
    found = ask()
    assert (found.list_cents, found.discount_cents, found.total_cents) == (7900, 0, 7900)
    assert found.currency == "USD"
    yearly = ask(interval=BillingInterval.YEAR)
    assert yearly.total_cents > 7900


def test_codes_are_taken_off_one_after_the_other(ask):
    make_coupon("FIFTH", is_stackable=True)
    make_coupon("TEN", amounts={"USD": 1000}, is_stackable=True)
    assert amounts(ask("FIFTH", "ten")) == [1580, 1000]
    assert amounts(ask("TEN", "FIFTH")) == [1000, 1380]


def test_each_code_is_shared_out_over_the_lines(ask):
    make_coupon("FIFTH", is_stackable=True)
    make_coupon("TEN", amounts={"USD": 1000}, is_stackable=True)
    found = ask("FIFTH", "TEN", extras=(SEATS,))
    assert [effect.taken.parts for effect in found.effects] == [(1580, 500), (760, 240)]
    assert (found.left, found.total_cents) == ((5560, 1760), 7320)


def test_a_code_that_does_not_count_says_why_and_those_after_it_do(ask):
    make_coupon("BASIC", plans=("basic",))
    make_coupon("LATER", starts_at=clock.now() + timedelta(days=1))
    make_coupon("FIFTH")
    found = ask("NONE", "BASIC", "LATER", "FIFTH")
    said = ["coupon_not_found", "coupon_wrong_plan", "coupon_not_started", None]
    assert reasons(found) == said
    assert [effect.words for effect in found.effects] == [REASONS.get(reason) for reason in said]
    assert found.total_cents == 6320


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (True, True, None),
        (True, False, "coupon_not_stackable"),
        (False, True, "coupon_not_stackable"),
    ],
)
def test_codes_of_one_purchase_must_go_together(ask, first, second, said):
    make_coupon("ONE", is_stackable=first)
    make_coupon("TWO", is_stackable=second)
    assert reasons(ask("ONE", "TWO")) == [None, said]


def test_a_code_that_is_named_twice_counts_as_often_as_it_may(ask):
    make_coupon("TWICE", max_per_tenant=2, is_stackable=True)
    make_coupon("LAST", max_per_tenant=9, max_redemptions=1, is_stackable=True)
    assert reasons(ask("TWICE", "TWICE", "TWICE")) == [None, None, "coupon_tenant_limit"]
    assert reasons(ask("LAST", "LAST")) == [None, "coupon_exhausted"]


def test_a_least_amount_is_what_the_codes_before_left(ask):
    make_coupon("HALF", basis_points=5000, is_stackable=True)
    make_coupon("MOST", min_amounts={"USD": 5000}, is_stackable=True)
    assert reasons(ask("MOST", "HALF")) == [None, None]
    assert reasons(ask("HALF", "MOST")) == [None, "coupon_min_amount"]


def test_what_the_tenant_has_running_stands_in_the_way_as_it_would(ask, acme):
    make_coupon("MINE", duration="forever")
    make_coupon("OTHER", is_stackable=True)
    redeem_coupon(by=SYSTEM, code="MINE", purchase=buys(acme))
    assert reasons(ask("OTHER", "MINE")) == ["coupon_not_stackable", "coupon_tenant_limit"]


def test_the_answer_is_what_the_checkout_then_does(ask, acme):
    for code, terms in {
        "A": {"basis_points": 1450},
        "B": {"amounts": {"USD": 999}},
        "C": {"basis_points": 3333},
    }.items():
        make_coupon(f"CODE-{code}", is_stackable=True, **terms)
    codes = ("CODE-C", "CODE-A", "CODE-B")
    found, left = ask(*codes), 7900
    for code, effect in zip(codes, found.effects, strict=True):
        purchase = Purchase(acme.id, "professional", "USD", left)
        left -= reserve_coupon(by=SYSTEM, code=code, purchase=purchase).discount_cents
        assert effect.left_cents == left
    assert found.total_cents == left


def test_the_periods_go_on_until_nothing_changes(ask):
    make_coupon("THRICE", duration="repeating", periods=3, is_stackable=True)
    make_coupon("GIFT", amounts={"USD": 10_000}, carry_remaining=True, is_stackable=True)
    found = ask("THRICE", "GIFT")
    paid = [(one.first, one.last, one.total_cents) for one in found.periods]
    assert paid == [(1, 1, 0), (2, 2, 2640), (3, 3, 6320), (4, None, 7900)]


def test_nothing_is_written(ask):
    row = make_coupon()
    ask("SPRING20")
    db.session.refresh(row)
    assert row.times_redeemed == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CouponUsage)) == 0
    assert not db.session.dirty
    assert db.session.scalar(sa.select(Coupon.first_redeemed_at)) is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"plan": "nothing"}, "plan"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "EUR"}, "price_cents"),
        ({"plan": "enterprise"}, "price_cents"),
        ({"price_cents": -1}, "price_cents"),
        ({"price_cents": LARGEST_AMOUNT + 1}, "price_cents"),
        ({"extras": (SEATS,) * 21}, "lines"),
    ],
)
def test_what_nobody_can_buy_is_named(ask, more, field):
    with pytest.raises(BadQuestion) as refusal:
        ask(**more)
    assert refusal.value.field == field


def test_too_many_codes_and_nobody_are_refused(ask):
    with pytest.raises(BadQuestion):
        ask(*["A"] * 11)
    with pytest.raises(NotFound):
        ask(tenant_id=999_999)


def test_an_agreed_price_may_be_in_another_currency(ask):
    make_coupon("TEN", amounts={"EUR": 1000})
    found = ask("TEN", plan="enterprise", price_cents=50_000, currency="EUR")
    assert (found.total_cents, found.currency) == (49_000, "EUR")


def test_the_api_answers_line_by_line(bea_client, catalog, acme):
    make_coupon("FIFTH", duration="repeating", periods=2)
    body = {"tenant_id": acme.id, "plan": "professional", "codes": ["fifth", "NONE"]}
    lines = [{"label": SEATS.label, "amount_cents": SEATS.cents}]
    found = bea_client.call("POST", URL, {**body, "lines": lines}).get_json()
    assert [line["discount_cents"] for line in found["lines"]] == [1580, 500]
    assert [(one["code"], one["reason"]) for one in found["coupons"]] == [
        ("FIFTH", None),
        ("NONE", "coupon_not_found"),
    ]
    sums = [found[f"{name}_cents"] for name in ("list", "discount", "total")]
    assert sums == [10_400, 2080, 8320]
    rest = {"first": 3, "last": None, "discount_cents": 0, "total_cents": 10_400}
    assert found["periods"][-1] == rest


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"plan": "nothing"}, 422),
        ({"interval": "week"}, 422),
        ({"codes": ["A"] * 11}, 422),
        ({"tenant_id": 999_999}, 404),
        ({"price_cents": 1.5}, 422),
    ],
)
def test_the_api_refuses_what_is_not_right(bea_client, catalog, acme, more, status):
    body = {"tenant_id": acme.id, "plan": "professional", **more}
    assert bea_client.call("POST", URL, body).status_code == status
