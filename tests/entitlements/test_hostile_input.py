"""Values that a program sends by mistake or on purpose: refused alike on both databases."""

import json

import pytest

from portal.core import clock
from portal.web.times import machine
from tests.entitlements.granting import REPORTS

REASONED = [
    ("POST", "/api/entitlements/users/{user}/grant", {"feature_name": REPORTS}),
    ("POST", "/api/entitlements/tenants/{tenant}/grant", {"feature_name": REPORTS}),
    ("POST", "/api/entitlements/tenants/{tenant}/top-up", {"feature_name": REPORTS, "amount": 1}),
    ("POST", "/api/entitlements/tenants/{tenant}/reset-quota", {"feature_name": REPORTS}),
    ("PUT", "/api/subscriptions/tenants/{tenant}", {"plan": "basic"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REASONED)
def test_a_reason_that_no_database_holds_is_refused(ann_client, desk, method, path, body):
    url = path.format(user=desk.user.id, tenant=desk.tenant.id)
    key = {"Idempotency-Key": "k"}
    answer = ann_client.call(method, url, {**body, "reason": "a\x00b"}, headers=key)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.get_json()["errors"]] == ["reason"]
    half = ann_client.call(method, url, {**body, "reason": "half \ud83d"}, headers=key)
    assert half.status_code in {400, 422}, half.text


def test_names_that_no_database_holds_are_refused(ann_client, desk):
    for method, path, body, field in (
        ("PUT", "/api/customers/tenants/acme", {"name": "Acme", "plan": "a\x00"}, "plan"),
        (
            "POST",
            f"/api/entitlements/users/{desk.user.id}/grant",
            {"feature_name": "a\x00"},
            "feature_name",
        ),
    ):
        answer = ann_client.call(method, path, body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize(
    "query",
    ["to=9999-12-31", "from=0001-01-01", "to=9999-12-31T23:59:59Z", "admin=%00", "action=%00"],
)
def test_a_log_of_an_impossible_time_or_name_is_refused(ann_client, query):
    assert ann_client.get(f"/api/entitlements/logs?{query}").status_code == 422


@pytest.mark.parametrize(
    "query", ["user=99999999999999999999", "user=1&other=2147483648", "user=0"]
)
def test_comparing_a_number_that_nobody_can_have_is_refused(bea_client, catalog, query):
    assert bea_client.get(f"/entitlements/compare?{query}").status_code == 422


@pytest.mark.parametrize("odd", ["NaN", "-Infinity", "1e999", '{"a":[NaN]}', '"\\u0000"'])
def test_an_odd_property_spoils_its_own_event_alone(ann_client, desk, odd):
    event = {"feature_name": REPORTS, "user_id": desk.user.id, "occurred_at": machine(clock.now())}
    good, bad = (json.dumps({**event, "id": name}) for name in ("good", "bad"))
    body = f'{{"events":[{good},{bad[:-1]},"properties":{{"k":{odd}}}}}]}}'
    answer = ann_client.post(
        "/api/entitlements/usage/batch",
        data=body,
        headers={"X-CSRFToken": ann_client.form_token(), "Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert [item["status"] for item in answer.get_json()["items"]] == ["accepted", "rejected"]
