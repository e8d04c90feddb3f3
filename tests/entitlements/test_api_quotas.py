"""Consuming over the API: the shapes and codes that the product relies on."""

from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tokens import issue_service_token, issue_user_token
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import QuotaEvent
from tests.cast import actor

_keys = count()


class Program:
    """A client that shows a token."""

    def __init__(self, client, text):
        self.client = client
        self.headers = {"Authorization": f"Bearer {text}"}

    def post(self, path, key="", **body):
        key = key or f"call-{next(_keys)}"
        headers = self.headers | {"Idempotency-Key": key}
        return self.client.post(f"/api/entitlements{path}", json=body, headers=headers)

    def consume(self, feature="quotes", **more):
        return self.post("/me/consume", feature_name=feature, **more)


@pytest.fixture
def me(client, shop):
    token = issue_user_token(by=SYSTEM, user=shop.uma, expires_in=timedelta(hours=1))
    return Program(client, token.text)


def test_what_was_granted_without_a_limit_is_counted(me, shop, ann):
    told = {"by": actor(ann), "user": shop.uma, "feature_name": "reports"}
    grant_user_feature(is_unlimited=True, **told)
    db.session.commit()
    for used in (1, 2):
        found = me.consume("reports", amount=1).get_json()
        assert (found["unlimited"], found["used"], found["remaining"]) == (True, used, None)


@pytest.fixture
def service(client, shop, ann):
    scopes = ["entitlements:consume"]
    return Program(client, issue_service_token(by=actor(ann), name="Product", scopes=scopes).text)


def test_a_use_is_answered_with_its_numbers(me):
    answer = me.consume(amount=3)
    assert answer.status_code == 200
    body = answer.get_json()
    assert {name: body[name] for name in ("consumed", "used", "limit", "remaining")} == {
        "consumed": 3,
        "used": 3,
        "limit": 10,
        "remaining": 7,
    }
    assert body["unlimited"] is False
    assert body["resets_at"].endswith("Z")


def test_over_the_limit_is_a_conflict_with_the_same_numbers(me):
    me.consume(amount=9)
    answer = me.consume(amount=2)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (409, "quota_exceeded")
    assert answer.content_type == "application/problem+json"
    assert (body["used"], body["limit"], body["remaining"], body["consumed"]) == (9, 10, 1, 0)
    assert me.consume(amount=2, partial=True).get_json()["consumed"] == 1


def test_no_access_says_why(me):
    answer = me.consume("reports")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "feature_denied")
    assert answer.get_json()["reason"] == "PLAN_LEVEL_TOO_LOW"
    assert me.consume("nonsense").get_json()["reason"] == "UNKNOWN_FEATURE"


def test_having_no_access_is_an_answer_and_no_event(me):
    events = sa.select(sa.func.count()).select_from(AuditEvent)
    before = db.session.scalar(events)
    me.consume("reports")
    assert db.session.scalar(events) == before


def test_the_same_request_is_answered_from_the_ledger(me):
    first, again = me.consume(key="k"), me.consume(key="k")
    assert first.data == again.data
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = me.consume(key="k", amount=2)
    assert (other.status_code, other.get_json()["code"]) == (409, "conflict")
    assert me.consume().get_json()["used"] == 2


def test_a_use_needs_a_key(me):
    url, body = "/api/entitlements/me/consume", {"feature_name": "quotes"}
    answer = me.client.post(url, json=body, headers=me.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert me.consume(key="x" * 201).status_code == 400


@pytest.mark.parametrize("amount", [0, -1, 10**30, 2**31, 1.5, "3", True, None])
def test_an_amount_that_is_none_is_refused(me, amount):
    answer = me.consume(amount=amount)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")
    assert answer.get_json()["errors"][0]["field"] == "amount"


@pytest.mark.parametrize("path", ["consume", "reserve", "top-up", "reset-quota"])
def test_a_field_that_is_misspelt_is_refused(service, ann_client, shop, path):
    body = {"feature_name": "quotes", "amount": 1, "ammount": 5}
    url = f"/users/{shop.uma.id}/{path}"
    if path in {"consume", "reserve"}:
        answer = service.post(url, **body)
    else:
        answer = ann_client.call("POST", f"/api/entitlements{url}", body)
    fields = {error["field"] for error in answer.get_json()["errors"]}
    assert (answer.status_code, "ammount" in fields) == (422, True)
    assert db.session.query(QuotaEvent).count() == 0


def test_a_body_that_is_not_json_is_refused(me):
    url, headers = "/api/entitlements/me/consume", me.headers | {"Idempotency-Key": "k"}
    post = me.client.post
    assert post(url, data="{", content_type="application/json", headers=headers).status_code == 400
    assert post(url, data="amount=1", headers=headers).status_code == 415


def test_a_service_consumes_for_a_user(service, shop):
    answer = service.post(f"/users/{shop.uma.id}/consume", feature_name="quotes")
    assert answer.get_json()["used"] == 1
    for strange in (0, 999999, 2**40):
        found = service.post(f"/users/{strange}/consume", feature_name="quotes")
        assert (found.status_code, found.get_json()["code"]) == (404, "not_found")


def test_who_may_not_is_refused(me, service, shop, bea_client):
    assert me.post(f"/users/{shop.uma.id}/consume", feature_name="quotes").status_code == 403
    assert service.consume().status_code == 403
    url, body = f"/api/entitlements/users/{shop.uma.id}/top-up", {"feature_name": "quotes"}
    assert bea_client.call("POST", url, body | {"amount": 5}).status_code == 403
    assert shop.events("consume") == []


def test_the_life_of_a_reservation(service, shop):
    held = service.post(f"/users/{shop.uma.id}/reserve", feature_name="quotes", amount=4)
    assert (held.get_json()["reserved"], held.get_json()["remaining"]) == (4, 6)
    place = f"/reservations/{held.get_json()['reservation_id']}"
    done = service.post(f"{place}/commit", amount=3)
    assert (done.get_json()["consumed"], done.get_json()["remaining"]) == (3, 7)
    assert service.post(f"{place}/release").status_code == 409
    back = service.post(f"/consumptions/{done.get_json()['consumption_id']}/refund", amount=1)
    assert (back.get_json()["refunded"], back.get_json()["used"]) == (1, 2)
    assert service.post("/reservations/99999/commit").status_code == 404
    assert service.post(f"/consumptions/{2**70}/refund").status_code == 404


def test_a_released_reservation_gives_it_free(service, shop):
    held = service.post(f"/users/{shop.uma.id}/reserve", feature_name="quotes").get_json()
    answer = service.post(f"/reservations/{held['reservation_id']}/release")
    assert (answer.status_code, answer.get_json()["remaining"]) == (200, 10)


@pytest.mark.parametrize(
    ("made", "changed"),
    [
        ("reserve", "/reservations/{}/commit"),
        ("reserve", "/reservations/{}/release"),
        ("consume", "/consumptions/{}/refund"),
    ],
)
def test_the_ledger_outgrows_two_thousand_million_entries(service, shop, made, changed):
    service.post(f"/users/{shop.uma.id}/{made}", feature_name="quotes")
    db.session.execute(sa.update(QuotaEvent).values(id=2**40))
    db.session.commit()
    assert service.post(changed.format(2**40)).status_code == 200


def test_staff_top_up_and_reset(ann_client, me, shop):
    place = f"/api/entitlements/tenants/{shop.acme.id}"
    body = {"feature_name": "quotes", "amount": 5, "expires_at": "2099-01-01T00:00:00Z"}
    answer = ann_client.call("POST", f"{place}/top-up", body)
    assert (answer.status_code, answer.get_json()["amount"]) == (201, 5)
    assert me.consume(amount=15).status_code == 200
    reset = ann_client.call("POST", f"{place}/reset-quota", {"feature_name": "quotes"})
    assert reset.get_json() == {"was_used": 10}
    assert ann_client.get("/api/entitlements/over-limit").get_json()["items"] == []


def test_a_refused_use_leaves_nothing(me, shop):
    me.consume(amount=11)
    assert db.session.query(QuotaEvent).count() == 0
