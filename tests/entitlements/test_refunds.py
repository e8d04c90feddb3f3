"""What is given back goes where it came from, once, and never more than was taken."""

import pytest
import time_machine

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.entitlements.reconcile import drifts
from portal.entitlements.refunds import NothingLeft, lines_back, refund_consumption
from portal.entitlements.topups import reset_quota
from tests.cast import actor


def give_back(consumption, amount=None, key="refund"):
    return refund_consumption(
        by=SYSTEM, consumption_id=consumption.id, amount=amount, idempotency_key=key
    )


def test_a_refund_gives_all_of_it_back(shop):
    done = shop.use(amount=4)
    assert give_back(done).result["remaining"] == 10
    assert shop.bucket().used == 0
    event = db.session.query(AuditEvent).filter_by(action=Action.QUOTA_REFUNDED).one()
    assert event.target_id == str(shop.uma.id)


def test_the_same_refund_again_changes_nothing(shop):
    done = shop.use(amount=4)
    first, again = give_back(done, 1), give_back(done, 1)
    assert again.is_replay
    assert again.result == first.result
    assert shop.bucket().used == 3


def test_never_more_than_was_taken_is_given_back(shop):
    done = shop.use(amount=4)
    give_back(done, 3, key="a")
    with pytest.raises(NothingLeft):
        give_back(done, 2, key="b")
    give_back(done, key="c")
    with pytest.raises(NothingLeft):
        give_back(done, key="d")
    assert shop.bucket().used == 0


def test_a_refund_of_a_period_that_is_over_changes_no_balance(shop):
    done = shop.use(amount=4)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        shop.use(amount=2)
        assert give_back(done).result["used"] == 2
        assert shop.bucket().used == 2
        assert list(drifts()) == []
    assert [event.amount for event in shop.events("refund")] == [4]


def test_a_refund_after_the_period_rolls_it_first(shop):
    done = shop.use(amount=4)
    with time_machine.travel(shop.bucket().period_end, tick=False):
        assert give_back(done).result["used"] == 0
    assert len(shop.events("roll")) == 1
    assert list(drifts()) == []


def test_a_refund_after_a_reset_changes_no_balance(shop, ann):
    done = shop.use(amount=4)
    reset_quota(by=actor(ann), tenant=shop.acme, feature_name="quotes")
    db.session.commit()
    shop.use(amount=1)
    give_back(done)
    assert shop.bucket().used == 1
    assert list(drifts()) == []


def test_what_was_not_consumed_cannot_be_given_back(shop):
    with pytest.raises(NotFound):
        refund_consumption(by=SYSTEM, consumption_id=999, idempotency_key="x")


def line(bucket, used, pool=0):
    return {"bucket": bucket, "pool": pool, "period_start": "", "used": used, "reserved": 0}


def back(lines):
    return [(each["bucket"], each["used"]) for each in lines]


def test_the_newest_part_goes_back_first():
    taken = [line(1, 3), line(2, 5)]
    assert back(lines_back(taken, 0, 2)) == [(2, -2)]
    assert back(lines_back(taken, 2, 4)) == [(2, -3), (1, -1)]
    assert back(lines_back(taken, 6, 2)) == [(1, -2)]


def test_each_pool_gets_its_own_back():
    taken = [line(1, 3, pool=7), line(2, 1), line(3, 2)]
    assert back(lines_back(taken, 0, 3)) == [(3, -2), (2, -1), (1, -3)]
    assert back(lines_back(taken, 1, 1)) == [(3, -1), (1, -1)]
