"""Changing many tickets in the browser: asked once, shown while it runs, taken back."""

import pytest

from portal.core.database import db
from portal.support.bulk_work import work_off
from portal.support.models import BulkChange
from portal.support.words import Status
from tests.cast import make_user
from tests.client import parsed
from tests.support.desk import make_ticket
from tests.support.queue_cast import put_many

BULK = "/support/bulk"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'


@pytest.fixture
def three(acme):
    user = make_user(acme)
    return [make_ticket(user, subject=f"Ticket {number}") for number in range(3)]


def begun():
    return db.session.query(BulkChange).count()


def fields(tickets, **more):
    return {"ticket": [ticket.number for ticket in tickets], **more}


def started(client, tickets, **change):
    return client.submit(f"{BULK}/start", **fields(tickets, **change)).location


def worked_off(url):
    bulk = db.session.get_one(BulkChange, int(url.rpartition("/")[2]))
    while bulk.status != "done":
        work_off({"bulk_id": bulk.id})
        db.session.commit()


def test_what_is_ticked_is_asked_about_in_words(bea_client, three):
    answer = bea_client.submit(BULK, **fields(three[:2], status="solved", add_tags="vip"))
    assert "Change 2 tickets?" in answer.text
    assert "Sets the status to solved; adds the tag vip." in answer.text
    assert begun() == 0


def test_without_a_change_it_asks_which(bea_client, three):
    answer = bea_client.submit(BULK, **fields(three[:1]))
    assert "What should change on 1 ticket?" in answer.text


@pytest.mark.parametrize(("count", "said"), [(1, "1 ticket"), (3, "3 tickets")])
def test_a_change_says_how_many_tickets_it_has(bea_client, three, count, said):
    url = started(bea_client, three[:count], priority="high")
    assert bea_client.soup(url).h1.text == f"Change {url.rpartition('/')[2]}: {said}"


def test_all_that_match_are_counted_whatever_the_page(bea_client, three):
    put_many(three[0], 300)
    more = {"everything": "1", "view": "all", "q": "status:new", "status": "solved"}
    assert "Change 303 tickets?" in bea_client.submit(BULK, **more).text
    url = bea_client.submit(f"{BULK}/start", **more, expected="303").location
    bulk = db.session.get_one(BulkChange, int(url.rpartition("/")[2]))
    assert (bulk.total, bulk.query) == (303, "all: status:new")


def test_who_changes_their_mind_comes_back_to_what_they_had_filtered(bea_client, three):
    for more in ({"everything": "1"}, {"ticket": three[0].number}):
        answer = bea_client.submit(BULK, **more, view="all", q="status:new", status="solved")
        links = parsed(answer).select('main a[href="/support/queue/all?q=status:new"]')
        assert [link.text for link in links] == ["Queue", "Cancel"]


def test_more_than_were_asked_about_are_asked_about_again(bea_client, three):
    more = {"all": "1", "view": "all", "status": "solved", "expected": "2"}
    answer = bea_client.submit(f"{BULK}/start", **more)
    assert (answer.status_code, begun()) == (409, 0)
    assert "There are more tickets by now." in answer.text
    assert "Change 3 tickets" in answer.text


def test_its_thousands_are_set_apart_as_where_it_was_asked_for(bea_client, three):
    url = started(bea_client, three, status="solved")
    bulk = db.session.get_one(BulkChange, int(url.rpartition("/")[2]))
    bulk.total, bulk.done, bulk.skipped = 9_000, 4_200, 1_100
    assert "4,200 of 9,000 looked at, 3,100 done, 1,100 skipped" in bea_client.get(url).text
    assert "3,100 done, 1,100 skipped, 4,800 to go" in bea_client.get(BULK).text
    bulk.status, bulk.done = "done", 9_000
    text = bea_client.get(url).text
    assert "7,900 done, 1,100 skipped" in text
    assert "Take it back on 7,900 tickets, wherever" in text


def test_it_is_shown_while_it_runs_and_when_it_is_done(bea_client, three):
    three[2].status, three[2].is_open = Status.CLOSED, False
    url = started(bea_client, three, status="solved")
    assert "0 of 3 looked at" in bea_client.get(url).text
    assert "every 2s" in bea_client.get(url).text
    worked_off(url)
    page = bea_client.soup(url)
    assert "2 done, 1 skipped" in page.select_one("#bulk-summary").get_text()
    assert "1 × A closed ticket stays closed" in page.select_one("#bulk-reasons").get_text()
    assert "every 2s" not in str(page)
    rows = bea_client.soup(f"{url}?result=skipped").select("tbody tr")
    assert [row.select_one("a").get_text() for row in rows] == [three[2].number]


def test_htmx_gets_the_progress_alone(bea_client, three):
    url = started(bea_client, three, status="solved")
    part = bea_client.get(url, headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="bulk-progress"')


def test_the_results_are_a_file(bea_client, three):
    three[0].status, three[0].is_open = Status.CLOSED, False
    url = started(bea_client, three, status="solved")
    worked_off(url)
    answer = bea_client.get(f"{url}/results.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[0] == "ticket,result,detail"
    assert lines[1].startswith(f"{three[0].number},skipped,A closed ticket")
    assert lines[2] == f"{three[1].number},changed,"


def test_it_is_taken_back_by_one_press(bea_client, three):
    url = started(bea_client, three, status="solved")
    worked_off(url)
    answer = bea_client.submit(f"{url}/undo")
    assert answer.status_code == 303
    worked_off(answer.location)
    assert {ticket.status for ticket in three} == {"new"}
    assert "takes change" in bea_client.get(BULK).text
    again = bea_client.submit(f"{url}/undo")
    assert again.location == url
    assert "This was taken back already." in bea_client.get(url).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"status": "deleted"}, "Not a valid choice"),
        ({"assign_to": "99999"}, "Not a valid choice"),
        ({"add_tags": "%%%"}, "A tag is one word"),
        ({}, "Choose what should change."),
    ],
)
def test_a_wrong_change_says_why_and_begins_nothing(bea_client, three, wrong, words):
    answer = bea_client.submit(f"{BULK}/start", **fields(three, **wrong))
    assert (answer.status_code, begun()) == (422, 0)
    assert words in answer.text


def test_nothing_ticked_says_so(bea_client, three):
    answer = bea_client.submit(BULK, status="solved")
    assert answer.status_code == 422
    assert "No ticket is selected" in answer.text


def test_a_filter_that_cannot_be_read_is_refused(bea_client, three):
    answer = bea_client.submit(BULK, everything="1", view="all", q="statsu:open")
    assert answer.status_code == 422
    assert bea_client.submit(BULK, everything="1", view="nonsense").status_code == 404


def test_hostile_text_stays_text(bea_client, three):
    answer = bea_client.submit(BULK, **fields(three, add_tags=HOSTILE, q=HOSTILE))
    assert answer.status_code == 422
    assert "<script>alert(1)" not in answer.text
    assert "{{ 7*7 }}" in answer.text


def test_whoever_answers_no_tickets_changes_none(bea_client, bea, three):
    bea.role = "finance"
    for path in (BULK, f"{BULK}/start", f"{BULK}/1/undo"):
        assert bea_client.submit(path, **fields(three, status="solved")).status_code == 403
    assert bea_client.get(f"{BULK}/1").status_code == 403


def test_what_is_not_there_is_not_found(bea_client, three):
    assert bea_client.get(f"{BULK}/999").status_code == 404
    assert bea_client.get(f"{BULK}/999/results.csv").status_code == 404
    assert bea_client.submit(f"{BULK}/999/undo").status_code == 404
    assert "Nobody changed many tickets yet" in bea_client.get(BULK).text
