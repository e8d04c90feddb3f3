"""A queue in the words of the filter language: a view that is saved there holds what was seen."""

import pytest

from portal.core import clock
from portal.support.filter_language import parse, written
from portal.support.queue_words import as_filter
from portal.support.queues import Queue, View
from tests.cast import make_user
from tests.support.crew import hire, make_team
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, put, subjects

FILTERS = ("", "priority:high", "status:any", "status:solved", "-status:new", "is:snoozed", "press")


@pytest.fixture
def tickets(acme, bea):
    """One of each kind, of a high and of a low priority."""
    una, team = make_user(acme, "Una User"), make_team(make_agent(bea), is_default=False)
    kinds = {
        "mine": {"assignee_id": bea.id},
        "another’s": {"assignee_id": hire("Dan Doyle").id},
        "team": {"team_id": team.id},
        "soon": {"due_in": HOUR},
        "late": {"due_in": -HOUR},
        "answered": {"waiting_since": None},
        "asleep": {"snoozed_until": clock.now() + HOUR, "assignee_id": bea.id},
        "done": {"status": "solved", "is_open": False, "assignee_id": bea.id},
    }
    for name, values in kinds.items():
        for priority in ("high", "low"):
            put(una, subject=f"press {name}, {priority}", priority=priority, **values)


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("view", View)
def test_every_queue_can_be_said(tickets, bea, view, text):
    said = written(as_filter(Queue.of(view).narrowed_by(parse(text))))
    assert subjects(View.ALL, bea, said) == subjects(view, bea, text)


def test_what_is_narrowed_in_no_way_has_tickets_in_every_view(tickets, bea):
    assert all(subjects(view, bea) for view in View)


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        (Queue.of(View.MINE), "assignee:me priority:high"),
        (Queue.of(View.ALL), "priority:high"),
        (Queue("view-7", View.ALL, "VIPs", own=parse("tag:vip")), "tag:vip priority:high"),
        (Queue("view-7", View.ALL, "High", own=parse("priority:high")), "priority:high"),
    ],
)
def test_each_part_is_said_once_and_those_of_the_queue_first(queue, said):
    assert written(as_filter(queue.narrowed_by(parse("priority:high")))) == said


def test_the_filter_of_a_new_view_says_the_queue_too(tickets, bea_client):
    queue = bea_client.soup("/support/queue/mine?q=priority:high")
    link = queue.find("a", string="Save as a view")
    form = bea_client.soup(link["href"]).select_one("main form")
    assert form.select_one("[name=q]")["value"] == "assignee:me priority:high"
