"""`/api/subscriptions/tenants/{id}`."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.tokens import issue_service_token
from portal.subscriptions.models import Subscription
from portal.web.times import machine
from tests.cast import actor


@pytest.fixture
def url(acme, plans):
    return f"/api/subscriptions/tenants/{acme.id}"


def stays():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Subscription))


def test_a_plan_is_put_and_read_back(ann_client, url):
    trial = machine(clock.now() + timedelta(days=14))
    answer = ann_client.call("PUT", url, {"plan": "pro", "trial_ends_at": trial, "reason": "try"})
    body = answer.get_json()
    assert (answer.status_code, body["plan"], body["source"]) == (200, "pro", "subscription")
    stay = body["subscription"]
    assert (stay["status"], stay["trial_ends_at"], stay["reason"]) == ("trialing", trial, "try")
    read = ann_client.get(url).get_json()
    assert (read["subscription"], read["items"], read["next_cursor"]) == (stay, [stay], None)


def test_the_same_again_changes_nothing(ann_client, url):
    body = {"plan": "pro", "trial_ends_at": machine(clock.now() + timedelta(days=14))}
    first, second = (ann_client.call("PUT", url, body).get_json() for _ in range(2))
    assert (first, stays()) == (second, 1)


def test_a_trial_that_is_not_spoken_of_goes_on_and_null_ends_it(ann_client, url):
    trial = machine(clock.now() + timedelta(days=14))
    ann_client.call("PUT", url, {"plan": "pro", "trial_ends_at": trial})
    kept = ann_client.call("PUT", url, {"plan": "pro"}).get_json()
    ended = ann_client.call("PUT", url, {"plan": "pro", "trial_ends_at": None}).get_json()
    assert [body["subscription"]["trial_ends_at"] for body in (kept, ended)] == [trial, None]


def test_a_tenant_without_a_plan_gets_the_fallback(ann_client, url):
    body = ann_client.get(url).get_json()
    assert (body["plan"], body["source"]) == ("free", "fallback_plan")
    assert (body["subscription"], body["items"]) == (None, [])


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"plan": "gold"}, 422, "plan"),
        ({"plan": "pro", "trial_ends_at": "2001-01-01T00:00:00Z"}, 422, "trial_ends_at"),
        ({"plan": "pro", "trial_ends_at": "2101-01-01T00:00:00"}, 422, "trial_ends_at"),
        ({"plan": "pro", "trial_ends_at": "9999-12-31T23:59:59Z"}, 422, "trial_ends_at"),
        ({"plan": "pro", "trial_ends_at": "soon"}, 422, "trial_ends_at"),
        ({"plan": 3}, 422, "plan"),
        ({}, 422, "plan"),
        ({"plan": "p\x00"}, 422, "plan"),
    ],
)
def test_what_is_not_right_is_named(ann_client, url, body, status, field):
    answer = ann_client.call("PUT", url, body)
    assert (answer.status_code, stays()) == (status, 0), answer.text
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]
    assert answer.get_json()["code"] == "validation_failed"


@pytest.mark.parametrize("number", [0, 999_999])
def test_an_unknown_tenant_is_not_found(ann_client, plans, number):
    path = f"/api/subscriptions/tenants/{number}"
    for answer in (ann_client.call("PUT", path, {"plan": "pro"}), ann_client.get(path)):
        assert answer.status_code == 404


def test_a_key_answers_again_and_refuses_another_body(ann_client, url):
    headers = {"Idempotency-Key": "one"}
    first = ann_client.call("PUT", url, {"plan": "pro"}, headers=headers)
    ann_client.call("PUT", url, {"plan": "basic"})
    again = ann_client.call("PUT", url, {"plan": "pro"}, headers=headers)
    other = ann_client.call("PUT", url, {"plan": "basic"}, headers=headers)
    assert (again.get_json(), again.headers["Idempotent-Replayed"]) == (first.get_json(), "true")
    assert (other.status_code, stays()) == (409, 2)


def test_the_history_is_paged(ann_client, url):
    for name in ("basic", "pro", "free"):
        ann_client.call("PUT", url, {"plan": name})
    first = ann_client.get(f"{url}?limit=2").get_json()
    second = ann_client.get(url, query_string={"limit": 2, "cursor": first["next_cursor"]})
    names = [stay["plan"] for stay in first["items"] + second.get_json()["items"]]
    assert names == ["free", "pro", "basic"]
    assert ann_client.get(f"{url}?cursor=rubbish").status_code == 400


def test_only_a_token_with_the_scope_may(app, ann, client, url):
    for scope, status in (("subscriptions:write", 200), ("customers:write", 403)):
        token = issue_service_token(by=actor(ann), name="billing", scopes=[scope]).text
        headers = {"Authorization": f"Bearer {token}"}
        assert client.put(url, json={"plan": "pro"}, headers=headers).status_code == status
    assert client.put(url, json={"plan": "pro"}).status_code == 401


def test_whoever_sees_customers_reads_their_plan(bea_client, ann, client, url):
    assert bea_client.get(url).status_code == 200
    for scope, status in (("customers:read", 200), ("coupons:redeem", 403)):
        token = issue_service_token(by=actor(ann), name="reader", scopes=[scope]).text
        assert client.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == status


def test_a_support_agent_may_not(bea_client, url):
    assert bea_client.call("PUT", url, {"plan": "pro"}).status_code == 403
