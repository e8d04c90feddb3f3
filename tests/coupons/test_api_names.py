"""`/api/coupons` by the names of its description, and what it tells of months."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.coupons.models import Coupon

URL = "/api/coupons"
SAID = {
    "kind": "percent",
    "basis_points": 1500,
    "duration": "once",
    "min_amount": {"USD": 5000},
    "first_time_only": True,
    "stackable": True,
    "plans": ["basic"],
    "max_redemptions": 9,
    "max_per_tenant": 2,
    "starts_at": "2027-01-01T00:00:00Z",
    "redeem_by": "2027-02-01T00:00:00Z",
}
OWN = {"min_amounts": {"USD": 5000}, "is_first_time_only": True, "is_stackable": True}
MONTHS = {"code": "YEAR", "basis_points": 1000, "duration": "repeating", "months": 12}


@pytest.fixture
def make(catalog, mo_client):
    """Made by Mo; a part of the answer."""

    def made(status=201, **body):
        answer = mo_client.call("POST", URL, {"code": "FAIR", **body})
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return made


def test_a_coupon_is_made_and_told_by_these_names(make):
    found = make(**SAID)
    assert {name: found[name] for name in SAID} == SAID
    assert (found["active"], found["times_redeemed"]) == (True, 0)
    assert not set(OWN) & set(found)


def test_the_names_of_the_columns_are_understood_too(make):
    found = make(basis_points=1, **OWN)
    names = ("min_amount", "first_time_only", "stackable")
    assert [found[name] for name in names] == list(OWN.values())


def test_a_term_has_one_name_at_a_time(make):
    make(422, basis_points=1, stackable=True, is_stackable=False)


def test_the_kind_is_told_and_may_be_left_out(make):
    assert make(amounts={"USD": 500})["kind"] == "fixed"
    assert make(code="SHARE", basis_points=500)["kind"] == "percent"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "percent", "amounts": {"USD": 500}},
        {"kind": "fixed", "basis_points": 500},
        {"kind": "fixed"},
        {"kind": "half", "basis_points": 500},
    ],
)
def test_a_kind_that_is_not_what_it_takes_off_is_refused(make, body):
    make(422, **body)


def test_another_kind_takes_the_place_of_what_it_was_worth(make, mo_client):
    place = f"{URL}/{make(basis_points=500)['id']}"
    fixed = mo_client.call("PATCH", place, {"kind": "fixed", "amounts": {"USD": 700}}).get_json()
    assert (fixed["kind"], fixed["basis_points"], fixed["amounts"]) == ("fixed", None, {"USD": 700})
    share = mo_client.call("PATCH", place, {"kind": "percent", "basis_points": 900}).get_json()
    assert (share["kind"], share["basis_points"], share["amounts"]) == ("percent", 900, {})


@pytest.mark.parametrize("name", ["active", "is_active"])
def test_a_coupon_is_switched_off_and_on(make, mo_client, name):
    place = f"{URL}/{make(basis_points=500)['id']}"
    for is_on, status in ((False, "disabled"), (False, "disabled"), (True, "active")):
        found = mo_client.call("PATCH", place, {name: is_on}).get_json()
        assert (found["status"], found["active"]) == (status, is_on)
    actions = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
    told = [Action.COUPON_CREATED, Action.COUPON_DISABLED, Action.COUPON_CHANGED]
    assert [action for action in actions if action.startswith("coupon.")] == told


def test_a_least_price_that_is_none_is_named(make):
    faults = make(422, basis_points=5, min_amount={"USD": 0})["errors"]
    assert [fault["field"] for fault in faults] == ["min_amount"]


@pytest.mark.parametrize("code", ["A", "7", "x1", "A" * 40])
def test_a_code_may_be_as_short_as_it_likes(make, code):
    assert make(code=code, basis_points=500)["code"] == code
    assert db.session.scalar(sa.select(Coupon.code_key)) == code.lower()


@pytest.mark.parametrize("code", ["", "-", "A-", "-A", "A" * 41, "A B", "É"])
def test_a_code_is_letters_digits_and_dashes_between(make, code):
    assert make(422, code=code, basis_points=500)["errors"][0]["field"] == "code"


def test_a_batch_tells_its_terms_by_the_same_names(catalog, mo_client):
    body = {"count": 2, "basis_points": 500, "stackable": True, "min_amount": {"USD": 1}}
    terms = mo_client.call("POST", f"{URL}/batches", body).get_json()["terms"]
    assert (terms["kind"], terms["stackable"], terms["min_amount"]) == ("percent", True, {"USD": 1})
    assert not set(OWN) & set(terms)


def test_a_program_makes_redeems_and_bills_by_months(make, mo_client, acme):
    made = make(**MONTHS)
    assert (made["duration"], made["periods"], made["months"]) == ("repeating", None, 12)
    bought = {"code": "YEAR", "tenant_id": acme.id, "plan": "basic", "currency": "USD"}
    first = {"amount_cents": 5000, "period_starts_at": "2027-01-31T09:00:00Z"}
    usage = mo_client.call("POST", f"{URL}/redeem", {**bought, **first}).get_json()
    told = ("periods_total", "months", "discounted_from", "discounted_until")
    end = "2028-01-31T09:00:00Z"
    assert [usage[name] for name in told] == [None, 12, first["period_starts_at"], end]
    place = f"{URL}/usage/{usage['id']}/count-period"
    again = mo_client.call("POST", place, {"period_starts_at": "2027-02-28T09:00:00Z"})
    assert (again.status_code, again.get_json()["periods_used"]) == (200, 2)
    assert mo_client.call("POST", place, {"period_starts_at": end}).status_code == 409


def test_the_description_has_these_names(mo_client):
    schemas = mo_client.get("/api/openapi.json").get_json()["components"]["schemas"]
    for name in ("CreateBody", "CouponShape"):
        fields = set(schemas[name]["properties"])
        assert {"kind", "months", "stackable", "first_time_only", "min_amount"} <= fields
        assert not set(OWN) & fields
    assert "active" in schemas["CouponChangeBody"]["properties"]
