"""What a file of customers would change of their plans, answered before it is taken in."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import db
from portal.customers.signals import plans_asked
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription

AT_ONCE = 500


@plans_asked.connect
def plans_now(
    _sender: object, *, names: Collection[str], tenant_ids: Sequence[int]
) -> tuple[frozenset[str], dict[int, str]]:
    """Which of these names are plans on offer, and the present plan of each of these tenants."""
    short = [name for name in names if len(name) <= 64]
    on_offer = db.session.scalars(
        sa.select(PlanTemplate.name).where(
            PlanTemplate.name.in_(short), PlanTemplate.archived_at.is_(None)
        )
    )
    return frozenset(on_offer), _present(tenant_ids)


def _present(tenant_ids: Sequence[int]) -> dict[int, str]:
    query = (
        sa.select(Subscription.tenant_id, PlanTemplate.name)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(in_force(clock.now()))
        .order_by(Subscription.starts_at, Subscription.id)
    )
    found: dict[int, str] = {}
    for start in range(0, len(tenant_ids), AT_ONCE):
        some = Subscription.tenant_id.in_(tenant_ids[start : start + AT_ONCE])
        found |= {row[0]: row[1] for row in db.session.execute(query.where(some))}
    return found
