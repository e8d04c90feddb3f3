"""Queues of finished tickets: nothing of them is due, and the newest stands first."""

from datetime import timedelta
from itertools import chain

import pytest

from portal.core import clock
from portal.core.database import db
from portal.support.filter_language import parse
from portal.support.looking_again import look_again
from portal.support.models import SupportTicket
from portal.support.neighbours import Here, neighbour
from portal.support.queues import Queue, View, tickets_in
from portal.support.words import Status
from tests.cast import make_user
from tests.support.queue_cast import HOUR, looking, put, put_many, subjects


@pytest.fixture
def una(acme):
    return make_user(acme, "Una User")


def finished(una, subject, status=Status.SOLVED, *, ago=HOUR) -> SupportTicket:
    return put(una, subject=subject, status=status, is_open=False, solved_at=clock.now() - ago)


def queue_of(text: str) -> Queue:
    return Queue.of(View.ALL).narrowed_by(parse(text))


def solved_three(una) -> list[SupportTicket]:
    """The newest first, which was opened neither first nor last."""
    second, first, third = (
        finished(una, name, ago=HOUR * hours)
        for name, hours in (("second", 2), ("first", 1), ("third", 3))
    )
    return [first, second, third]


def test_what_was_solved_last_stands_first(una, bea):
    solved_three(una)
    assert subjects(View.ALL, bea, "status:solved") == ["first", "second", "third"]
    assert subjects(View.ALL, bea, "status:solved tenant:acme") == ["first", "second", "third"]


@pytest.mark.parametrize("text", ["status:closed", "status:closed,spam", "status:closed Press"])
def test_of_other_finished_tickets_the_newest_stands_first(una, bea, text):
    for name in ("old press", "new press"):
        finished(una, name, Status.CLOSED)
    assert subjects(View.ALL, bea, text) == ["new press", "old press"]


def test_where_open_ones_may_stand_too_what_is_due_first_stands_first(una, bea):
    finished(una, "done")
    put(una, subject="later", due_in=HOUR * 2)
    put(una, subject="soon", due_in=HOUR)
    for text in ("status:any", "status:new,solved", "-status:closed"):
        assert subjects(View.ALL, bea, text) == ["soon", "later", "done"]


@pytest.mark.parametrize("text", ["status:solved", "status:closed", "status:solved tenant:acme"])
def test_its_pages_leave_none_out_and_lead_back(una, bea, text):
    status = "closed" if "closed" in text else "solved"
    sample, now = finished(una, "sample", status), clock.now()
    put_many(sample, 110, solved_at=lambda place: now - timedelta(days=place // 3 + 1))
    queue, looks, pages = queue_of(text), looking(bea), []
    cursor = None
    while not pages or cursor:
        page = tickets_in(queue, looks, cursor=cursor)
        pages, cursor = [*pages, [row.id for row in page.items]], page.next_cursor
    column = SupportTicket.solved_at if status == "solved" else SupportTicket.id
    order = db.session.query(SupportTicket.id).order_by(column.desc(), SupportTicket.id.desc())
    assert list(chain(*pages)) == [number for (number,) in order]
    back = tickets_in(queue, looks, cursor=page.previous_cursor)
    assert [row.id for row in back.items] == pages[1]


@pytest.mark.parametrize("text", ["status:solved", "status:solved tenant:acme"])
def test_from_ticket_to_ticket_it_goes_in_the_same_order(una, bea, text):
    first, second, third = solved_three(una)
    view, looks = f"all~{text}", looking(bea)
    for here, before, after in ((second, first, third), (first, third, second)):
        place = Here.of(here, view)
        assert neighbour(looking=looks, here=place) == after.number
        assert neighbour(looking=looks, here=place, is_forward=False) == before.number


def test_the_next_closed_ticket_is_the_one_opened_before(una, bea):
    old, middle, new = (finished(una, name, Status.CLOSED) for name in ("a", "b", "c"))
    here = Here.of(middle, "all~status:closed")
    assert neighbour(looking=looking(bea), here=here) == old.number
    assert neighbour(looking=looking(bea), here=here, is_forward=False) == new.number


def test_what_is_solved_while_somebody_reads_is_new_on_the_first_page(una, bea):
    put_many(finished(una, "old", ago=HOUR * 9), 60, solved_at=lambda _: clock.now() - HOUR * 8)
    queue, looks = queue_of("status:solved"), looking(bea)
    shown = [row.number for row in tickets_in(queue, looks).items]
    assert look_again(queue, looks, shown, is_first_page=True).fresh == 0
    finished(una, "just now")
    assert look_again(queue, looks, shown, is_first_page=True).fresh == 1
