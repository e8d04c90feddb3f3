"""Codes made at once for named tenants: nobody else has any use of them."""

import json

import pytest

from portal.audit.actions import Action
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.once import FormUsed
from portal.coupons.models import CouponBatch
from portal.coupons.redeeming import CouponUnknown, redeem_coupon
from portal.coupons.terms import as_plain
from portal.coupons.validating import validate_coupon
from tests.cast import make_tenant
from tests.coupons.conftest import buys
from tests.coupons.test_batches import NAMED, coupons_of, make_batch
from tests.ledger import events

FORM = "/coupons/batches/new"
API = "/api/coupons/batches"


@pytest.fixture
def batch(acme):
    return make_batch(3, terms=NAMED, tenant_ids=(acme.id,))


def test_a_code_is_used_by_the_named_tenant_alone(batch, acme, birch):
    code = coupons_of(batch)[0].code
    assert validate_coupon(code=code, purchase=buys(birch)).reason == "coupon_not_found"
    with pytest.raises(CouponUnknown):
        redeem_coupon(by=SYSTEM, code=code, purchase=buys(birch))
    assert redeem_coupon(by=SYSTEM, code=code, purchase=buys(acme)).tenant_id == acme.id


def test_the_event_says_for_whom(batch, acme):
    (event,) = events(Action.COUPON_BATCH_CREATED)
    meta = json.loads(event.canonical)["meta"]
    assert (meta["tenant_ids"], meta["terms"]) == ([acme.id], as_plain(NAMED))


def test_a_form_sent_twice_is_for_the_same_tenants(acme, birch):
    made = [make_batch(once="f", terms=NAMED, tenant_ids=(acme.id,)) for _ in range(2)]
    assert made[0].id == made[1].id
    with pytest.raises(FormUsed):
        make_batch(once="f", terms=NAMED, tenant_ids=(acme.id, birch.id))


def test_by_the_form_and_on_the_pages(mo_client, catalog, acme, birch):
    fields = {"once": "f", "count": "2", "prefix": "VIP", "kind": "percent", "percent": "10"}
    named = {"audience": "named", "duration": "once", "tenants": "acme\nBirch"}
    answer = mo_client.submit(FORM, **fields, **named)
    assert answer.status_code == 303
    page = mo_client.soup(answer.headers["Location"])
    assert [one.get_text(strip=True) for one in page.select("#made-for li")] == ["Acme", "Birch"]
    row = coupons_of(db.session.query(CouponBatch).one())[0]
    coupon = mo_client.soup(f"/coupons/{row.id}")
    assert len(coupon.select("#made-for li")) == 2


def test_a_tenant_that_does_not_exist_is_said_beside_the_field(mo_client, catalog):
    fields = {"once": "f", "count": "2", "kind": "percent", "percent": "10", "duration": "once"}
    answer = mo_client.submit(FORM, **fields, audience="named", tenants="nobody")
    assert answer.status_code == 422
    assert "nobody" in answer.text
    assert db.session.query(CouponBatch).count() == 0


def test_many_tenants_are_shown_on_demand(mo_client, acme):
    many = tuple(make_tenant(f"T{number} Ltd").id for number in range(11))
    row = make_batch(1, terms=NAMED, tenant_ids=(acme.id, *many))
    url = f"/coupons/batches/{row.id}"
    assert len(mo_client.soup(url).select("#made-for li")) == 10
    assert len(mo_client.soup(f"{url}?tenants=all").select("#made-for li")) == 12


def test_by_the_api(mo_client, catalog, acme):
    body = {"count": 2, "basis_points": 1000, "tenant_ids": [acme.id]}
    made = mo_client.call("POST", API, body)
    assert (made.status_code, made.get_json()["terms"]["is_public"]) == (201, False)
    public = mo_client.call("POST", API, {"count": 2, "basis_points": 1000}).get_json()
    assert public["terms"]["is_public"] is True
    wrong = mo_client.call("POST", API, {**body, "tenant_ids": [999_999]})
    assert (wrong.status_code, wrong.get_json()["errors"][0]["field"]) == (422, "tenant_ids")
