"""The timeline: days of the reader's zone, pages in both directions, a jump to any day."""

from datetime import timedelta

import pytest

from portal.audit.actions import Action
from portal.audit.ledger import Target
from portal.core.clock import standing_at
from tests.audit.log_cast import at, days, ids, put
from tests.cast import signed_in
from tests.statements import counted

MARCH = "/audit?action=staff.invited"


@pytest.fixture
def hundred(ann):
    """One event an hour, the oldest first."""
    first = at("2026-03-01 00:30")
    return [put(ann, first + timedelta(hours=hour)) for hour in range(120)]


def test_days_are_grouped_in_the_readers_zone(app, mo, ann):
    mo.time_zone = "Asia/Tokyo"
    late, early = put(ann, "2026-03-01 15:30"), put(ann, "2026-03-01 14:30")
    soup = signed_in(app, mo).soup(MARCH)
    assert days(soup) == ["Monday 2 March 2026", "Sunday 1 March 2026"]
    assert ids(soup) == [late, early]
    assert [time.get_text() for time in soup.select(".event-time")] == ["00:30:00", "23:30:00"]


def test_today_and_yesterday_are_called_so(mo_client, ann):
    put(ann, "2026-03-01 23:59")
    put(ann, "2026-03-02 08:00")
    with standing_at(at("2026-03-02 09:00")):
        found = mo_client.soup(MARCH)
    assert len(days(found)) == 2


def test_pages_go_both_ways_and_end(mo_client, hundred):
    newest_first = hundred[::-1]
    first = mo_client.soup(MARCH)
    assert first.select_one('a[rel="prev"]') is None
    second = mo_client.soup(first.select_one('a[rel="next"]')["href"])
    third = mo_client.soup(second.select_one('a[rel="next"]')["href"])
    assert ids(first) + ids(second) + ids(third) == newest_first
    assert third.select_one('a[rel="next"]') is None
    back = mo_client.soup(third.select_one('a[rel="prev"]')["href"])
    again = mo_client.soup(back.select_one('a[rel="prev"]')["href"])
    assert (ids(back), ids(again)) == (ids(second), ids(first))
    assert again.select_one('a[rel="prev"]') is None


def test_a_jump_opens_the_day_and_goes_on_in_both_directions(mo_client, hundred):
    answer = mo_client.get(f"{MARCH}&jump=2026-03-03")
    assert answer.status_code == 302
    soup = mo_client.soup(answer.location)
    assert ids(soup) == hundred[71:21:-1]
    newer = mo_client.soup(soup.select_one('a[rel="prev"]')["href"])
    assert ids(newer) == hundred[:71:-1]
    assert newer.select_one('a[rel="prev"]') is None


def test_a_jump_before_the_first_day_leads_back(mo_client, hundred):
    soup = mo_client.soup(mo_client.get(f"{MARCH}&jump=2020-01-01").location)
    assert ids(soup) == []
    back = soup.find("a", string="Show newer events")["href"]
    assert ids(mo_client.soup(back)) == hundred[49::-1]


def test_events_of_one_instant_are_never_lost_between_pages(mo_client, ann):
    made = {put(ann, "2026-03-01 09:00") for _ in range(53)}
    first = mo_client.soup(MARCH)
    second = mo_client.soup(first.select_one('a[rel="next"]')["href"])
    assert len(ids(first)) == 50
    assert {*ids(first), *ids(second)} == made


@pytest.mark.parametrize("cursor", ["rubbish", "<2026", "<2026-03-01T00:00:00.000000Z~'", "~"])
def test_a_marker_that_was_not_made_here_is_refused(mo_client, cursor):
    assert mo_client.get("/audit", query_string={"cursor": cursor}).status_code == 400


def test_a_fragment_says_its_plain_address(mo_client):
    given = {"q": "", "action": "", "range": "7d", "log": "mail"}
    answer = mo_client.get("/audit", query_string=given, headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/audit?log=mail&range=7d"
    assert "<html" not in answer.text


def test_a_page_costs_the_same_statements_whatever_its_rows(mo_client, ann):
    with counted() as first:
        mo_client.get("/audit")
    with counted() as few:
        mo_client.get("/audit")
    for _ in range(20):
        put(ann, "2026-03-01 09:00")
    with counted() as many:
        mo_client.get("/audit")
    assert len(few) == len(many) <= 3, "\n".join(many)
    assert len(first) <= 4, "\n".join(first)


def test_labels_of_strangers_are_only_text(mo_client, ann):
    put(ann, "2026-03-01 09:00", target=Target("staff", 7, "<img src=x>"), reason="<b>why</b>")
    text = mo_client.get(MARCH).text
    assert "&lt;img src=x&gt;" in text
    assert "&lt;b&gt;why&lt;/b&gt;" in text
    assert "<img src=x>" not in text


def test_what_was_made_by_nobody_of_ours_is_shown_too(mo_client, ann):
    refused = Action.SESSION_PASSWORD_REFUSED
    event = put(ann, "2026-03-01 09:00", action=refused, reason="wrong password")
    soup = mo_client.soup("/audit?log=admin-logins&action=session.password_refused")
    assert ids(soup) == [event]
    assert "failed to sign in as Bea Agent (wrong password)" in soup.get_text()


def test_an_event_is_found_by_its_id_and_by_the_words_of_its_reason(mo_client, ann):
    event = put(ann, "2026-03-01 09:00", reason="three invoices unpaid")
    put(ann, "2026-03-01 09:00")
    for text in (event, event.upper(), "invoi", "unpaid three"):
        assert ids(mo_client.soup("/audit", query_string={"q": text})) == [event], text


def test_pages_of_a_search_go_both_ways(mo_client, ann):
    made = [put(ann, f"2026-0{1 + n % 9}-01 09:00", reason="unpaid") for n in range(60)]
    first = mo_client.soup("/audit?q=unpaid")
    second = mo_client.soup(first.select_one('a[rel="next"]')["href"])
    assert len(ids(first)) == 50
    assert {*ids(first), *ids(second)} == set(made)
    back = mo_client.soup(second.select_one('a[rel="prev"]')["href"])
    assert ids(back) == ids(first)


def test_the_first_page_of_a_log_goes_on_like_every_other(mo_client, ann):
    made = [put(ann, f"2026-03-01 09:{minute:02}") for minute in range(55)]
    put(ann, "2026-03-01 09:30", action=Action.TOTP_ENABLED)
    first = mo_client.soup("/audit?log=admin-actions")
    second = mo_client.soup(first.select_one('a[rel="next"]')["href"])
    shown = [one for one in ids(first) + ids(second) if one in made]
    assert shown == made[::-1]
    assert ids(mo_client.soup(second.select_one('a[rel="prev"]')["href"])) == ids(first)
