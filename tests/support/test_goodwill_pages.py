"""Making it good as an agent sees it, and what managers see of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.audit.things import things_in
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.coupons.models import Coupon
from portal.support.drafts import draft_of, save_draft
from portal.support.merging import merge
from portal.support.models import GoodwillGesture
from portal.support.words import MessageKind
from tests.cast import actor, make_admin, make_user, signed_in
from tests.statements import counted
from tests.support.desk import make_ticket
from tests.support.goodwill import allow, asked, coupon, feature, given, on_plan, quota

LIST = "/support/goodwill"
TWENTY = {"kind": "coupon", "percent": "20", "reason": "a bad week"}


@pytest.fixture
def uma(acme, catalog):
    on_plan(acme, "basic")
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def place(ticket):
    return f"/support/tickets/{ticket.number}"


def count(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def words(soup, selector="main"):
    return soup.select_one(selector).get_text(" ", strip=True)


def test_the_ticket_offers_to_make_it_good(bea_client, place):
    link = bea_client.soup(place).select_one(f"#customer a[href^='{place}/goodwill']")
    assert link.get_text(strip=True) == "Make it good"


def test_the_form_offers_what_this_customer_can_get(bea_client, place):
    page = bea_client.soup(f"{place}/goodwill")
    kinds = [one["value"] for one in page.select("input[name=kind]")]
    assert kinds == ["coupon", "feature", "quota"]
    assert page.select_one("input[name=kind][checked]")["value"] == "coupon"
    limits = [one["value"] for one in page.select("#counted_name option")]
    assert "basic_quotes" in limits
    assert "multi_user" not in limits
    assert "200.00 USD of 200.00 USD" in words(page, "#goodwill-value")
    assert not page.select("#goodwill-lately")


def test_a_trial_can_be_longer_while_it_runs(bea_client, place, acme):
    on_plan(acme, "professional", trial_ends_at=clock.now() + timedelta(days=3))
    kinds = bea_client.soup(f"{place}/goodwill").select("input[name=kind]")
    assert kinds[-1]["value"] == "trial"
    fields = {"kind": "trial", "trial_days": "7"}
    assert bea_client.submit(f"{place}/goodwill", **fields).status_code == 303


def test_one_press_gives_and_the_sentence_stands_in_the_reply(bea_client, place, ticket, bea):
    answer = bea_client.submit(f"{place}/goodwill", **TWENTY, submit_key="k")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{place}#composer")
    row = db.session.scalars(sa.select(GoodwillGesture)).one()
    assert draft_of(ticket, bea.id, MessageKind.PUBLIC) == row.sentence
    assert row.target_label in bea_client.soup(place).select_one("#composer").get_text()
    again = bea_client.submit(f"{place}/goodwill", **TWENTY, submit_key="k")
    assert again.status_code == 303
    assert count(Coupon) == 1


def test_what_somebody_had_typed_is_kept(bea_client, place, ticket, bea):
    save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body="Dear Uma,")
    bea_client.submit(f"{place}/goodwill", **TWENTY)
    draft = draft_of(ticket, bea.id, MessageKind.PUBLIC)
    assert draft.startswith("Dear Uma,\n\nAs an apology, the code SORRY-")


def test_the_panel_and_the_ticket_lead_to_the_gesture(bea_client, place, ticket, bea):
    row = given(ticket, bea, coupon())
    url = f"{LIST}/{row.id}"
    panel = bea_client.soup(f"{place}/customer").select_one("#ticket-goodwill")
    assert panel.select_one(f"a[href='{url}']").get_text() == "A coupon of 20 %"
    assert bea_client.soup(place).select(f"a[href$='{url}']")
    page = bea_client.soup(url)
    assert page.select(f"main a[href='{place}']")
    assert page.select_one("#goodwill-target")["href"] == f"/coupons/{row.target_id}"
    assert page.select(f"main a[href='/audit?q={ticket.number}']")
    assert "with a coupon of 20 %" in words(page, "#goodwill-events")


def test_all_of_a_ticket_stands_in_the_log(mo_client, ticket, bea):
    rows = [given(ticket, bea, one) for one in (coupon(), feature(), quota())]
    page = mo_client.soup(f"/audit?q={ticket.number}")
    text = words(page)
    for row in rows:
        assert row.summary in text
    assert rows[0].target_label in text
    assert "granted Custom Reports" in text
    assert "topped" in text


def test_who_gives_again_is_told_what_was_given(bea_client, place, uma, ticket, cy):
    given(ticket, cy, coupon(10))
    given(make_ticket(uma), cy, feature(3))
    page = bea_client.soup(f"{place}/goodwill")
    notice = page.select_one("#goodwill-lately").parent
    assert notice.get_text(" ", strip=True).startswith("2 gestures for Acme in 30 days:")
    assert len(notice.select("a[href^='/support/goodwill/']")) == 2


def test_the_value_is_shown_before_and_nothing_is_kept(bea_client, place):
    shown = bea_client.submit(f"{place}/preview-goodwill", **TWENTY)
    assert shown.status_code == 200
    assert "5.80 USD" in shown.text
    beyond = bea_client.submit(f"{place}/preview-goodwill", **{**TWENTY, "percent": "30"})
    assert "Somebody else has to approve this" in beyond.text
    assert count(GoodwillGesture) == count(Coupon) == 0


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, "#kind"),
        ({"kind": "car"}, "#kind"),
        ({"kind": "coupon"}, "#percent"),
        ({"kind": "coupon", "percent": "-1"}, "#percent"),
        ({"kind": "coupon", "percent": "many"}, "#percent"),
        ({"kind": "feature", "feature_days": "3"}, "#feature_name"),
        ({"kind": "feature", "feature_name": "custom_reports"}, "#feature_days"),
        ({"kind": "quota", "amount": "3"}, "#counted_name"),
        ({"kind": "quota", "counted_name": "basic_quotes"}, "#amount"),
        ({"kind": "coupon", "percent": "5", "reason": "x" * 401}, "#reason"),
        ({"kind": "coupon", "percent": "30", "step": "ask"}, "#reason"),
    ],
)
def test_a_wish_that_is_not_right_says_where(bea_client, place, fields, at):
    answer = bea_client.submit(f"{place}/goodwill", **fields)
    assert answer.status_code == 422
    assert f'<a href="{at}">' in answer.text
    assert count(GoodwillGesture) == 0


def test_beyond_a_limit_the_form_says_so_and_asks(bea_client, place, ticket):
    more = {**TWENTY, "percent": "40"}
    refused = bea_client.submit(f"{place}/goodwill", **more)
    assert refused.status_code == 422
    assert "it takes off more than 20 %" in refused.text
    assert 'value="40"' in refused.text
    assert bea_client.submit(f"{place}/goodwill", **more, step="ask").status_code == 303
    assert db.session.scalars(sa.select(GoodwillGesture.status)).one() == "awaiting_approval"


@pytest.mark.parametrize("role", [Role.FINANCE, Role.MARKETING])
def test_others_make_nothing_good(app, place, ticket, bea, role):
    row = given(ticket, bea, coupon())
    other = signed_in(app, make_admin("Fina F", role, is_second_factor_on=True))
    for path in (f"{place}/goodwill", LIST, f"{LIST}/budgets", f"{LIST}/budgets/0"):
        assert other.get(path).status_code == 403
    assert other.submit(f"{place}/goodwill", **TWENTY).status_code == 403
    for verb in ("approve", "reject", "withdraw"):
        assert other.submit(f"{LIST}/{row.id}/{verb}").status_code == 403
    assert other.get(f"{LIST}/{row.id}").status_code == (200 if role is Role.FINANCE else 403)


def test_a_manager_approves_from_the_ticket(mo_client, place, ticket, bea):
    row = asked(ticket, bea, coupon(40))
    form = mo_client.soup(f"{place}/customer").select_one("#ticket-goodwill form")
    assert form["action"] == f"{LIST}/{row.id}/approve"
    answer = mo_client.submit(form["action"], to="ticket")
    assert answer.headers["Location"] == f"{place}#customer"
    assert not mo_client.soup(f"{place}/customer").select("#ticket-goodwill form")
    assert mo_client.submit(form["action"]).status_code == 422


def test_whoever_asked_is_offered_no_decision(mo_client, place, ticket, mo):
    row = asked(ticket, mo, coupon(40))
    assert not mo_client.soup(f"{place}/customer").select("#ticket-goodwill form")
    assert "You asked for this yourself" in mo_client.get(f"{LIST}/{row.id}").text
    refused = mo_client.submit(f"{LIST}/{row.id}/approve")
    assert refused.status_code == 422
    assert count(Coupon) == 0


def test_a_manager_decides_on_its_page_with_a_reason(mo_client, ticket, bea):
    row = asked(ticket, bea, coupon(40))
    page = mo_client.soup(f"{LIST}/{row.id}")
    assert page.select("form[action$='/approve'] button[formaction$='/reject']")
    answer = mo_client.submit(f"{LIST}/{row.id}/reject", reason="too much")
    assert answer.headers["Location"] == f"{LIST}/{row.id}"
    assert "Rejected" in words(mo_client.soup(f"{LIST}/{row.id}"))


def test_the_giver_takes_it_back(bea_client, ticket, bea, mo):
    mine, other = given(ticket, bea, coupon()), given(ticket, mo, coupon())
    assert bea_client.soup(f"{LIST}/{mine.id}").select("form[action$='/withdraw']")
    assert not bea_client.soup(f"{LIST}/{other.id}").select("form[action$='/withdraw']")
    assert bea_client.submit(f"{LIST}/{mine.id}/withdraw").status_code == 303
    assert "Withdrawn" in words(bea_client.soup(f"{LIST}/{mine.id}"))
    assert bea_client.submit(f"{LIST}/{other.id}/withdraw").status_code == 422


def test_the_list_is_narrowed(mo_client, ticket, bea, cy):
    asked(ticket, bea, coupon(41))
    given(ticket, cy, coupon(11))
    assert "coupon of 41 %" in mo_client.get(LIST).text
    waiting = mo_client.get(f"{LIST}?status=awaiting_approval").text
    assert "coupon of 41 %" in waiting
    assert "coupon of 11 %" not in waiting
    of_cy = mo_client.get(f"{LIST}?agent={cy.id}&month=rubbish&status=%00").text
    assert "coupon of 11 %" in of_cy
    assert "coupon of 41 %" not in of_cy
    assert "No gesture fits" in mo_client.get(f"{LIST}?agent={2**31 - 1}").text


def test_an_empty_list_says_what_to_do(mo_client):
    assert "Nothing was given yet" in mo_client.get(LIST).text


def test_the_list_costs_the_same_however_long_it_is(mo_client, ticket, bea):
    costs = []
    for _ in range(2):
        for _ in range(3):
            given(ticket, bea, coupon(1))
        mo_client.get(LIST)
        with counted() as asked_for:
            mo_client.get(LIST)
        costs.append(len(asked_for))
    assert costs[0] == costs[1] <= 4


def test_a_merged_tickets_gesture_leads_to_where_it_went(bea_client, ticket, uma, bea):
    row, target = given(ticket, bea, coupon()), make_ticket(uma)
    merge(by=SYSTEM, source=ticket, target=target)
    page = bea_client.soup(f"{LIST}/{row.id}")
    assert page.select(f"main a[href='/support/tickets/{target.number}']")
    assert bea_client.soup(f"/support/tickets/{target.number}/customer").select("#ticket-goodwill")


def test_budgets_show_what_was_given(mo_client, ticket, bea):
    given(ticket, bea, coupon(20))
    row = next(
        one for one in mo_client.soup(f"{LIST}/budgets").select("tbody tr") if "Bea" in one.text
    )
    assert "5.80 USD" in row.get_text()
    assert "194.20 USD" in row.get_text()


def test_a_manager_changes_a_budget(mo_client, bea):
    url, fields = (
        f"{LIST}/budgets/{bea.id}",
        {"version": "0", "monthly_cents": "1,500", "cap_cents": "20.50"},
    )
    assert mo_client.submit(url, **fields).status_code == 303
    assert "1,500.00 USD" in mo_client.get(f"{LIST}/budgets").text
    assert 'value="20.50"' in mo_client.get(url).text
    assert mo_client.submit(url, **fields).status_code == 422  # somebody saved it meanwhile
    assert mo_client.submit(f"{url}/reset").status_code == 303
    assert "1,500.00 USD" not in mo_client.get(f"{LIST}/budgets").text


@pytest.mark.parametrize("amount", ["", "many", "1.999", "-5", "99999999999"])
def test_an_amount_that_is_none_is_refused(mo_client, amount):
    fields = {"version": "0", "monthly_cents": amount, "cap_cents": "1", "tenant_cents": "1"}
    answer = mo_client.submit(f"{LIST}/budgets/0", **fields)
    assert answer.status_code == 422
    assert '<a href="#monthly_cents">' in answer.text


def test_there_is_no_budget_of_nobody(mo_client):
    assert mo_client.get(f"{LIST}/budgets/4711").status_code == 404
    assert mo_client.get(f"{LIST}/4711").status_code == 404


def test_the_budget_that_is_left_is_shown(bea_client, place, ticket, bea, mo):
    allow(mo, monthly_cents=1000)
    given(ticket, bea, coupon(20))
    assert "4.20 USD of 10.00 USD" in words(bea_client.soup(f"{place}/goodwill"), "#goodwill-value")
    answer = bea_client.submit(f"{place}/goodwill", **TWENTY)
    assert answer.status_code == 422
    assert "Your budget of this month is 10.00 USD" in answer.text
    assert actor(bea).id == bea.id


def test_a_grant_that_makes_it_good_is_taken_back_as_such(bea_client, place, ticket, bea):
    row = given(ticket, bea, feature(7))
    grants = bea_client.soup(f"{place}/customer").select_one("#ticket-grants")
    assert grants.select(f"a[href='{LIST}/{row.id}']")
    assert not grants.select("form")


def test_a_worth_that_cannot_be_told_says_why(bea_client, place):
    fields = {"kind": "feature", "feature_name": "", "feature_days": "3"}
    shown = bea_client.submit(f"{place}/preview-goodwill", **fields)
    assert shown.status_code == 422
    assert "Choose a feature." in shown.text


def test_an_event_leads_back_to_the_gesture_and_its_ticket(mo_client, place, ticket, bea):
    row = given(ticket, bea, coupon())
    pages = [f"{LIST}/{row.id}", place]
    for action, wanted in (("goodwill.given", pages), ("coupon.created", [place])):
        events = sa.select(AuditEvent.id).where(AuditEvent.action == action)
        page = mo_client.soup(f"/audit/events/{db.session.scalars(events).one()}")
        opened = [a["href"] for a in page.select("a.chip") if a.get_text().startswith("Open")]
        assert opened == wanted


def test_an_event_leads_nobody_to_what_they_may_not_open(app, ticket, bea):
    given(ticket, bea, coupon())
    body = {"target": {"type": "goodwill", "id": "../1"}, "meta": {"cause_type": 7}}
    assert things_in(body, actor(make_admin("Mia M", Role.MARKETING))) == []
    (thing,) = things_in(body, actor(bea))
    assert (thing.label, thing.url) == ("Goodwill ../1", f"{LIST}/..%2F1")
    assert things_in({"target": None, "meta": [], "x": 1}, actor(bea)) == []
