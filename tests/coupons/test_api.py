"""`/api/coupons`."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.coupons.models import Coupon, CouponUsage
from portal.customers.tokens import issue_service_token
from tests.cast import actor, make_admin, open_session
from tests.coupons.conftest import make_coupon

URL = "/api/coupons"


@pytest.fixture
def bought(acme):
    """What the product sends about a purchase of Acme's."""
    sent = {"plan": "pro", "currency": "USD", "amount_cents": 10_000}
    return {"code": "SPRING20", "tenant_id": acme.id, **sent}


@pytest.fixture
def product(app, ann):
    """The headers of a service token that may redeem."""
    issued = issue_service_token(by=actor(ann), name="Product", scopes=["coupons:redeem"])
    db.session.commit()
    return {"Authorization": f"Bearer {issued.text}"}


def test_a_coupon_is_made_read_changed_and_disabled(mo_client):
    body = {"code": "Fair", "basis_points": 1500, "redeem_by": "2090-01-01T00:00:00Z"}
    made = mo_client.call("POST", URL, body)
    coupon = made.get_json()
    assert (made.status_code, coupon["status"], coupon["duration"]) == (201, "active", "once")
    assert coupon["redeem_by"] == body["redeem_by"]
    place = f"{URL}/{coupon['id']}"
    assert mo_client.get(place).get_json() == coupon
    changed = mo_client.call("PATCH", place, {"max_redemptions": 7}).get_json()
    assert changed == {**coupon, "max_redemptions": 7}
    off = mo_client.call("DELETE", place, {"reason": "over"}).get_json()
    again = mo_client.call("PATCH", place, {"active": True}).get_json()
    assert (off["status"], again["status"]) == ("disabled", "active")


def test_a_key_makes_one_coupon_of_two_requests(mo_client):
    body, key = {"code": "FAIR", "basis_points": 1500}, {"Idempotency-Key": "k"}
    first, second = (mo_client.call("POST", URL, body, headers=key) for _ in range(2))
    assert (first.get_json(), second.headers["Idempotent-Replayed"]) == (second.get_json(), "true")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Coupon)) == 1


def test_marketing_is_refused_with_words_and_may_ask(app, client, mo_client):
    client.sign_in(open_session(make_admin("Meg Marketing", Role.MARKETING))[1])
    body = {"code": "HALF", "basis_points": 5000}
    refusal = client.call("POST", URL, body)
    assert (refusal.status_code, refusal.get_json()["code"]) == (403, "permission_denied")
    assert "more than 30 %" in refusal.get_json()["detail"]
    asked = client.call("POST", URL, {**body, "ask_approval": True}).get_json()
    assert asked["status"] == "awaiting_approval"
    place = f"{URL}/{asked['id']}/approve"
    assert client.call("POST", place, {}).status_code == 403
    assert mo_client.call("POST", place, {}).get_json()["status"] == "active"


def test_the_product_validates_and_redeems(client, product, bought, birch):
    make_coupon(max_redemptions=1)
    said = client.call("POST", f"{URL}/validate", bought, headers=product).get_json()
    assert said == {
        "valid": True,
        "reason": None,
        "detail": None,
        "discount_cents": 2000,
        "remaining_cents": 8000,
    }
    used = client.call("POST", f"{URL}/redeem", bought, headers=product).get_json()
    assert (used["status"], used["remaining_cents"], used["code"]) == ("redeemed", 8000, "SPRING20")
    other = {**bought, "tenant_id": birch.id}
    refusal = client.call("POST", f"{URL}/redeem", other, headers=product)
    assert (refusal.status_code, refusal.content_type) == (409, "application/problem+json")
    assert refusal.get_json()["reason"] == "coupon_exhausted"


def test_a_key_redeems_once(client, product, bought):
    make_coupon(max_per_tenant=5, is_stackable=True)
    headers = {**product, "Idempotency-Key": "order-1"}
    one, two = (client.call("POST", f"{URL}/redeem", bought, headers=headers) for _ in range(2))
    assert one.get_json() == two.get_json()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CouponUsage)) == 1


def test_a_checkout_reserves_and_then_redeems_or_releases(client, product, bought):
    make_coupon()
    ends = []
    for verb in ("release", "redeem"):
        held = client.call("POST", f"{URL}/reserve", bought, headers=product).get_json()
        assert held["status"] == "reserved"
        place = f"{URL}/usage/{held['id']}/{verb}"
        ends.append(client.call("POST", place, {}, headers=product).get_json()["status"])
    assert ends == ["released", "redeemed"]


def test_the_scope_opens_no_list_and_makes_no_coupon(client, product):
    body = {"code": "FAIR", "basis_points": 1}
    answers = [
        client.get(URL, headers=product),
        client.get(f"{URL}/usage/history", headers=product),
        client.call("POST", URL, body, headers=product),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3


def test_an_agent_sees_coupons_and_makes_none(bea_client):
    assert bea_client.get(URL).get_json() == {"items": [], "next_cursor": None}
    made = bea_client.call("POST", URL, {"code": "FAIR", "basis_points": 1})
    assert made.status_code == 403


def test_lists_go_on_where_they_stopped(mo_client):
    for code in ("ONE", "TWO", "THREE"):
        make_coupon(code)
    first = mo_client.get(f"{URL}?limit=2&status=active").get_json()
    second = mo_client.get(f"{URL}?limit=2&cursor={first['next_cursor']}").get_json()
    codes = [coupon["code"] for page in (first, second) for coupon in page["items"]]
    assert (codes, second["next_cursor"]) == (["THREE", "TWO", "ONE"], None)


def test_the_history_is_that_of_a_coupon_or_a_tenant(mo_client, bought, acme, birch):
    coupon = make_coupon()
    for tenant in (acme, birch):
        mo_client.call("POST", f"{URL}/redeem", {**bought, "tenant_id": tenant.id})
    for query, tenants in (
        (f"coupon_id={coupon.id}", [birch.id, acme.id]),
        (f"tenant_id={acme.id}&status=redeemed", [acme.id]),
        ("status=released", []),
    ):
        items = mo_client.get(f"{URL}/usage/history?{query}").get_json()["items"]
        assert [item["tenant_id"] for item in items] == tenants


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "FAIR"}, "basis_points"),
        ({"code": "F-", "basis_points": 1}, "code"),
        ({"code": "FAIR", "basis_points": 14.5}, "basis_points"),
        ({"code": "FAIR", "basis_points": 1, "duration": "twice"}, "duration"),
        ({"code": "FAIR", "basis_points": 1, "tenant_ids": [999_999]}, "tenant_ids"),
        ({"code": "FAIR", "basis_points": 1, "description": "\x00"}, "description"),
        ({"code": "FAIR", "basis_points": 1, "worth": 1}, "worth"),
    ],
)
def test_what_is_not_right_is_named(mo_client, body, field):
    answer = mo_client.call("POST", URL, body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.get_json()["errors"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/999999"),
        ("PATCH", "/999999"),
        ("DELETE", "/999999"),
        ("POST", "/usage/999999/release"),
    ],
)
def test_what_does_not_exist_is_not_found(mo_client, method, path):
    answer = (
        mo_client.get(URL + path) if method == "GET" else mo_client.call(method, URL + path, {})
    )
    assert answer.status_code == 404


def test_a_key_of_a_change_is_none_for_disabling(mo_client):
    made = mo_client.call("POST", "/api/coupons", {"code": "FAIR", "basis_points": 1500}).get_json()
    place, key = f"/api/coupons/{made['id']}", {"Idempotency-Key": "k"}
    assert mo_client.call("PATCH", place, {}, headers=key).status_code == 200
    assert mo_client.call("DELETE", place, {}, headers=key).status_code == 409
    assert mo_client.get(place).get_json()["status"] == "active"
    again = mo_client.call("PATCH", place, {}, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
