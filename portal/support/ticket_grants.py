"""Granting a feature to a ticket's requester, from the ticket, and what then happens to it.

The grant names the ticket as its cause, and the ticket tells of the grant in its thread. The
tenant's row is locked before the ticket's, as by whoever notes that a grant ran out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.things import register_thing
from portal.catalog.revisions import catalog_now
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Permission
from portal.customers.models import User
from portal.entitlements.causes import register_cause
from portal.entitlements.grants import Granted, grant_user_feature, preview_grant
from portal.entitlements.holders import Entitlement, Holder
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import Revoked, revoke_grant
from portal.entitlements.signals import grant_expired
from portal.entitlements.terms import BadTerms
from portal.support.history import note_event
from portal.support.merging import live_ticket
from portal.support.models import SupportMessage, SupportTicket
from portal.support.names import PORTAL, name_of
from portal.support.numbers import read_number
from portal.support.seeing import lock_ticket
from portal.support.thread import add_message, sent_before
from portal.support.words import AuthorType, MessageKind, Status

CAUSE = "ticket"
NOT_FOR = frozenset({Status.MERGED, Status.SPAM, Status.DELETED})


class NoGrantHere(Conflict):
    """A ticket in this state gives nobody anything."""


class GrantedBefore(Conflict):
    """The same form was sent before, and did it."""


def reason_for(ticket: SupportTicket) -> str:
    """How the reason of a grant begins."""
    return f"{ticket.number}: "


def grant_from_ticket(
    *,
    by: Actor,
    ticket: SupportTicket,
    feature_name: str,
    expires_at: datetime | None,
    quota_limit: int | None = None,
    reason: str | None = None,
    submit_key: str | None = None,
) -> Granted:
    """Grant a feature to whoever opened the ticket, until an instant that must be named.

    Raises:
        BadTerms: no end is named, or a term is out of range (422).
        Denied: this person may not give it for so long (403).
        NotFound: there is no such feature (404).
        NoGrantHere, GrantedBefore: see the classes (409).
        Erased: the requester was (409).
    """
    _check(ticket, expires_at)
    requester = requester_of(ticket)
    granted = grant_user_feature(
        by=by,
        user=requester,
        feature_name=feature_name,
        expires_at=expires_at,
        quota_limit=quota_limit,
        reason=_reason(ticket, reason),
        cause_type=CAUSE,
        cause_id=ticket.number,
    )
    lock_ticket(ticket)
    if sent_before(ticket, submit_key) is not None:
        raise GrantedBefore("This was granted already.")
    name, until = feature_label(feature_name), _until(expires_at)
    limit = f" with a limit of {quota_limit}" if quota_limit is not None else ""
    _tell(
        ticket,
        f"{name_of(by)} granted {name}{limit} to {requester.name} until {until}.\n"
        f"{grant_url(granted.row)}",
        submit_key=submit_key,
    )
    note_event(ticket, "granted", by=by, new=f"{name} until {until}")
    return granted


def preview_from_ticket(
    *,
    by: Actor,
    ticket: SupportTicket,
    feature_name: str,
    expires_at: datetime | None,
    quota_limit: int | None = None,
) -> Granted:
    """What it would answer, with the same refusals. Nothing of it stays."""
    _check(ticket, expires_at)
    return preview_grant(
        by=by,
        user=requester_of(ticket),
        feature_name=feature_name,
        expires_at=expires_at,
        quota_limit=quota_limit,
    )


def revoke_from_ticket(*, by: Actor, ticket: SupportTicket, grant_id: int) -> Revoked:
    """Take back what was granted from this ticket, while it stands.

    Raises:
        NotFound: nothing of this number was granted from here (404).
        Conflict: it has ended meanwhile (409).
        Denied: this person may not take it back (403).
    """
    row = next((one for one in grants_of(ticket) if one.id == grant_id), None)
    if row is None:
        raise NotFound("Nothing of this number was granted from this ticket.")
    revoked = revoke_grant(by=by, row=row, reason=f"{reason_for(ticket)}taken back")
    lock_ticket(ticket)
    name = feature_label(row.feature_name)
    _tell(ticket, f"{name_of(by)} took {name} back from {requester_of(ticket).name}.")
    note_event(ticket, "grant_taken_back", by=by, old=name)
    return revoked


def grants_of(ticket: SupportTicket) -> Sequence[UserEntitlement]:
    """What was granted from this ticket or from those merged into it, the newest first."""
    is_here = sa.or_(SupportTicket.id == ticket.id, SupportTicket.merged_into_id == ticket.id)
    numbers = sa.select(SupportTicket.number).where(is_here)
    query = sa.select(UserEntitlement).where(
        UserEntitlement.tenant_id == ticket.tenant_id,
        UserEntitlement.user_id == ticket.requester_id,
        UserEntitlement.cause_type == CAUSE,
        UserEntitlement.cause_id.in_(numbers),
    )
    return db.session.scalars(query.order_by(UserEntitlement.id.desc())).all()


def requester_of(ticket: SupportTicket) -> User:
    return db.session.get_one(User, ticket.requester_id)


def feature_label(feature_name: str) -> str:
    feature = catalog_now().features.get(feature_name)
    return (feature.display_name if feature else "") or feature_name


def grant_url(row: Entitlement) -> str:
    return f"{settings().base_url}/entitlements/user-grants/{row.id}"


def note_end(holder: Holder, *, row: Any, cause_type: str | None, cause_id: str | None) -> None:
    """Say in the ticket that what was granted from it ran out. It is not opened again for that."""
    number = read_number(cause_id or "") if cause_type == CAUSE else None
    query = sa.select(SupportTicket).where(SupportTicket.number == number)
    found = db.session.scalar(query) if number is not None else None
    if found is None:
        return
    ticket = lock_ticket(live_ticket(found) or found)
    user = db.session.get(User, holder.user_id) if holder.user_id is not None else None
    name = feature_label(row.feature_name)
    _tell(ticket, f"{name} ended for {user.name if user else ticket.tenant_name}.")
    note_event(ticket, "grant_ended", by=SYSTEM, old=name, at=row.expires_at)


def _check(ticket: SupportTicket, expires_at: datetime | None) -> None:
    if ticket.status in NOT_FOR:
        label = Status(ticket.status).label.lower()
        raise NoGrantHere(f"This ticket is {label}: nothing is granted from it.")
    if expires_at is None:
        raise BadTerms("Say until when: what is granted from a ticket ends.", field="expires_at")


def _reason(ticket: SupportTicket, given: str | None) -> str:
    """It begins with the number, whatever else stands there."""
    text = (given or "").strip()
    start = reason_for(ticket).strip()
    found = text if text.startswith(start.rstrip(":")) else f"{start} {text}"
    return found.strip().removesuffix(":")


def _until(at: datetime | None) -> str:
    return timestamp(at)[:16].replace("T", " ") + " UTC" if at is not None else ""


def _tell(ticket: SupportTicket, text: str, *, submit_key: str | None = None) -> SupportMessage:
    """In the thread of a locked ticket, for our own people alone."""
    return add_message(
        ticket,
        kind=MessageKind.SYSTEM,
        author=AuthorType.SYSTEM,
        body=text,
        at=clock.now(),
        author_name=PORTAL,
        submit_key=submit_key,
    )


grant_expired.connect(note_end)
register_thing(CAUSE, permission=Permission.TICKETS_VIEW, path="/support/tickets/")
register_cause(
    CAUSE, permission=Permission.TICKETS_VIEW, url=lambda number: f"/support/tickets/{number}"
)
