"""`/coupons/usage`, the same as a file, and what the page of a tenant shows of coupons."""

import csv
import io

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.coupons import uses
from portal.coupons.models import CouponUsage
from portal.coupons.redeeming import redeem_coupon, release_reservation, reserve_coupon
from tests.cast import make_admin, make_tenant, signed_in
from tests.coupons.conftest import buys, make_coupon
from tests.statements import counted

URL = "/coupons/usage"


@pytest.fixture
def used(app, acme, birch):
    """Two coupons: one that both tenants used, one that Acme holds."""
    make_coupon("SPRING20", is_stackable=True)
    make_coupon("TEN", amounts={"USD": 1000}, is_stackable=True)
    for tenant in (acme, birch):
        redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(tenant))
    reserve_coupon(by=SYSTEM, code="TEN", purchase=buys(acme))


def lines(client, query=""):
    rows = client.soup(f"{URL}?{query}").select("#use-rows tr")
    cells = ("Coupon", "Tenant", "Status")
    return [tuple(row.select_one(f"[data-label={c}] *").get_text() for c in cells) for row in rows]


def table(client, query=""):
    answer = client.get(f"{URL}.csv?{query}")
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_history_goes_over_all_coupons(bea_client, used):
    assert lines(bea_client) == [
        ("TEN", "Acme", "Reserved"),
        ("SPRING20", "Birch", "Redeemed"),
        ("SPRING20", "Acme", "Redeemed"),
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("coupon=spring20", 2),
        ("tenant=acme", 2),
        ("tenant=BIRCH", 1),
        ("status=reserved", 1),
        ("coupon=TEN&tenant=birch", 0),
        ("coupon=nothing", 0),
        ("tenant=nobody", 0),
        ("coupon=%00&tenant=%00&status=nonsense", 3),
    ],
)
def test_it_is_narrowed_by_coupon_tenant_and_status_on_the_page_and_in_the_file(
    bea_client, used, query, count
):
    assert (len(lines(bea_client, query)), len(table(bea_client, query))) == (count, count)


def test_a_plan_is_called_as_people_call_it(bea_client, catalog, acme):
    row = make_coupon()
    redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(acme, plan="basic"))
    for url in (URL, f"/coupons/{row.id}"):
        assert bea_client.soup(url).select_one("[data-label=Plan]").get_text() == "Basic"
    assert "off Basic, redeemed" in bea_client.soup(f"/coupons/tenants/{acme.id}").get_text()


def test_a_use_that_was_released_took_off_nothing(bea_client, used):
    held = db.session.scalars(sa.select(CouponUsage).filter_by(status="reserved")).one()
    release_reservation(by=SYSTEM, usage_id=held.id)
    said = [one.get_text() for one in bea_client.soup(URL).select("[data-label='Took off']")]
    assert said == ["nothing of 100.00 USD", *["20.00 USD of 100.00 USD"] * 2]


def test_what_does_not_exist_is_said(bea_client, used):
    assert "There is no coupon nothing." in bea_client.get(f"{URL}?coupon=nothing").text
    assert "There is no tenant nobody" in bea_client.get(f"{URL}?tenant=nobody").text
    assert "Nothing was used like this." in bea_client.get(f"{URL}?status=released").text


def test_an_empty_history_says_where_uses_come_from(bea_client):
    assert "No uses yet" in bea_client.get(URL).text


def test_the_file_holds_amounts_as_people_count_them(bea_client, used):
    first = table(bea_client)[0]
    assert (first["coupon"], first["tenant"], first["currency"]) == ("SPRING20", "Acme", "USD")
    assert (first["amount"], first["discount"], first["periods_total"]) == ("100.00", "20.00", "1")


def test_no_cell_of_the_file_is_a_formula(bea_client):
    make_coupon()
    bad = make_tenant("=1+1", external_id="+evil")
    redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(bad, plan="@sum"))
    row = table(bea_client)[0]
    assert (row["tenant"], row["tenant_external_id"], row["plan"]) == ("'=1+1", "'+evil", "'@sum")


def test_the_file_of_many_is_read_in_parts(bea_client, used, monkeypatch):
    monkeypatch.setattr(uses, "AT_ONCE", 2)
    found = table(bea_client)
    assert [row["coupon"] for row in found] == ["SPRING20", "SPRING20", "TEN"]


def test_who_took_the_file_is_recorded(bea_client, bea, used):
    bea_client.get(f"{URL}.csv?coupon=TEN")
    query = sa.select(AuditEvent).filter_by(action=Action.REPORT_EXPORTED)
    event = db.session.scalars(query).one()
    assert (event.actor_id, b'"coupon":"TEN"' in event.canonical) == (bea.id, True)


def test_the_page_of_many_uses_costs_as_few_queries(bea_client):
    make_coupon()
    for number in range(51):
        tenant = make_tenant(f"T{number}", external_id=f"t{number}")
        redeem_coupon(by=SYSTEM, code="SPRING20", purchase=buys(tenant))
    with counted() as statements:
        page = bea_client.soup(f"{URL}?coupon=SPRING20")
    assert len(statements) <= 4, statements
    second = bea_client.soup(page.select_one("[rel=next]")["href"])
    assert (len(page.select("#use-rows tr")), len(second.select("#use-rows tr"))) == (50, 1)


def test_a_tenant_shows_what_it_used_and_what_is_for_it(mo_client, used, acme):
    row = make_coupon("SORRY", tenant_ids=(acme.id,), is_public=False)
    later = mo_client.soup(f"/customers/tenants/{acme.id}").select_one("#panel-coupons [hx-get]")
    panel = mo_client.soup(later["hx-get"]).select_one("#coupons-of-tenant")
    text = " ".join(panel.get_text().split())
    assert "SORRY: 20 % off, once" in text
    assert "TEN: 10.00 USD off pro, reserved" in text
    links = [a["href"] for a in panel.select("a")]
    assert {f"/coupons/{row.id}", f"/coupons/new?tenant={acme.id}"} <= set(links)
    assert len(lines(mo_client, "tenant=acme")) == 2


def test_a_tenant_without_coupons_says_so(bea_client, acme):
    panel = bea_client.soup(f"/coupons/tenants/{acme.id}").select_one("#coupons-of-tenant")
    assert "No coupon was used" in panel.get_text()
    assert panel.select("a") == []
    assert bea_client.get("/coupons/tenants/999999").status_code == 404


def test_everybody_of_ours_may_look(app):
    for role in Role:
        client = signed_in(app, make_admin(f"{role} Person", role, is_second_factor_on=True))
        assert client.get(URL).status_code == 200
