"""Goodwill beyond a limit: somebody else decides."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Denied
from portal.coupons.models import Coupon
from portal.entitlements.checks import check_feature_access
from portal.staff.models import Notice
from portal.support.drafts import draft_of
from portal.support.goodwill import withdraw
from portal.support.goodwill_budgets import standing_of
from portal.support.goodwill_deciding import NotWaiting, OwnRequest, approve, may_decide, reject
from portal.support.goodwill_list import gestures_of
from portal.support.goodwill_terms import BadGesture
from portal.support.goodwill_writing import NoGoodwillHere, ticket_of
from portal.support.merging import merge
from portal.support.words import MessageKind, Status
from tests.cast import actor, make_user
from tests.support.desk import make_ticket
from tests.support.goodwill import REPORTS, asked, coupon, feature, given, on_plan


@pytest.fixture
def uma(acme, catalog):
    on_plan(acme, "basic")
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def waiting(ticket, bea):
    return asked(ticket, bea, feature(30))


def standing(admin, tenant):
    return standing_of(admin_id=admin.id, tenant_id=tenant.id, at=clock.now())


def count(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_what_is_asked_for_gives_and_takes_nothing(waiting, bea, acme, uma):
    assert (waiting.status, waiting.sentence, waiting.spent_cents) == (
        "awaiting_approval",
        None,
        0,
    )
    assert standing(bea, acme).agent_spent == standing(bea, acme).tenant_spent == 0
    assert not check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed


def test_asking_needs_a_reason(ticket, bea):
    with pytest.raises(BadGesture) as refused:
        asked(ticket, bea, coupon(30), reason=" ")
    assert refused.value.field == "reason"


def test_somebody_else_approves_and_the_reply_is_ready(waiting, ticket, bea, mo, uma, acme):
    row = approve(by=actor(mo), gesture_id=waiting.id, reason="fair")
    assert (row.status, row.decided_by, row.requested_by) == ("given", mo.id, bea.id)
    assert check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed
    assert draft_of(ticket, bea.id, MessageKind.PUBLIC) == row.sentence
    notice = db.session.scalars(sa.select(Notice).filter_by(admin_id=bea.id)).one()
    assert "approved 30 days of Custom Reports" in notice.text
    assert (standing(bea, acme).agent_spent, standing(mo, acme).agent_spent) == (0, 0)
    assert standing(bea, acme).tenant_spent == row.value_cents


def test_an_approval_passes_what_a_customer_may_get_alone(ticket, bea, mo, ann, acme):
    for _ in range(8):
        approve(by=actor(ann), gesture_id=asked(ticket, mo, coupon(50)).id)
    assert standing(bea, acme).tenant_left == 15_000 - 8 * 1450


def test_nobody_approves_what_they_asked_for(ticket, mo, ann):
    row = asked(ticket, mo, coupon(30))
    assert not may_decide(actor(mo), row)
    for deed in (approve, reject):
        with pytest.raises(OwnRequest):
            deed(by=actor(mo), gesture_id=row.id)
    assert may_decide(actor(ann), row)


def test_an_agent_decides_on_nothing(waiting, cy):
    for deed in (approve, reject):
        with pytest.raises(Denied):
            deed(by=actor(cy), gesture_id=waiting.id)


def test_what_is_rejected_gives_nothing(waiting, mo, ann, uma):
    assert reject(by=actor(mo), gesture_id=waiting.id, reason="no").status == "rejected"
    assert not check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed
    for deed in (approve, reject):
        with pytest.raises(NotWaiting):
            deed(by=actor(ann), gesture_id=waiting.id)


def test_a_request_is_withdrawn_and_nobody_decides_any_more(waiting, bea, mo):
    withdraw(by=actor(bea), gesture_id=waiting.id)
    with pytest.raises(NotWaiting):
        approve(by=actor(mo), gesture_id=waiting.id)
    assert count(Coupon) == 0


def test_nothing_is_approved_for_a_ticket_that_is_gone(waiting, ticket, mo):
    ticket.status = Status.SPAM
    with pytest.raises(NoGoodwillHere):
        approve(by=actor(mo), gesture_id=waiting.id)


def test_a_merged_ticket_takes_its_gestures_along(ticket, waiting, uma, bea, mo):
    first, last = make_ticket(uma), make_ticket(uma)
    other = given(first, bea, coupon(10))
    merge(by=actor(bea), source=ticket, target=first)
    merge(by=actor(bea), source=first, target=last)
    assert ticket_of(waiting).id == ticket_of(other).id == last.id
    assert {line.id for line in gestures_of(last)} == {waiting.id, other.id}
    approve(by=actor(mo), gesture_id=waiting.id)
    assert draft_of(last, bea.id, MessageKind.PUBLIC) == waiting.sentence


def test_the_portal_itself_gives_nothing(ticket, bea):
    with pytest.raises(Denied):
        withdraw(by=SYSTEM, gesture_id=given(ticket, bea, coupon(10)).id)


def test_whoever_may_decide_is_told_and_nobody_else(ticket, bea, cy, mo, ann):
    row = asked(ticket, mo, coupon(40))
    told = db.session.execute(sa.select(Notice.admin_id, Notice.url, Notice.text)).all()
    assert [(who, url) for who, url, _ in told] == [(ann.id, f"/support/goodwill/{row.id}")]
    assert told[0].text.startswith(f"{ticket.number} of Acme: {mo.name} asks to make it good")
