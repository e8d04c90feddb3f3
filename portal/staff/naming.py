"""How the ledger names a person: as the doer of a deed, and as the one it was done to."""

from portal.audit.ledger import Target
from portal.core.actor import Actor, ActorType
from portal.staff.models import Admin
from portal.staff.roles import permissions_of


def actor_of(admin: Admin) -> Actor:
    """Somebody who acts without a session, as by a mailed link."""
    return Actor(ActorType.ADMIN, admin.id, admin.email, admin.role, permissions_of(admin.role))


def target_of(admin: Admin) -> Target:
    return person_target(admin.id, admin.email)


def person_target(person_id: int, email: str) -> Target:
    """For a caller that has no row of the person at hand."""
    return Target("admin", person_id, email)
