"""New passwords: changed by who knows the old one, or reset by who reads the mail.

Either way a reset never signs in and never touches the second factor (ASVS 6.4.3).
"""

from datetime import timedelta
from typing import Any

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import ANONYMOUS, SYSTEM, Actor
from portal.core.database import db, looking
from portal.core.provenance import provenance
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles
from portal.staff.directory import locked_person, person_by_email
from portal.staff.identity import LONGEST_EMAIL, email_key
from portal.staff.links import issue_link, open_link, revoke_links, use_link
from portal.staff.models import Admin, LinkPurpose
from portal.staff.naming import actor_of, target_of
from portal.staff.passwords import AcceptedPassword, accepted_password
from portal.staff.sessions import end_sessions_of
from portal.staff.telling import tell
from portal.staff.throttles import RESETS_BY_ACCOUNT, book_failure, buckets
from portal.web.addresses import block_of
from portal.web.urls import external_url

RESETS_BY_ADDRESS = ((30, timedelta(hours=1)),)  # one visitor asking for everybody
DEAD_WITH_THE_PASSWORD = (LinkPurpose.RESET, LinkPurpose.EMAIL_CHANGE)


def request_reset(*, email: str) -> None:
    """Ask for a reset mail. The same work for every address, known or not.

    The worker finds out whether the address is anybody's, so that the time of the answer cannot
    tell; over five a day nothing is sent or recorded, and the answer is the same again.
    """
    address = email[:LONGEST_EMAIL]
    limits = [
        *buckets(RESETS_BY_ACCOUNT, "reset", "account", email_key(address)),
        *buckets(RESETS_BY_ADDRESS, "reset", "address", block_of(provenance().ip)),
    ]
    if book_failure(limits) is None:
        target = Target("address", "", address)
        record(Action.PASSWORD_RESET_REQUESTED, by=ANONYMOUS, target=target)
        enqueue("staff.send_reset", {"email": address, "ip": provenance().ip})


@handles("staff.send_reset")
def _send_reset(payload: dict[str, Any]) -> None:
    person = person_by_email(str(payload["email"]))
    if person is None or person.disabled_at is not None or person.joined_at is None:
        return
    url = reset_url(by=SYSTEM, person=person)
    tell(
        Action.PASSWORD_RESET_REQUESTED,
        by=SYSTEM,
        person=person,
        copies={person.email: {"url": url}},
        ip=payload.get("ip"),
    )


def reset_url(*, by: Actor, person: Admin) -> str:
    """Where the person may set a new password within the hour; older ones are dead."""
    purpose = LinkPurpose.RESET
    token = issue_link(admin=person, purpose=purpose, email=person.email, by=by)
    return external_url("staff.reset_password", token=token)


def reset_password(*, token: str, password: str) -> Admin:
    """Set a new password by a mailed link, and end every session of the person.

    Raises:
        LinkGone, WeakPassword, Busy: nothing changed.
    """
    with looking():
        _, person = open_link(token, LinkPurpose.RESET)
        known = (person.email, person.name)
    new = accepted_password(password, context=known)
    _, person = use_link(token, LinkPurpose.RESET)
    by = actor_of(person)
    _set(person, new)
    end_sessions_of(by=by, admin_id=person.id, reason="password_reset")
    record(Action.PASSWORD_RESET, by=by, target=target_of(person))
    tell(Action.PASSWORD_RESET, by=by, person=person, at=clock.now())
    return person


def change_password(*, by: Actor, person_id: int, new: AcceptedPassword, session_id: str) -> Admin:
    """Set a new password for oneself, who has just proven the old one; only this session stays."""
    person = locked_person(person_id)
    _set(person, new)
    end_sessions_of(by=by, admin_id=person.id, reason="password_changed", except_session=session_id)
    record(Action.PASSWORD_CHANGED, by=by, target=target_of(person))
    tell(Action.PASSWORD_CHANGED, by=by, person=person, at=clock.now())
    return person


def _set(person: Admin, new: AcceptedPassword) -> None:
    person.password_hash = new
    person.password_changed_at = clock.now()
    revoke_links(admin=person, purposes=DEAD_WITH_THE_PASSWORD)
    db.session.flush()
