"""How many tenants are on a plan: what the catalogue asks before it archives one."""

import sqlalchemy as sa

from portal.catalog.signals import plan_in_use
from portal.core import clock
from portal.core.database import db
from portal.subscriptions.models import Subscription


@plan_in_use.connect
def tenants_on(plan_id: int) -> int:
    """The ones whose trial or grace is over too: their stay can still be taken up again."""
    query = sa.select(sa.func.count()).where(
        Subscription.plan_id == plan_id,
        sa.or_(Subscription.ends_at.is_(None), Subscription.ends_at > clock.now()),
    )
    return db.session.scalar(query) or 0
