"""Pages of customers: found, read whole, changed, and shut out with a reason."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.customers.tokens import issue_user_token
from tests.cast import make_admin, make_tenant, make_user, signed_in
from tests.statements import counted

LIST = "/customers"
NEW = {"external_id": "cedar", "name": "Cedar 📦", "time_zone": "Europe/Paris"}


@pytest.fixture
def uma(acme):
    return make_user(acme)


def rows(client, url):
    return [a.get_text() for a in client.soup(url).select("tbody td[data-label=Name] a")]


def last_event():
    newest = sa.select(AuditEvent).order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
    return db.session.scalars(newest).first()


def test_the_list_shows_tenants_and_users(bea_client, acme, birch, uma):
    assert rows(bea_client, LIST) == ["Acme", "Birch"]
    assert rows(bea_client, f"{LIST}?tab=users") == ["Uma User"]


@pytest.mark.parametrize("text", ["ACM", "acme", "acme b", "ext-7"])
def test_a_tenant_is_found_by_how_its_name_begins_or_by_its_external_id(bea_client, birch, text):
    make_tenant("Acme Boxes", external_id="ext-7")
    assert rows(bea_client, f"{LIST}?q={text}") == ["Acme Boxes"]


@pytest.mark.parametrize("text", ["um", "UMA U", "uma@ac", "u-1"])
def test_a_user_is_found_by_name_address_or_external_id(bea_client, acme, text):
    make_user(acme, external_id="u-1")
    make_user(acme, "Vic Visitor")
    assert rows(bea_client, f"{LIST}?tab=users&q={text}") == ["Uma User"]


@pytest.mark.parametrize("text", ["ß", "STRASS", "stra%C3%9Fe"])
def test_a_search_does_not_care_about_case_in_any_script(bea_client, text):
    make_tenant("Straße & Söhne" if text != "ß" else "ßoxes")
    assert len(rows(bea_client, f"{LIST}?q={text}")) == 1


@pytest.mark.parametrize("query", ["q=%25", "q=_", "q=%00", "status=nonsense&q=nobody", "q='--"])
def test_an_odd_search_finds_nothing_odd(bea_client, acme, query):
    assert bea_client.get(f"{LIST}?{query}").status_code == 200
    assert "No tenant fits" in bea_client.get(f"{LIST}?q=%25").text


def test_the_lists_are_narrowed_by_status_and_tenant(bea_client, acme, birch, uma):
    birch.status = TenantStatus.SUSPENDED
    make_user(birch, "Bo Birch", status=UserStatus.INACTIVE)
    assert rows(bea_client, f"{LIST}?status=suspended") == ["Birch"]
    assert rows(bea_client, f"{LIST}?tab=users&status=inactive") == ["Bo Birch"]
    assert rows(bea_client, f"{LIST}?tab=users&tenant={acme.id}") == ["Uma User"]
    assert bea_client.get(f"{LIST}?tab=users&tenant=99999").status_code == 404


def test_typing_fetches_the_rows_alone(bea_client, acme):
    answer = bea_client.get(f"{LIST}?q=ac", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="customers"')
    assert 'data-announce="1 tenant"' in answer.text


@pytest.mark.parametrize("tab", ["tenants", "users"])
def test_an_address_that_typing_makes_names_the_tab_once(bea_client, tab):
    form = bea_client.soup(f"/customers?tab={tab}").select_one("form.filters")
    sent = [one["value"] for one in form.select("input[name=tab]")]
    assert (form["hx-get"], sent) == ("/customers", [tab])


def test_a_hundred_tenants_come_in_pages(bea_client):
    for number in range(101):
        make_tenant(f"T{number:03}")
    first = bea_client.soup(LIST)
    second = bea_client.soup(first.select_one("[rel=next]")["href"])
    assert second.select_one("#tenant-rows a").get_text() == "T050"
    third = bea_client.soup(second.select_one("[rel=next]")["href"])
    assert len(third.select("#tenant-rows tr")) == 1


def test_a_tenant_page_gathers_what_is_known(mo_client, acme, uma):
    page = mo_client.soup(f"/customers/tenants/{acme.id}")
    assert page.select_one("h1").get_text().strip() == "Acme"
    assert "Uma User" in page.select_one("#tenant-users").get_text()
    assert "Active" in page.select_one("#status-history").get_text()


def test_a_user_page_gathers_what_is_known(mo_client, acme, uma):
    page = mo_client.soup(f"/customers/users/{uma.id}")
    text = page.select_one("main").get_text()
    assert [word for word in ("u•••@acme.test", "Acme", "Active") if word not in text] == []
    assert mo_client.get("/customers/users/99999").status_code == 404


def test_whoever_manages_tokens_finds_those_of_a_user(ann_client, mo_client, uma):
    page = f"/customers/users/{uma.id}"
    token = issue_user_token(by=SYSTEM, user=uma, expires_in=timedelta(hours=1)).row
    link = ann_client.soup(page).find("a", href=f"/tokens?kind=user&q={uma.id}")
    assert token.public_id in ann_client.get(link["href"]).text
    assert "/tokens?" not in mo_client.get(page).text


def test_an_erased_user_is_said_to_be_and_cannot_be_changed(mo_client, uma):
    uma.erased_at = clock.now()
    page = mo_client.get(f"/customers/users/{uma.id}").text
    assert "This person was erased" in page
    assert "/edit" not in page


def test_a_name_is_never_markup(mo_client, acme):
    bad = make_user(acme, "<script>x</script>", external_id="<b>", email="x@acme.test")
    for url in (LIST, f"{LIST}?tab=users", f"/customers/tenants/{acme.id}"):
        assert "<script>x" not in mo_client.get(url).text
    assert "<script>x" not in mo_client.get(f"/customers/users/{bad.id}").text


def test_a_tenant_is_added(bea_client):
    answer = bea_client.submit("/customers/tenants/new", **NEW)
    made = db.session.scalars(sa.select(Tenant).filter_by(external_id="cedar")).one()
    assert (answer.status_code, answer.location) == (303, f"/customers/tenants/{made.id}")
    assert (made.name, made.time_zone) == ("Cedar 📦", "Europe/Paris")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "x" * 5000}, "longer than 200"),
        ({"name": ""}, "Write a name."),
        ({"external_id": "a/b"}, "without a slash"),
        ({"external_id": "acme"}, "There is a tenant with this external id"),
        ({"time_zone": "Mars/Olympus"}, "Choose a zone"),
    ],
)
def test_a_form_that_is_not_right_says_why(bea_client, acme, fields, message):
    answer = bea_client.submit("/customers/tenants/new", **{**NEW, **fields})
    assert answer.status_code == 422
    assert message in answer.text


def test_a_tenant_is_changed(bea_client, acme):
    page = bea_client.soup(f"/customers/tenants/{acme.id}/edit")
    seen = page.select_one("[name=seen]")["value"]
    fields = {"name": "Acme Two", "time_zone": "UTC", "seen": seen}
    assert bea_client.submit(f"/customers/tenants/{acme.id}/edit", **fields).status_code == 303
    assert acme.name == "Acme Two"


def test_the_second_of_two_editors_is_told_of_the_first(bea_client, acme, uma):
    for url, fields in (
        (f"/customers/tenants/{acme.id}/edit", {"name": "Mine", "time_zone": "UTC"}),
        (f"/customers/users/{uma.id}/edit", {"name": "Mine", "email": "mine@acme.test"}),
    ):
        answer = bea_client.submit(url, **fields, seen="of another time")
        assert answer.status_code == 422
        assert "Somebody changed it a moment ago" in answer.text
        seen = bea_client.soup(url).select_one("[name=seen]")["value"]
        assert f'value="{seen}"' in answer.text
    assert (acme.name, uma.name) == ("Acme", "Uma User")


def test_a_user_is_added_and_changed(bea_client, acme):
    fields = {"external_id": "vic", "name": "Vic", "email": "vic@acme.test"}
    bea_client.submit(f"/customers/tenants/{acme.id}/users/new", **fields)
    vic = db.session.scalars(sa.select(User).filter_by(external_id="vic")).one()
    url = f"/customers/users/{vic.id}/edit"
    seen = bea_client.soup(url).select_one("[name=seen]")["value"]
    bea_client.submit(url, name="Vic Two", email="vic@acme.test", seen=seen)
    assert vic.name == "Vic Two"


def test_a_closed_tenant_takes_no_user_by_the_form(bea_client, acme):
    acme.status = TenantStatus.CLOSED
    fields = {"external_id": "vic", "name": "Vic", "email": "vic@acme.test"}
    answer = bea_client.submit(f"/customers/tenants/{acme.id}/users/new", **fields)
    assert (answer.status_code, "is closed" in answer.text) == (422, True)


def test_a_tenant_is_suspended_and_reopened_with_reasons(mo_proven, acme):
    url = f"/customers/tenants/{acme.id}"
    assert mo_proven.submit(f"{url}/suspend", reason="").status_code == 422
    assert mo_proven.submit(f"{url}/suspend", reason="Unpaid").status_code == 303
    assert (acme.status, last_event().reason) == ("suspended", "Unpaid")
    assert "None of its users gets anything" in mo_proven.get(url).text
    assert mo_proven.submit(f"{url}/suspend", reason="Again").status_code == 409
    mo_proven.submit(f"{url}/close", reason="Left")
    mo_proven.submit(f"{url}/reopen", reason="Back")
    moments = mo_proven.soup(url).select("#status-history .badge")
    assert [one.get_text() for one in moments] == ["Active", "Closed", "Suspended", "Active"]


def test_shutting_a_tenant_out_asks_who_is_there(mo_client, acme):
    answer = mo_client.submit(f"/customers/tenants/{acme.id}/suspend", reason="Unpaid")
    assert (answer.status_code, acme.status) == (403, "active")
    assert 'value="Unpaid"' in answer.text


def test_a_user_is_deactivated_and_reactivated_with_reasons(bea_client, uma):
    url = f"/customers/users/{uma.id}"
    assert "Deactivate Uma User" in bea_client.get(f"{url}/deactivate").text
    bea_client.submit(f"{url}/deactivate", reason="Left")
    assert (uma.status, last_event().reason) == ("inactive", "Left")
    bea_client.submit(f"{url}/reactivate", reason="Back")
    assert uma.status == "active"


def test_whoever_only_looks_is_offered_no_button(app, acme, uma):
    fay = signed_in(app, make_admin("Fay Finance", Role.FINANCE, is_second_factor_on=True))
    for url in (LIST, f"/customers/tenants/{acme.id}", f"/customers/users/{uma.id}"):
        page = fay.soup(url).select_one("main").decode()
        words = ("/edit", "/suspend", "/close", "/new", "/deactivate", "/privacy", "/imports")
        assert [word for word in words if word in page] == []


def test_an_agent_sees_only_the_changes_that_are_theirs(bea_client, mo_client, acme):
    fields = {"name": "Acme Two", "time_zone": "UTC"}
    seen = mo_client.soup(f"/customers/tenants/{acme.id}/edit").select_one("[name=seen]")["value"]
    mo_client.submit(f"/customers/tenants/{acme.id}/edit", **fields, seen=seen)
    url = f"/customers/tenants/{acme.id}"
    assert "changed the tenant Acme" in mo_client.soup(url).select_one("#recent-changes").get_text()
    assert bea_client.soup(url).select_one("#recent-changes") is None


@pytest.mark.parametrize("path", ["/customers", "/customers?tab=users&q=u&status=active"])
def test_a_list_costs_the_same_whatever_its_length(bea_client, acme, path):
    for number in range(60):
        make_user(acme, f"U{number:02}", external_id=f"u{number}")
        make_tenant(f"T{number:02}")
    bea_client.get(path)
    with counted() as statements:
        assert bea_client.get(path).status_code == 200
    assert len(statements) <= 4


def test_a_customer_page_costs_few_queries_of_its_own(bea_client, acme, uma):
    for path in (f"/customers/tenants/{acme.id}", f"/customers/users/{uma.id}"):
        bea_client.get(path)
        with counted() as statements:
            bea_client.get(path)
        assert len(statements) <= 8, statements
