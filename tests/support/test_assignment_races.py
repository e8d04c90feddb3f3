"""Many at once: a ticket belongs to one, and nothing that comes by itself is too much.

Real threads on a real database.
"""

from collections import Counter

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.core.staleness import Stale
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.agents import set_availability
from portal.support.assignment import AlreadyTaken, AtCapacity, assign, next_ticket, take
from portal.support.backlog import work_off
from portal.support.load import WHOLE, loads_of
from portal.support.models import SupportAgent, SupportTicket, TicketEvent
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.words import Status, Strategy
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.crew import make_team
from tests.support.desk import make_agent, make_ticket

pytestmark = pytest.mark.race
AT_ONCE = 16


def crew(app, *, capacity: int, tickets: int, strategy: Strategy = Strategy.MANUAL) -> list[int]:
    """Sixteen agents of one team, and tickets that wait in it."""
    with app.app_context():
        agents = [
            make_agent(make_admin(f"Agent{n:02}", Role.SUPPORT_AGENT), capacity=capacity)
            for n in range(AT_ONCE)
        ]
        team = make_team(*agents, strategy=Strategy.MANUAL)
        user = make_user(make_tenant())
        for _ in range(tickets):
            make_ticket(user)
        team.strategy = strategy
        db.session.commit()
        return [agent.id for agent in agents]


def claim_all(app, agent_id: int) -> list[int]:
    """Ask for the next ticket until there is none, each in a transaction of its own."""
    claimed = []
    with app.app_context():
        by = actor(db.session.get_one(Admin, agent_id))
        while True:
            try:
                ticket = next_ticket(by=by)
            except AtCapacity:
                db.session.rollback()
                return claimed
            if ticket is None:
                db.session.rollback()
                return claimed
            claimed.append(ticket.id)
            db.session.commit()


def loads() -> dict[int, int]:
    return loads_of(db.session.scalars(sa.select(SupportAgent.id)).all())


def assigned_events() -> int:
    query = sa.select(sa.func.count()).select_from(TicketEvent).filter_by(kind="assigned")
    return db.session.scalar(query)


def test_sixteen_agents_claim_two_hundred_tickets_once_each(own_app):
    agents = crew(own_app, capacity=13, tickets=200)
    claimed = together(lambda n: claim_all(own_app, agents[n]), AT_ONCE)
    every = [ticket_id for mine in claimed for ticket_id in mine]
    assert len(every) == len(set(every)) == 200
    with own_app.app_context():
        assert max(loads().values()) <= 13 * WHOLE
        assert assigned_events() == 200


def test_one_agent_in_many_windows_never_claims_too_much(own_app):
    agents = crew(own_app, capacity=5, tickets=40)
    claimed = together(lambda n: claim_all(own_app, agents[n % 2]), AT_ONCE)
    assert sum(map(len, claimed)) == 10
    with own_app.app_context():
        assert loads() == dict.fromkeys(agents[:2], 5 * WHOLE)


def take_it(ticket: SupportTicket, agent_id: int) -> None:
    take(by=actor(db.session.get_one(Admin, agent_id)), ticket=ticket)


def give_it(ticket: SupportTicket, agent_id: int) -> None:
    """By somebody who saw that nobody had it."""
    assign(by=SYSTEM, ticket=ticket, to={"agent_id": agent_id}, seen={"agent_id": None})


@pytest.mark.parametrize("deed", [take_it, give_it])
def test_of_many_who_take_one_ticket_or_give_it_one_does(own_app, deed):
    agents = crew(own_app, capacity=5, tickets=1)

    def try_it(number: int) -> str:
        with own_app.app_context():
            ticket = db.session.scalars(sa.select(SupportTicket)).one()
            try:
                deed(ticket, agents[number])
                db.session.commit()
            except (AlreadyTaken, Stale):
                db.session.rollback()
                return "late"
            return "mine"

    assert Counter(together(try_it, AT_ONCE)) == {"mine": 1, "late": AT_ONCE - 1}
    with own_app.app_context():
        assert assigned_events() == 1


@pytest.mark.parametrize("strategy", [Strategy.LEAST_LOADED, Strategy.ROUND_ROBIN])
def test_tickets_opened_at_once_never_overload_anybody(own_app, strategy):
    crew(own_app, capacity=3, tickets=0, strategy=strategy)

    def open_some(_: int) -> None:
        with own_app.app_context():
            user = db.session.scalars(sa.select(User)).one()
            for _ in range(4):
                make_ticket(user)
                db.session.commit()

    together(open_some, AT_ONCE)
    with own_app.app_context():
        assert set(loads().values()) == {3 * WHOLE}
        assert assigned_events() == 3 * AT_ONCE


def test_workers_agents_and_solvers_at_once_neither_lock_up_nor_overload(own_app):
    agents = crew(own_app, capacity=4, tickets=120, strategy=Strategy.LEAST_LOADED)

    def work(number: int) -> None:
        with own_app.app_context():
            for turn in range(8):
                try:
                    DEEDS[(number + turn) % 4](agents[number])
                    db.session.commit()
                except DomainError:
                    db.session.rollback()

    together(work, AT_ONCE)
    with own_app.app_context():
        assert max(loads().values()) <= 4 * WHOLE


def person(agent_id: int):
    return actor(db.session.get_one(Admin, agent_id))


def solve_one(agent_id: int) -> None:
    mine = sa.select(SupportTicket).filter_by(assignee_id=agent_id, is_open=True).limit(1)
    ticket = db.session.scalar(mine)
    if ticket is not None and lock_ticket(ticket).is_open:
        set_status(by=person(agent_id), ticket=ticket, status=Status.SOLVED)


def go_and_come(agent_id: int) -> None:
    for state in ("away", "available"):
        set_availability(
            by=person(agent_id), agent_id=agent_id, availability=state, hands_back=True
        )
        db.session.commit()


DEEDS = (
    lambda agent_id: work_off({}),
    lambda agent_id: next_ticket(by=person(agent_id)),
    solve_one,
    go_and_come,
)
