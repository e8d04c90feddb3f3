"""Telling those who decide on goodwill that something waits for them."""

import sqlalchemy as sa

from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.notices import notify
from portal.staff.roles import permissions_of
from portal.support.models import GoodwillGesture

ASKED = "goodwill.asked"
DECIDING_ROLES = [role for role in Role if Permission.GOODWILL_APPROVE in permissions_of(role)]
MOST_CALLED = 100


def call_deciders(row: GoodwillGesture, text: str) -> None:
    """A notice to each who may decide, but for whoever asks."""
    deciding = (
        sa.select(Admin.id)
        .where(
            Admin.role.in_(DECIDING_ROLES),
            Admin.joined_at.is_not(None),
            Admin.disabled_at.is_(None),
            Admin.id != row.requested_by,
        )
        .order_by(Admin.id)
        .limit(MOST_CALLED)
    )
    for admin_id in db.session.scalars(deciding).all():
        notify(admin_id=admin_id, kind=ASKED, text=text, url=f"/support/goodwill/{row.id}")
