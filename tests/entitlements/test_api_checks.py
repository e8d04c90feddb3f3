"""The questions that the product asks: over JSON, with a token, thousands of times a minute."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.models import TenantStatus, UserStatus
from portal.customers.tokens import issue_service_token, issue_user_token
from portal.entitlements.revoking import revoke_feature
from tests.cast import make_user
from tests.entitlements.granting import REPORTS, days
from tests.statements import counted

CHECK = "/api/entitlements/me/check-access"
FEATURES = "/api/entitlements/me/features"


class Program:
    """The product with one of its tokens."""

    def __init__(self, client, text: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {text}"}

    def post(self, path: str, **body):
        return self.client.post(path, json=body, headers=self.headers)

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers={**self.headers, **headers})

    def check(self, feature_name: str = REPORTS, **more):
        return self.post(CHECK, feature_name=feature_name, **more).get_json()


@pytest.fixture
def me(client, desk) -> Program:
    """The product, acting for Uma."""
    token = issue_user_token(by=desk.by, user=desk.user, expires_in=timedelta(hours=1))
    return Program(client, token.text)


@pytest.fixture
def service(client, desk) -> Program:
    scopes = ["entitlements:check"]
    return Program(client, issue_service_token(by=desk.by, name="Product", scopes=scopes).text)


def test_a_denial_is_an_answer(me):
    answer = me.post(CHECK, feature_name=REPORTS)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    found = answer.get_json()
    assert (found["allowed"], found["reason"]) == (False, "PLAN_LEVEL_TOO_LOW")
    assert found["source"] is found["limit"] is found["next_change_at"] is None
    assert "trace" not in found


def test_a_grant_is_seen_by_the_very_next_check(me, desk):
    assert me.check()["allowed"] is False
    row = desk.grant(reason="Pilot", expires_at=days(5)).row
    found = me.check()
    assert (found["allowed"], found["reason"]) == (True, "USER_OVERRIDE")
    source = found["source"]
    assert (source["type"], source["id"]) == ("user_entitlement", row.id)
    assert source["at"].endswith("Z")
    assert found["next_change_at"] == found["next_change_at"].rstrip("Z") + "Z"


@pytest.mark.parametrize("explain", [False, True])
def test_who_decided_and_why_is_told_to_programs_of_ours_alone(me, service, desk, explain):
    desk.grant(effect="disable", reason="Legal case 12")
    ours = f"/api/entitlements/users/{desk.user.id}/check-access"
    for _ in range(2):  # the second answer is the kept text of the first
        asked = {"features": [REPORTS], "explain": explain}
        (full,) = service.post(f"{ours}/batch", **asked).get_json()["items"]
        assert (full["source"]["by"], full["source"]["reason"]) == (desk.by.label, "Legal case 12")
        (batch,) = me.post(f"{CHECK}/batch", **asked).get_json()["items"]
        listed = me.get(f"{FEATURES}?explain={int(explain)}").get_json()["items"]
        one = next(each for each in listed if each["feature_name"] == REPORTS)
        for told in (me.check(explain=explain), batch, one):
            assert (told["source"]["by"], told["source"]["reason"]) == ("staff", None)
            assert told["source"]["id"] == full["source"]["id"]
            assert "ann@" not in str(told)


def test_the_trace_of_a_customer_names_nobody_who_took_back(me, service, desk):
    desk.grant(reason="Pilot")
    revoke_feature(by=desk.by, user=desk.user, feature_name=REPORTS)
    path = f"/api/entitlements/users/{desk.user.id}/check-access"
    full = service.post(path, feature_name=REPORTS, explain=True).get_json()["trace"]
    assert full[5]["ended_by"] == desk.by.label
    told = me.check(explain=True)["trace"]
    assert (told[5]["why"], "ended_by" in told[5]) == ("ended", False)


def test_a_limit_says_how_much_is_left_and_until_when(me):
    limit = me.check("basic_quotes")["limit"]
    assert {name: limit[name] for name in ("unlimited", "limit", "used", "remaining")} == {
        "unlimited": False,
        "limit": 10,
        "used": 0,
        "remaining": 10,
    }
    assert limit["period"][1] == limit["resets_at"] == me.check("basic_quotes")["next_change_at"]


def test_too_large_a_quantity_is_denied_and_takes_nothing(me):
    assert me.check("basic_quotes", quantity=10)["allowed"] is True
    found = me.check("basic_quotes", quantity=11)
    assert (found["allowed"], found["reason"]) == (False, "PLAN_ENTITLEMENT_USAGE_EXCEEDED")
    assert found["limit"]["used"] == 0


def test_an_explanation_names_every_gate_and_layer(me, desk):
    desk.grant_all(effect="disable", reason="Abuse")
    trace = me.check(explain=True)["trace"]
    assert [step["step"] for step in trace] == [
        "gate.known_feature",
        "gate.kill_switch",
        "gate.tenant_active",
        "gate.member",
        "gate.hard_deny",
        "user_override",
        "tenant_override",
        "plan",
        "default",
    ]
    assert trace[6]["result"] == "match"
    assert trace[8] == {"step": "default", "result": "lost", "would_be": "deny"}


def test_the_future_is_answered_from_what_is_scheduled(me, desk):
    desk.grant(starts_at=days(2), expires_at=days(4))
    allowed = [me.check(at=days(n).isoformat())["allowed"] for n in (1, 3, 5)]
    assert allowed == [False, True, False]


def test_the_past_is_answered_from_history(me, desk):
    before = clock.now()
    desk.grant()
    assert me.check(at=before.isoformat())["allowed"] is False
    assert me.check()["allowed"] is True


def test_a_user_and_a_tenant_that_are_shut_out_are_denied_at_once(me, desk):
    desk.grant()
    assert me.check()["allowed"] is True
    desk.user.status = UserStatus.INACTIVE
    assert me.check()["reason"] == "NOT_A_MEMBER"
    desk.tenant.status = TenantStatus.SUSPENDED
    assert me.check()["reason"] == "TENANT_INACTIVE"


def test_an_unknown_feature_is_denied_to_who_may_not_list_them(me, service, desk):
    found = me.check("no_such_thing")
    assert (found["allowed"], found["reason"]) == (False, "UNKNOWN_FEATURE")
    path = f"/api/entitlements/users/{desk.user.id}/check-access"
    answer = service.post(path, feature_name="no_such_thing")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_service_asks_about_any_user(service, desk):
    path = f"/api/entitlements/users/{desk.user.id}/check-access"
    assert service.post(path, feature_name=REPORTS).get_json()["allowed"] is False
    desk.grant_all()
    assert service.post(path, feature_name=REPORTS).get_json()["reason"] == "TENANT_OVERRIDE"
    for strange in (0, 999999, 2**40):
        path = f"/api/entitlements/users/{strange}/check-access"
        assert service.post(path, feature_name=REPORTS).status_code == 404


def test_a_service_has_no_me_and_a_user_asks_about_nobody_else(me, service, desk):
    assert service.post(CHECK, feature_name=REPORTS).status_code == 403
    path = f"/api/entitlements/users/{desk.user.id}/check-access"
    assert me.post(path, feature_name=REPORTS).status_code == 403


def test_many_features_are_answered_in_their_order(me, service, desk):
    names = [REPORTS, "basic_quotes", "no_such_thing", REPORTS]
    for program, path in (
        (me, CHECK),
        (service, f"/api/entitlements/users/{desk.user.id}/check-access"),
    ):
        found = program.post(f"{path}/batch", features=names).get_json()
        assert [item["feature_name"] for item in found["items"]] == names
        assert [item["allowed"] for item in found["items"]] == [False, True, False, False]
        assert set(found) == {"items", "evaluated_at", "snapshot"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "feature_name"),
        ({"feature_name": ""}, "feature_name"),
        ({"feature_name": "x" * 65}, "feature_name"),
        ({"feature_name": 7}, "feature_name"),
        ({"feature_name": REPORTS, "quantity": 0}, "quantity"),
        ({"feature_name": REPORTS, "quantity": "5"}, "quantity"),
        ({"feature_name": REPORTS, "quantity": 2**53 + 1}, "quantity"),
        ({"feature_name": REPORTS, "at": "2026-01-01T00:00:00"}, "at"),
        ({"feature_name": REPORTS, "at": "0001-01-01T00:00:00Z"}, "at"),
        ({"feature_name": REPORTS, "at": "9999-12-31T23:59:59Z"}, "at"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(me, body, field):
    answer = me.post(CHECK, **body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")
    assert [fault["field"] for fault in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("", 400),
        ("{", 400),
        ('{"feature_name": "\\ud800"}', 400),
        ('{"a":' * 100_000, 400),
        ("[]", 422),
        ("null", 422),
    ],
)
def test_a_body_that_is_no_question_is_refused(me, data, status):
    answer = me.client.post(CHECK, data=data, headers=me.headers, content_type="application/json")
    assert answer.status_code == status


def test_a_form_is_no_question(me):
    answer = me.client.post(CHECK, data={"feature_name": REPORTS}, headers=me.headers)
    assert answer.status_code == 415


def test_no_more_than_a_hundred_features_are_answered_at_once(me):
    assert me.post(f"{CHECK}/batch", features=["x"] * 100).status_code == 200
    assert me.post(f"{CHECK}/batch", features=["x"] * 101).status_code == 422
    assert me.post(f"{CHECK}/batch", features=[]).status_code == 422


def test_all_features_on_offer_are_listed(me, catalog):
    answer = me.get(FEATURES)
    names = [item["feature_name"] for item in answer.get_json()["items"]]
    assert names == list(catalog.features)
    assert len(names) == 17
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_one_category_is_listed_alone_and_explained(me):
    found = me.get(f"{FEATURES}?category=quotes&explain=1").get_json()["items"]
    assert [item["feature_name"] for item in found] == [
        "basic_quotes",
        "advanced_quotes",
        "quote_templates",
    ]
    assert all(item["trace"] for item in found)
    assert me.get(f"{FEATURES}?category=parties").get_json()["items"] != found


def test_a_category_that_is_none_is_refused(me):
    answer = me.get(f"{FEATURES}?category=zzz")
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "category")
    assert me.get(f"{FEATURES}?explain=perhaps").status_code == 422


def test_what_did_not_change_is_not_sent_again(me, desk):
    mark = me.get(FEATURES).headers["ETag"]
    again = me.get(FEATURES, **{"If-None-Match": mark})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
    desk.grant()
    changed = me.get(FEATURES, **{"If-None-Match": mark})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != mark


def test_each_list_has_a_mark_of_its_own(me):
    pages = (FEATURES, f"{FEATURES}?explain=1", f"{FEATURES}?category=quotes")
    assert len({me.get(page).headers["ETag"] for page in pages}) == 3


def test_a_mark_ends_with_what_runs_out(me, desk):
    desk.grant(expires_at=days(1))
    mark = me.get(FEATURES).headers["ETag"]
    desk.grant(expires_at=days(2))
    assert me.get(FEATURES).headers["ETag"] != mark


def test_questions_are_few(me, desk, service):
    me.get(FEATURES)  # the catalogue is in memory from here on
    desk.grant()
    db.session.commit()
    with counted() as cold:
        me.get(FEATURES)
    with counted() as warm:
        me.get(FEATURES)
    with counted() as one:
        me.check()
    assert (len(cold), len(warm), len(one)) == (3, 1, 1)


def test_a_check_of_another_tenants_user_needs_no_more(service, desk, birch):
    user = make_user(birch, "Bo Birch")
    path = f"/api/entitlements/users/{user.id}/check-access"
    service.post(path, feature_name=REPORTS)
    with counted() as warm:
        service.post(path, feature_name=REPORTS)
    assert len(warm) == 2


def test_a_person_asks_about_a_user_from_the_browser(bea_client, desk):
    path = f"/api/entitlements/users/{desk.user.id}/check-access"
    answer = bea_client.call("POST", path, {"feature_name": REPORTS})
    assert (answer.status_code, answer.get_json()["allowed"]) == (200, False)
