"""Pages of many codes at once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.once import new_once
from portal.coupons.batches import create_batch
from portal.coupons.models import Coupon, CouponBatch
from portal.coupons.terms import Terms
from portal.staff.models import Admin
from tests.cast import signed_in
from tests.client import parsed
from tests.coupons.conftest import small_terms
from tests.statements import counted

URL = "/coupons/batches"
NEW = f"{URL}/new"
TYPED = {
    "count": "5",
    "prefix": "FAIR",
    "kind": "percent",
    "percent": "15",
    "duration": "once",
    "max_redemptions": "1",
}


@pytest.fixture
def typed(app):
    """What somebody of marketing may give alone."""
    return {**TYPED, "redeem_by": f"{clock.now() + timedelta(days=20):%Y-%m-%dT%H:%M}"}


def make(count=5, by=SYSTEM, terms=None, **more):
    terms = terms or Terms(basis_points=1500, max_redemptions=1, description="Fair")
    row = create_batch(by=by, once=new_once(), prefix="FAIR", count=count, terms=terms, **more)
    db.session.commit()
    return row


@pytest.fixture
def meg_client(app, meg):
    return signed_in(app, db.session.get_one(Admin, meg.id))


@pytest.fixture
def waiting(meg):
    return make(150, meg, small_terms(max_redemptions=1), asks_approval=True)


def batches():
    return db.session.scalars(sa.select(CouponBatch)).all()


def events(action):
    return db.session.scalars(sa.select(AuditEvent).filter_by(action=action)).all()


def test_a_form_makes_the_codes_and_shows_them(mo_client, catalog):
    answer = mo_client.submit(NEW, **TYPED)
    (row,) = batches()
    assert (answer.status_code, answer.location) == (303, f"{URL}/{row.id}")
    page = mo_client.soup(answer.location)
    assert "5 codes FAIR-… can be used now" in page.get_text()
    codes = [a.get_text() for a in page.select("#code-rows a")]
    assert len(set(codes)) == 5
    assert len(mo_client.soup(URL).select("#batch-rows tr")) == 1


def test_the_same_form_sent_twice_makes_one_batch(mo_client, catalog):
    once = mo_client.soup(NEW).select_one("[name=once]")["value"]
    answers = [mo_client.submit(NEW, **TYPED, once=once) for _ in range(2)]
    assert {answer.location for answer in answers} == {f"{URL}/{batches()[0].id}"}
    assert len(batches()) == 1


def test_two_forms_have_two_marks(mo_client, catalog):
    marks = {mo_client.soup(NEW).select_one("[name=once]")["value"] for _ in range(2)}
    assert len(marks) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"count": ""}, "count"),
        ({"count": "10001"}, "count"),
        ({"count": "x"}, "count"),
        ({"prefix": "-x"}, "prefix"),
        ({"percent": "0"}, "percent"),
        ({"redeem_by": "never"}, "redeem_by"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    mo_client, catalog, wrong, field
):
    answer = mo_client.submit(NEW, **{**TYPED, "description": "For the fair", **wrong})
    assert answer.status_code == 422
    page = parsed(answer)
    assert page.select_one(f"#{field}-error")
    assert page.select_one("#description")["value"] == "For the fair"
    assert batches() == []


def test_marketing_is_told_what_it_passes_and_asks_in_the_same_form(meg_client, catalog, typed):
    refused = meg_client.submit(NEW, **{**typed, "count": "101"})
    assert refused.status_code == 422
    assert "its codes together can be used more than 100 times" in refused.text
    asked = meg_client.submit(NEW, **{**typed, "count": "101"}, step="ask")
    assert asked.status_code == 303
    assert batches()[0].status == "awaiting_approval"


def test_a_manager_approves_all_codes_with_one_button(mo_client, waiting):
    assert "One batch waits" in mo_client.soup(URL).get_text()
    assert mo_client.soup("/coupons").select_one("#waiting-batches")
    answer = mo_client.submit(f"{URL}/{waiting.id}/approve", reason="agreed")
    assert answer.status_code == 303
    assert set(db.session.scalars(sa.select(Coupon.status))) == {"active"}
    again = mo_client.submit(f"{URL}/{waiting.id}/approve")
    assert (again.status_code, "do not wait for approval" in again.text) == (422, True)


def test_beside_a_refused_decision_the_codes_can_be_paged_on(mo_client, waiting):
    refused = parsed(mo_client.submit(f"{URL}/{waiting.id}/reject"))
    more = mo_client.get(refused.select_one("[rel=next]")["href"])
    assert (more.status_code, len(parsed(more).select("#code-rows tr"))) == (200, 50)


def test_of_two_who_decide_the_second_is_not_told_that_the_codes_wait(mo_client, waiting):
    mo_client.submit(f"{URL}/{waiting.id}/approve")
    late = parsed(mo_client.submit(f"{URL}/{waiting.id}/reject", reason="too many"))
    assert "do not wait for approval" in late.select_one(".error-summary").get_text()
    assert late.select_one("#approval") is None


def test_a_code_of_a_batch_that_waits_leads_to_where_it_is_decided_on(mo_client, waiting):
    code = db.session.scalar(sa.select(sa.func.min(Coupon.id)))
    card = mo_client.soup(f"/coupons/{code}").select_one("#approval")
    assert card.select_one(f'a[href="{URL}/{waiting.id}"]')
    assert "maker" not in card.get_text()


def test_to_reject_codes_needs_a_reason(mo_client, waiting):
    bare = mo_client.submit(f"{URL}/{waiting.id}/reject")
    assert (bare.status_code, "Say why you reject it." in bare.text) == (422, True)
    assert mo_client.submit(f"{URL}/{waiting.id}/reject", reason="no").status_code == 303
    assert set(db.session.scalars(sa.select(Coupon.status))) == {"rejected"}


def test_whoever_asked_reads_why_the_codes_were_rejected(meg_client, mo_client, waiting):
    mo_client.submit(f"{URL}/{waiting.id}/reject", reason="too many")
    said = meg_client.soup(f"{URL}/{waiting.id}").select_one(".facts").get_text(" ", strip=True)
    assert "Rejected by mo@boxcostpro.test Rejected because too many" in said
    mo_client.submit(f"{URL}/{waiting.id}/disable", reason="tidied up")
    said = meg_client.soup(f"{URL}/{waiting.id}").select_one(".facts").get_text(" ", strip=True)
    assert "Decided by mo@boxcostpro.test Disabled because tidied up" in said


def test_whoever_asked_sees_that_somebody_else_decides(meg_client, waiting):
    page = meg_client.soup(f"{URL}/{waiting.id}")
    assert "You asked for this yourself" in page.get_text()
    assert meg_client.submit(f"{URL}/{waiting.id}/approve").status_code == 403


def test_all_codes_are_disabled_with_a_reason(mo_client):
    row = make()
    place = f"{URL}/{row.id}/disable"
    assert mo_client.submit(place).status_code == 422
    assert mo_client.submit(place, reason="leaked").status_code == 303
    assert set(db.session.scalars(sa.select(Coupon.status))) == {"disabled"}
    again = mo_client.submit(place, reason="again")
    assert (again.status_code, "disabled already" in again.text) == (422, True)
    for page in (parsed(again), mo_client.soup(place)):
        assert page.select("main form") == []


def test_the_codes_are_taken_away_as_a_table_and_that_is_recorded(mo_client):
    row = make()
    answer = mo_client.get(f"{URL}/{row.id}/codes.csv")
    assert answer.mimetype == "text/csv"
    lines = answer.text.splitlines()
    assert (lines[0].split(",")[0], len(lines)) == ("code", 6)
    (event,) = events(Action.COUPON_CODES_EXPORTED)
    assert event.target_label == "5 codes FAIR-…"


def test_whoever_only_looks_takes_no_codes_away(app, bea_client):
    row = make()
    assert bea_client.get(f"{URL}/{row.id}").status_code == 200
    for path in (NEW, f"{URL}/{row.id}/codes.csv", f"{URL}/{row.id}/disable"):
        assert bea_client.get(path).status_code == 403


def test_a_page_of_a_large_batch_costs_as_much_as_of_a_small_one(mo_client):
    costs = []
    for count in (2, 5_000):
        url = f"{URL}/{make(count).id}"
        with counted() as statements:
            assert mo_client.get(url).status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 6


def test_the_list_of_coupons_shows_codes_of_a_batch_to_whoever_searches(mo_client):
    make(3)
    assert mo_client.soup("/coupons").select("#coupon-rows tr") == []
    assert len(mo_client.soup("/coupons?q=fair-").select("#coupon-rows tr")) == 3


def test_a_code_of_a_batch_leads_to_it(mo_client):
    row = make(1)
    coupon_id = db.session.scalar(sa.select(Coupon.id))
    page = mo_client.soup(f"/coupons/{coupon_id}")
    assert page.select_one(f'a[href="{URL}/{row.id}"]')


def test_without_a_batch_the_list_says_what_to_do(app, mo_client, bea_client):
    assert mo_client.soup(URL).select_one(f'.empty a[href="{NEW}"]')
    assert bea_client.soup(URL).select_one(".empty a") is None
    assert mo_client.get(f"{URL}/999999").status_code == 404


def test_like_another_coupon_begins_with_its_terms(mo_client, catalog):
    make(1)
    coupon_id = db.session.scalar(sa.select(Coupon.id))
    page = mo_client.soup(f"{NEW}?like={coupon_id}")
    assert page.select_one("#percent")["value"] == "15"
    assert page.select_one("#max_redemptions")["value"] == "1"
