"""Mailed links: issued once, opened by anyone who has them, used once.

Opening only reads, since mail scanners fetch every address they see. Using one is a compare and
set, so that of any number of clicks exactly one counts (OWASP, Forgot Password Cheat Sheet).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import changed_rows, db
from portal.core.errors import DomainError
from portal.core.tokens import new_token, token_sha256
from portal.staff.directory import locked_person
from portal.staff.models import Admin, LinkPurpose, StaffLink

LIFETIMES = {
    LinkPurpose.INVITE: timedelta(hours=72),
    LinkPurpose.RESET: timedelta(hours=1),  # OWASP Forgot Password: short
    LinkPurpose.EMAIL_CHANGE: timedelta(hours=24),
    LinkPurpose.EMAIL_UNDO: timedelta(days=7),
    LinkPurpose.RECOVERY_STOP: timedelta(days=14),  # dies with its recovery, at the latest after 13
}
# Whoever takes an account over would first change the password: undoing must survive that.
BOUND_TO_PASSWORD = frozenset({LinkPurpose.INVITE, LinkPurpose.RESET, LinkPurpose.EMAIL_CHANGE})
BOUND_TO_EMAIL = frozenset({LinkPurpose.INVITE, LinkPurpose.RESET})
# An older link may be the only one that the rightful owner holds.
KEEPS_OLDER = frozenset({LinkPurpose.EMAIL_UNDO, LinkPurpose.RECOVERY_STOP})
ALL_BUT_UNDO = tuple(one for one in LinkPurpose if one is not LinkPurpose.EMAIL_UNDO)
"""What dies with an account that is shut or given back: its owner's way back stays."""


class LinkGone(DomainError):
    """Used, expired, withdrawn, replaced or never issued: all get the same answer."""

    status = 410
    code = "gone"
    title = "This link no longer works"


ADVICE = {
    LinkPurpose.INVITE: "It was used, has expired or was replaced by a newer one. "
    "Ask the person who invited you to send it again.",
    LinkPurpose.RESET: "It was used, has expired or was replaced by a newer one. "
    "Ask for a new one on the sign-in page, under “Forgot your password?”.",
    LinkPurpose.EMAIL_CHANGE: "It was used, has expired or was replaced by a newer one. "
    "Sign in and ask for the change again under your preferences.",
    LinkPurpose.EMAIL_UNDO: "It was used or has expired. "
    "If you did not change your address yourself, tell an admin now.",
    LinkPurpose.RECOVERY_STOP: "The recovery was completed, cancelled or has expired. "
    "If you did not ask for it yourself, tell an admin now.",
}


def issue_link(
    *,
    admin: Admin,
    purpose: LinkPurpose,
    email: str,
    by: Actor,
    lifetime: timedelta | None = None,
) -> str:
    """A new token. Older links of the same purpose die, but for those that undo or stop."""
    if purpose not in KEEPS_OLDER:
        revoke_links(admin=admin, purposes=(purpose,))
    token, now = new_token(), clock.now()
    db.session.add(
        StaffLink(
            token_sha256=token_sha256(token),
            admin_id=admin.id,
            purpose=purpose,
            email=email,
            password_changed_at=admin.password_changed_at,
            created_at=now,
            created_by=by.id if by.type is ActorType.ADMIN else None,
            expires_at=now + (lifetime or LIFETIMES[purpose]),
        )
    )
    return token


def open_link(token: str, purpose: LinkPurpose) -> tuple[StaffLink, Admin]:
    """The link and its person, for the page that asks what to do. Changes nothing.

    Raises:
        LinkGone: the message says how to get another.
    """
    link = db.session.scalar(sa.select(StaffLink).where(*_usable(token, purpose, clock.now())))
    admin = db.session.get(Admin, link.admin_id) if link else None
    return _bound(link, admin, purpose)


def use_link(token: str, purpose: LinkPurpose) -> tuple[StaffLink, Admin]:
    """The link and its person, both locked; it is used up when the transaction commits.

    Raises:
        LinkGone: it was used already, if only a moment ago.
    """
    now = clock.now()
    link = db.session.scalar(sa.select(StaffLink).where(*_usable(token, purpose, now)))
    # The person first, then the link: the order that disabling somebody takes, so no deadlock.
    admin = locked_person(link.admin_id) if link else None
    used = db.session.scalar(
        sa.update(StaffLink)
        .where(*_usable(token, purpose, now))
        .values(used_at=now)
        .returning(StaffLink.id)
    )
    return _bound(link if used else None, admin, purpose)


def revoke_links(*, admin: Admin, purposes: tuple[LinkPurpose, ...]) -> int:
    """Kill what is still open of these purposes. How many there were."""
    return _revoke(StaffLink.admin_id == admin.id, StaffLink.purpose.in_(purposes))


def revoke_newer_links(link: StaffLink) -> int:
    """Kill what was issued for the same person and purpose after this one. How many there were."""
    return _revoke(
        StaffLink.admin_id == link.admin_id,
        StaffLink.purpose == link.purpose,
        StaffLink.id > link.id,
    )


def _revoke(*which: sa.ColumnElement[bool]) -> int:
    return changed_rows(
        sa.update(StaffLink)
        .where(*which, StaffLink.used_at.is_(None), StaffLink.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def live_link(*, admin_id: int, purpose: LinkPurpose) -> StaffLink | None:
    """The newest link of the purpose that would still open."""
    return next(iter(reversed(live_links(admin_id=admin_id, purpose=purpose))), None)


def live_links(*, admin_id: int, purpose: LinkPurpose) -> Sequence[StaffLink]:
    """Those of the purpose that would still open, the oldest first."""
    return db.session.scalars(
        sa.select(StaffLink)
        .where(
            StaffLink.admin_id == admin_id,
            StaffLink.purpose == purpose,
            *_open(clock.now()),
        )
        .order_by(StaffLink.id)
    ).all()


def _usable(token: str, purpose: LinkPurpose, now: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        StaffLink.token_sha256 == token_sha256(token),
        StaffLink.purpose == purpose,
        *_open(now),
    ]


def _open(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        StaffLink.used_at.is_(None),
        StaffLink.revoked_at.is_(None),
        StaffLink.expires_at > now,
    ]


def _bound(
    link: StaffLink | None, admin: Admin | None, purpose: LinkPurpose
) -> tuple[StaffLink, Admin]:
    """Does the link still speak of this person as they are now?"""
    if link is None or admin is None or admin.disabled_at is not None:
        raise LinkGone(ADVICE[purpose])
    if purpose in BOUND_TO_PASSWORD and link.password_changed_at != admin.password_changed_at:
        raise LinkGone(ADVICE[purpose])
    if purpose in BOUND_TO_EMAIL and link.email != admin.email:
        raise LinkGone(ADVICE[purpose])
    return link, admin
