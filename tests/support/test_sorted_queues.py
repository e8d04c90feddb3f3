"""Queues in an order that somebody asks for: `sort:newest`, `oldest`, `updated`, `quiet`, `due`."""

from datetime import timedelta
from itertools import chain
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.filter_language import parse, written
from portal.support.looking_again import look_again
from portal.support.models import SupportTicket
from portal.support.neighbours import Here, neighbour
from portal.support.queue_words import as_filter
from portal.support.queues import Queue, View, tickets_in
from portal.support.views import save_view
from tests.cast import actor, make_user
from tests.support.queue_cast import HOUR, looking, put, put_many, subjects

ALL = "/support/queue/all"
IN_ORDER = {
    "sort:newest": ["quiet", "busy", "due"],
    "sort:oldest": ["due", "busy", "quiet"],
    "sort:updated": ["busy", "due", "quiet"],
    "sort:quiet": ["quiet", "due", "busy"],
    "sort:due": ["due", "quiet", "busy"],
}


COLUMNS = {
    "sort:newest": ("created_at", True),
    "sort:oldest": ("created_at", False),
    "sort:updated": ("last_message_at", True),
    "sort:quiet": ("last_message_at", False),
    "sort:due": ("queue_at", False),
}


@pytest.fixture
def una(acme):
    return make_user(acme, "Una User")


@pytest.fixture
def three(una):
    """By subject; each order has another of them at its top or at its end."""
    now = clock.now()
    rows = (("due", 9, 5, 1), ("busy", 8, 1, 3), ("quiet", 7, 6, 2))
    return {
        subject: put(
            una,
            subject=subject,
            created_at=now - HOUR * created,
            last_message_at=now - HOUR * said,
            due_in=HOUR * due,
        )
        for subject, created, said, due in rows
    }


def sorted_queue(text: str) -> Queue:
    return Queue.of(View.ALL).narrowed_by(parse(text))


@pytest.mark.parametrize("text", IN_ORDER)
@pytest.mark.parametrize("rest", ["", "tenant:acme ", "status:any "])
def test_a_queue_stands_in_the_order_that_is_asked_for(three, bea, text, rest):
    assert subjects(View.ALL, bea, rest + text) == IN_ORDER[text]


def test_of_solved_ones_too(three, bea):
    for ticket in three.values():
        ticket.status, ticket.is_open, ticket.solved_at = "solved", False, clock.now()
    assert subjects(View.ALL, bea, "status:solved sort:quiet") == IN_ORDER["sort:quiet"]


def test_the_order_that_is_asked_for_last_counts(three, bea):
    own = Queue("view-1", View.ALL, "Mine", own=parse("sort:newest"))
    assert subjects(own, bea) == IN_ORDER["sort:newest"]
    assert subjects(own, bea, "sort:quiet") == IN_ORDER["sort:quiet"]
    assert subjects(own, bea, "sort:due") == IN_ORDER["sort:due"]
    assert subjects(View.ALL, bea, "sort:newest sort:oldest") == IN_ORDER["sort:oldest"]


def test_a_view_is_saved_with_the_last_order_alone(bea):
    own = Queue("view-1", View.ALL, "Mine", own=parse("sort:newest priority:high"))
    said = written(as_filter(own.narrowed_by(parse("sort:quiet is:unread"))))
    assert said == "priority:high is:unread sort:quiet"


@pytest.mark.parametrize("text", IN_ORDER)
def test_its_pages_leave_none_out_and_lead_back(una, bea, text):
    now = clock.now()
    ages = {
        name: lambda place, step=step: now - timedelta(days=place // 3 * step + 1)
        for name, step in (("created_at", 1), ("last_message_at", 2), ("queue_at", 3))
    }
    put_many(put(una), 110, **ages)
    queue, looks, pages, cursor = sorted_queue(text), looking(bea), [], None
    while not pages or cursor:
        page = tickets_in(queue, looks, cursor=cursor)
        pages, cursor = [*pages, [row.id for row in page.items]], page.next_cursor
    assert [len(each) for each in pages] == [50, 50, 11]
    name, is_down = COLUMNS[text]
    columns = (getattr(SupportTicket, name), SupportTicket.id)
    wanted = sa.select(SupportTicket.id).order_by(*(sa.desc(c) if is_down else c for c in columns))
    assert list(chain(*pages)) == db.session.scalars(wanted).all()
    back = tickets_in(queue, looks, cursor=page.previous_cursor)
    assert [row.id for row in back.items] == pages[1]


@pytest.mark.parametrize("text", IN_ORDER)
def test_from_ticket_to_ticket_it_goes_in_the_same_order(three, bea, text):
    first, second, third = (three[name] for name in IN_ORDER[text])
    place, looks = Here.of(second, f"all~{text}"), looking(bea)
    assert neighbour(looking=looks, here=place) == third.number
    assert neighbour(looking=looks, here=place, is_forward=False) == first.number


def test_who_answers_goes_on_from_where_the_ticket_stood(three, bea):
    here = Here.of(three["due"], "all~sort:updated")
    three["due"].last_message_at = clock.now()
    db.session.flush()
    assert neighbour(looking=looking(bea), here=here) == three["quiet"].number


def test_what_comes_while_somebody_reads_is_new_on_the_first_page(una, bea):
    put_many(put(una, subject="old"), 60)
    queue, looks = sorted_queue("sort:newest"), looking(bea)
    shown = [row.number for row in tickets_in(queue, looks).items]
    assert look_again(queue, looks, shown, is_first_page=True).fresh == 0
    put(una, subject="just now", created_at=clock.now() + HOUR)
    assert look_again(queue, looks, shown, is_first_page=True).fresh == 1


def orders(client, url=ALL):
    """The menu: each order with its address, and which of them is at work."""
    found = client.soup(url).select(".desk-sort-list a")
    present = [link.get_text() for link in found if link.get("aria-current")]
    return {link.get_text(): link["href"] for link in found}, present


def test_the_page_offers_every_order_and_says_the_present_one(bea_client, three):
    offered, present = orders(bea_client)
    assert present == ["Due first"]
    assert offered == {
        "Due first": ALL,
        "Newest first": f"{ALL}?q=sort%3Anewest",
        "Oldest first": f"{ALL}?q=sort%3Aoldest",
        "Latest message first": f"{ALL}?q=sort%3Aupdated",
        "Longest quiet first": f"{ALL}?q=sort%3Aquiet",
    }
    for label, url in offered.items():
        assert orders(bea_client, url)[1] == [label]


def test_another_order_keeps_the_filter(bea_client, three):
    offered, present = orders(bea_client, f"{ALL}?q=sort:oldest+status:solved")
    assert present == ["Oldest first"]
    assert offered["Newest first"] == f"{ALL}?q=status%3Asolved+sort%3Anewest"
    assert offered["Usual order"] == f"{ALL}?q=status%3Asolved"


def test_a_saved_view_keeps_its_order_until_another_is_asked_for(bea_client, bea, three):
    view = save_view(by=actor(bea), name="New", query="sort:newest")
    db.session.commit()
    url = f"/support/queue/view-{view.id}"
    offered, present = orders(bea_client, url)
    assert present == ["Newest first"]
    assert offered["Newest first"] == url
    rows = bea_client.soup(offered["Due first"]).select(".queue-link")
    assert [row.get_text(strip=True) for row in rows] == IN_ORDER["sort:due"]


@pytest.mark.parametrize("text", [" ".join(f"-tag:t{n}" for n in range(30)), "x" * 495])
def test_an_order_that_the_filter_has_no_room_for_is_not_offered(bea_client, catalog, text):
    offered, _ = orders(bea_client, f"{ALL}?{urlencode({'q': text})}")
    assert list(offered) == ["Due first"]


def test_the_same_page_is_asked_for_again_in_its_order(bea_client, three):
    page = bea_client.soup(f"{ALL}?q=sort:quiet")
    assert page.select_one("#queue-rows")["hx-get"] == f"{ALL}?q=sort%3Aquiet"
    assert page.select_one(".queue-link")["href"].endswith("?view=all~sort%3Aquiet")


def test_an_order_narrows_nothing(bea_client, catalog):
    assert "Nothing here" in bea_client.get(f"{ALL}?q=sort:newest").text


def test_a_filter_that_cannot_be_read_offers_no_order(bea_client, catalog):
    answer = bea_client.get(f"{ALL}?q=sort:best")
    assert (answer.status_code, "desk-sort" in answer.text) == (422, False)
