"""Seats: as many active users as the tenant may have. Counted where they are, never consumed."""

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, User, UserStatus
from portal.customers.signals import seat_wanted
from portal.entitlements.answers import LimitBlock
from portal.entitlements.checks import fresh_answer
from portal.entitlements.counters import SEATS
from portal.entitlements.refusals import QuotaExceeded


class NoSeatLeft(QuotaExceeded):
    """Every seat is taken by an active user."""

    title = "Every seat is taken"

    def __init__(self, block: LimitBlock) -> None:
        super().__init__(SEATS, block)
        self.message = (
            f"All {block.most} seats are taken: deactivate a user, or give the tenant more."
        )


def check_seat(tenant: Tenant, *, by: Actor) -> None:
    """One more user may become active. Without the feature there is a seat for one.

    A soft limit lets them in, as far as its cap. The tenant's row must be locked, so that of two
    who want the last seat one gets it.

    Raises:
        NoSeatLeft: see the class.
    """
    del by  # whoever asks
    answer = fresh_answer(tenant_id=tenant.id, user_id=None, feature_name=SEATS)
    block = answer.limit
    if not answer.decision.allowed:
        block = LimitBlock(is_unlimited=False, limit=1, used=_taken(tenant.id))
    if block is not None and not block.has_room():
        raise NoSeatLeft(block)


def _taken(tenant_id: int) -> int:
    active = sa.select(sa.func.count()).where(
        User.tenant_id == tenant_id, User.status == UserStatus.ACTIVE
    )
    return db.session.scalar(active) or 0


seat_wanted.connect(check_seat)
