"""The pages of the reports."""

import pytest

from portal.core.database import db
from portal.core.roles import Role
from portal.support.report_sets import SETS
from portal.support.report_words import TITLES
from tests.cast import make_admin, make_user, signed_in
from tests.ledger import events
from tests.statements import counted
from tests.support.crew import make_team
from tests.support.desk import make_ticket
from tests.support.levels import make_rule


def test_a_number_opens_its_tickets(bea_client, acme):
    ticket = make_ticket(make_user(acme))
    page = bea_client.soup("/support/reports")
    link = page.select_one('a[href*="/tickets/created"]')
    assert link.text == "1"
    assert ticket.number in bea_client.get(link["href"]).text


DAY = "from=2026-11-27&to=2026-11-27"


@pytest.mark.parametrize(
    ("name", "asked", "title", "span"),
    [
        ("replied-by:{bea}", DAY, "Tickets answered by Bea Agent", "27 Nov 2026"),
        ("solved-by:99", DAY, "Tickets solved by somebody who left", "27 Nov 2026"),
        ("solved", "from=2025-12-30&to=2026-01-02", "Tickets solved", "30 Dec 2025 to 2 Jan 2026"),
        ("rated:1", "from=2026-11-01&to=2026-11-30", "Tickets rated bad", "1 Nov to 30 Nov 2026"),
        ("met:{rule}:resolution", DAY, "Standard: resolution kept", "27 Nov 2026"),
        (
            "missed:99:resolution",
            DAY,
            "A service level that is gone: resolution broken",
            "27 Nov 2026",
        ),
        ("rated:9", DAY, "Tickets rated 9", "27 Nov 2026"),
        ("age:1", DAY, "Open tickets, 1 to 3 days old", "Now, with snoozed ones"),
        ("open", "team={team}", "Open tickets", "Now, with snoozed ones, team Front desk"),
        ("created", f"{DAY}&agent={{bea}}", "Tickets opened", "27 Nov 2026, of Bea Agent"),
    ],
)
def test_a_number_says_in_words_what_it_counts(bea_client, bea, name, asked, title, span):
    ids = {"bea": bea.id, "rule": make_rule().id, "team": make_team().id}
    name, asked = name.format(**ids), asked.format(**ids)
    page = bea_client.soup(f"/support/reports/tickets/{name}?{asked}")
    assert page.h1.text.strip() == title
    assert page.select_one(".page-top p").text == span


def test_every_number_has_words():
    assert set(TITLES) == set(SETS)


def test_the_cards_of_a_column_stand_apart(bea_client):
    cards = bea_client.soup("/support/reports").select(".row > .col-lg-8 > .card")
    assert len(cards) > 3
    assert [one.h2.text for one in cards[:-1] if "mb-3" not in one["class"]] == []


def test_the_page_costs_the_same_with_many_tickets(bea_client, acme):
    uma, costs = make_user(acme), []
    for _ in range(2):
        for _ in range(5):
            make_ticket(uma)
        db.session.flush()
        with counted() as statements:
            bea_client.get("/support/reports")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 26


def test_an_export_is_recorded_and_streams_all(bea_client, acme):
    for _ in range(3):
        make_ticket(make_user(acme, f"U{_}"))
    answer = bea_client.get("/support/reports/tickets/created.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 4
    assert events("report.exported")


def test_days_that_cannot_be_read_are_said(bea_client):
    answer = bea_client.get("/support/reports?from=soon")
    assert (answer.status_code, "2026-11-23" in answer.text) == (422, True)


def test_marketing_sees_no_reports(app):
    client = signed_in(app, make_admin("Max Marketing", Role.MARKETING, is_second_factor_on=True))
    for path in ("", "/tickets/created", "/tickets/created.csv"):
        assert client.get(f"/support/reports{path}").status_code == 403


def test_odd_addresses_are_answered(bea_client):
    for query in (
        "team=99999999999999999999",
        "agent=x&to=%00",
        "cursor=rubbish",
        "from=9999-12-31",
    ):
        for path in ("", "/tickets/created", "/tickets/%00", "/tickets/met:1:x"):
            answer = bea_client.get(f"/support/reports{path}?{query}")
            assert answer.status_code in {200, 400, 404, 422}, (path, query)
