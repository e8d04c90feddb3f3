"""Tickets, agents and messages of the tests, with defaults."""

from typing import Any

from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.customers.models import User
from portal.customers.scopes import USER_TOKEN_PERMISSIONS
from portal.staff.models import Admin
from portal.support.messages import Sent, customer_message, reply
from portal.support.models import SupportAgent, SupportTicket
from portal.support.tickets import Opening, open_ticket
from portal.support.words import Channel
from tests.cast import actor, make_tenant, make_user


def make_agent(admin: Admin, **more: Any) -> SupportAgent:
    """Our person as an agent who takes any ticket."""
    values = {"skills": [], "languages": ["en"], "capacity": 20, "availability": "available"}
    agent = SupportAgent(id=admin.id, **{**values, **more})
    db.session.add(agent)
    db.session.flush()
    return agent


def make_ticket(requester: User | None = None, *, by: Actor = SYSTEM, **more: Any) -> SupportTicket:
    """A ticket that its customer wrote; without a requester, of a new user of Acme."""
    values = {"subject": "The press stopped", "body": "It says E-42.", "channel": Channel.WEB}
    person = requester or make_user(make_tenant())
    return open_ticket(by=by, requester=person, opening=Opening(**{**values, **more}))


def as_customer(user: User) -> Actor:
    """A user of a tenant, as their token makes them act."""
    return Actor(ActorType.CUSTOMER, user.id, f"user {user.id}", None, USER_TOKEN_PERMISSIONS)


def answer(ticket: SupportTicket, admin: Admin, body: str = "Try again.", **more: Any) -> Sent:
    """An agent's public reply."""
    return reply(by=actor(admin), ticket=ticket, author=admin, body=body, **more)


def customer_writes(ticket: SupportTicket, body: str = "And now?", **more: Any) -> Sent:
    """The requester's next message."""
    author = db.session.get_one(User, ticket.requester_id)
    return customer_message(by=as_customer(author), ticket=ticket, author=author, body=body, **more)
