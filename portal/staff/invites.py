"""Bringing people in: by a mailed invite, or straight away from the server's command line."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db, looking
from portal.core.errors import Conflict, Denied, DomainError
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.directory import admins_besides, locked_person, person_by_email
from portal.staff.identity import Email, checked_email, checked_name
from portal.staff.links import issue_link, open_link, use_link
from portal.staff.models import Admin, LinkPurpose
from portal.staff.naming import actor_of, target_of
from portal.staff.passwords import AcceptedPassword, accepted_password
from portal.staff.people import check_may_give, shut_out
from portal.staff.signals import person_changed
from portal.staff.telling import tell, tell_deciders
from portal.staff.zones import checked_zone
from portal.web.urls import external_url


class AddressTaken(DomainError):
    """One address, one person."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} already belongs to somebody here.", field="email")


class OwnInvite(Denied):
    """Two people make an admin."""


def invite(*, by: Actor, email: str, name: str, role: Role) -> tuple[Admin, str | None]:
    """A person who may join within 72 hours, and the address to do it at, mailed to them.

    Whoever's invite was withdrawn can be invited again, under any name and role. An admin whom an
    admin invites waits for a second one's approval, if there is one: no address yet, then.

    Raises:
        RoleNotYours, BadEmail, BadName, AddressTaken: nobody is invited.
    """
    check_may_give(by, role)
    person = _newcomer(by, checked_email(email), checked_name(name), role)
    others = _others_who_approve(by) if role is Role.ADMIN else []
    person.awaits_approval = bool(others)
    url = None if others else _send_invite(by, person, Action.STAFF_INVITED)
    record(
        Action.STAFF_INVITED,
        by=by,
        target=target_of(person),
        meta={
            "name": person.name,
            "role": role.value,
            **({"awaits_approval": True} if others else {}),
        },
    )
    tell_deciders(Action.STAFF_INVITED, admin_ids=others, person=person)
    return person, url


def _others_who_approve(by: Actor) -> list[int]:
    """The other admins who can sign in. The command line needs nobody's approval."""
    return admins_besides(by.id) if by.type is ActorType.ADMIN and by.id else []


def may_approve(*, by: Actor, person: Admin) -> bool:
    """Is this the second person? The inviter may only where nobody else is left to ask."""
    if not person.awaits_approval or not by.may(Permission.STAFF_MANAGE):
        return False
    return by.id != person.invited_by or not _others_who_approve(by)


def approve_invite(*, by: Actor, person_id: int) -> Admin:
    """Say yes to an admin whom another admin invited: only now is the invitation sent.

    Raises:
        RoleNotYours, Conflict: not the giver's, joined or withdrawn, or approved already.
        OwnInvite: they invited the person themselves.
    """
    person = _invited(by, person_id)
    if not person.awaits_approval:
        raise Conflict(f"The invitation of {person.name} is approved already.")
    if not may_approve(by=by, person=person):
        raise OwnInvite("Whoever invites an admin does not approve them. Ask another admin.")
    person.awaits_approval = False
    _send_invite(by, person, Action.STAFF_INVITE_APPROVED)
    record(Action.STAFF_INVITE_APPROVED, by=by, target=target_of(person))
    return person


def add_person(*, by: Actor, email: str, name: str, role: Role, password: str) -> Admin:
    """A person who can sign in at once: for the first one, on the server's command line.

    Raises:
        RoleNotYours, BadEmail, BadName, AddressTaken, WeakPassword, Busy: nobody is added.
    """
    check_may_give(by, role)
    address = checked_email(email)
    new = accepted_password(password, context=(address.address, name))
    person = _newcomer(by, address, checked_name(name), role)
    _join(person, new, time_zone=None)
    record(
        Action.STAFF_ADDED,
        by=by,
        target=target_of(person),
        meta={"name": person.name, "role": role.value},
    )
    person_changed.send(person, by=by)
    return person


def resend_invite(*, by: Actor, person_id: int) -> Admin:
    """A new invite for another 72 hours; the older one is dead.

    Raises:
        RoleNotYours, Conflict: not the giver's to send, or nothing to send.
    """
    person = _invited(by, person_id)
    if person.awaits_approval:
        raise Conflict(f"The invitation of {person.name} waits for a second admin's approval.")
    _send_invite(by, person, Action.STAFF_INVITE_RESENT)
    record(Action.STAFF_INVITE_RESENT, by=by, target=target_of(person))
    return person


def revoke_invite(*, by: Actor, person_id: int) -> Admin:
    """The invite is dead, and nobody with this address can join until invited again.

    Raises:
        RoleNotYours, Conflict: not the giver's to withdraw, or joined already.
    """
    person = _invited(by, person_id)
    shut_out(by=by, person=person)
    record(Action.STAFF_INVITE_REVOKED, by=by, target=target_of(person))
    return person


def join(*, token: str, name: str, password: str, time_zone: str) -> Admin:
    """Accept an invite. It does not sign in: the person does that next, as ever after.

    Raises:
        LinkGone, BadName, UnknownZone, WeakPassword, Busy: the invite stays as it was.
    """
    with looking():
        _, person = open_link(token, LinkPurpose.INVITE)
        known = (person.email, name, person.name)
    new = accepted_password(password, context=known)
    name, zone = checked_name(name), checked_zone(time_zone)
    _, person = use_link(token, LinkPurpose.INVITE)
    person.name = name
    _join(person, new, time_zone=zone)
    record(Action.STAFF_JOINED, by=actor_of(person), target=target_of(person))
    person_changed.send(person, by=actor_of(person))
    if person.invited_by is not None:
        tell_deciders(Action.STAFF_JOINED, admin_ids=[person.invited_by], person=person)
    return person


def _newcomer(by: Actor, email: Email, name: str, role: Role) -> Admin:
    person = _withdrawn(email)
    if person is None:
        person = Admin(email=email.address, email_key=email.key, created_at=clock.now())
    person.name, person.role = name, role.value
    person.disabled_at = person.disabled_by = None
    person.invited_by = by.id if by.type is ActorType.ADMIN else None
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError as error:  # somebody else invited them a moment ago
        raise AddressTaken(email.address) from error
    return person


def _withdrawn(email: Email) -> Admin | None:
    """Who was invited at this address once and never came; None when nobody was."""
    found = person_by_email(email.key)
    if found is None:
        return None
    person = locked_person(found.id)
    if person.joined_at is not None or person.disabled_at is None:
        raise AddressTaken(email.address)
    return person


def _invited(by: Actor, person_id: int) -> Admin:
    person = locked_person(person_id)
    check_may_give(by, Role(person.role))
    if person.joined_at is not None:
        raise Conflict(f"{person.name} has joined already.")
    if person.disabled_at is not None:
        raise Conflict(f"The invite of {person.name} was withdrawn. Invite them again.")
    return person


def _send_invite(by: Actor, person: Admin, why: Action) -> str:
    purpose = LinkPurpose.INVITE
    token = issue_link(admin=person, purpose=purpose, email=person.email, by=by)
    url = external_url("staff.accept_invite", token=token)
    facts = {"inviter": _inviter(by), "role": Role(person.role).label}
    tell(why, by=by, person=person, copies={person.email: {"url": url}}, **facts)
    return url


def _inviter(by: Actor) -> str | None:
    """The name that a newcomer knows; None when the server itself invites."""
    if by.type is not ActorType.ADMIN:
        return None
    return db.session.scalar(sa.select(Admin.name).where(Admin.id == by.id)) or by.label


def _join(person: Admin, new: AcceptedPassword, *, time_zone: str | None) -> None:
    now = clock.now()
    person.password_hash = new
    person.password_changed_at = now
    person.email_verified_at = person.joined_at = now
    person.time_zone = time_zone
