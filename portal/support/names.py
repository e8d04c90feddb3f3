"""How our own people are called where colleagues and customers read of them."""

from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.staff.models import Admin


def name_of(by: Actor) -> str:
    """A person by their name; whatever else acts by its label, as the log calls it."""
    return name_of_person(by.id if by.type is ActorType.ADMIN else None, by.label)


def name_of_person(admin_id: int | None, label: str) -> str:
    """The name; the label of who is no person of ours, or is gone."""
    person = db.session.get(Admin, admin_id) if admin_id is not None else None
    return person.name if person is not None else label
