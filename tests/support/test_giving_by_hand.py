"""Giving tickets by hand, and asking for the next one."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.staleness import Stale
from portal.support.assignment import (
    AtCapacity,
    NobodyThere,
    NoSuchTeam,
    NotForTaking,
    assign,
    next_ticket,
)
from portal.support.statuses import set_status
from portal.support.words import Category, Status, Strategy
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.crew import handed, hire, make_team
from tests.support.desk import answer, customer_writes, make_agent, make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


def give(ticket, agent=None, team=None, by=SYSTEM):
    to = {"agent_id": agent and agent.id, "team_id": team and team.id}
    return assign(by=by, ticket=ticket, to=to)


def test_a_ticket_is_given_to_an_agent_and_a_team_and_back_to_nobody(uma, mo):
    one, ticket = hire("One Agent"), make_ticket(uma)
    team = make_team(one, strategy=Strategy.MANUAL)
    given = give(ticket, one, team, by=actor(mo))
    assert (ticket.assignee_id, ticket.team_id, given.warning) == (one.id, team.id, None)
    give(ticket, by=actor(mo))
    assert (ticket.assignee_id, ticket.assignee_name, ticket.team_id) == (None, None, None)
    assert handed(ticket.id) == [(None, "One Agent", None), ("One Agent", None, None)]


def test_giving_to_whom_it_belongs_already_writes_nothing(uma):
    one, ticket = hire("One Agent"), make_ticket(uma)
    give(ticket, one)
    version, count = ticket.version, len(events("ticket.assigned"))
    give(ticket, one)
    assert (ticket.version, len(events("ticket.assigned"))) == (version, count)


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ({"availability": "away"}, "away"),
        ({"capacity": 0}, "takes 0"),
        ({"skills": ["billing"]}, "category"),
        ({"ignores_shifts": False}, "hour"),
    ],
)
def test_a_person_may_overload_somebody_and_is_warned(uma, agent, word):
    one, ticket = hire("One Agent", **agent), make_ticket(uma)
    given = give(ticket, one)
    assert ticket.assignee_id == one.id
    assert word in given.warning


def test_a_ticket_goes_to_no_stranger_and_no_archived_team(uma, bea):
    ticket, gone = make_ticket(uma), hire("One Agent", is_active=False)
    with pytest.raises(NobodyThere):
        give(ticket, gone)
    with pytest.raises(NobodyThere):
        assign(by=SYSTEM, ticket=ticket, to={"agent_id": bea.id})
    with pytest.raises(NoSuchTeam):
        give(ticket, team=make_team(archived_at=clock.now()))


@pytest.mark.parametrize("held", ["agent_id", "team_id"])
def test_a_ticket_that_changed_hands_meanwhile_stays_with_whom_it_is(uma, held):
    more = {} if held == "agent_id" else {"is_default": False, "strategy": Strategy.MANUAL}
    hold = hire if held == "agent_id" else make_team
    first, second, third = (hold(name=name, **more) for name in ("One", "Two", "Three"))
    ticket = make_ticket(uma)
    assign(by=SYSTEM, ticket=ticket, to={held: second.id})
    for seen in (None, first.id):
        with pytest.raises(Stale, match="Two"):
            assign(by=SYSTEM, ticket=ticket, to={held: third.id}, seen={held: seen})
    for seen, to in ((first.id, second.id), (second.id, third.id), (third.id, None)):
        assign(by=SYSTEM, ticket=ticket, to={held: to}, seen={held: seen})
    with pytest.raises(Stale, match=r"Nobody has|no team"):
        assign(by=SYSTEM, ticket=ticket, to={held: second.id}, seen={held: third.id})


def test_a_closed_ticket_stays_with_whom_it_is(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    for status in (Status.SOLVED, Status.CLOSED):
        set_status(by=actor(bea), ticket=ticket, status=status)
    with pytest.raises(NotForTaking):
        give(ticket, hire("One Agent"))


def test_the_team_of_a_ticket_changes_though_its_agent_is_gone(uma):
    one, ticket, team = hire("One Agent"), make_ticket(uma), make_team(strategy=Strategy.MANUAL)
    give(ticket, one)
    one.is_active = False
    give(ticket, one, team)
    assert (ticket.assignee_id, ticket.team_id) == (one.id, team.id)


def test_the_next_ticket_is_what_is_due_first_in_my_teams_or_in_none(uma, bea):
    mine = make_team(make_agent(bea), strategy=Strategy.MANUAL)
    other = make_team(name="Other", is_default=False, categories=["billing"])
    late, early, foreign = (make_ticket(uma) for _ in range(3))
    now = clock.now()
    late.queue_at, early.queue_at = now + timedelta(hours=2), now + timedelta(hours=1)
    foreign.queue_at, foreign.team_id, early.team_id = now, other.id, None
    found = [next_ticket(by=actor(bea)) for _ in range(3)]
    assert found == [early, late, None]
    assert mine.id == late.team_id
    assert handed(early.id) == [(None, "Bea Agent", "next")]


def test_nobody_is_given_what_is_hidden_waits_for_its_customer_or_is_beyond_them(uma, bea):
    make_agent(bea, skills=["billing"])
    hidden = make_ticket(uma, category=Category.BILLING)
    hidden.snoozed_until = clock.now() + timedelta(hours=1)
    pending = make_ticket(uma, category=Category.BILLING)
    set_status(by=actor(bea), ticket=pending, status=Status.PENDING)
    make_ticket(uma, category=Category.ACCESS)
    assert next_ticket(by=actor(bea)) is None


def test_nobody_asks_for_more_than_they_take(uma, bea):
    make_agent(bea, capacity=1)
    make_ticket(uma)
    make_ticket(uma)
    assert next_ticket(by=actor(bea)) is not None
    with pytest.raises(AtCapacity, match="1 of the 1"):
        next_ticket(by=actor(bea))


def test_a_reopened_ticket_of_somebody_who_is_away_finds_another_agent(uma, bea):
    one = make_agent(bea)
    two = hire("Two Agent", availability="away")
    make_team(one, two)
    ticket = make_ticket(uma)
    answer(ticket, bea, status=Status.SOLVED)
    one.availability, two.availability = "away", "available"
    customer_writes(ticket)
    assert (ticket.status, ticket.assignee_id) == (Status.OPEN, two.id)


def test_a_reopened_ticket_stays_with_whoever_is_there(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    answer(ticket, bea, status=Status.SOLVED)
    customer_writes(ticket)
    assert ticket.assignee_id == bea.id
