"""`/coupons`: found, narrowed, in pages, and told what waits."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.coupons.approvals import reject_coupon
from portal.coupons.coupons import create_coupon, disable_coupon, new_columns
from portal.coupons.models import Coupon
from portal.coupons.redeeming import redeem_coupon
from portal.coupons.standing import Standing, standing_of, stands
from portal.coupons.terms import Terms
from tests.cast import make_admin, signed_in
from tests.coupons.conftest import buys, make_coupon
from tests.statements import counted

LIST = "/coupons"
MANY = 10_000
A_DAY = timedelta(days=1)


def codes(client, url=LIST):
    return [a.get_text() for a in client.soup(url).select("#coupon-rows a.code")]


def waiting(meg, code="HALF"):
    return create_coupon(by=meg, code=code, terms=Terms(basis_points=5000), asks_approval=True)


@pytest.fixture
def one_of_each(app, meg, mo_acts, acme):
    """A coupon for every way in which one can stand, by its name."""
    now = clock.now()
    make_coupon("active")
    make_coupon("scheduled", starts_at=now + A_DAY, max_redemptions=1)
    make_coupon("ended", redeem_by=now + timedelta(seconds=60), max_redemptions=1)
    make_coupon("used-up", max_redemptions=1, redeem_by=now + A_DAY)
    redeem_coupon(by=SYSTEM, code="used-up", purchase=buys(acme))
    db.session.execute(
        sa.update(Coupon).filter_by(code="ended").values(redeem_by=now, times_redeemed=1)
    )
    waiting(meg, "awaiting-approval")
    reject_coupon(by=mo_acts, coupon_id=waiting(meg, "rejected").id, reason="too much")
    disable_coupon(by=SYSTEM, coupon_id=make_coupon("disabled").id)
    db.session.commit()
    db.session.expire_all()


@pytest.mark.parametrize("standing", list(Standing))
def test_each_way_to_stand_is_a_filter_and_a_badge(bea_client, one_of_each, standing):
    page = bea_client.soup(f"{LIST}?status={standing}")
    (row,) = page.select("#coupon-rows tr")
    assert row.select_one("a.code").get_text() == standing.value.replace("_", "-")
    assert row.select_one(".badge").get_text() == standing.label


def test_what_a_query_says_of_a_coupon_its_row_says_as_well(one_of_each):
    rows, now = db.session.scalars(sa.select(Coupon)).all(), clock.now()
    named = {row.code.replace("-", "_") for row in rows}
    assert {standing_of(row, now).value for row in rows} == named == set(Standing)


def test_the_window_holds_its_start_and_not_its_end(app):
    start = clock.now()
    row = make_coupon(starts_at=start, redeem_by=start + A_DAY)
    for at, standing in (
        (start - timedelta(seconds=1), Standing.SCHEDULED),
        (start, Standing.ACTIVE),
        (start + A_DAY, Standing.ENDED),
    ):
        found = db.session.scalars(sa.select(Coupon.id).where(stands(standing, at))).all()
        assert (standing_of(row, at), found) == (standing, [row.id])


def test_a_line_says_what_a_coupon_is_worth_and_how_often_it_was_used(bea_client, acme):
    make_coupon("TEN", amounts={"USD": 1000, "EUR": 900}, max_redemptions=100, is_stackable=True)
    make_coupon("THIRD", basis_points=3333, duration="repeating", periods=3, is_stackable=True)
    redeem_coupon(by=SYSTEM, code="TEN", purchase=buys(acme))
    first, second = bea_client.soup(LIST).select("#coupon-rows tr")
    assert "33.33 % off, for 3 periods" in first.get_text()
    assert "9.00 EUR or 10.00 USD off, once" in second.get_text()
    assert second.select_one("[data-label=Uses]").get_text() == "1 of 100"


@pytest.mark.parametrize("text", ["spring", "RING2", "the fair", "FAIR in"])
def test_a_coupon_is_found_by_any_part_of_its_code_or_description(bea_client, text):
    make_coupon("SPRING20", description="At the fair in May")
    make_coupon("OTHER")
    assert codes(bea_client, f"{LIST}?q={text}") == ["SPRING20"]


@pytest.mark.parametrize(
    "query", ["q=%25", "q=_", "q=%00%00", "status=nonsense&q=x'--", "q=%F0%9F"]
)
def test_an_odd_search_breaks_nothing(bea_client, query):
    make_coupon()
    assert bea_client.get(f"{LIST}?{query}").status_code == 200
    assert "No coupon fits" in bea_client.get(f"{LIST}?q=%25").text


def test_an_empty_list_says_what_to_do(mo_client, bea_client):
    empty = mo_client.soup(LIST).select_one("#coupons .empty")
    assert empty.select_one("a")["href"] == "/coupons/new"
    assert "/coupons/new" not in bea_client.get(LIST).text


def test_typing_fetches_the_rows_alone(bea_client):
    make_coupon()
    answer = bea_client.get(f"{LIST}?q=spr", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="coupons"')
    assert 'data-announce="1 coupon"' in answer.text


def test_whoever_may_decide_is_told_how_many_wait(mo_client, bea_client, meg, mo_acts):
    waiting(meg, "HALF-1")
    waiting(meg, "HALF-2")
    own = waiting(meg, "OWN")
    own.requested_by = mo_acts.id
    link = mo_client.soup(LIST).select_one("#waiting")
    assert link.get_text() == "2 coupons wait"
    assert len(codes(mo_client, link["href"])) == 3
    assert bea_client.soup(LIST).select_one("#waiting") is None


def test_marketing_is_not_told_of_what_waits_for_managers(meg_client, meg):
    waiting(meg)
    assert meg_client.soup(LIST).select_one("#waiting") is None


def test_ten_thousand_coupons_cost_as_few_queries_as_one(mo_client):
    row = new_columns(SYSTEM, Terms(basis_points=2000), clock.now())
    many = [{**row, "code": f"C-{n:05}", "code_key": f"c-{n:05}"} for n in range(MANY)]
    db.session.execute(sa.insert(Coupon), many)
    first = mo_client.soup(LIST)
    for url in (LIST, first.select_one("[rel=next]")["href"], f"{LIST}?q=c-0&status=active"):
        with counted() as statements:
            answer = mo_client.get(url)
        assert (answer.status_code, len(statements)) <= (200, 8), statements
        assert answer.text.count('class="code"') == 50


def test_the_pages_of_a_list_meet_without_a_gap(mo_client):
    for number in range(51):
        make_coupon(f"C-{number:02}")
    first = mo_client.soup(LIST)
    second = codes(mo_client, first.select_one("[rel=next]")["href"])
    assert (len(first.select("#coupon-rows tr")), second) == (50, ["C-00"])
    assert mo_client.get(f"{LIST}?cursor=rubbish").status_code == 400


def test_a_description_is_never_markup(mo_client):
    make_coupon(description="<script>x</script>")
    assert "<script>x" not in mo_client.get(LIST).text


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.FINANCE, Role.MARKETING])
def test_the_menu_leads_there(app, role):
    client = signed_in(app, make_admin("Cy Outsider", role, is_second_factor_on=True))
    assert client.soup("/").select_one("#sidebar a[href='/coupons']")["data-key"] == "n"
