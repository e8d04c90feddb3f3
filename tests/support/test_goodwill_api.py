"""Goodwill of a ticket over JSON."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.models import Coupon
from portal.customers.tokens import issue_staff_token
from tests.cast import actor, make_user
from tests.support.desk import make_ticket
from tests.support.goodwill import coupon, given, on_plan
from tests.support.programs import Program, service_program, user_program

TWENTY = {"kind": "coupon", "percent": 20, "reason": "a bad week"}


@pytest.fixture
def uma(acme, catalog):
    on_plan(acme, "basic")
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def path(ticket):
    return f"/tickets/{ticket.number}/goodwill"


@pytest.fixture
def person(client, bea):
    wanted = (Permission.TICKETS_VIEW, Permission.GOODWILL_GIVE)
    return Program(client, issue_staff_token(by=actor(bea), name="Desk", permissions=wanted).text)


def test_it_is_given_and_listed(person, path, ticket, bea):
    told = person.ask("POST", path, TWENTY)
    assert told.status_code == 201, told.text
    made = told.get_json()
    assert (made["status"], made["value"], made["requested_by"]) == ("given", "5.80 USD", bea.id)
    assert (made["ticket_number"], made["target_type"]) == (ticket.number, "coupon")
    assert db.session.get(Coupon, made["target_id"]).code in made["sentence"]
    assert person.get(path) == {"items": [made], "next_cursor": None}


def test_one_key_gives_once(person, path):
    first, again = (person.ask("POST", path, TWENTY, Idempotency_Key="k") for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.get_json()["id"] == again.get_json()["id"]
    assert db.session.scalar(sa.select(sa.func.count(Coupon.id))) == 1


def test_beyond_a_limit_it_asks_where_the_body_says_so(person, path):
    refused = person.ask("POST", path, {**TWENTY, "percent": 30})
    assert refused.status_code == 403
    assert "more than 20 %" in refused.get_json()["detail"]
    told = person.ask("POST", path, {**TWENTY, "percent": 30, "ask": True}).get_json()
    assert (told["status"], told["sentence"], told["target_id"]) == (
        "awaiting_approval",
        None,
        None,
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "car"},
        {"kind": "coupon"},
        {"kind": "coupon", "percent": 51},
        {"kind": "coupon", "percent": "20"},
        {"kind": "coupon", "percent": 20, "days": 3},
        {"kind": "feature", "days": 3},
        {"kind": "feature", "days": 3, "feature_name": "teleportation"},
        {"kind": "quota", "amount": 0, "feature_name": "basic_quotes"},
        {"kind": "coupon", "percent": 20, "colour": "red"},
        {"kind": "coupon", "percent": 30, "ask": True},
    ],
)
def test_a_body_that_is_not_right_is_422(person, path, body):
    assert person.ask("POST", path, body).status_code == 422


def test_a_trial_that_does_not_run_is_a_conflict(person, path):
    assert person.ask("POST", path, {"kind": "trial", "days": 3}).status_code == 409


def test_customers_and_services_give_nothing_and_see_nothing(client, ann, path, uma, ticket, bea):
    given(ticket, bea, coupon())
    own, service = user_program(client, ann, uma), service_program(client, ann, "tickets:write")
    for program in (own, service):
        assert program.ask("POST", path, TWENTY).status_code == 403
    assert own.ask("GET", path).status_code == 403


def test_a_ticket_that_is_not_there_is_404(person):
    assert person.ask("POST", "/tickets/TCK-2020-000001/goodwill", TWENTY).status_code == 404
    assert person.ask("GET", "/tickets/TCK-2020-000001/goodwill").status_code == 404
