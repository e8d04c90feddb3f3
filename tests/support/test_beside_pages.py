"""The customer beside a ticket, why they may not, and granting it, as an agent sees it."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.tenants import suspend_tenant
from portal.customers.users import deactivate_user
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.models import UserEntitlement
from portal.support.customer_words import customer_sentence
from portal.support.drafts import draft_of
from portal.support.models import SupportMessage
from portal.support.ticket_grants import grant_from_ticket
from portal.support.words import MessageKind, Status
from portal.web.moments import as_local
from portal.web.times import machine
from tests.cast import actor, make_admin, make_user, signed_in
from tests.entitlements.granting import events
from tests.statements import counted
from tests.support.desk import make_ticket

REPORTS = "custom_reports"


@pytest.fixture
def uma(acme, catalog):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def place(ticket):
    return f"/support/tickets/{ticket.number}"


def days(number):
    return clock.now() + timedelta(days=number)


def test_the_panel_says_who_they_are_and_what_they_may(bea_client, place, uma):
    text = bea_client.soup(f"{place}/customer").get_text(" ", strip=True)
    for words in ("Uma User", "Acme", "Custom Reports", "Not allowed", "Plan"):
        assert words in text


@pytest.mark.parametrize("is_tenant", [False, True])
def test_the_panel_warns_of_whoever_may_use_nothing_and_still_gets_mail(
    bea_client, mo, place, uma, acme, is_tenant
):
    if is_tenant:
        suspend_tenant(by=actor(mo), tenant=acme, reason="Unpaid")
    else:
        deactivate_user(by=actor(mo), user=uma, reason=None)
    notice = bea_client.soup(f"{place}/customer").select_one("#customer-panel .alert")
    text = notice.get_text(" ", strip=True)
    assert text.startswith("Acme is suspended." if is_tenant else "Uma User is inactive.")
    assert "may use nothing" in text
    assert "by mail" in text


def test_the_panel_comes_alone_for_htmx(bea_client, place):
    part = bea_client.get(f"{place}/customer", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="customer-panel">')
    assert "HX-Request" in part.headers["Vary"]


def test_the_page_of_the_ticket_asks_for_the_panel(bea_client, place):
    found = bea_client.soup(place).select_one("#customer-panel")
    assert found["hx-get"].startswith(f"{place}/customer")
    assert bea_client.soup(place).select_one("#customer a[href*='/customer?']")


def test_other_tickets_show_theirs_first_and_never_this_one(bea_client, place, uma, acme, ticket):
    of_colleague = make_ticket(make_user(acme, "Carl Colleague"), subject="From Carl")
    theirs = make_ticket(uma, subject="Her other one")
    links = [
        a.get_text() for a in bea_client.soup(f"{place}/customer").select(".list-group-item > a")
    ]
    tickets = [text for text in links if text.startswith("TCK")]
    assert tickets == [theirs.number, of_colleague.number]


def test_what_another_tenant_asked_is_not_there(bea_client, place, birch):
    make_ticket(make_user(birch, "Otto Other"), subject="Secret of Birch")
    assert "Secret of Birch" not in bea_client.get(f"{place}/customer").text


def test_changes_show_what_they_were_and_not_those_of_others(bea_client, place, uma, acme, mo):
    other = make_user(acme, "Carl Colleague")
    grant_user_feature(by=actor(mo), user=uma, feature_name=REPORTS, reason="for Uma")
    grant_user_feature(by=actor(mo), user=other, feature_name=REPORTS, reason="for Carl")
    text = bea_client.soup(f"{place}/customer").get_text(" ", strip=True)
    assert "for Uma" in text
    assert "for Carl" not in text


def test_the_panel_costs_seven_queries_however_much_there_is(bea_client, place, uma, ticket, mo):
    counts = []
    for name in (REPORTS, "api_access"):
        make_ticket(uma)
        grant_from_ticket(
            by=actor(mo), ticket=ticket, feature_name=name, expires_at=days(3), quota_limit=5
        )
        bea_client.get(f"{place}/customer")
        with counted() as asked:
            bea_client.get(f"{place}/customer")
        counts.append(len(asked))
    # One for who is signed in, one for the ticket.
    assert counts == [2 + 7, 2 + 7], asked


def test_a_quota_is_a_bar(bea_client, place, uma, mo):
    grant_user_feature(by=actor(mo), user=uma, feature_name="api_access", quota_limit=10)
    bars = bea_client.soup(f"{place}/customer").select("progress")
    assert any(bar["value"] == "0" and bar["max"] == "100" for bar in bars)


def test_somebody_who_only_reads_grants_nothing(app, place, ticket, mo):
    grant_from_ticket(by=actor(mo), ticket=ticket, feature_name=REPORTS, expires_at=days(3))
    fina = signed_in(app, make_admin("Fina F", Role.FINANCE, is_second_factor_on=True))
    page = fina.soup(f"{place}/customer")
    assert page.select("form[method=post][action*=support], a[href*='/grant?']") == []
    assert fina.get(f"{place}/grant").status_code == 403
    assert fina.submit(f"{place}/grant", feature_name=REPORTS).status_code == 403
    row = db.session.query(UserEntitlement).one()
    page = fina.soup(f"/entitlements/user-grants/{row.id}")
    assert f"Ticket {ticket.number}" in page.get_text()
    assert page.select(f"a[href='{place}']")
    page = signed_in(app, make_admin("Mia M", Role.MARKETING)).soup(
        f"/entitlements/user-grants/{row.id}"
    )
    assert not page.select(f"a[href='{place}']")


def test_the_grants_own_page_leads_to_the_ticket(bea_client, place, ticket, bea):
    granted = grant_from_ticket(
        by=actor(bea), ticket=ticket, feature_name=REPORTS, expires_at=days(3)
    )
    page = bea_client.soup(f"/entitlements/user-grants/{granted.row.id}")
    assert page.select_one(f"a[href='{place}']").get_text() == f"Ticket {ticket.number}"


def test_why_not_is_explained_and_as_of_then(bea_client, place, uma, mo):
    page = bea_client.soup(f"{place}/why/{REPORTS}")
    assert page.h1.get_text(strip=True) == "Uma User may not use Custom Reports"
    grant_user_feature(by=actor(mo), user=uma, feature_name=REPORTS)
    assert "may use" in bea_client.soup(f"{place}/why/{REPORTS}").h1.get_text()
    before = machine(clock.now() - timedelta(days=2))
    page = bea_client.soup(f"{place}/why/{REPORTS}?at={before}")
    assert "may not use" in page.h1.get_text()
    assert bea_client.get(f"{place}/why/{REPORTS}?at=rubbish").status_code == 422
    assert bea_client.get(f"{place}/why/%00?at=%00").status_code < 500


def test_the_explanation_becomes_a_note(bea_client, place, ticket):
    answer = bea_client.submit(f"{place}/explain/{REPORTS}")
    assert answer.status_code == 303
    note = db.session.query(SupportMessage).filter_by(kind="note").one()
    assert note.body.startswith("Uma User may not use Custom Reports")
    assert "What would change it" in note.body
    assert answer.headers["Location"].endswith(f"#message-{note.id}")


def test_an_explanation_that_is_sent_twice_is_one_note(bea_client, place, ticket):
    page = bea_client.soup(f"{place}/why/{REPORTS}")
    key = page.select_one(f"form[action$='/explain/{REPORTS}'] [name=submit_key]")["value"]
    first, again = (
        bea_client.submit(f"{place}/explain/{REPORTS}", submit_key=key) for _ in range(2)
    )
    assert first.headers["Location"] == again.headers["Location"]
    assert db.session.query(SupportMessage).filter_by(kind="note").count() == 1


def test_the_sentence_goes_into_the_reply_and_is_not_sent(bea_client, place, ticket, bea):
    for _ in range(2):
        answer = bea_client.submit(f"{place}/suggest/{REPORTS}")
    assert answer.headers["Location"].endswith("#composer")
    draft = draft_of(ticket, bea.id, MessageKind.PUBLIC)
    assert draft.count("Custom Reports is not part of your present plan.") == 1
    assert ticket.message_count == 1


def test_what_a_customer_is_told_names_none_of_us(bea_client, place, ticket, uma, acme, bea, ann):
    grant_tenant_feature(
        by=actor(ann),
        tenant=acme,
        feature_name="basic_quotes",
        effect="disable",
        reason="they owe us money",
    )
    bea_client.submit(f"{place}/suggest/basic_quotes")
    draft = draft_of(ticket, bea.id, MessageKind.PUBLIC)
    assert draft == "Basic Quotes is not available for your account at the moment."


def test_the_form_is_filled_in_and_shows_what_it_does(bea_client, place, ticket):
    form = bea_client.soup(f"{place}/grant?feature_name={REPORTS}")
    assert form.select_one("option[selected]")["value"] == REPORTS
    assert form.select_one("textarea").get_text(strip=True) == f"{ticket.number}:"
    assert form.select_one("input[name=days][checked]")["value"] == "7"
    shown = bea_client.submit(f"{place}/preview-grant", feature_name=REPORTS, days="7")
    assert shown.status_code == 200
    assert "It was granted to this user." in shown.text
    assert db.session.query(UserEntitlement).count() == 0


def test_one_press_grants_and_a_second_one_does_nothing(bea_client, place, ticket, uma):
    fields = {"feature_name": REPORTS, "days": "7", "submit_key": "k-1", "reason": "x"}
    for _ in range(2):
        answer = bea_client.submit(f"{place}/grant", **fields)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{place}#customer")
    row = db.session.query(UserEntitlement).one()
    assert abs(row.expires_at - days(7)) < timedelta(minutes=1)
    assert len(events("entitlement.granted")) == 1
    panel = bea_client.soup(f"{place}/customer")
    assert "Custom Reports" in panel.select_one("#ticket-grants").get_text()


def test_undo_takes_it_back(bea_client, place, ticket, bea):
    granted = grant_from_ticket(
        by=actor(bea), ticket=ticket, feature_name=REPORTS, expires_at=days(3)
    )
    form = bea_client.soup(f"{place}/customer").select_one("#ticket-grants form")
    assert bea_client.submit(form["action"]).status_code == 303
    assert db.session.get(UserEntitlement, granted.row.id).ended_at is not None
    assert not bea_client.soup(f"{place}/customer").select("#ticket-grants form")
    assert bea_client.submit(f"{place}/revoke/4711").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"feature_name": "teleportation", "days": "7"}, 422),
        ({"feature_name": REPORTS, "days": "30"}, 422),
        ({"feature_name": REPORTS, "days": "own"}, 422),
        ({"feature_name": REPORTS, "days": "7", "quota_limit": "-1"}, 422),
        ({"feature_name": REPORTS, "days": "7", "quota_limit": "many"}, 422),
        ({"feature_name": REPORTS, "days": "7", "reason": "x" * 501}, 422),
        ({"feature_name": REPORTS, "days": "7", "submit_key": "x" * 65}, 422),
    ],
)
def test_a_grant_that_is_not_right_says_what_to_mend(bea_client, place, fields, status):
    answer = bea_client.submit(f"{place}/grant", **fields)
    assert answer.status_code == status
    assert "error-summary" in answer.text
    assert db.session.query(UserEntitlement).count() == 0


def test_an_end_of_ones_own_counts_within_two_weeks(bea_client, place):
    fields = {"feature_name": REPORTS, "days": "own"}
    far, near = as_local(days(20)), as_local(days(3))
    refused = bea_client.submit(f"{place}/grant", **fields, expires_at=far)
    assert refused.status_code in {403, 422}
    assert bea_client.submit(f"{place}/grant", **fields, expires_at=near).status_code == 303


def test_a_ticket_that_is_gone_has_no_customer(bea_client, place, ticket):
    ticket.status = Status.DELETED
    for path in ("customer", f"why/{REPORTS}", "grant"):
        assert bea_client.get(f"{place}/{path}").status_code == 404


def test_an_erased_requester_is_shown_as_such(bea_client, place, uma):
    uma.erased_at, uma.status = clock.now(), "inactive"
    text = bea_client.get(f"{place}/customer").text
    assert "This person was erased." in text
    assert f"{place}/grant?" not in text
    answer = bea_client.submit(f"{place}/grant", feature_name=REPORTS, days="7")
    assert answer.status_code in {409, 422}


def test_whoever_works_on_no_tickets_sees_none_there(app, ticket, uma):
    mia = signed_in(app, make_admin("Mia M", Role.MARKETING, is_second_factor_on=True))
    assert ticket.number not in mia.get(f"/customers/users/{uma.id}").text


def test_a_used_up_limit_says_when_it_starts_anew(uma, mo):
    granted = grant_user_feature(by=actor(mo), user=uma, feature_name="api_access", quota_limit=0)
    words = customer_sentence(granted.after, written=machine)
    assert words.startswith("Your limit of")
    assert "0 of 0" in words
