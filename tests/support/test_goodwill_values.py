"""What a gesture is worth, worked out by hand."""

import pytest

from portal.catalog.snapshot import UNLIMITED, Allowance, Catalog, Feature, Plan, PlanFeature
from portal.support.goodwill_values import currency_of, monthly_price, value_of
from tests.support.goodwill import coupon, feature, quota, trial

TEN = PlanFeature(is_included=True, allowance=Allowance(is_unlimited=False, limit=10))
OPEN = PlanFeature(is_included=True, allowance=UNLIMITED)
FREE = Plan("free", 0, {"quotes": TEN}, id=1, currency="EUR", monthly_price_cents=0)
BASIC = Plan("basic", 1, {"quotes": OPEN}, id=2, currency="EUR", monthly_price_cents=2900)
PRO = Plan(
    "pro", 2, {"quotes": OPEN, "reports": OPEN}, id=3, currency="EUR", monthly_price_cents=7900
)
OWN = Plan("own", 3, {"reports": OPEN}, id=4, currency="EUR")
FEATURES = {
    "quotes": Feature("quotes", is_metered=True),
    "reports": Feature("reports", min_plan_level=2),
}


def catalog(*plans: Plan) -> Catalog:
    return Catalog(1, FEATURES, {plan.id: plan for plan in plans}, FREE)


ALL = catalog(FREE, BASIC, PRO, OWN)


@pytest.mark.parametrize(
    ("wanted", "plan", "cents"),
    [
        (coupon(20), BASIC, 580),
        (coupon(15), PRO, 1185),
        (coupon(20), FREE, 580),  # by the lowest paid plan
        (coupon(20), OWN, 1580),  # by the dearest
        (coupon(20), None, 580),
        (feature(14, "reports"), BASIC, 2333),  # 5000 x 14 / 30
        (feature(14, "reports"), FREE, 3687),  # 7900 x 14 / 30
        (feature(3, "reports"), PRO, 790),  # no dearer plan has it
        (feature(3, "gone"), BASIC, 290),
        (trial(7), PRO, 1843),
        (trial(1), FREE, 97),
        (quota(5, "quotes"), FREE, 1450),
        (quota(500, "quotes"), FREE, 2900),  # a month of the plan without that limit
        (quota(5, "quotes"), BASIC, 1450),
        (quota(5, "reports"), FREE, 7900),
    ],
)
def test_a_gesture_is_worth_what_its_rule_says(wanted, plan, cents):
    assert value_of(wanted, plan, ALL) == cents


def test_where_nothing_has_a_price_nothing_is_worth_anything():
    free_alone = catalog(FREE)
    for wanted in (coupon(), feature(14, "reports"), trial(), quota(5, "quotes")):
        assert value_of(wanted, FREE, free_alone) == 0
    assert monthly_price(None, catalog()) == 0


def test_a_limit_of_a_paid_plan_has_a_price_of_its_own():
    tight = Plan("tight", 1, {"quotes": TEN}, id=5, monthly_price_cents=1000)
    assert value_of(quota(25, "quotes"), tight, catalog(tight)) == 2500


def test_budgets_are_in_the_currency_of_the_plans():
    assert currency_of(ALL) == "EUR"
    assert currency_of(catalog()) == "USD"
