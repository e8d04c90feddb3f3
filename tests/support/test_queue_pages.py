"""The page of a queue: rows, filter, polls, and who is let in."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.support.models import TicketPresence
from portal.support.words import Status
from tests.cast import make_admin, make_user, open_session, signed_in
from tests.client import parsed
from tests.statements import counted
from tests.support.clocks import at
from tests.support.desk import make_agent
from tests.support.levels import make_rule
from tests.support.queue_cast import HOUR, put, put_many

ALL = "/support/queue/all"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def una(acme):
    return make_user(acme, "Una User")


def rows(soup) -> list[str]:
    return [row["id"] for row in soup.select(".queue-row")]


def poll(client, tickets, url=ALL) -> BeautifulSoup:
    """What the page asks for while these tickets are on it."""
    mark = "&" if "?" in url else "?"
    shown = ",".join(ticket.number for ticket in tickets)
    return parsed(client.get(f"{url}{mark}shown={shown}", headers=HTMX))


def test_the_way_in_leads_to_my_tickets(bea_client):
    answer = bea_client.get("/support/queue")
    assert (answer.status_code, answer.location) == (302, "/support/queue/mine")


def test_a_row_says_all_that_an_agent_looks_for(bea_client, una):
    ticket = put(
        una, plan_name="Enterprise", priority="urgent", assignee_name="Bea Agent", due_in=HOUR * 2
    )
    row = bea_client.soup(ALL).select_one(f"#ticket-{ticket.number}")
    words = " ".join(row.get_text(" ").split())
    for said in ("The press stopped", "Una User", "Acme", "Enterprise", "Urgent", "New", "Bea"):
        assert said in words
    assert "Unread" in words
    assert "Customer: It says E-42." in words
    assert "1h 59m left" in words
    assert row.select_one(".queue-due time")["title"].startswith("Due ")
    assert row.a["href"] == f"/support/tickets/{ticket.number}?view=all"


@pytest.mark.parametrize(
    ("due_in", "words", "colour"),
    [
        (timedelta(minutes=30, seconds=30), "30m left", "warning"),
        (timedelta(hours=30, seconds=30), "30h left", "success"),
        (timedelta(days=-20), "20 days overdue", "danger"),
        (timedelta(seconds=30), "under 1m left", "warning"),
    ],
)
def test_a_due_chip_says_in_words_and_colour_how_urgent_it_is(
    bea_client, una, due_in, words, colour
):
    put(una, due_in=due_in)
    chip = bea_client.soup(ALL).select_one(".queue-due time")
    assert chip.get_text(strip=True) == words
    assert f"bg-{colour}-lt" in chip["class"]


def test_a_due_chip_counts_open_hours_where_every_level_has_the_same(bea_client, una):
    make_rule()
    put(una, next_due_at=at(8, "10:00"), queue_at=at(8, "10:00"))
    with time_machine.travel(at(7, "16:00")):
        bea_client.sign_in(open_session(db.session.query(Admin).one())[1])
        chip = bea_client.soup(ALL).select_one(".queue-due time")
    assert chip.get_text(strip=True) == "2h left"


def test_everybody_who_answers_has_their_switch_beside_the_queue(bea_client, bea, una):
    make_agent(bea)
    put(una, assignee_id=bea.id)
    form = bea_client.soup(f"{ALL}?q=is:unread").select_one("#availability")
    assert "Available 1 of 20 tickets" in " ".join(form.get_text(" ").split())
    back = form.select_one("[name=next]")["value"]
    found = bea_client.submit(form["action"], availability="away", next=back)
    assert found.location == f"{ALL}?q=is:unread"
    assert bea_client.soup(ALL).select_one("#availability .badge").get_text() == "Away"


def test_whoever_is_no_agent_has_no_switch(mo_client, bea, una):
    make_agent(bea)
    assert mo_client.soup(ALL).select_one("#availability") is None


def test_the_filter_narrows_and_its_parts_can_be_taken_out(bea_client, una):
    put(una, subject="one", priority="high")
    put(una, subject="two")
    soup = bea_client.soup(f"{ALL}?q=priority:high+is:unread")
    assert [link.get_text() for link in soup.select(".queue-link")] == ["one"]
    assert soup.select_one(".queue-link")["href"].endswith("?view=all~priority%3Ahigh+is%3Aunread")
    chips = {chip.get_text(strip=True): chip["href"] for chip in soup.select(".chip")}
    assert chips["is:unread"] == f"{ALL}?q=priority%3Ahigh"


def test_a_wrong_filter_is_shown_in_place_with_what_was_typed(bea_client, una):
    put(una)
    answer = bea_client.get(f"{ALL}?q=is:unread+statsu:open")
    soup = parsed(answer)
    assert answer.status_code == 422
    assert soup.select_one("#q")["value"] == "is:unread statsu:open"
    assert "Did you mean “status:”?" in soup.select_one("#q-error").get_text()
    assert "At character 11:" in soup.select_one("#q-error").get_text()
    assert soup.select_one("mark").get_text() == "statsu:"
    assert (rows(soup), soup.select_one("#queue-rows").get("hx-get")) == ([], None)


@pytest.mark.parametrize("text", ["x" * 5000, "🔥" * 2000, "%00%ff", '"', "-" * 600, "a:" * 400])
def test_no_filter_breaks_the_page(bea_client, una, text):
    put(una, subject="🦊" * 300)
    answer = bea_client.get(f"{ALL}?q={text}")
    assert answer.status_code in {200, 422}


def test_a_subject_is_text_and_nothing_else(bea_client, una):
    put(una, subject='<script>alert("x")</script>')
    soup = bea_client.soup(ALL)
    assert soup.select_one(".queue-link").get_text() == '<script>alert("x")</script>'


@pytest.mark.parametrize("view", ["x", "view-0", "view-x", "view-99999999999", "ALL"])
def test_a_view_that_is_none_is_not_there(bea_client, view):
    assert bea_client.get(f"/support/queue/{view}").status_code == 404


@pytest.mark.parametrize("path", ["/support/queue", ALL, "/support/views", "/support/views/new"])
def test_who_does_not_work_at_the_desk_is_denied(app, path):
    client = signed_in(app, make_admin("Mia Marketing", Role.MARKETING))
    assert client.get(path).status_code == 403
    assert "Tickets" not in client.soup("/").select_one("#sidebar").get_text()


def test_a_page_costs_seven_statements_whatever_stands_on_it(bea_client, bea, una):
    dan = make_agent(make_admin("Dan Doyle"))
    sample = put(una, assignee_id=make_agent(bea, ignores_shifts=False).id, due_in=HOUR)
    bea_client.get(ALL)
    put_many(sample, 80)
    db.session.add(TicketPresence(ticket_id=sample.id, admin_id=dan.id, seen_at=clock.now()))
    db.session.flush()
    for path in (ALL, f"{ALL}?q=priority:medium", "/support/queue/mine"):
        with counted() as statements:
            assert len(rows(bea_client.soup(path))) == 50
        assert len(statements) <= 7, statements


def test_a_poll_costs_five_statements(bea_client, una):
    sample = put(una, due_in=HOUR)
    put_many(sample, 80)
    bea_client.get(ALL)
    assert sample.number
    with counted() as statements:
        poll(bea_client, [sample])
    assert len(statements) <= 5, statements


def test_a_poll_moves_no_row_and_says_how_many_are_new(bea_client, una):
    first, second = put(una, due_in=HOUR), put(una, due_in=HOUR * 2)
    put(una, due_in=timedelta(minutes=1))
    first.status, first.is_open = Status.SOLVED, False
    soup = poll(bea_client, [first, second])
    assert rows(soup) == [f"ticket-{first.number}", f"ticket-{second.number}"]
    assert "No longer in this view" in soup.select_one(f"#ticket-{first.number}").get_text()
    assert "is-gone" not in soup.select_one(f"#ticket-{second.number}")["class"]
    assert soup.select_one("#queue-fresh a").get_text() == "Show 1 new ticket"
    assert soup.select_one("#count-all")["hx-swap-oob"] == "true"
    assert soup.select_one("#count-all").get_text() == "2"


def test_a_ticket_that_was_deleted_keeps_its_place_on_the_page(bea_client, una):
    ticket = put(una)
    ticket.status, ticket.is_open = Status.DELETED, False
    soup = poll(bea_client, [ticket])
    assert "is no longer there" in soup.select_one(f"#ticket-{ticket.number}").get_text()
    assert "The press stopped" not in soup.get_text()


def test_a_poll_keeps_the_filter_and_the_page(bea_client, una):
    put_many(put(una, priority="high"), 60)
    more = bea_client.soup(f"{ALL}?q=priority:high").select_one("[rel=next]")["href"]
    root = bea_client.soup(more).select_one("#queue-rows")
    assert "q=priority%3Ahigh&cursor=" in root["hx-get"]
    again = bea_client.soup(root["hx-get"], headers=HTMX)
    assert len(rows(again)) == 11


@pytest.mark.parametrize("shown", ["", ",", "x,TCK-2026-1,\x00", "TCK-2026-000001," * 400])
def test_what_a_poll_sends_is_not_believed(bea_client, una, shown):
    put(una)
    assert bea_client.get(ALL, query_string={"shown": shown}, headers=HTMX).status_code == 200


def test_htmx_gets_the_rows_alone_and_a_browser_the_page(bea_client, una):
    put(una)
    answer = bea_client.get(ALL, headers=HTMX)
    assert "<html" not in answer.text
    assert 'id="queue-pager" hx-swap-oob' in answer.text
    assert "HX-Request" in answer.headers["Vary"]
    assert "<html" in bea_client.get(ALL).text


def test_a_row_shows_who_else_looks_at_it_now(bea_client, bea, una):
    ticket, now = put(una), clock.now()
    seen = {"Dan Doyle": now, "Lee Late": now - timedelta(seconds=46)}
    for name, seen_at in seen.items():
        admin = make_admin(name)
        db.session.add(TicketPresence(ticket_id=ticket.id, admin_id=admin.id, seen_at=seen_at))
    own = TicketPresence(ticket_id=ticket.id, admin_id=bea.id, seen_at=now, typed_at=now)
    db.session.add(own)
    words = bea_client.soup(ALL).select_one(".queue-when").get_text(" ")
    assert "Dan Doyle is looking" in words
    assert "Lee" not in words
    assert "Bea" not in words


def test_somebody_who_writes_is_said_to_write(bea_client, una):
    ticket, now, dan = put(una), clock.now(), make_admin("Dan Doyle")
    more = {"seen_at": now, "typed_at": now - timedelta(seconds=59)}
    db.session.add(TicketPresence(ticket_id=ticket.id, admin_id=dan.id, **more))
    assert "Dan Doyle is writing" in bea_client.soup(ALL).select_one(".queue-when").get_text()


def test_tickets_are_chosen_for_a_change_of_many(bea_client, una):
    ticket = put(una)
    form = bea_client.soup(f"{ALL}?q=is:unread").select_one("#queue-form")
    assert (form["action"], form["method"]) == ("/support/bulk", "post")
    names = {field["name"]: field.get("value") for field in form.select("input")}
    assert names["ticket"] == ticket.number
    assert (names["view"], names["q"], names["everything"]) == ("all", "is:unread", "1")


def test_the_switch_counts_a_mountain_of_work_no_further_than_five_hundred(bea_client, bea, una):
    make_agent(bea)
    mine = put(una, assignee_id=bea.id, assignee_name=bea.name, status=Status.OPEN)
    assert "1 of " in bea_client.soup(ALL).select_one("#availability").get_text()
    put_many(mine, 500)
    db.session.commit()
    assert "500+ of " in bea_client.soup(ALL).select_one("#availability").get_text()
