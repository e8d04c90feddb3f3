"""Granting to many in the browser, and the lists of what comes and ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.bulk_work import work_off
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import BulkGrant, UserEntitlement
from portal.subscriptions.assignments import assign_plan
from tests.cast import make_tenant, make_user
from tests.client import parsed

REPORTS = "custom_reports"
NEW = "/entitlements/bulk/new"


@pytest.fixture
def crew(catalog, acme):
    assign_plan(by=SYSTEM, tenant=acme, plan=plan_named("basic"))
    return [make_user(acme, name) for name in ("Una", "Udo", "Ute")]


def fields(**more: str) -> dict[str, str]:
    return {"feature_name": REPORTS, "reason": "the fair in May", "scope": "user", **more}


def begun() -> int:
    return db.session.scalar(sa.select(sa.func.count(BulkGrant.id))) or 0


def test_everybody_on_a_plan_is_counted_first(mo_client, crew):
    answer = mo_client.submit("/entitlements/bulk/preview", **fields(plan="basic"))
    assert "It would be given to 3 users in 1 tenant." in answer.text
    assert begun() == 0


def test_those_who_are_named_get_it(mo_client, crew):
    answer = mo_client.submit(NEW, **fields(subjects=f"{crew[0].id}\n{crew[1].id}"))
    assert answer.status_code == 303
    page = mo_client.get(answer.location)
    assert "0 of 2 done" in page.text
    assert "every 2s" in page.text


def test_those_who_are_named_are_told_before_anything_is_begun(mo_client, crew):
    pasted = "una@acme.test; una@acme.test\n\n acme/udo \n"
    answer = mo_client.submit("/entitlements/bulk/preview", **fields(subjects=pasted))
    count = parsed(answer).select_one("#bulk-count").get_text()
    assert count == "It would be given to 2 users in 1 tenant: Una (Acme), Udo (Acme)."
    assert begun() == 0


def test_of_many_who_are_named_the_first_ten_are_told(mo_client, crew, acme):
    ids = [make_user(acme, f"U{number} X").id for number in range(12)]
    named = fields(subjects=" ".join(str(each) for each in ids))
    answer = mo_client.submit("/entitlements/bulk/preview", **named)
    assert "U9 X (Acme)</bdi> and 2 more." in answer.text


def test_tenants_are_named_by_the_products_id(mo_client, crew):
    named = fields(scope="tenant", subjects="acme")
    answer = mo_client.submit("/entitlements/bulk/preview", **named)
    assert "It would be given to 1 tenant: <bdi>Acme</bdi>." in answer.text


def test_an_id_with_spaces_or_commas_is_one_name(mo_client, crew):
    for name in ("acme 7", "acme, inc"):
        make_tenant(name, external_id=name)
    named = fields(scope="tenant", subjects="acme 7\nacme, inc")
    answer = mo_client.submit("/entitlements/bulk/preview", **named)
    assert "2 tenants: <bdi>acme 7</bdi>, <bdi>acme, inc</bdi>." in answer.text


def test_numbers_and_addresses_may_stand_on_one_line(mo_client, crew):
    listed = f"{crew[0].id}, #{crew[1].id};una@acme.test {crew[2].id}"
    answer = mo_client.submit("/entitlements/bulk/preview", **fields(subjects=listed))
    assert "It would be given to 3 users" in answer.text


def test_a_word_that_fits_two_begins_nothing_and_stays_written(mo_client, crew, birch):
    make_user(birch, "Una")
    answer = mo_client.submit(NEW, **fields(subjects="udo\nuna"))
    page = parsed(answer)
    assert "“una” may be #" in page.get_text()
    assert page.select_one("[name=subjects]").get_text().split() == ["udo", "una"]
    assert begun() == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"subjects": "Una"}, "Nobody is “Una”."),
        ({}, "Name somebody, or choose a plan."),
        ({"plan": "no-such"}, "Not a valid choice"),
        ({"plan": "basic", "reason": ""}, "Say why"),
    ],
)
def test_what_cannot_be_begun_says_why_and_begins_nothing(mo_client, crew, wrong, words):
    answer = mo_client.submit(NEW, **fields(**wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert begun() == 0


def test_agents_grant_to_nobody_at_once(bea_client, crew):
    assert bea_client.get(NEW).status_code == 403
    assert bea_client.submit(NEW, **fields(plan="basic")).status_code == 403


def test_the_list_shows_what_was_begun(mo_client, crew):
    mo_client.submit(NEW, **fields(plan="basic"))
    assert f": {REPORTS}" in mo_client.get("/entitlements/bulk").text


def test_nothing_begun_says_what_to_do(mo_client, catalog):
    assert "Nothing was granted to many yet" in mo_client.get("/entitlements/bulk").text


def test_a_bulk_grant_that_is_not_there_is_not_found(mo_client, catalog):
    assert mo_client.get("/entitlements/bulk/999").status_code == 404


def test_what_runs_out_soon_is_listed_and_what_lasts_is_not(bea_client, crew):
    now = clock.now()
    soon, later = now + timedelta(days=5), now + timedelta(days=200)
    for user, end in zip(crew, (soon, later, None), strict=True):
        grant_user_feature(by=SYSTEM, user=user, feature_name=REPORTS, expires_at=end)
    rows = bea_client.soup("/entitlements/expiring?within=7").select("tbody tr")
    assert [row.select_one("a").text for row in rows] == ["Una"]
    assert rows[0].select_one("[data-label=Feature]").text == "Custom Reports"
    assert rows[0].select_one("[data-label=Effect]").text == "Grant"


def test_what_is_scheduled_is_listed_until_it_begins(bea_client, crew):
    start = clock.now() + timedelta(days=2)
    grant_user_feature(by=SYSTEM, user=crew[1], feature_name=REPORTS, starts_at=start)
    rows = bea_client.soup("/entitlements/scheduled").select("tbody tr")
    assert [row.select_one("a").text for row in rows] == ["Udo"]
    assert rows[0].select_one("[data-label=Feature]").text == "Custom Reports"


def test_nothing_that_comes_or_ends_says_so(bea_client, catalog):
    assert "Nothing runs out" in bea_client.get("/entitlements/expiring").text
    assert "Nothing is scheduled" in bea_client.get("/entitlements/scheduled?scope=tenant").text


def test_each_one_has_its_result_once_the_worker_is_done(mo_client, crew):
    url = mo_client.submit(NEW, **fields(plan="basic")).location
    work_off({"bulk_grant_id": int(url.rpartition("/")[2])})
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count(UserEntitlement.id))) == 3
    assert "3 of 3 done" in mo_client.get(url).text
    assert "every 2s" not in mo_client.get(url).text


@pytest.mark.parametrize("kind", ["expiring", "scheduled"])
def test_many_at_once_is_offered_to_whoever_may(mo_client, bea_client, catalog, kind):
    for client, count in ((mo_client, 1), (bea_client, 0)):
        buttons = client.soup(f"/entitlements/{kind}").select('main a[href="/entitlements/bulk"]')
        assert len(buttons) == count
