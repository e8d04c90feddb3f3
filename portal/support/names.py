"""How people are called where colleagues and customers read of them."""

import sqlalchemy as sa

from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.models import TicketEvent

PORTAL = "The portal"
"""Who did what nobody did by hand."""


def name_of(by: Actor) -> str:
    """A person by their name; whatever else acts by its label, as the log calls it."""
    return name_of_person(by.id if by.type is ActorType.ADMIN else None, by.label)


def name_of_person(admin_id: int | None, label: str) -> str:
    """The name; the label of who is no person of ours, or is gone."""
    person = db.session.get(Admin, admin_id) if admin_id is not None else None
    return person.name if person is not None else label


def who_of_event() -> sa.ColumnElement[str]:
    """Who did what a `TicketEvent` tells, as a column: people by the name that they have now.

    A customer's user has the neutral one once they are erased. Whatever else acts is called by its
    label, as the log calls it.
    """
    event = TicketEvent
    admin = sa.select(Admin.name).where(
        event.actor_type == ActorType.ADMIN.value, Admin.id == event.actor_id
    )
    user = sa.select(User.name).where(
        event.actor_type == ActorType.CUSTOMER.value, User.id == event.actor_id
    )
    by_portal = sa.case((event.actor_label == SYSTEM.label, PORTAL))
    named = (admin.scalar_subquery(), user.scalar_subquery(), by_portal)
    return sa.func.coalesce(*named, event.actor_label)
