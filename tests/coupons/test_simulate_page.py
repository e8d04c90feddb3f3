"""`/coupons/simulate`: an address that answers, refuses in words, and writes nothing."""

import pytest

from tests.cast import make_tenant
from tests.coupons.conftest import make_coupon
from tests.statements import counted

URL = "/coupons/simulate"


@pytest.fixture
def ask(bea_client, catalog, acme):
    """The page for Acme and Professional, with whatever else is asked."""

    def asked(status=200, **more):
        values = {"tenant": acme.id, "plan": "professional", "interval": "month", **more}
        answer = bea_client.get(URL, query_string=values)
        assert answer.status_code == status
        return bea_client.soup(URL, query_string=values)

    return asked


def cells(page, table):
    rows = page.select(f"#{table} tbody tr")
    return [[" ".join(cell.get_text().split()) for cell in row.select("th, td")] for row in rows]


def test_without_a_question_there_is_a_form(bea_client, catalog):
    page = bea_client.soup(URL)
    assert "Nothing asked yet" in page.get_text()
    assert "Enterprise (price by agreement)" in page.get_text()


def test_the_answer_stands_line_by_line_code_by_code_and_period_by_period(ask):
    make_coupon("FIFTH", duration="repeating", periods=3)
    page = ask(codes="fifth\nNONE", lines="Five more seats 25.00")
    assert "Acme would pay 83.20 USD" in page.get_text()
    assert cells(page, "simulation-lines") == [
        ["Professional, a month", "79.00 USD", "−15.80 USD", "63.20 USD"],
        ["Five more seats", "25.00 USD", "−5.00 USD", "20.00 USD"],
        ["Together", "104.00 USD", "−20.80 USD", "83.20 USD"],
    ]
    assert cells(page, "simulation-periods") == [
        ["Months 1 to 3", "−20.80 USD", "83.20 USD"],
        ["From month 4 on", "nothing", "104.00 USD"],
    ]
    codes = page.select_one("#simulation-codes").get_text()
    assert "There is no such coupon. coupon_not_found" in codes


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        ({"q": "acm"}, True),
        ({"q": ""}, True),
        ({"q": "birch"}, False),
        ({"q": "acm", "tenant": ""}, False),
        ({"q": "acm", "plan": ""}, False),
    ],
)
def test_enter_shows_the_answer_unless_a_search_waits(ask, typed, shows):
    page = ask(**typed, enter="1")
    assert (page.select_one("#simulation") is not None) == shows


def test_a_customer_is_found_by_how_the_name_begins(bea_client, catalog, acme, birch):
    page = bea_client.soup(URL, query_string={"q": "acm", "find": "1", "plan": ""})
    (one,) = page.select("#tenant-choices input")
    assert (one["value"], one.has_attr("checked")) == (str(acme.id), True)
    assert page.select_one("#simulation") is None
    nobody = bea_client.soup(URL, query_string={"q": "nobody like this", "find": "1"})
    assert "No customer is found by that." in nobody.get_text()


def test_whoever_is_chosen_stays_while_others_are_looked_for(bea_client, catalog, acme, birch):
    page = bea_client.soup(URL, query_string={"q": "bir", "find": "1", "tenant": acme.id})
    found = [(one["value"], one.has_attr("checked")) for one in page.select("#tenant input[value]")]
    assert (str(acme.id), True) in found
    assert (str(birch.id), False) in found


def test_a_plan_by_agreement_needs_a_price(ask):
    page = ask(422, plan="enterprise")
    assert "has no price for a month" in page.select_one("#price-error").get_text()
    priced = ask(plan="enterprise", price="5,000.00", currency="EUR")
    assert "Acme would pay 5,000.00 EUR" in priced.get_text()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tenant": ""}, "tenant"),
        ({"tenant": "x"}, "tenant"),
        ({"plan": "nothing"}, "plan"),
        ({"interval": "week"}, "interval"),
        ({"codes": "\n".join(["A"] * 11)}, "codes"),
        ({"price": "much"}, "price"),
        ({"currency": "EUR"}, "price"),
        ({"lines": "25.00"}, "lines"),
        ({"lines": "Seats many"}, "lines"),
        ({"lines": "\n".join(["Seat 1.00"] * 21)}, "lines"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(ask, more, field):
    assert ask(422, **more).select_one(f"#{field}-error")


def test_a_customer_that_does_not_exist_is_said(ask):
    assert "There is no such tenant" in ask(422, tenant=999_999).get_text()


def test_ten_codes_cost_a_fixed_number_of_statements_each(ask, bea_client, acme):
    codes = [f"CODE-{number}" for number in range(10)]
    for code in codes:
        make_coupon(code, is_stackable=True)
    costs = []
    for names in (codes[:1], codes):
        with counted() as statements:
            ask(codes="\n".join(names))
        costs.append(len(statements))
    assert costs[1] - costs[0] <= 9 * 2 * 3


def test_a_name_from_outside_is_text(bea_client, catalog):
    tenant = make_tenant("<b>Bold</b>")
    page = bea_client.soup(URL, query_string={"tenant": tenant.id, "plan": "basic"})
    assert "<b>Bold</b> would pay" in page.get_text()
