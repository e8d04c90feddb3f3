"""The plan of a tenant in the browser."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.panels import tenant_panels
from portal.customers.tenants import close_tenant
from portal.subscriptions.assignments import assign_plan
from portal.subscriptions.history import plan_labels
from portal.subscriptions.models import Subscription
from portal.subscriptions.trials import trials_now, trials_page
from portal.web.paging import PAGE_SIZE
from tests.cast import actor, make_tenant
from tests.client import parsed
from tests.statements import counted

IN_A_WEEK = timedelta(days=7)


@pytest.fixture
def url(acme, plans):
    return f"/subscriptions/tenants/{acme.id}"


def put(tenant, plan, **more):
    return assign_plan(by=SYSTEM, tenant=tenant, plan=plan, **more)


def latest():
    return db.session.scalars(sa.select(Subscription).order_by(Subscription.id.desc())).first()


def local(at):
    return at.strftime("%Y-%m-%dT%H:%M")


def test_the_page_shows_what_a_plan_would_change(ann_client, url):
    page = ann_client.soup(f"{url}?plan=pro")
    cells = [[td.get_text(" ", strip=True) for td in tr("td")] for tr in page.select("#effects tr")]
    assert cells == [
        ["Quotes", "10 a month", "Unlimited", "More"],
        ["Reports", "Not included", "Included", "More"],
    ]


def test_beside_a_refused_form_the_history_can_be_paged_on(ann_client, acme, plans, url):
    for number in range(21):
        put(acme, plans[("free", "pro")[number % 2]])
    refused = parsed(ann_client.submit(f"{url}/change", plan="pro", expected="0"))
    older = ann_client.get(refused.select_one("[rel=next]")["href"])
    assert (older.status_code, len(parsed(older).select("tbody tr"))) == (200, 1)


def test_the_button_that_shows_a_plan_does_not_say_that_it_applies_it(ann_client, url):
    form = ann_client.soup(url).select_one("form:has(select[name=plan])")
    assert form["method"] == "get"
    assert [one.get_text(strip=True) for one in form.select("button, a")] == [
        "Show what it changes"
    ]


def test_htmx_gets_the_effects_alone(ann_client, url):
    page = ann_client.soup(f"{url}?plan=pro", headers={"HX-Request": "true"})
    assert (page.select_one("#change") is not None, page.select_one("h1")) == (True, None)


def test_a_plan_is_changed_with_a_trial_and_a_reason(ann_client, url):
    fields = {"plan": "pro", "expected": "0", "reason": "wants to try"}
    until = local(clock.now() + IN_A_WEEK)
    answer = ann_client.submit(f"{url}/change", **fields, trial_ends_at=until)
    assert (answer.status_code, answer.location) == (303, url)
    stay = latest()
    assert (stay.status, stay.reason, local(stay.trial_ends_at)) == (
        "trialing",
        "wants to try",
        until,
    )
    text = ann_client.soup(url).get_text(" ", strip=True)
    assert "wants to try" in text
    assert "Trial" in text


def test_the_form_is_sent_as_the_page_gives_it(ann_client, acme, plans, url):
    put(acme, plans["basic"])
    form = ann_client.soup(f"{url}?plan=pro").select_one("form[action$='/change']")
    fields = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    assert ann_client.submit(form["action"], **{**fields, "reason": "grew"}).status_code == 303
    assert latest().plan_id == plans["pro"].id
    again = ann_client.submit(form["action"], **{**fields, "plan": "free", "reason": "late"})
    assert (again.status_code, "changed meanwhile" in again.text) == (422, True)


def test_the_list_of_tenants_names_the_plan_that_counts(app, acme, birch, plans):
    put(acme, plans["basic"])
    put(acme, plans["pro"])
    assert plan_labels([acme.id, birch.id]) == {acme.id: "Pro", birch.id: "Free"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"plan": "pro", "expected": "0", "reason": ""}, 422),
        ({"plan": "pro", "expected": "0", "reason": "\u200b"}, 422),
        ({"plan": "pro", "expected": "0", "reason": "x" * 501}, 422),
        ({"plan": "pro", "expected": "nine", "reason": "x"}, 422),
        ({"plan": "gold", "expected": "0", "reason": "x"}, 422),
        ({"plan": "pro", "expected": "0", "reason": "x", "trial_ends_at": "2001-01-01T00:00"}, 422),
        ({"plan": "pro", "expected": "0", "reason": "x", "trial_ends_at": "soon"}, 422),
        ({"plan": "pro", "expected": "77", "reason": "x"}, 422),
    ],
)
def test_what_is_not_right_is_shown_on_the_form(ann_client, url, fields, status):
    answer = ann_client.submit(f"{url}/change", **fields)
    assert (answer.status_code, latest()) == (status, None)
    assert "error-summary" in answer.text


def test_a_trial_is_moved_ended_and_the_plan_canceled(ann_client, acme, plans, url):
    put(acme, plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK)
    later = local(clock.now() + 2 * IN_A_WEEK)
    fields = {"trial-trial_ends_at": later, "trial-reason": "busy"}
    assert ann_client.submit(f"{url}/extend-trial", **fields).status_code == 303
    assert local(latest().trial_ends_at) == later
    assert ann_client.submit(f"{url}/end-trial", **{"end-reason": "no"}).status_code == 303
    assert latest().trial_ends_at <= clock.now()
    assert ann_client.submit(f"{url}/cancel", **{"cancel-reason": "left"}).status_code == 303
    assert latest().status == "canceled"


def test_who_ended_a_trial_or_a_plan_and_why_stands_in_the_history(ann_client, acme, plans, url):
    put(acme, plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK, reason="wants to try")
    ann_client.submit(f"{url}/end-trial", **{"end-reason": "no budget"})
    put(acme, plans["basic"], reason="small start")
    ann_client.submit(f"{url}/cancel", **{"cancel-reason": "moved away"})
    column = ann_client.soup(url).select("td[data-label=Reason]")
    cancelled, trial = (td.get_text(" ", strip=True) for td in column)
    assert cancelled.startswith("small start Cancelled ")
    assert cancelled.endswith("by ann@boxcostpro.test: moved away")
    assert trial.startswith("wants to try Trial ended ")
    assert trial.endswith("by ann@boxcostpro.test: no budget")


def test_a_plan_is_cancelled_as_in_every_other_text(ann_client, acme, plans, url):
    put(acme, plans["pro"])
    ends = local(clock.now() + IN_A_WEEK)
    ann_client.submit(f"{url}/cancel", **{"cancel-at": ends, "cancel-reason": "left"})
    page = ann_client.soup(url).get_text(" ", strip=True)
    assert "is cancelled." in page
    assert "Cancelled, still running" in page


def test_a_trial_that_was_moved_is_not_said_to_be_ended(ann_client, acme, plans, url):
    put(acme, plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK)
    later = local(clock.now() + 2 * IN_A_WEEK)
    fields = {"trial-trial_ends_at": later, "trial-reason": "busy"}
    ann_client.submit(f"{url}/extend-trial", **fields)
    ann_client.submit(f"{url}/cancel", **{"cancel-reason": "left"})
    text = ann_client.soup(url).select_one("td[data-label=Reason]").get_text(" ", strip=True)
    assert (text.count("Cancelled"), "Trial ended" in text) == (1, False)


@pytest.mark.parametrize("verb", ["extend-trial", "end-trial", "cancel"])
def test_without_a_stay_nothing_can_be_ended(ann_client, url, verb):
    fields = {"trial-trial_ends_at": local(clock.now() + IN_A_WEEK)}
    reasons = {f"{prefix}-reason": "x" for prefix in ("trial", "end", "cancel")}
    answer = ann_client.submit(f"{url}/{verb}", **fields, **reasons)
    assert answer.status_code == 422
    assert ann_client.submit(f"{url}/{verb}").status_code == 422


def test_whoever_may_not_change_it_reads_it_alone(bea_client, url):
    page = bea_client.soup(f"{url}?plan=pro")
    assert page.select("main form[method=post]") == []
    assert bea_client.submit(f"{url}/change", plan="pro").status_code == 403


def test_a_closed_tenant_is_offered_nothing_that_is_refused(ann_client, acme, plans, url):
    put(acme, plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK)
    close_tenant(by=SYSTEM, tenant=acme, reason="left")
    posted = [form["action"] for form in ann_client.soup(url).select("main form[method=post]")]
    assert posted == [f"{url}/end-trial", f"{url}/cancel"]


def test_nobody_waits_for_a_decision_on_a_closed_tenant(ann_client, acme, birch, plans):
    for tenant in (acme, birch):
        put(tenant, plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK)
    close_tenant(by=SYSTEM, tenant=acme, reason="left")
    assert trials_now() == ("1", "0")
    assert ann_client.soup("/subscriptions/trials").select_one("#trial-rows a").text == "Birch"
    db.session.execute(sa.update(Subscription).values(trial_ends_at=clock.now() - IN_A_WEEK))
    assert trials_now() == ("0", "1")
    over = ann_client.soup("/subscriptions/trials?state=over").select("#trial-rows a")
    assert [link.text for link in over] == ["Birch"]


def test_an_unknown_tenant_is_not_found(ann_client):
    assert ann_client.get("/subscriptions/tenants/999999").status_code == 404


def test_the_plan_stands_on_the_page_of_the_tenant(app, ann, acme, plans):
    put(acme, plans["basic"])
    put(acme, plans["pro"], reason="grew")
    with app.test_request_context():
        found = [panel for panel in tenant_panels(acme, actor(ann)) if panel.key == "plan"]
    assert len(found) == 1
    assert "Pro" in found[0].html
    assert "grew" in found[0].html


def test_trials_stand_in_the_order_of_their_end(ann_client, plans):
    for days, name in ((9, "Acme"), (3, "Birch"), (5, "Cedar")):
        put(make_tenant(name), plans["pro"], trial_ends_at=clock.now() + timedelta(days=days))
    put(make_tenant("Dove"), plans["pro"])
    db.session.execute(
        sa.update(Subscription)
        .where(Subscription.id == sa.select(sa.func.min(Subscription.id)).scalar_subquery())
        .values(trial_ends_at=clock.now() - timedelta(days=1))
    )
    page = ann_client.soup("/subscriptions/trials")
    names = [link.text for link in page.select("#trial-rows a")]
    over = ann_client.soup("/subscriptions/trials?state=over").select("#trial-rows a")
    assert (names, [link.text for link in over]) == (["Birch", "Cedar"], ["Acme"])


@pytest.mark.parametrize("is_over", [False, True])
def test_trials_are_paged_without_leaving_one_out(app, plans, is_over):
    for number in range(5):
        put(make_tenant(f"T{number}"), plans["pro"], trial_ends_at=clock.now() + IN_A_WEEK)
    if is_over:
        db.session.execute(sa.update(Subscription).values(trial_ends_at=clock.now() - IN_A_WEEK))
    seen, cursor = [], None
    with app.test_request_context():
        while True:
            found = trials_page(is_over=is_over, cursor=cursor, limit=2)
            seen += [row.tenant_name for row in found.items]
            cursor = found.next_cursor
            if cursor is None:
                break
    assert sorted(seen) == ["T0", "T1", "T2", "T3", "T4"]


def test_the_list_of_the_fallback_plan_is_paged(ann_client, plans):
    for number in range(PAGE_SIZE + 1):
        make_tenant(f"T{number}")
    first = ann_client.soup("/subscriptions/plans/free")
    second = ann_client.soup(first.select_one("[rel=next]")["href"])
    names = [link.text for page in (first, second) for link in page.select("#on-plan-rows a")]
    assert names == [f"T{number}" for number in reversed(range(PAGE_SIZE + 1))]


def test_the_page_asks_the_database_eight_times_at_most(ann_client, acme, plans, url):
    for name in ("basic", "pro", "free") * 5:
        put(acme, plans[name])
    ann_client.get(f"{url}?plan=pro")
    with counted() as asked:
        ann_client.get(f"{url}?plan=pro")
    assert len(asked) <= 8
