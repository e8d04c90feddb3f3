"""Instants are told in whole seconds, and are true as they are told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.clock import second_from, second_of, through_second
from portal.core.database import db
from portal.customers.models import Tenant
from portal.customers.tokens import issue_service_token
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import QuotaBucket, UserEntitlement
from portal.entitlements.reservations import reserve_quota
from portal.entitlements.terms import BadTerms
from portal.entitlements.topups import BadExpiry
from portal.subscriptions.assignments import cancel_plan
from portal.subscriptions.models import Subscription
from tests.entitlements.shop import Shop, make_shop

MOMENT = datetime(2026, 3, 5, 10, 20, 30, 700_000, UTC)
FRACTION = MOMENT - second_of(MOMENT)
SCOPES = [
    "customers:write",
    "entitlements:check",
    "entitlements:consume",
    "entitlements:write",
]
_keys = count()


class Till:
    """Acme's shop since a fraction of a second, and the program that stands behind it."""

    def __init__(self, shop: Shop, client) -> None:
        self.shop, self.client = shop, client
        token = issue_service_token(by=SYSTEM, name="Product", scopes=SCOPES).text
        self.headers = {"Authorization": f"Bearer {token}"}
        self.uma = f"/api/entitlements/users/{shop.uma.id}"

    def send(self, method: str, path: str, **body):
        headers = self.headers | {"Idempotency-Key": f"till-{next(_keys)}"}
        return self.client.open(path, method=method, json=body, headers=headers)

    def check(self, feature_name: str = "quotes", user: str = "", **more):
        path = f"{user or self.uma}/check-access"
        return self.send("POST", path, feature_name=feature_name, **more).get_json()

    def consume(self, amount: int):
        return self.send("POST", f"{self.uma}/consume", feature_name="quotes", amount=amount)

    def end_of_plan(self) -> datetime:
        db.session.expire_all()
        return db.session.scalars(sa.select(Subscription.ends_at)).one()


@pytest.fixture
def shop(app: Flask) -> Iterator[Shop]:
    with time_machine.travel(MOMENT, tick=False):
        yield make_shop()


@pytest.fixture
def till(shop, client) -> Till:
    return Till(shop, client)


def later(**delta: float):
    return time_machine.travel(MOMENT + timedelta(**delta), tick=False)


def test_a_reset_comes_at_the_told_instant(till):
    told = till.consume(10).get_json()["resets_at"]
    assert till.check()["allowed"] is False
    found = till.check(at=told, quantity=10)
    assert (found["allowed"], found["limit"]["used"]) == (True, 0)
    assert found["evaluated_at"] == told < found["next_change_at"]
    with time_machine.travel(datetime.fromisoformat(told), tick=False):
        assert till.check()["next_change_at"] > told
        assert till.consume(10).status_code == 200


def test_the_second_before_a_reset_is_of_the_old_period(till):
    end = datetime.fromisoformat(till.consume(10).get_json()["resets_at"])
    assert till.check(at=(end - timedelta(seconds=1)).isoformat())["allowed"] is False
    with time_machine.travel(end - timedelta(microseconds=1), tick=False):
        assert till.check()["allowed"] is False


def keep_fractions() -> None:
    """As rows were written before: periods counted from a fraction of a second."""
    end = db.session.scalar(sa.select(QuotaBucket.period_end)) + FRACTION
    db.session.execute(sa.update(QuotaBucket).values(period_end=end))
    db.session.execute(sa.update(Subscription).values(anchor_at=MOMENT))


def test_a_reset_of_an_older_row_is_true_as_it_is_told_too(till):
    told = till.consume(10).get_json()["resets_at"]
    keep_fractions()
    assert till.check()["limit"]["resets_at"] == told
    found = till.check(at=told)
    assert (found["allowed"], found["limit"]["used"]) == (True, 0)
    assert found["next_change_at"] > told
    with time_machine.travel(datetime.fromisoformat(told) + FRACTION, tick=False):
        assert till.consume(10).get_json()["resets_at"] == found["next_change_at"]
        assert till.shop.bucket().period_end.microsecond == 0


def test_a_tenant_that_just_came_is_active_as_of_the_told_instants(till):
    path = "/api/customers/tenants/birch"
    tenant = till.send("PUT", path, name="Birch", plan="metered").get_json()
    person = {"name": "Bo Birch", "email": "bo@birch.test"}
    user = till.send("PUT", f"{path}/users/bo", **person).get_json()
    bo = f"/api/entitlements/users/{user['id']}"
    told = till.check(user=bo)["evaluated_at"]
    for passed in (0.2, 5):
        with later(seconds=passed):
            for at in (tenant["created_at"], told):
                found = till.check(user=bo, at=at)
                assert (found["reason"], found["evaluated_at"]) == ("PLAN_ENTITLEMENT", at)


def test_a_fraction_is_meant_exactly(till):
    with later(seconds=1.1):
        grant_user_feature(by=SYSTEM, user=till.shop.uma, feature_name="reports")
        db.session.commit()
    with later(seconds=9):
        asked = ["2026-03-05T10:20:31Z", "2026-03-05T10:20:31.799Z", "2026-03-05T10:20:31.8Z"]
        told = [till.check("reports", at=at)["allowed"] for at in asked]
    assert told == [True, False, True]


def test_many_features_are_answered_as_of_the_told_instant(till):
    told = till.consume(10).get_json()["resets_at"]
    path = f"{till.uma}/check-access/batch"
    found = till.send("POST", path, features=["quotes", "calls"], at=told).get_json()
    assert [item["allowed"] for item in found["items"]] == [True, True]
    assert found["evaluated_at"] == told


@pytest.mark.parametrize("fraction", ["", ".000", ".700", ".999999"])
def test_a_grant_is_over_at_its_told_end(till, fraction):
    asked = f"2026-03-10T00:00:00{fraction}Z"
    answer = till.send("POST", f"{till.uma}/grant", feature_name="reports", expires_at=asked)
    told = answer.get_json()["grant"]["expires_at"]
    assert told == "2026-03-10T00:00:00Z"
    assert till.check("reports", at=told)["allowed"] is False
    assert till.check("reports", at="2026-03-09T23:59:59Z")["next_change_at"] == told
    with time_machine.travel(datetime.fromisoformat(told), tick=False):
        assert till.check("reports")["allowed"] is False


def test_a_grant_begins_at_its_told_start(till):
    terms = {"feature_name": "reports", "starts_at": "2026-03-10T00:00:00.700Z"}
    answer = till.send("POST", f"{till.uma}/grant", **terms).get_json()
    told = answer["grant"]["starts_at"]
    assert answer["after"]["next_change_at"] == told == "2026-03-10T00:00:00Z"
    with time_machine.travel(datetime.fromisoformat(told), tick=False):
        assert till.check("reports")["allowed"] is True


def test_what_begins_within_this_second_begins_now(till):
    terms = {"feature_name": "reports", "starts_at": clock.now() + timedelta(seconds=0.2)}
    assert grant_user_feature(by=SYSTEM, user=till.shop.uma, **terms).after.allowed is True


@pytest.mark.parametrize(
    "terms",
    [
        {"expires_at": MOMENT + timedelta(seconds=0.2)},
        {
            "starts_at": MOMENT + timedelta(seconds=60.4),
            "expires_at": MOMENT + timedelta(seconds=60.8),
        },
    ],
)
def test_nothing_is_given_that_would_be_over_as_it_begins(shop, terms):
    with pytest.raises(BadTerms) as refusal:
        grant_user_feature(by=SYSTEM, user=shop.uma, feature_name="reports", **terms)
    assert refusal.value.field == "expires_at"
    assert db.session.scalars(sa.select(UserEntitlement)).all() == []


def test_a_top_up_is_over_at_its_told_end(till, add):
    assert add(5, expires_at=MOMENT + timedelta(seconds=60.1)).expires_at.microsecond == 0
    with pytest.raises(BadExpiry):
        add(5, expires_at=MOMENT + timedelta(seconds=0.2))


def test_what_is_held_is_held_no_shorter_than_promised(shop):
    second = timedelta(seconds=1)
    values = {"user_id": shop.uma.id, "feature_name": "quotes", "idempotency_key": "hold"}
    reserve_quota(expires_in=second, **values)
    (held,) = shop.events("reserve")
    assert held.expires_at == datetime(2026, 3, 5, 10, 20, 32, tzinfo=UTC)
    assert second <= held.expires_at - MOMENT < 2 * second


def test_a_plan_is_over_at_its_told_end(till):
    acme = db.session.scalars(sa.select(Tenant)).one()
    cancel_plan(by=SYSTEM, tenant=acme, at=MOMENT + timedelta(days=3, seconds=0.1))
    told = datetime.fromisoformat(till.check("reports")["next_change_at"])
    assert till.end_of_plan() == told == second_of(MOMENT) + timedelta(days=3)


def test_a_plan_that_ends_within_this_second_ends_now(till):
    acme = db.session.scalars(sa.select(Tenant)).one()
    cancel_plan(by=SYSTEM, tenant=acme, at=MOMENT + timedelta(seconds=0.2))
    assert till.end_of_plan() == MOMENT


def test_a_second_has_a_first_and_a_last_instant():
    whole = second_of(MOMENT)
    assert [second_of(whole), second_from(whole)] == [whole, whole]
    assert second_from(MOMENT) == whole + clock.SECOND
    assert through_second(whole) == whole.replace(microsecond=999_999)
    assert through_second(MOMENT) == MOMENT
