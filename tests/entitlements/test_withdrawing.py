"""A top-up taken back: its rest counts no more, what was used of it stays used."""

import json
from datetime import timedelta

import pytest

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.customers.models import Tenant
from portal.entitlements.reconcile import drifts
from portal.entitlements.refusals import QuotaExceeded
from portal.entitlements.reservations import commit_reservation, reserve_quota
from portal.entitlements.withdrawing import NothingLeft, top_ups_of, withdraw_top_up
from tests.cast import actor
from tests.ledger import events


@pytest.fixture
def take_back(ann):
    def taking(bucket, **more):
        found = withdraw_top_up(**{"by": actor(ann), "top_up_id": bucket.id, **more})
        db.session.commit()
        return found

    return taking


def test_the_rest_counts_no_more_and_what_was_used_stays_used(shop, add, take_back):
    bucket = add(5)
    shop.use(amount=12)
    assert take_back(bucket) == (shop.acme.id, 3)
    assert shop.bucket(source="topup").used == 2
    with pytest.raises(QuotaExceeded):
        shop.use()
    assert list(drifts()) == []


def test_the_next_check_knows_and_the_log_says_who_and_why(shop, add, take_back, ann):
    bucket, before = add(5, user=shop.uma), shop.acme.entitlement_version
    take_back(bucket, reason="The wrong customer")
    assert db.session.get(Tenant, shop.acme.id).entitlement_version == before + 1
    (event,) = events(Action.QUOTA_TOP_UP_WITHDRAWN)
    assert (event.actor_id, event.reason, event.target_id) == (
        ann.id,
        "The wrong customer",
        str(shop.uma.id),
    )
    assert {"field": "left", "old": 5, "new": 0} in json.loads(event.canonical)["changes"]


def test_what_is_reserved_of_it_may_still_be_used(shop, add, take_back):
    bucket = add(5)
    values = {"user_id": shop.uma.id, "feature_name": "quotes", "amount": 12}
    held = reserve_quota(idempotency_key="r", **values)
    assert take_back(bucket)[1] == 3
    commit_reservation(reservation_id=held.id, idempotency_key="c")
    assert (shop.bucket().used, shop.bucket(source="topup").used) == (10, 2)
    assert list(drifts()) == []


def test_nothing_is_taken_back_twice_nor_after_its_end(shop, add, take_back):
    used_up, over = add(1), add(5, expires_at=clock.now() + timedelta(hours=1))
    bucket = add(5)
    take_back(bucket)
    over.expires_at, used_up.used = clock.now(), 1
    db.session.commit()
    for each in (bucket, over, used_up):
        with pytest.raises(NothingLeft):
            take_back(each)
    assert len(events(Action.QUOTA_TOP_UP_WITHDRAWN)) == 1
    assert top_ups_of(shop.acme.id) == []


def test_only_who_may_adjust_takes_back_and_only_top_ups(shop, add, take_back, bea):
    bucket = add(5)
    with pytest.raises(Denied):
        take_back(bucket, by=actor(bea))
    shop.use()
    with pytest.raises(NotFound):
        take_back(shop.bucket())


def test_the_list_tells_whose_and_how_much_is_left(shop, add):
    add(5), add(7, user=shop.uma)
    shop.use(amount=11)
    found = [(one.user_name, one.amount, one.left) for one in top_ups_of(shop.acme.id)]
    assert sorted(found, key=lambda one: one[1]) == [(None, 5, 4), ("Uma User", 7, 7)]


def test_of_a_single_use_the_page_speaks_of_one(ann_client, add):
    page = ann_client.get(f"/entitlements/top-ups/{add(1).id}/withdraw")
    assert "1 of 1 is left" in page.text


def test_by_the_page(ann_client, shop, add):
    bucket = add(5)
    usage = ann_client.soup(f"/entitlements/tenants/{shop.acme.id}/usage")
    url = usage.select_one("#top-ups a.btn-outline-danger")["href"]
    assert "5 of 5 are left" in ann_client.get(url).text
    assert ann_client.submit(url, reason="").status_code == 422
    assert ann_client.submit(url, reason="asked for").status_code == 303
    assert bucket.expires_at is not None
    assert ann_client.soup(f"/entitlements/tenants/{shop.acme.id}/usage").select("#top-ups") == []
    assert ann_client.submit(url, reason="again").status_code == 422


def test_by_the_api(ann_client, shop, add):
    url = f"/api/entitlements/top-ups/{add(5).id}/withdraw"
    answer = ann_client.call("POST", url, {"reason": "asked for"})
    assert (answer.status_code, answer.get_json()["withdrawn"]) == (200, 5)
    again = ann_client.call("POST", url, {})
    assert (again.status_code, again.get_json()["code"]) == (409, "conflict")
    assert ann_client.call("POST", url.replace("top-ups/", "top-ups/99"), {}).status_code == 404


def test_an_agent_sees_them_and_takes_none_back(bea_client, shop, add):
    url = f"/entitlements/top-ups/{add(5).id}/withdraw"
    usage = bea_client.soup(f"/entitlements/tenants/{shop.acme.id}/usage")
    assert usage.select("#top-ups tr")[1:] != []
    assert usage.select("#top-ups a.btn-outline-danger") == []
    assert bea_client.get(url).status_code == 403
