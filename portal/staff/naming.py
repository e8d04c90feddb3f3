"""How the ledger names a person: as the doer of a deed, and as the one it was done to."""

from portal.audit.ledger import Target
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.staff.models import Admin
from portal.staff.roles import permissions_of


def actor_of(admin: Admin) -> Actor:
    """Somebody who acts without a session, as by a mailed link."""
    return Actor(ActorType.ADMIN, admin.id, admin.email, admin.role, permissions_of(admin.role))


def starter(admin_id: int | None, label: str) -> Actor:
    """Whoever started a job, with what they may do now: nothing, if they were disabled meanwhile.

    `label` is how the ledger named them then.
    """
    admin = db.session.get(Admin, admin_id) if admin_id is not None else None
    role = admin.role if admin is not None else None
    is_active = admin is not None and admin.disabled_at is None
    permissions = permissions_of(role) if role and is_active else frozenset()
    return Actor(ActorType.ADMIN, admin_id, label, role, permissions)


def target_of(admin: Admin) -> Target:
    return person_target(admin.id, admin.email)


def person_target(person_id: int, email: str) -> Target:
    """For a caller that has no row of the person at hand."""
    return Target("admin", person_id, email)
