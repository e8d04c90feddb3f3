"""Taking from a quota: exactly what the limit says, once for each key."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.core.actor import SYSTEM
from portal.core.database import db, is_sqlite
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.models import QuotaAlert, QuotaEvent
from portal.entitlements.quotas import MOST_AT_ONCE, check_quota_available
from portal.entitlements.refusals import (
    AmountRefused,
    FeatureDenied,
    KeyReused,
    NotConsumed,
    QuotaExceeded,
)
from tests.cast import make_user
from tests.statements import heard


def test_a_use_answers_what_is_used_and_left(shop):
    shop.use(amount=3)
    result = shop.use(amount=2).result
    assert (result["consumed"], result["used"], result["limit"]) == (2, 5, 10)
    assert (result["remaining"], result["unlimited"]) == (5, False)
    assert result["resets_at"].endswith("Z")


def test_the_last_one_is_granted_and_one_more_is_not(shop):
    shop.use(amount=9)
    assert shop.use().result["remaining"] == 0
    with pytest.raises(QuotaExceeded) as refusal:
        shop.use()
    assert refusal.value.more["used"] == refusal.value.more["limit"] == 10
    assert shop.bucket().used == 10


def test_more_than_is_left_is_refused_whole(shop):
    shop.use(amount=8)
    with pytest.raises(QuotaExceeded):
        shop.use(amount=3)
    assert shop.bucket().used == 8


def test_a_part_is_granted_when_a_part_will_do(shop):
    shop.use(amount=8)
    assert shop.use(amount=3, partial=True).consumed == 2
    with pytest.raises(QuotaExceeded):
        shop.use(amount=3, partial=True)


def test_the_same_key_again_gets_the_same_answer(shop):
    first = shop.use(amount=2, idempotency_key="one")
    shop.use(amount=5)
    again = shop.use(amount=2, idempotency_key="one")
    assert (again.id, again.result, again.is_replay) == (first.id, first.result, True)
    assert not first.is_replay
    assert shop.bucket().used == 7


def test_a_key_for_another_request_is_refused(shop):
    shop.use(idempotency_key="one")
    with pytest.raises(KeyReused):
        shop.use(amount=2, idempotency_key="one")
    with pytest.raises(KeyReused):
        shop.use("calls", idempotency_key="one")
    assert shop.bucket().used == 1


def test_a_refusal_leaves_the_key_free(shop):
    with pytest.raises(QuotaExceeded):
        shop.use(amount=11, idempotency_key="one")
    db.session.rollback()
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=20)
    db.session.commit()
    assert shop.use(amount=11, idempotency_key="one").consumed == 11


def test_an_answer_can_be_had_again_after_access_is_lost(shop):
    first = shop.use(idempotency_key="one")
    shop.acme.status = "suspended"
    shop.acme.entitlement_version += 1
    db.session.commit()
    assert shop.use(idempotency_key="one").result == first.result
    with pytest.raises(FeatureDenied):
        shop.use(idempotency_key="two")


def test_a_feature_that_is_not_allowed_says_why(shop):
    with pytest.raises(FeatureDenied) as refusal:
        shop.use("reports")
    assert refusal.value.more["reason"] == "PLAN_LEVEL_TOO_LOW"
    with pytest.raises(FeatureDenied) as refusal:
        shop.use("nonsense")
    assert refusal.value.more["reason"] == "UNKNOWN_FEATURE"


@pytest.mark.parametrize("amount", [0, -1, MOST_AT_ONCE + 1, 2**70, True])
def test_an_amount_is_a_number_of_things(shop, amount):
    with pytest.raises(AmountRefused):
        shop.use(amount=amount)


def test_what_is_unlimited_is_counted(shop):
    result = shop.use("searches", amount=1000).result
    assert result == {
        "consumed": 1000,
        "used": 1000,
        "limit": None,
        "remaining": None,
        "resets_at": result["resets_at"],
        "unlimited": True,
    }


def test_what_is_neither_limited_nor_metered_is_counted_by_the_month(shop):
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="reports")
    db.session.commit()
    result = shop.use("reports").result
    assert (result["used"], result["unlimited"]) == (1, True)
    assert shop.bucket("reports").interval == "month"


def test_a_soft_limit_is_passed_as_far_as_its_cap(shop):
    assert shop.use("mails", amount=12).result["remaining"] == 0
    assert shop.use("mails", amount=3).result["used"] == 15
    with pytest.raises(QuotaExceeded):
        shop.use("mails")


def test_seats_are_not_consumed(shop):
    with pytest.raises(NotConsumed):
        shop.use("multi_user")


def test_asking_takes_nothing(shop):
    assert check_quota_available(user_id=shop.uma.id, feature_name="quotes", amount=10).is_available
    found = check_quota_available(user_id=shop.uma.id, feature_name="quotes", amount=11)
    assert (found.is_available, found.reason) == (False, "PLAN_ENTITLEMENT_USAGE_EXCEEDED")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(QuotaEvent)) == 0


def test_a_users_own_limit_has_a_counter_of_its_own(shop):
    shop.use(amount=4)
    grant_user_feature(by=SYSTEM, user=shop.uma, feature_name="quotes", quota_limit=100)
    db.session.commit()
    assert shop.use(amount=50).result["remaining"] == 50
    assert shop.bucket(user_key=0).used == 4
    assert shop.bucket(user_key=shop.uma.id).used == 50


def test_a_tenants_explicit_limit_caps_a_users_own(shop):
    grant_user_feature(by=SYSTEM, user=shop.uma, feature_name="quotes", quota_limit=100)
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=30)
    db.session.commit()
    result = shop.use(amount=30).result
    assert (result["limit"], result["remaining"]) == (30, 0)
    assert shop.bucket(user_key=shop.uma.id).used == shop.bucket(user_key=0).used == 30
    with pytest.raises(QuotaExceeded):
        shop.use()


def test_a_changed_limit_keeps_what_was_used(shop):
    shop.use(amount=8)
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=5)
    db.session.commit()
    with pytest.raises(QuotaExceeded) as refusal:
        shop.use()
    assert (refusal.value.block.used, refusal.value.block.remaining) == (8, 0)
    db.session.rollback()
    grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=9)
    db.session.commit()
    assert shop.use().result["used"] == 9


def test_a_new_period_begins_with_nothing_used(shop):
    shop.use(amount=10)
    end = shop.bucket().period_end
    with time_machine.travel(end - timedelta(microseconds=1), tick=False):
        with pytest.raises(QuotaExceeded):
            shop.use()
        db.session.rollback()
    with time_machine.travel(end, tick=False):
        assert shop.use().result["used"] == 1
    assert shop.bucket().period_start == end


def test_another_users_key_gives_away_no_answer(shop):
    """Two users of one tenant, who send the same words under the same key."""
    other = make_user(shop.acme, "Otto Other")
    shop.use(idempotency_key="one", request_sha256=b"same")
    with pytest.raises(KeyReused):
        shop.use(user_id=other.id, idempotency_key="one", request_sha256=b"same")
    assert shop.bucket().used == 1


def test_the_usual_use_writes_in_one_statement_or_two(shop, app):
    shop.use("searches")
    sent = []

    def note(connection, cursor, statement, *_):
        sent.append(statement.split()[0])

    with heard(note):
        shop.use("searches", is_alone=True)
    assert [word for word in sent if word != "SELECT"] == (
        ["UPDATE", "INSERT"] if is_sqlite() else ["WITH"]
    )


def test_a_use_that_stands_alone_goes_the_long_way_to_its_alerts(shop):
    for number in range(10):
        assert shop.use(is_alone=True, idempotency_key=f"{number}").result["used"] == number + 1
    assert shop.use(is_alone=True, idempotency_key="3").result["used"] == 4
    with pytest.raises(QuotaExceeded):
        shop.use(is_alone=True)
    fired = sa.select(QuotaAlert.threshold).order_by(QuotaAlert.threshold)
    assert db.session.scalars(fired).all() == [50, 80, 100]
