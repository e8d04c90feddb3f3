"""`/api/coupons/batches`."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.coupons.models import CouponBatch
from portal.customers.tokens import issue_service_token
from tests.cast import actor, make_admin, open_session

URL = "/api/coupons/batches"
BODY = {"count": 5, "prefix": "FAIR", "basis_points": 1500, "max_redemptions": 1}


def test_codes_are_made_listed_and_disabled(mo_client):
    body = {**BODY, "redeem_by": "2090-01-01T00:00:00Z"}
    made = mo_client.call("POST", URL, body)
    batch = made.get_json()
    assert (made.status_code, batch["status"], batch["count"]) == (201, "active", 5)
    assert batch["terms"]["redeem_by"] == body["redeem_by"]
    place = f"{URL}/{batch['id']}"
    assert mo_client.get(place).get_json() == batch
    assert mo_client.get(URL).get_json()["items"] == [batch]
    off = mo_client.call("DELETE", place, {"reason": "leaked"}).get_json()
    assert off["status"] == "disabled"
    codes = mo_client.get(f"{place}/codes").get_json()["items"]
    assert {code["status"] for code in codes} == {"disabled"}


def test_codes_go_on_where_the_page_before_stopped(mo_client):
    batch = mo_client.call("POST", URL, BODY).get_json()
    place = f"{URL}/{batch['id']}/codes"
    first = mo_client.get(f"{place}?limit=3").get_json()
    second = mo_client.get(f"{place}?limit=3&cursor={first['next_cursor']}").get_json()
    codes = [code["code"] for page in (first, second) for code in page["items"]]
    assert (len(set(codes)), second["next_cursor"]) == (5, None)
    coupon = mo_client.get(f"/api/coupons/{first['items'][0]['id']}").get_json()
    assert (coupon["code"], coupon["batch_id"]) == (codes[0], batch["id"])


def test_a_key_makes_one_batch_of_two_requests(mo_client):
    key = {"Idempotency-Key": "k"}
    one, two = (mo_client.call("POST", URL, BODY, headers=key) for _ in range(2))
    assert (one.get_json(), two.headers["Idempotent-Replayed"]) == (two.get_json(), "true")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CouponBatch)) == 1


def test_marketing_asks_for_more_and_a_manager_decides(app, client, mo_client):
    client.sign_in(open_session(make_admin("Meg Marketing", Role.MARKETING))[1])
    body = {**BODY, "count": 101, "redeem_by": "2026-12-01T00:00:00Z"}
    refusal = client.call("POST", URL, body)
    assert (refusal.status_code, "together" in refusal.get_json()["detail"]) == (403, True)
    asked = client.call("POST", URL, {**body, "ask_approval": True}).get_json()
    place = f"{URL}/{asked['id']}"
    assert client.call("POST", f"{place}/approve", {}).status_code == 403
    assert mo_client.call("POST", f"{place}/approve", {}).get_json()["status"] == "active"
    assert mo_client.call("POST", f"{place}/reject", {}).status_code == 409


def test_whoever_only_looks_makes_none(bea_client, client, ann):
    assert bea_client.get(URL).get_json() == {"items": [], "next_cursor": None}
    assert bea_client.call("POST", URL, BODY).status_code == 403
    issued = issue_service_token(by=actor(ann), name="Product", scopes=["coupons:redeem"])
    db.session.commit()
    headers = {"Authorization": f"Bearer {issued.text}"}
    assert client.call("POST", URL, BODY, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 10_001}, "count"),
        ({"count": "5"}, "count"),
        ({"prefix": "-"}, "prefix"),
        ({"prefix": "A" * 21}, "prefix"),
        ({"basis_points": None}, "basis_points"),
        ({"plans": ["nothing"]}, "plans"),
        ({"tenant_ids": [1]}, "tenant_ids"),
    ],
)
def test_what_is_not_right_is_named(mo_client, more, field):
    answer = mo_client.call("POST", URL, {**BODY, **more})
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.get_json()["errors"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/codes"), ("DELETE", ""), ("POST", "/approve"), ("POST", "/reject")],
)
def test_what_does_not_exist_is_not_found(mo_client, method, path):
    url = f"{URL}/999999{path}"
    answer = mo_client.get(url) if method == "GET" else mo_client.call(method, url, {})
    assert answer.status_code == 404
