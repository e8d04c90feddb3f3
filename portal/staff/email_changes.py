"""Another address for one's account: confirmed at the new one, undone from the old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.staff.directory import admins_besides, locked_person, person_by_email
from portal.staff.identity import Email, checked_email, email_key
from portal.staff.invites import AddressTaken
from portal.staff.links import (
    ALL_BUT_UNDO,
    issue_link,
    live_links,
    revoke_links,
    revoke_newer_links,
    use_link,
)
from portal.staff.models import Admin, LinkPurpose, StaffLink
from portal.staff.naming import actor_of, target_of
from portal.staff.password_changes import reset_url
from portal.staff.sessions import end_sessions_of
from portal.staff.signals import account_taken_back
from portal.staff.telling import tell, tell_deciders
from portal.staff.throttles import Throttled, book_failure, buckets
from portal.web.urls import external_url

CHANGES_BY_PERSON = ((5, timedelta(days=1)),)  # as many mails to strangers as resets to oneself


class SameAddress(DomainError):
    """There is nothing to change."""


def request_email_change(*, by: Actor, person_id: int, email: str) -> AddressTaken | None:
    """Mail a link to the new address; until it is followed, the old one stays.

    Commit whatever comes back: asking for an address that is taken counts as a try, or somebody
    could ask for one after the other to learn who is here.

    Raises:
        BadEmail, SameAddress, Throttled: nothing was sent.
    """
    new = checked_email(email)
    person = locked_person(person_id)
    if new.address == person.email:
        raise SameAddress("This is your address already.", field="email")
    wait = book_failure(buckets(CHANGES_BY_PERSON, "email_change", str(person.id)))
    if wait is not None:
        raise Throttled(wait)
    if _is_taken(new, person):
        return AddressTaken(new.address)
    _mail_link(by, person, new)
    return None


def _mail_link(by: Actor, person: Admin, new: Email) -> None:
    token = issue_link(admin=person, purpose=LinkPurpose.EMAIL_CHANGE, email=new.address, by=by)
    record(
        Action.EMAIL_CHANGE_REQUESTED,
        by=by,
        target=target_of(person),
        changes={"email": (person.email, new.address)},
    )
    link = {"url": external_url("staff.confirm_email", token=token)}
    facts = {"old": person.email, "new": new.address}
    tell(Action.EMAIL_CHANGE_REQUESTED, by=by, person=person, copies={new.address: link}, **facts)


def withdraw_email_change(*, by: Actor, person_id: int) -> None:
    """Forget a change that nobody has confirmed yet."""
    person = locked_person(person_id)
    if revoke_links(admin=person, purposes=(LinkPurpose.EMAIL_CHANGE,)):
        record(Action.EMAIL_CHANGE_WITHDRAWN, by=by, target=target_of(person))


def confirm_email(*, token: str) -> Admin:
    """The new address is theirs: use it, and give the old one seven days to object.

    Raises:
        LinkGone, AddressTaken: nothing changed.
    """
    link, person = use_link(token, LinkPurpose.EMAIL_CHANGE)
    by, old, earlier = actor_of(person), person.email, _earlier(person)
    _set(person, Email(link.email, email_key(link.email)))
    undo = issue_link(admin=person, purpose=LinkPurpose.EMAIL_UNDO, email=old, by=by)
    record(
        Action.EMAIL_CHANGED, by=by, target=target_of(person), changes={"email": (old, link.email)}
    )
    tell(
        Action.EMAIL_CHANGED,
        by=by,
        person=person,
        copies=earlier | {old: {"url": external_url("staff.undo_email", token=undo)}},
        old=old,
        new=link.email,
        url=None,
    )
    return person


def _earlier(person: Admin) -> dict[str, Mapping[str, object]]:
    """Addresses that were replaced before and can still undo it, each with the end of its time.

    Whoever took an account over changes the address twice: its owner has the first of them.
    """
    links = live_links(admin_id=person.id, purpose=LinkPurpose.EMAIL_UNDO)
    return {link.email: {"until": link.expires_at} for link in links if link.email != person.email}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An account that has its old address again."""

    url: str
    """Where the person sets a new password; it is mailed to them, too."""
    removed: Sequence[str]
    """What let somebody in and is gone, because it was made since the change was asked for."""


def undo_email_change(*, token: str) -> TakenBack:
    """Give the account back to the old address: out with every session, link and the password, and
    with every factor and token that was made since.

    Addresses that were replaced before this one can still undo their own change.

    Raises:
        LinkGone, Conflict: nothing changed.
    """
    link, person = use_link(token, LinkPurpose.EMAIL_UNDO)
    lost = person.email
    try:
        _set(person, Email(link.email, email_key(link.email)))
    except AddressTaken as error:
        raise Conflict(f"{link.email} belongs to another account by now. Tell an admin.") from error
    person.password_hash, person.password_changed_at = None, clock.now()
    # Whoever took the account over may hold undo links of their own: newer ones, always.
    revoke_newer_links(link)
    revoke_links(admin=person, purposes=ALL_BUT_UNDO)
    by = actor_of(person)
    end_sessions_of(by=by, admin_id=person.id, reason="email_change_undone")
    removed = _removed(by, person, since=_asked_at(link))
    record(
        Action.EMAIL_CHANGE_UNDONE,
        by=by,
        target=target_of(person),
        changes={"email": (lost, link.email)},
    )
    url = reset_url(by=by, person=person)
    facts = {"lost": lost, "email": person.email, "url": None, "removed": removed}
    also = " What was added since is removed: your mail says what." if removed else ""
    copies = _earlier(person) | {person.email: {"url": url}}
    tell(Action.EMAIL_CHANGE_UNDONE, by=by, person=person, copies=copies, also=also, **facts)
    admins = admins_besides(person.id)
    tell_deciders(Action.EMAIL_CHANGE_UNDONE, admin_ids=admins, person=person)
    return TakenBack(url, removed)


def _asked_at(undo: StaffLink) -> datetime:
    """When the change was asked for: ahead of following its link, much can be added."""
    asked = sa.select(StaffLink.created_at).where(
        StaffLink.admin_id == undo.admin_id,
        StaffLink.purpose == LinkPurpose.EMAIL_CHANGE,
        StaffLink.used_at <= undo.created_at,
    )
    return db.session.scalar(asked.order_by(StaffLink.id.desc()).limit(1)) or undo.created_at


def _removed(by: Actor, person: Admin, *, since: datetime) -> Sequence[str]:
    answers = account_taken_back.send(person, by=by, since=since)
    return sorted(name for _, names in answers for name in names)


def _is_taken(new: Email, person: Admin) -> bool:
    holder = person_by_email(new.key)
    return holder is not None and holder.id != person.id


def _set(person: Admin, email: Email) -> None:
    try:
        with db.session.begin_nested():
            person.email, person.email_key = email.address, email.key
            person.email_verified_at = clock.now()
    except IntegrityError as error:
        raise AddressTaken(email.address) from error
