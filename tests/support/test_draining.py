"""What waits goes to whoever has room again; what is left behind returns to its team."""

import json
from datetime import timedelta
from typing import Any

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.models import Job
from portal.staff.models import Admin
from portal.staff.people import change_role, disable_person, enable_person
from portal.support import backlog, draining
from portal.support.agents import NotYourself, Profile, change_agent, set_availability
from portal.support.backlog import work_off
from portal.support.draining import drain
from portal.support.models import SupportAgent
from portal.support.statuses import set_status
from portal.support.words import Category, Status, Strategy
from tests.cast import actor, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.crew import handed, hire, make_team
from tests.support.desk import answer, make_agent, make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


def queued(user, count, **more):
    """So many tickets that wait, the last one due first."""
    tickets = [make_ticket(user, **more) for _ in range(count)]
    for hours, ticket in enumerate(reversed(tickets), start=1):
        ticket.queue_at = clock.now() + timedelta(hours=hours)
    db.session.flush()
    return tickets


def switch(agent, state, by=SYSTEM, **more):
    by = by if by is not SYSTEM else actor(db.session.get_one(Admin, agent.id))
    return set_availability(by=by, agent_id=agent.id, availability=state, **more)


def handed_back() -> dict[str, Any]:
    """What the one event says of it."""
    (event,) = events("ticket.handed_back")
    return json.loads(event.canonical)["meta"]


def test_who_becomes_available_gets_what_is_due_first(uma):
    agent = hire("One Agent", capacity=2, availability="away")
    make_team(agent)
    first, second, third = queued(uma, 3)
    assert switch(agent, "available").received == 2
    assert [t.assignee_id for t in (first, second, third)] == [None, agent.id, agent.id]


def test_solving_one_brings_the_next(uma, bea):
    make_team(make_agent(bea, capacity=1))
    first, second = make_ticket(uma), make_ticket(uma)
    assert (first.assignee_id, second.assignee_id) == (bea.id, None)
    answer(first, bea, status=Status.SOLVED)
    assert (first.assignee_id, second.assignee_id) == (bea.id, bea.id)


def test_three_pending_tickets_make_no_room_beside_a_full_desk(uma, bea):
    make_team(make_agent(bea, capacity=2))
    first, second, third = (make_ticket(uma) for _ in range(3))
    set_status(by=actor(bea), ticket=first, status=Status.PENDING)
    assert third.assignee_id is None
    set_status(by=actor(bea), ticket=second, status=Status.ON_HOLD)
    assert third.assignee_id == bea.id


def test_who_takes_more_than_before_gets_what_waits(uma, mo):
    agent = hire("One Agent", capacity=0)
    make_team(agent)
    ticket = make_ticket(uma)
    change_agent(by=actor(mo), agent_id=agent.id, profile=Profile(capacity=1))
    assert ticket.assignee_id == agent.id


def test_what_others_know_does_not_stand_in_the_way(uma, monkeypatch):
    monkeypatch.setattr(draining, "AT_ONCE", 2)
    agent = hire("One Agent", availability="away", skills=["billing"])
    make_team(agent)
    queued(uma, 3, category=Category.ACCESS)
    wanted = make_ticket(uma, category=Category.BILLING)
    assert switch(agent, "available").received == 1
    assert wanted.assignee_id == agent.id


def test_the_backlog_of_a_manual_team_stays(uma, bea):
    make_team(make_agent(bea), strategy=Strategy.MANUAL)
    ticket = make_ticket(uma)
    assert drain() == 0
    assert ticket.assignee_id is None


def test_the_job_of_every_minute_gives_each_team_its_tickets_by_its_strategy(uma):
    agents = [hire(f"{name} Agent", availability="away") for name in ("One", "Two")]
    make_team(*agents, strategy=Strategy.ROUND_ROBIN)
    tickets = queued(uma, 4)
    for agent in agents:
        agent.availability = "available"
    work_off({})
    assert [t.assignee_name for t in reversed(tickets)] == ["One Agent", "Two Agent"] * 2


def test_a_large_backlog_is_worked_off_by_one_job_after_another(uma, monkeypatch):
    monkeypatch.setattr(draining, "AT_ONCE", 2)
    monkeypatch.setattr(backlog, "AT_ONCE", 2)
    agent = hire("One Agent", availability="away")
    make_team(agent)
    queued(uma, 3)
    agent.availability = "available"
    work_off({})
    assert db.session.query(Job).filter_by(kind=backlog.KIND).count() == 1
    work_off({})
    assert drain() == 0
    assert db.session.query(Job).filter_by(kind=backlog.KIND).count() == 1


def test_looking_for_work_costs_one_query_where_there_is_none(uma, bea):
    make_team(make_agent(bea))
    with counted() as statements:
        drain()
    assert len(statements) == 1


def test_somebody_away_keeps_their_tickets_unless_they_hand_them_back(uma):
    one, two = hire("One Agent"), hire("Two Agent", availability="away")
    make_team(one, two)
    ticket = make_ticket(uma)
    assert switch(one, "away").handed_back == []
    assert ticket.assignee_id == one.id
    two.availability = "available"
    assert switch(one, "away", hands_back=True).handed_back == [ticket.number]
    assert ticket.assignee_id == two.id
    assert handed(ticket.id)[1:] == [
        ("One Agent", None, "away"),
        (None, "Two Agent", "least_loaded"),
    ]


def test_handing_back_is_one_event_and_leaves_solved_tickets_with_whom_they_were(uma, bea, mo):
    make_agent(bea)
    solved, *left = (make_ticket(uma) for _ in range(4))
    for ticket in (solved, *left):
        answer(ticket, bea)
    set_status(by=actor(bea), ticket=solved, status=Status.SOLVED)
    switch(db.session.get_one(SupportAgent, bea.id), "away", by=actor(mo), hands_back=True)
    meta = handed_back()
    assert (meta["count"], meta["numbers"]) == (3, [ticket.number for ticket in left])
    assert solved.assignee_id == bea.id
    assert {ticket.assignee_id for ticket in left} == {None}


@pytest.mark.parametrize("leave", ["disable", "role"])
def test_who_may_work_no_more_leaves_their_open_tickets_to_the_team(uma, bea, ann, leave):
    agent, ticket = make_agent(bea), make_ticket(uma)
    answer(ticket, bea)
    if leave == "disable":
        disable_person(by=actor(ann), person_id=bea.id)
    else:
        roles = {"expected": Role.SUPPORT_AGENT, "role": Role.FINANCE}
        change_role(by=actor(ann), person_id=bea.id, **roles)
    assert (agent.is_active, ticket.assignee_id, ticket.assignee_name) == (False, None, None)
    assert handed_back()["count"] == 1


def test_who_returns_works_again_where_they_did(uma, bea, ann):
    make_team(make_agent(bea))
    disable_person(by=actor(ann), person_id=bea.id)
    ticket = make_ticket(uma)
    assert ticket.assignee_id is None
    enable_person(by=actor(ann), person_id=bea.id)
    assert ticket.assignee_id == bea.id


def test_what_was_given_to_somebody_as_they_left_is_found_by_the_next_job(uma, bea):
    agent, ticket = make_agent(bea), make_ticket(uma)
    answer(ticket, bea)
    agent.is_active = False
    work_off({})
    assert ticket.assignee_id is None
    assert handed(ticket.id)[-1] == ("Bea Agent", None, "gone")


def test_a_colleague_switches_nobody_else(uma, bea, cy):
    make_agent(bea)
    with pytest.raises(NotYourself):
        switch(db.session.get_one(SupportAgent, bea.id), "away", by=actor(cy))
