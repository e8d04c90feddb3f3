"""Granting over JSON: the owner's own words, who may, what is refused, and the same sent twice."""

import pytest

from portal.customers.tokens import issue_service_token, issue_user_token
from portal.web.times import machine
from tests.cast import actor, make_user
from tests.entitlements.granting import REPORTS, days, events, open_rows

ADVANCED = {"feature_name": "advanced_quotes", "quota_limit": 100}


@pytest.fixture
def at_uma(uma, catalog) -> str:
    return f"/api/entitlements/users/{uma.id}"


@pytest.fixture
def at_acme(acme, catalog) -> str:
    return f"/api/entitlements/tenants/{acme.id}"


def test_the_owners_own_example_works_word_for_word(ann_client, at_uma):
    answer = ann_client.call("POST", f"{at_uma}/grant", ADVANCED)
    assert answer.status_code == 201, answer.text
    found = answer.get_json()
    assert found["grant"]["quota_limit"] == 100
    assert found["grant"]["interval"] == "month"
    assert (found["before"]["allowed"], found["after"]["allowed"]) == (False, True)
    assert found["after"]["limit"]["remaining"] == 100
    assert found["after"]["source"]["type"] == "user_entitlement"


@pytest.mark.parametrize("feature", ["advanced_quotes", "basic_quotes"])
def test_without_a_limit_is_never_told_by_null(ann_client, at_uma, at_acme, feature):
    body = {"feature_name": feature, "unlimited": True}
    for place in (at_acme, at_uma):
        found = ann_client.call("POST", f"{place}/grant", body).get_json()
        limit = found["after"]["limit"]
        assert (found["grant"]["unlimited"], limit["unlimited"], limit["used"]) == (True, True, 0)
        assert (limit["limit"], limit["remaining"]) == (None, None)


def test_a_tenant_is_granted_and_taken_back_alike(ann_client, at_acme):
    answer = ann_client.call("POST", f"{at_acme}/grant", {"feature_name": REPORTS})
    assert (answer.status_code, answer.get_json()["after"]["reason"]) == (201, "TENANT_OVERRIDE")
    answer = ann_client.call("DELETE", f"{at_acme}/features/{REPORTS}")
    assert answer.get_json()["before"]["allowed"]
    assert not answer.get_json()["after"]["allowed"]
    assert ann_client.call("DELETE", f"{at_acme}/features/{REPORTS}").status_code == 404


def test_not_enabled_blocks(ann_client, at_uma):
    body = {"feature_name": "basic_quotes", "is_enabled": False, "reason": "abuse"}
    found = ann_client.call("POST", f"{at_uma}/grant", body).get_json()
    assert (found["grant"]["effect"], found["grant"]["reason"]) == ("disable", "abuse")
    assert found["after"]["reason"] == "USER_DISABLED"


def test_a_hard_denial_warns_whoever_grants_below_it(ann_client, at_uma):
    body = {"feature_name": REPORTS}
    ann_client.call("POST", f"{at_uma}/grant", {**body, "hard_deny": True})
    found = ann_client.call("POST", f"{at_uma}/grant", body).get_json()
    assert found["after"]["reason"] == "HARD_DENY"
    assert found["warnings"]


def test_an_override_is_taken_back_once(ann_client, at_uma):
    ann_client.call("POST", f"{at_uma}/grant", ADVANCED)
    answer = ann_client.call("DELETE", f"{at_uma}/features/advanced_quotes?reason=paid")
    assert (answer.status_code, answer.get_json()["after"]["allowed"]) == (200, False)
    assert events("entitlement.revoked")[0].reason == "paid"
    again = ann_client.call("DELETE", f"{at_uma}/features/advanced_quotes")
    assert (again.status_code, again.get_json()["code"]) == (404, "not_found")


def test_the_same_request_grants_once(ann_client, at_uma):
    headers = {"Idempotency-Key": "grant-1"}
    first = ann_client.call("POST", f"{at_uma}/grant", ADVANCED, headers=headers)
    again = ann_client.call("POST", f"{at_uma}/grant", ADVANCED, headers=headers)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = {**ADVANCED, "quota_limit": 101}
    assert ann_client.call("POST", f"{at_uma}/grant", other, headers=headers).status_code == 409
    assert len(open_rows()) == len(events()) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quota_limit": -1}, "quota_limit"),
        ({"quota_limit": "many"}, "quota_limit"),
        ({"quota_limit": True}, "quota_limit"),
        ({"quota_limit": 1, "is_enabled": False}, "quota_limit"),
        ({"quota_limit": 1, "unlimited": True}, "quota_limit"),
        ({"quota_limit": 1, "interval": "fortnight"}, "interval"),
        ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"starts_at": "2098-01-02T00:00:00Z", "expires_at": "2098-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"is_enabled": "maybe"}, "is_enabled"),
        ({"reason": "x" * 501}, "reason"),
        ({"limit": 5}, "limit"),
        ({"feature_name": ""}, "feature_name"),
    ],
)
def test_a_field_that_is_not_right_is_named(ann_client, at_uma, more, field):
    answer = ann_client.call("POST", f"{at_uma}/grant", {"feature_name": REPORTS, **more})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]
    assert open_rows() == []


def test_what_does_not_exist_is_404(ann_client, at_uma):
    for name in ("users/4711", "users/0", f"tenants/{10**30}"):
        place = f"/api/entitlements/{name}"
        answer = ann_client.call("POST", f"{place}/grant", ADVANCED)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
        assert ann_client.get(f"{place}/features").status_code == 404
    unknown = {"feature_name": "teleportation"}
    assert ann_client.call("POST", f"{at_uma}/grant", unknown).status_code == 404
    assert ann_client.call("DELETE", f"{at_uma}/features/teleportation").status_code == 404


def test_a_body_that_is_no_json_is_refused(ann_client, at_uma):
    headers = {"X-CSRFToken": ann_client.form_token()}
    answer = ann_client.post(f"{at_uma}/grant", data="x=1", headers=headers)
    assert answer.status_code == 415
    headers["Content-Type"] = "application/json"
    assert ann_client.post(f"{at_uma}/grant", data="{", headers=headers).status_code == 400
    answer = ann_client.post(f"{at_uma}/grant", json=ADVANCED)
    assert answer.status_code == 400, "without the token of the session"


def test_an_agent_grants_a_user_briefly_and_no_tenant(bea_client, at_uma, at_acme):
    brief = {"feature_name": REPORTS, "expires_at": machine(days(13))}
    assert bea_client.call("POST", f"{at_uma}/grant", brief).status_code == 201
    for body in ({"feature_name": REPORTS}, {**brief, "expires_at": machine(days(15))}):
        answer = bea_client.call("POST", f"{at_uma}/grant", body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "permission_denied")
    assert bea_client.call("POST", f"{at_acme}/grant", brief).status_code == 403
    assert bea_client.call("DELETE", f"{at_acme}/features/{REPORTS}").status_code == 403


def test_a_program_with_the_scope_grants_and_one_without_does_not(app, client, ann, at_uma):
    def grant(*scopes: str):
        issued = issue_service_token(by=actor(ann), name="Product", scopes=list(scopes))
        headers = {"Authorization": f"Bearer {issued.text}"}
        return client.post(f"{at_uma}/grant", json=ADVANCED, headers=headers)

    assert grant("entitlements:write").status_code == 201
    assert events()[0].actor_type == "api_token"
    assert grant("entitlements:check", "customers:write").status_code == 403


def test_the_reason_of_taking_back_may_stand_in_the_body(ann_client, at_uma):
    ann_client.call("POST", f"{at_uma}/grant", ADVANCED)
    place = f"{at_uma}/features/advanced_quotes"
    for body in ({"reason": 3}, {"raeson": "paid"}, {"reason": "x" * 501}):
        assert ann_client.call("DELETE", place, body).status_code == 422
    answer = ann_client.call("DELETE", f"{place}?reason=no", {"reason": "paid"})
    assert (answer.status_code, events()[-1].reason) == (200, "paid")


def test_a_grant_is_answered_without_the_versions_that_it_raised(ann_client, at_uma):
    granted = ann_client.call("POST", f"{at_uma}/grant", ADVANCED).get_json()
    revoked = ann_client.call("DELETE", f"{at_uma}/features/advanced_quotes").get_json()
    for answer in (granted["before"], granted["after"], revoked["before"], revoked["after"]):
        assert "snapshot" not in answer
        assert answer["evaluated_at"].endswith("Z")


def test_the_scope_to_check_reads_all_but_the_log(client, ann, acme, at_uma):
    token = issue_service_token(by=actor(ann), name="Product", scopes=["entitlements:check"]).text
    usage = f"usage?tenant_id={acme.id}&feature_name={REPORTS}"
    for path in (f"{at_uma}/features", f"/api/entitlements/{usage}", "/api/entitlements/features"):
        found = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert found.status_code == 200, found.text
    log = client.get("/api/entitlements/logs", headers={"Authorization": f"Bearer {token}"})
    assert log.status_code == 403


def test_a_customers_own_token_grants_nothing(client, ann, uma, at_uma):
    issued = issue_user_token(by=actor(ann), user=uma, expires_in=days(1) - days(0))
    headers = {"Authorization": f"Bearer {issued.text}"}
    assert client.post(f"{at_uma}/grant", json=ADVANCED, headers=headers).status_code == 403
    assert client.get(f"{at_uma}/features", headers=headers).status_code == 403


def test_the_features_of_a_user_come_with_trace_and_overrides(ann_client, desk, at_uma):
    desk.grant(quota_limit=5)
    desk.grant("api_access", starts_at=days(3))
    found = ann_client.get(f"{at_uma}/features").get_json()
    by_name = {item["feature_name"]: item for item in found["items"]}
    assert len(by_name) == 17
    assert by_name[REPORTS]["allowed"]
    assert by_name[REPORTS]["trace"][-1]["step"] == "default"
    overrides = found["overrides"]
    assert [row["feature_name"] for row in overrides["active"]] == [REPORTS]
    assert [row["state"] for row in overrides["scheduled"]] == ["scheduled"]
    assert overrides["expired"] == []


def test_a_users_list_names_no_override_of_others(ann_client, desk, acme, at_acme):
    desk.grant_all("api_access")
    other = make_user(acme, "Olga Other")
    desk.grant()
    found = ann_client.get(f"/api/entitlements/users/{other.id}/features").get_json()
    assert found["overrides"]["active"] == []
    of_tenant = ann_client.get(f"{at_acme}/features").get_json()
    assert [row["feature_name"] for row in of_tenant["overrides"]["active"]] == ["api_access"]


def test_a_scheduled_grant_says_what_will_be(ann_client, at_uma):
    body = {"feature_name": REPORTS, "starts_at": machine(days(3))}
    found = ann_client.call("POST", f"{at_uma}/grant", body).get_json()
    assert not found["after"]["allowed"]
    assert found["at_start"]["allowed"]
    assert found["after"]["next_change_at"] == found["grant"]["starts_at"]
