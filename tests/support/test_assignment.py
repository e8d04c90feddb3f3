"""Who gets a ticket: taken, given, answered, or chosen by the strategy of its team."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.support.assignment import (
    AlreadyTaken,
    NotForTaking,
    assign,
    take,
)
from portal.support.roster import NotAnAgent
from portal.support.statuses import set_status
from portal.support.words import Category, Status, Strategy
from tests.cast import actor, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.crew import handed, hire, make_team
from tests.support.desk import answer, as_customer, make_agent, make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


def owners(tickets) -> list[str]:
    return [ticket.assignee_name for ticket in tickets]


def test_a_ticket_without_any_team_waits_for_somebody(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    assert (ticket.team_id, ticket.assignee_id) == (None, None)


def test_a_category_leads_to_its_team_and_the_rest_to_the_default(uma):
    desk = make_team(strategy=Strategy.MANUAL)
    money = make_team(name="Money", categories=["billing"], is_default=False)
    tickets = [make_ticket(uma, category=kind) for kind in (Category.BILLING, Category.OTHER)]
    assert [ticket.team_id for ticket in tickets] == [money.id, desk.id]


def test_a_manual_team_gives_nothing_by_itself(uma, bea):
    make_team(make_agent(bea), strategy=Strategy.MANUAL)
    assert make_ticket(uma).assignee_id is None


def test_round_robin_takes_turns_from_whoever_waited_longest(uma):
    now = clock.now()
    agents = [hire(f"{name} Agent") for name in ("One", "Two", "Six")]
    for agent, days in zip(agents, (1, 3, 2), strict=True):
        agent.last_auto_assigned_at = now - timedelta(days=days)
    make_team(*agents, strategy=Strategy.ROUND_ROBIN)
    found = owners(make_ticket(uma) for _ in range(4))
    assert found == ["Two Agent", "Six Agent", "One Agent", "Two Agent"]


def test_turns_within_one_instant_stay_turns(uma):
    make_team(hire("One Agent"), hire("Two Agent"), strategy=Strategy.ROUND_ROBIN)
    with clock.standing_at(clock.now()):
        found = owners(make_ticket(uma) for _ in range(4))
    assert found == ["One Agent", "Two Agent", "One Agent", "Two Agent"]


def test_least_loaded_compares_with_what_each_takes(uma):
    make_team(hire("Big Agent", capacity=6), hire("Low Agent", capacity=2))
    found = owners(make_ticket(uma) for _ in range(8))
    assert found.count("Big Agent") == 6
    assert found[:4].count("Low Agent") == 1


def test_nobody_gets_more_than_they_take(uma):
    make_team(hire("One Agent", capacity=2), strategy=Strategy.ROUND_ROBIN)
    assert owners(make_ticket(uma) for _ in range(3)) == ["One Agent", "One Agent", None]


def test_a_pending_ticket_weighs_a_quarter_and_leaves_room_only_for_a_whole_one(uma, bea):
    make_team(hire("One Agent", capacity=1))
    first = make_ticket(uma)
    set_status(by=actor(bea), ticket=first, status=Status.PENDING)
    assert make_ticket(uma).assignee_id is None


@pytest.mark.parametrize(
    "agent", [{"availability": "away"}, {"is_active": False}, {"skills": ["billing"]}]
)
def test_who_is_away_gone_or_knows_other_things_gets_none(uma, agent):
    make_team(hire("One Agent", **agent))
    assert make_ticket(uma).assignee_id is None


def test_a_sticky_team_gives_a_customer_the_agent_they_know(uma, acme):
    one, two = hire("One Agent"), hire("Two Agent")
    make_team(one, two, is_sticky=True)
    known = make_ticket(uma)
    other = "Two Agent" if known.assignee_name == "One Agent" else "One Agent"
    assert make_ticket(make_user(acme, "Vic")).assignee_name == other
    again = make_ticket(uma)
    assert again.assignee_name == known.assignee_name
    assert handed(again.id)[-1][2] == "sticky"


def test_stickiness_ends_after_thirty_days_and_yields_to_absence(uma):
    one, two = hire("One Agent"), hire("Two Agent", capacity=100)
    make_team(one, two, is_sticky=True)
    known = make_ticket(uma)
    known.assignee_id, known.assignee_name = one.id, "One Agent"
    known.last_message_at = clock.now() - timedelta(days=30, seconds=1)
    assert make_ticket(uma).assignee_name == "Two Agent"
    known.last_message_at = clock.now()
    one.availability = "away"
    assert make_ticket(uma).assignee_name == "Two Agent"


def test_a_rule_of_the_desk_acts_as_the_system_and_leaves_its_event(uma):
    make_team(hire("One Agent"))
    ticket = make_ticket(uma, by=as_customer(uma))
    event = events("ticket.assigned")[-1]
    assert (event.actor_label, event.target_id) == ("system", ticket.number)
    assert handed(ticket.id) == [(None, "One Agent", "least_loaded")]


def test_answering_an_unassigned_ticket_takes_it_whatever_one_has(uma, bea):
    make_agent(bea, capacity=0)
    ticket = make_ticket(uma)
    answer(ticket, bea)
    assert ticket.assignee_id == bea.id
    assert handed(ticket.id) == [(None, "Bea Agent", "replied")]


def test_answering_a_colleagues_ticket_leaves_it_theirs(uma, bea):
    one = hire("One Agent")
    make_agent(bea)
    ticket = make_ticket(uma)
    assign(by=SYSTEM, ticket=ticket, to={"agent_id": one.id, "team_id": None})
    answer(ticket, bea)
    assert ticket.assignee_id == one.id


def test_taking_a_ticket_costs_few_queries_and_raises_its_version(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    before = ticket.version
    with counted() as statements:
        take(by=actor(bea), ticket=ticket)
    assert (ticket.assignee_id, ticket.version) == (bea.id, before + 1)
    assert len(statements) <= 6
    assert events("ticket.assigned")[-1].actor_label == bea.email


def test_taking_twice_is_taking_once(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    for _ in range(2):
        take(by=actor(bea), ticket=ticket)
    assert len(handed(ticket.id)) == 1


def test_who_comes_second_is_told_who_was_first(uma, bea, cy):
    make_agent(bea)
    make_agent(cy)
    ticket = make_ticket(uma)
    take(by=actor(bea), ticket=ticket)
    with pytest.raises(AlreadyTaken, match="Bea Agent"):
        take(by=actor(cy), ticket=ticket)


def test_whoever_may_answer_by_their_role_becomes_an_agent_by_taking(uma, mo):
    ticket = make_ticket(uma)
    take(by=actor(mo), ticket=ticket)
    assert ticket.assignee_id == mo.id


def test_neither_a_program_nor_a_customer_takes_a_ticket(uma):
    ticket = make_ticket(uma)
    for by in (SYSTEM, as_customer(uma)):
        with pytest.raises(NotAnAgent):
            take(by=by, ticket=ticket)


def test_a_solved_ticket_is_not_taken(uma, bea):
    make_agent(bea)
    ticket = make_ticket(uma)
    set_status(by=actor(bea), ticket=ticket, status=Status.SOLVED)
    with pytest.raises(NotForTaking):
        take(by=actor(bea), ticket=ticket)
