"""The queues: who stands in which, in which order, and how many."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.looking_again import look_again
from portal.support.models import SupportTeam, SupportTicket, TeamMember
from portal.support.queues import (
    Queue,
    View,
    counts_of,
    tickets_in,
)
from portal.support.words import Status
from portal.web.paging import BadCursor
from tests.cast import make_admin, make_user
from tests.statements import counted
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, looking, put, put_many, subjects


@pytest.fixture
def una(acme):
    return make_user(acme, "Una User")


@pytest.fixture
def agent(bea):
    return make_agent(bea)


def make_team(name: str, *members: int) -> SupportTeam:
    team = SupportTeam(
        name=name, name_key=name.lower(), strategy="manual", categories=[], created_at=clock.now()
    )
    db.session.add(team)
    db.session.flush()
    db.session.add_all(TeamMember(team_id=team.id, agent_id=agent) for agent in members)
    return team


def test_each_view_has_its_own_tickets(una, bea, agent):
    team = make_team("Billing", agent.id)
    put(una, subject="mine", assignee_id=bea.id, due_in=HOUR * 9, waiting_since=None)
    put(una, subject="team", team_id=team.id, due_in=HOUR * 2, waiting_since=None)
    put(una, subject="late", due_in=-HOUR)
    put(una, subject="asleep", snoozed_until=clock.now() + HOUR, waiting_since=None)
    put(una, subject="done", status="solved", is_open=False, assignee_id=bea.id)
    found = {view.value: subjects(view, bea) for view in View}
    assert found == {
        "mine": ["mine"],
        "unassigned": ["late", "team"],
        "team": ["team"],
        "due-soon": ["team"],
        "breached": ["late"],
        "waiting": ["late"],
        "snoozed": ["asleep"],
        "all": ["late", "team", "mine"],
    }


def test_a_snoozed_ticket_comes_back_the_instant_it_is_due(una, bea):
    until = clock.now() + HOUR
    put(una, snoozed_until=until)
    early, due = looking(bea, now=until - timedelta(seconds=1)), looking(bea, now=until)
    everything, asleep = Queue.of(View.ALL), Queue.of(View.SNOOZED)
    assert [len(tickets_in(everything, at).items) for at in (early, due)] == [0, 1]
    assert [len(tickets_in(asleep, at).items) for at in (early, due)] == [1, 0]


def test_what_is_due_first_stands_first_and_what_never_is_last(una, bea):
    put(una, subject="never")
    put(una, subject="later", due_in=HOUR * 2)
    put(una, subject="soon", due_in=HOUR)
    assert subjects(View.ALL, bea) == ["soon", "later", "never"]


def test_a_deleted_ticket_is_nowhere_even_when_every_status_is_asked_for(una, bea):
    put(una, status=Status.DELETED, is_open=False)
    assert subjects(View.ALL, bea, "status:any") == []


def test_a_queue_is_empty_for_somebody_who_may_not_see_tickets(una):
    put(una)
    mia = make_admin("Mia Marketing", "marketing")
    assert subjects(View.ALL, mia) == []
    assert counts_of([Queue.of(View.ALL)], looking(mia)) == {"all": "0"}


def test_the_counts_of_all_views_cost_one_statement(una, bea, agent):
    put(una, assignee_id=bea.id, due_in=-HOUR)
    put(una)
    with counted() as statements:
        found = counts_of([Queue.of(view) for view in View], looking(bea))
    assert len(statements) == 1
    assert (found["mine"], found["unassigned"], found["all"], found["breached"]) == (*"1121",)


def test_nothing_is_counted_where_there_is_no_view(bea):
    assert counts_of([], looking(bea)) == {}


@pytest.mark.parametrize(("more", "said"), [(198, "199"), (199, "199+"), (300, "199+")])
def test_a_count_ends_at_199(una, bea, more, said):
    put_many(put(una), more)
    assert counts_of([Queue.of(View.ALL)], looking(bea)) == {"all": said}


def test_pages_of_tickets_that_are_due_at_one_instant_leave_none_out_and_none_twice(una, bea):
    sample, due = put(una), clock.now() + HOUR
    put_many(sample, 119, queue_at=lambda place: due if place < 70 else sample.queue_at)
    seen, cursor = [], None
    while True:
        page = tickets_in(Queue.of(View.ALL), looking(bea), cursor=cursor)
        seen += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (120, 120)


def test_a_page_leads_back(una, bea):
    put_many(put(una), 60)
    queue = Queue.of(View.ALL)
    first = tickets_in(queue, looking(bea))
    second = tickets_in(queue, looking(bea), cursor=first.next_cursor)
    again = tickets_in(queue, looking(bea), cursor=second.previous_cursor)
    assert (len(first.items), len(second.items)) == (50, 11)
    assert [row.id for row in again.items] == [row.id for row in first.items]


def test_a_cursor_that_we_did_not_make_is_refused(una, bea):
    with pytest.raises(BadCursor):
        tickets_in(Queue.of(View.ALL), looking(bea), cursor="nonsense")


def test_what_came_meanwhile_is_counted_and_moves_nothing(una, bea):
    shown = [put(una, subject=s, due_in=HOUR * n) for n, s in enumerate("abc", 1)]
    put(una, subject="new", due_in=timedelta(minutes=5))
    shown[0].status, shown[0].is_open = "solved", False
    shown[1].subject = "b changed"
    db.session.flush()
    numbers = [ticket.number for ticket in shown]
    found = look_again(Queue.of(View.ALL), looking(bea), numbers, is_first_page=True)
    assert [(row.subject, row.is_here) for row in found.rows] == [
        ("a", False),
        ("b changed", True),
        ("c", True),
    ]
    assert found.fresh == 1


def test_tickets_that_only_move_up_from_the_next_page_are_not_new(una, bea):
    put_many(put(una), 60)
    queue, now = Queue.of(View.ALL), looking(bea)
    shown = [row.number for row in tickets_in(queue, now).items]
    leaves = sa.update(SupportTicket).where(SupportTicket.number == shown[3])
    db.session.execute(leaves.values(is_open=False))
    found = look_again(queue, now, shown, is_first_page=True)
    assert (len(found.rows), found.fresh) == (50, 0)


def test_looking_again_at_a_later_page_counts_nothing_new(una, bea):
    first, other = put(una), put(una)
    queue, now = Queue.of(View.ALL), looking(bea)
    assert look_again(queue, now, [first.number], is_first_page=True).fresh == 1
    assert look_again(queue, now, [first.number], is_first_page=False).fresh == 0
    other.status = Status.DELETED
    db.session.flush()
    assert look_again(queue, now, [other.number], is_first_page=False).rows == [other.number]
