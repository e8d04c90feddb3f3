"""Changing what a person may do here, or whether they may come in at all.

Nobody changes their own role or disables themselves, and the last active admin can neither be
demoted nor disabled.
"""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, Denied
from portal.core.roles import Role
from portal.core.staleness import Stale
from portal.staff.directory import locked_person
from portal.staff.links import ALL_BUT_UNDO, revoke_links
from portal.staff.models import Admin, AdminSession
from portal.staff.naming import target_of
from portal.staff.roles import may_give
from portal.staff.sessions import end_sessions_of
from portal.staff.signals import person_changed
from portal.staff.telling import tell
from portal.staff.throttles import (
    CODE_BY_ACCOUNT,
    PASSWORD_BY_ACCOUNT,
    RESETS_BY_ACCOUNT,
    Bucket,
    buckets,
    clear,
)


class OwnAccount(Conflict):
    """Nobody raises, lowers or removes themselves."""


class LastAdmin(Conflict):
    """Without an admin nobody could let anybody in again."""


class RoleNotYours(Denied):
    """Nobody makes a person stronger than they may."""


def change_role(*, by: Actor, person_id: int, expected: Role, role: Role) -> Admin:
    """Give a person another role; wherever they are signed in, they sign in anew.

    Raises:
        OwnAccount, LastAdmin, RoleNotYours: the rules.
        Stale: the role is not the expected one any more.
    """
    person, is_last_admin = _person_to_change(by, person_id)
    check_may_give(by, role)
    if person.role != expected:
        raise Stale(
            f"{person.name} is {Role(person.role).label} by now. Go back, reload the page and "
            "decide again."
        )
    if person.role == role:
        return person
    if is_last_admin:
        raise LastAdmin(_last_admin(person))
    person.role = role
    end_sessions_of(by=by, admin_id=person.id, reason="role_changed")
    record(
        Action.STAFF_ROLE_CHANGED,
        by=by,
        target=target_of(person),
        changes={"role": (expected.value, role.value)},
    )
    tell(
        Action.STAFF_ROLE_CHANGED,
        by=by,
        person=person,
        old_role=expected.label,
        new_role=role.label,
    )
    person_changed.send(person, by=by)
    return person


def disable_person(*, by: Actor, person_id: int) -> Admin:
    """Shut a person out at once: their sessions end and their links die.

    A link that undoes a change of address opens nothing meanwhile, and works again afterwards.

    Raises:
        OwnAccount, LastAdmin: the rules.
        Conflict: already disabled.
    """
    person, is_last_admin = _person_to_change(by, person_id)
    if person.disabled_at is not None:
        raise Conflict(f"{person.name} is disabled already.")
    if is_last_admin:
        raise LastAdmin(_last_admin(person))
    shut_out(by=by, person=person)
    end_sessions_of(by=by, admin_id=person.id, reason="disabled")
    record(Action.STAFF_DISABLED, by=by, target=target_of(person))
    tell(Action.STAFF_DISABLED, by=by, person=person)
    person_changed.send(person, by=by)
    return person


def shut_out(*, by: Actor, person: Admin) -> None:
    person.disabled_at = clock.now()
    person.disabled_by = by.id if by.type is ActorType.ADMIN else None
    revoke_links(admin=person, purposes=ALL_BUT_UNDO)


def freeze_person(*, by: Actor, person_id: int, reason: str) -> bool:
    """Shut somebody out until an admin opens the account again: its owner says it is in danger.

    False for the last active admin, who is signed out everywhere and no more: nobody could open
    the account again.
    """
    admins = lock_active_admins()
    person = locked_person(person_id)
    end_sessions_of(by=by, admin_id=person.id, reason=reason)
    if admins == [person.id]:
        return False
    shut_out(by=SYSTEM, person=person)
    record(Action.STAFF_DISABLED, by=by, target=target_of(person), reason=reason)
    person_changed.send(person, by=by)
    return True


def enable_person(*, by: Actor, person_id: int) -> Admin:
    """Let a disabled person in again, with the role they had.

    Raises:
        Conflict: they are not disabled, or never joined.
    """
    person, _ = _person_to_change(by, person_id)
    if person.disabled_at is None:
        raise Conflict(f"{person.name} is not disabled.")
    if person.joined_at is None:
        raise Conflict(f"{person.name} never joined. Invite {person.email} again.")
    check_may_give(by, Role(person.role))
    person.disabled_at = person.disabled_by = None
    # One that was being opened while they were disabled must not wake up now.
    end_sessions_of(by=by, admin_id=person.id, reason="enabled")
    record(Action.STAFF_ENABLED, by=by, target=target_of(person))
    tell(Action.STAFF_ENABLED, by=by, person=person, role=Role(person.role).label)
    person_changed.send(person, by=by)
    return person


def unlock(*, by: Actor, person_id: int) -> Admin:
    """Forget a person's wrong passwords and codes and reset mails, so they can try at once."""
    person, _ = _person_to_change(by, person_id)
    clear(_buckets_of(person))
    record(Action.STAFF_UNLOCKED, by=by, target=target_of(person))
    tell(Action.STAFF_UNLOCKED, by=by, person=person)
    return person


def _buckets_of(person: Admin) -> list[Bucket]:
    """Codes, reset mails, and passwords from the networks that the person signed in from."""
    networks = db.session.scalars(
        sa.select(AdminSession.network).where(AdminSession.admin_id == person.id).distinct()
    )
    return [
        *buckets(CODE_BY_ACCOUNT, "code", "account", str(person.id)),
        *buckets(RESETS_BY_ACCOUNT, "reset", "account", person.email_key),
        *(
            bucket
            for network in networks
            for bucket in buckets(
                PASSWORD_BY_ACCOUNT, "password", "account", person.email_key, network
            )
        ),
    ]


def check_may_give(by: Actor, role: Role) -> None:
    if by.type is ActorType.ADMIN and not may_give(by.permissions, role):
        raise RoleNotYours(f"Your role does not let you make somebody {role.label}.")


def _person_to_change(by: Actor, person_id: int) -> tuple[Admin, bool]:
    """The person, locked, and whether they are the last active admin.

    Every admin is locked first, so that two who change each other take turns.
    """
    admins = lock_active_admins()
    if by.type is ActorType.ADMIN and by.role == Role.ADMIN and by.id not in admins:
        raise Denied("Your own role was changed a moment ago.")
    if by.type is ActorType.ADMIN and by.id == person_id:
        raise OwnAccount("Nobody changes their own account here. Ask another admin.")
    person = locked_person(person_id)
    return person, admins == [person.id]


def _last_admin(person: Admin) -> str:
    return f"{person.name} is the last active admin. Make somebody else an admin first."


def lock_active_admins() -> list[int]:
    """The ids of the active admins, locked in their order: so two such locks never deadlock."""
    query = (
        sa.select(Admin.id)
        .where(
            Admin.role == Role.ADMIN,
            Admin.joined_at.is_not(None),
            Admin.disabled_at.is_(None),
        )
        .order_by(Admin.id)
        .with_for_update(key_share=True)
    )
    return list(db.session.scalars(query))
