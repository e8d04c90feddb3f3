"""Changing a ticket on its page: plain forms, fragments, and somebody quicker."""

from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.support.models import TicketParticipant
from portal.support.ratings import rate, rating_token
from portal.support.snoozing import snooze
from portal.support.words import Status
from tests.cast import actor, make_user, open_session
from tests.support.crew import hire, make_team
from tests.support.desk import answer, customer_writes, make_agent, make_ticket

FRAGMENT = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.fixture
def url(ticket):
    return f"/support/tickets/{ticket.number}"


def htmx(client, url, **fields):
    return client.post(url, data={"csrf_token": client.form_token(), **fields}, headers=FRAGMENT)


def test_each_field_is_changed_by_its_own_form(bea_client, ticket, url):
    for name, new in (("priority", "high"), ("category", "billing"), ("subject", "Other")):
        old = getattr(ticket, name)
        answer = bea_client.submit(f"{url}/{name}", **{name: new, f"old_{name}": old})
        assert answer.headers["Location"] == f"{url}#ticket-fields"
    assert (ticket.priority, ticket.category, ticket.subject) == ("high", "billing", "Other")


def test_the_forms_send_what_they_saw(bea_client, ticket, url):
    soup = bea_client.soup(url)
    seen = {one["name"]: one["value"] for one in soup.select("#ticket-fields [name^=old_]")}
    assert seen == {
        "old_status": "new",
        "old_priority": "medium",
        "old_category": "question",
        "old_agent_id": "",
        "old_subject": "The press stopped",
    }


def test_a_conflict_keeps_the_choice_and_says_who_chose_what(bea_client, mo_client, ticket, url):
    mo_client.submit(f"{url}/priority", priority="high", old_priority="medium")
    fields = {"priority": "low", "old_priority": "medium"}
    answer = bea_client.submit(f"{url}/priority", **fields)
    assert answer.status_code == 409
    assert "Mo Manager changed the priority to “high” meanwhile" in answer.text
    part = htmx(bea_client, f"{url}/priority", **fields)
    assert part.status_code == 409
    assert part.text.lstrip().startswith('<section class="card ticket-fields"')
    assert '<option value="low" selected>' in part.text
    assert ticket.priority == "high"


def test_other_fields_of_an_old_page_are_merged_silently(bea_client, mo_client, ticket, url):
    mo_client.submit(f"{url}/priority", priority="high", old_priority="medium")
    answer = bea_client.submit(f"{url}/category", category="billing", old_category="question")
    assert answer.status_code == 303
    assert (ticket.priority, ticket.category) == ("high", "billing")


def test_a_changed_field_comes_back_as_a_fragment_with_the_head(bea_client, url):
    answer = htmx(bea_client, f"{url}/status", status="pending", old_status="new")
    assert answer.status_code == 200
    assert answer.text.count('hx-swap-oob="morph"') == 1
    assert "<html" not in answer.text


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("status", {"status": "asleep"}),
        ("status", {"status": "solved", "old_status": "asleep"}),
        ("status", {}),
        ("priority", {"priority": "fatal"}),
        ("subject", {"subject": " "}),
        ("tag", {}),
        ("tag", {"add": "<b>"}),
        ("participants", {"email": "nobody"}),
        ("participants", {}),
        ("snooze", {"for": "ever"}),
        ("snooze", {"until": "soon"}),
        ("snooze", {"until": "2020-01-01T09:00"}),
    ],
)
def test_what_is_no_value_says_so_and_changes_nothing(bea_client, ticket, url, verb, fields):
    version = ticket.version
    answer = bea_client.submit(f"{url}/{verb}", **fields)
    assert (answer.status_code, ticket.version) == (422, version)
    assert 'role="alert"' in answer.text
    assert htmx(bea_client, f"{url}/{verb}", **fields).status_code == 422


def test_a_status_that_does_not_lead_there_is_refused(bea_client, ticket, url):
    answer = bea_client.submit(f"{url}/status", status="closed", old_status="new")
    assert answer.status_code == 409
    assert "cannot become closed" in answer.text


def test_tags_are_added_and_crossed_out(bea_client, ticket, url):
    bea_client.submit(f"{url}/tag", add="VIP, late")
    bea_client.submit(f"{url}/tag", add="half-writ", remove="vip")
    assert ticket.tags == ["late"]
    buttons = bea_client.soup(url).select(".chip button[name=remove]")
    assert [one["value"] for one in buttons] == ["late"]


def test_a_participant_is_added_and_removed(bea_client, ticket, url):
    bea_client.submit(f"{url}/participants", email="otto@birch.test")
    row_id = db.session.query(TicketParticipant).one().id
    bea_client.submit(f"{url}/participants", remove=str(row_id))
    assert db.session.query(TicketParticipant).count() == 0
    again = bea_client.submit(f"{url}/participants", remove=str(row_id))
    assert again.status_code == 404


def test_a_preset_and_a_time_of_ones_own_zone_hide_a_ticket(bea_client, bea, ticket, url):
    bea.time_zone = "Europe/Berlin"
    with time_machine.travel(datetime.fromisoformat("2026-10-24T12:00:00+00:00"), tick=False):
        bea_client.sign_in(open_session(bea)[1])
        bea_client.submit(f"{url}/snooze", **{"for": "tomorrow"})
        assert ticket.snoozed_until.isoformat() == "2026-10-25T08:00:00+00:00"
        assert "Snoozed until Sun 25 Oct, 09:00" in bea_client.get(url).text
        bea_client.submit(f"{url}/snooze", until="2026-10-26T07:30")
        assert ticket.snoozed_until.isoformat() == "2026-10-26T06:30:00+00:00"
        bea_client.submit(f"{url}/wake")
        assert ticket.snoozed_until is None


def test_a_solved_ticket_offers_no_snoozing(bea_client, ticket, url):
    ticket.status, ticket.is_open = Status.SOLVED, False
    assert bea_client.soup(url).select_one("#snooze") is None
    assert bea_client.submit(f"{url}/snooze", **{"for": "hour"}).status_code == 409


def test_a_snooze_that_is_over_is_shown_no_more(bea_client, ticket, url):
    ticket.snoozed_until = clock.now() - timedelta(minutes=1)
    assert "Snoozed" not in bea_client.soup(url).select_one("#ticket-head").get_text()


def test_spam_and_deleting_are_buttons_that_ask_and_no_choices(bea_client, ticket, url):
    soup = bea_client.soup(url)
    values = {one["value"] for one in soup.select("#field-status option")}
    assert values == {"new", "open", "pending", "on_hold", "solved"}
    asked = {one["data-confirm"] for one in soup.select("#ticket-fields form[data-confirm]")}
    assert asked == {f"Put {ticket.number} away as spam?", f"Delete {ticket.number}?"}


def test_a_deleted_ticket_is_left_and_gone(bea_client, ticket, url):
    answer = bea_client.submit(f"{url}/status", status="deleted", old_status="new", view="all")
    assert answer.headers["Location"] == "/support/queue/all"
    assert (ticket.status, bea_client.get(url).status_code) == (Status.DELETED, 404)


def options(client, ticket, field):
    page = client.soup(f"/support/tickets/{ticket.number}")
    return [one.get_text() for one in page.select(f"#{field} option")]


def test_the_assignee_is_chosen_by_load_and_absence(bea_client, bea, ticket):
    make_team(make_agent(bea), hire("Dan Doyle", availability="away"))
    ticket.assignee_id, ticket.assignee_name = bea.id, bea.name
    db.session.flush()
    found = options(bea_client, ticket, "field-assignee")
    assert found == ["Nobody", "You (1 of 20)", "Dan Doyle (0 of 20, away)"]


def test_a_team_is_given_by_a_select_and_the_agent_stays(bea_client, bea, ticket):
    assert options(bea_client, ticket, "field-team") == []
    team = make_team(make_agent(bea), strategy="manual")
    old = make_team(name="Old", is_default=False, archived_at=clock.now())
    ticket.assignee_id, ticket.assignee_name = bea.id, bea.name
    assert options(bea_client, ticket, "field-team") == ["None", "Front desk"]
    url = f"/support/tickets/{ticket.number}/assign"
    assert bea_client.submit(url, team_id=str(team.id)).status_code == 303
    assert (ticket.team_id, ticket.assignee_id) == (team.id, bea.id)
    assert bea_client.submit(url, team_id=str(old.id)).status_code == 422
    assert ticket.team_id == team.id


def test_what_stays_with_an_archived_team_may_still_change_its_agent(bea_client, bea, ticket):
    make_agent(bea)
    ticket.team_id = make_team(archived_at=clock.now()).id
    assert options(bea_client, ticket, "field-team") == ["None", "Front desk"]
    url = f"/support/tickets/{ticket.number}/assign"
    assert bea_client.submit(url, agent_id=str(bea.id)).status_code == 303
    assert ticket.assignee_id == bea.id


@pytest.mark.parametrize(("score", "word"), [(3, "Good"), (2, "Fair"), (1, "Bad")])
def test_a_ticket_says_how_its_customer_liked_it(bea_client, bea, ticket, score, word):
    assert bea_client.soup(f"/support/tickets/{ticket.number}").select_one("#rating") is None
    for number, comment in ((2, "So so."), (score, '<b>"x"</b>')):
        answer(ticket, bea, status=Status.SOLVED)
        rate(token=rating_token(ticket), score=number, comment=comment)
        customer_writes(ticket)
    found = bea_client.soup(f"/support/tickets/{ticket.number}").select_one("#rating")
    assert found.select_one(".badge").get_text() == word
    assert found.select_one("blockquote").get_text() == '<b>"x"</b>'


def test_the_history_says_until_when_by_the_readers_clock(bea_client, bea, ticket, url):
    bea.time_zone = "Asia/Tokyo"
    until = (clock.now() + timedelta(days=2)).replace(hour=20, minute=30, second=0)
    snooze(by=actor(bea), ticket=ticket, until=until)
    rows = bea_client.soup(f"{url}/history").select_one("#history-rows").get_text()
    assert f"{(until + timedelta(hours=9)):snoozed it until %-d %b %Y, 05:30:00 JST}" in rows
