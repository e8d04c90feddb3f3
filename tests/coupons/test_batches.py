"""Many codes at once: different, unguessable, alike in what they say, and dealt with as one."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.core.once import FormUsed, new_once
from portal.coupons.approvals import NotWaiting, OwnRequest, approve_coupon, waiting_for
from portal.coupons.batch_codes import codes_csv, codes_page, uses_of
from portal.coupons.batches import (
    CodesUsedUp,
    approve_batch,
    batch_or_404,
    create_batch,
    disable_batch,
    name_of,
    reject_batch,
    terms_of_batch,
)
from portal.coupons.coupons import (
    AlreadyDisabled,
    InBatch,
    change_coupon,
    disable_coupon,
    enable_coupon,
)
from portal.coupons.generating import ALPHABET, DRAWN, drawn, new_codes
from portal.coupons.limits import BeyondLimits
from portal.coupons.models import Coupon, CouponBatch
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.terms import BadTerms, Terms, terms_of
from tests.coupons.conftest import buys, make_coupon, small_terms
from tests.statements import counted

ONE_USE = Terms(basis_points=2000, max_redemptions=1)
NAMED = Terms(basis_points=2000, max_redemptions=1, is_public=False)


def make_batch(count=5, by=SYSTEM, terms=ONE_USE, **more):
    values = {"once": new_once(), "prefix": "FAIR", **more}
    return create_batch(by=by, count=count, terms=terms, **values)


def coupons_of(batch):
    query = sa.select(Coupon).filter_by(batch_id=batch.id).order_by(Coupon.id)
    return db.session.scalars(query).all()


def events(action):
    return db.session.scalars(sa.select(AuditEvent).filter_by(action=action)).all()


def test_as_many_codes_are_made_as_were_asked_for_and_all_say_the_same(app, acme):
    batch = make_batch(50)
    rows = coupons_of(batch)
    assert len({row.code_key for row in rows}) == len(rows) == batch.size == 50
    assert {row.status for row in rows} == {"active"}
    assert all(terms_of(row) == terms_of_batch(batch) == ONE_USE for row in rows)
    assert all(row.code.startswith("FAIR-") for row in rows)
    assert redeem_coupon(by=SYSTEM, code=rows[7].code.lower(), purchase=buys(acme)).status
    assert uses_of(batch) == 1


def test_one_event_says_how_many_how_they_begin_and_what_they_are_worth(app):
    batch = make_batch(50)
    (event,) = events(Action.COUPON_BATCH_CREATED)
    assert event.target_label == name_of(batch) == "50 codes FAIR-…"
    canonical = event.canonical.decode()
    assert all(word in canonical for word in ('"count":50', '"FAIR"', '"basis_points":2000'))
    assert events(Action.COUPON_CREATED) == []


def test_a_code_is_drawn_from_letters_that_nobody_mixes_up_and_is_not_guessed():
    assert len(ALPHABET) ** DRAWN > 2**40
    assert not set("01ILOU") & set(ALPHABET)
    assert set(drawn()) <= {*ALPHABET, "-"}
    assert len(set(new_codes("", 2_000))) == 2_000


def test_what_is_drawn_twice_or_exists_already_is_drawn_again(app):
    make_coupon("fair-a")
    parts = iter("AABACDE")
    batch = make_batch(3, draw=lambda: next(parts))
    assert [row.code for row in coupons_of(batch)] == ["FAIR-B", "FAIR-C", "FAIR-D"]


def test_where_every_code_exists_it_is_said(app):
    make_batch(1, draw=lambda: "A")
    with pytest.raises(CodesUsedUp):
        make_batch(1, draw=lambda: "A")


def test_a_form_that_is_sent_twice_makes_one_batch(app):
    first, second = (make_batch(once="form") for _ in range(2))
    assert first.id == second.id
    assert len(coupons_of(first)) == 5
    assert len(events(Action.COUPON_BATCH_CREATED)) == 1


@pytest.mark.parametrize("more", [{"count": 6}, {"prefix": "B"}, {"terms": Terms(basis_points=1)}])
def test_a_form_that_was_used_makes_nothing_else(app, more):
    make_batch(once="form")
    with pytest.raises(FormUsed):
        make_batch(once="form", **more)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 10_001}, "count"),
        ({"prefix": "-A"}, "prefix"),
        ({"prefix": "A" * 21}, "prefix"),
        ({"prefix": "Ä"}, "prefix"),
        ({"terms": Terms()}, "basis_points"),
        ({"terms": Terms(basis_points=1, plans=("nothing",))}, "plans"),
        ({"terms": Terms(basis_points=1, is_public=False)}, "tenant_ids"),
        ({"tenant_ids": (1,)}, "tenant_ids"),
        ({"terms": NAMED, "tenant_ids": (999_999,)}, "tenant_ids"),
    ],
)
def test_what_cannot_be_made_is_named_and_leaves_nothing(app, more, field):
    with pytest.raises(BadTerms) as refusal:
        make_batch(**more)
    assert refusal.value.field == field
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CouponBatch)) == 0


def test_ten_thousand_codes_cost_no_more_statements_than_five(app):
    costs = []
    for size in (5, 10_000):
        with counted() as statements:
            batch = make_batch(size, prefix="")
        costs.append(len(statements))
    count = sa.select(sa.func.count()).where(Coupon.batch_id == batch.id)
    assert db.session.scalar(count) == 10_000
    assert max(costs) < 10


def test_codes_are_read_a_page_at_a_time_and_as_a_table(app):
    batch = make_batch(5)
    first = codes_page(batch_id=batch.id, cursor=None, limit=3)
    second = codes_page(batch_id=batch.id, cursor=first.next_cursor, limit=3)
    codes = [row.code for row in (*first.items, *second.items)]
    assert codes == [row.code for row in coupons_of(batch)]
    db.session.commit()
    lines = "".join(codes_csv(batch_id=batch.id)).splitlines()
    assert [line.split(",")[0] for line in lines] == ["code", *codes]


def test_marketing_gives_a_hundred_uses_in_all_codes_together(app, meg):
    terms = small_terms(max_redemptions=1)
    with pytest.raises(BeyondLimits, match="its codes together can be used more than 100 times"):
        make_batch(101, by=meg, terms=terms)
    db.session.rollback()


def test_more_codes_wait_until_another_person_decides_on_all_of_them(app, meg, mo_acts, acme):
    batch = make_batch(150, by=meg, terms=small_terms(max_redemptions=1), asks_approval=True)
    rows = coupons_of(batch)
    assert {batch.status, *(row.status for row in rows)} == {"awaiting_approval"}
    assert waiting_for(mo_acts) == 0
    with pytest.raises(InBatch):
        approve_coupon(by=mo_acts, coupon_id=rows[0].id)
    with pytest.raises(Denied):
        approve_batch(by=meg, batch_id=batch.id)
    approve_batch(by=mo_acts, batch_id=batch.id, reason="agreed")
    assert {batch.status, *(row.status for row in coupons_of(batch))} == {"active"}
    assert len(events(Action.COUPON_BATCH_APPROVED)) == 1
    with pytest.raises(NotWaiting):
        reject_batch(by=mo_acts, batch_id=batch.id)


def test_nobody_decides_on_codes_that_they_asked_for(app, meg, mo_acts):
    batch = make_batch(150, by=meg, terms=small_terms(max_redemptions=1), asks_approval=True)
    batch.requested_by = mo_acts.id
    with pytest.raises(OwnRequest):
        approve_batch(by=mo_acts, batch_id=batch.id)


def test_rejected_codes_stay_unused(app, meg, mo_acts):
    batch = make_batch(150, by=meg, terms=small_terms(max_redemptions=1), asks_approval=True)
    reject_batch(by=mo_acts, batch_id=batch.id)
    row = coupons_of(batch)[0]
    disable_coupon(by=meg, coupon_id=row.id)
    with pytest.raises(InBatch):
        enable_coupon(by=meg, coupon_id=row.id)


def test_a_batch_is_disabled_whole_and_for_good(app):
    batch = make_batch(3)
    rows = coupons_of(batch)
    disable_coupon(by=SYSTEM, coupon_id=rows[0].id)
    disable_batch(by=SYSTEM, batch_id=batch.id, reason="leaked")
    assert {row.status for row in coupons_of(batch)} == {"disabled"}
    (event,) = events(Action.COUPON_BATCH_DISABLED)
    assert (event.reason, '"codes":2' in event.canonical.decode()) == ("leaked", True)
    with pytest.raises(AlreadyDisabled):
        disable_batch(by=SYSTEM, batch_id=batch.id)
    with pytest.raises(InBatch):
        enable_coupon(by=SYSTEM, coupon_id=rows[0].id)


def test_one_leaked_code_is_disabled_alone_and_changed_never(app):
    batch = make_batch(3)
    row = coupons_of(batch)[0]
    disable_coupon(by=SYSTEM, coupon_id=row.id)
    enable_coupon(by=SYSTEM, coupon_id=row.id)
    assert batch.status == row.status == "active"
    with pytest.raises(InBatch):
        change_coupon(by=SYSTEM, coupon_id=row.id, terms=Terms(basis_points=100))


def test_nobody_asks_for_a_single_code_to_be_enabled_beyond_their_limits(app, meg, mo_acts):
    batch = make_batch(3, terms=Terms(basis_points=9000, max_redemptions=1))
    row = coupons_of(batch)[0]
    disable_coupon(by=mo_acts, coupon_id=row.id)
    with pytest.raises(BeyondLimits):
        enable_coupon(by=meg, coupon_id=row.id, asks_approval=True)
    assert enable_coupon(by=mo_acts, coupon_id=row.id).status == "active"


@pytest.mark.parametrize("deed", [approve_batch, reject_batch, disable_batch])
def test_a_batch_that_does_not_exist_is_not_found(app, mo_acts, deed):
    with pytest.raises(NotFound):
        deed(by=mo_acts, batch_id=999_999)
    with pytest.raises(NotFound):
        batch_or_404(999_999)
