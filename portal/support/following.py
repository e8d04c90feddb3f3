"""Tickets say who asks and on which plan they are, and follow when that changes.

Queues, the search and the service levels read it from the ticket's own row. It is written a
moment later by the worker: whoever changes a customer holds their row, and waits for no ticket.
"""

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.customers.signals import renamed
from portal.jobs.models import Job, JobStatus
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription
from portal.subscriptions.signals import stay_changed
from portal.support.clock_rows import clocks_of_all
from portal.support.clock_terms import align
from portal.support.history import note_event
from portal.support.models import SupportTicket
from portal.support.rule_terms import levels_in_force
from portal.support.tickets import fallback_plan

NAMES, PLANS = "support.follow_names", "support.follow_plans"
AT_ONCE = 200
FEW_TENANTS = 20
PlanNow: TypeAlias = tuple[str | None, int]
"""Its display name and its level, as of `fallback_plan`."""
_ticket = SupportTicket


def _fact(column: Any, key: Any, own: Any) -> sa.ScalarSelect[Any]:
    return sa.select(column).where(key == own).correlate(SupportTicket).scalar_subquery()


FACTS = {
    "tenant_name": _fact(Tenant.name, Tenant.id, _ticket.tenant_id),
    "requester_name": _fact(User.name, User.id, _ticket.requester_id),
    "requester_email": _fact(User.email, User.id, _ticket.requester_id),
}
"""What stands in a ticket of who asks, as it is by now."""

recurring(PLANS, every=timedelta(minutes=1))


@renamed.connect
def follow_names(tenant: Tenant, *, by: Actor, user: User | None) -> None:
    del by
    theirs = _ticket.tenant_id == tenant.id if user is None else _ticket.requester_id == user.id
    if db.session.scalar(sa.select(sa.exists().where(theirs))):
        enqueue(NAMES, {"tenant_id": tenant.id, "user_id": user.id if user else None})


@stay_changed.connect
def follow_plan(tenant: Tenant, *, by: Actor) -> None:
    """One run of the worker looks at every tenant, so one that is due serves for this one too."""
    del by
    has_work = sa.exists().where(_ticket.tenant_id == tenant.id, _ticket.is_open)
    due = (Job.status == JobStatus.QUEUED, Job.run_at <= clock.now(), Job.kind == PLANS)
    if db.session.scalar(sa.select(sa.and_(has_work, sa.not_(sa.exists().where(*due))))):
        enqueue(PLANS, {})


@handles(NAMES)
def write_names(payload: dict[str, Any]) -> None:
    """The next tickets of the tenant or the user, and the job for those after them.

    What is written is read once they are locked: who is erased or renamed again meanwhile has the
    last word.
    """
    tenant_id, user_id = payload["tenant_id"], payload["user_id"]
    theirs = _ticket.tenant_id == tenant_id if user_id is None else _ticket.requester_id == user_id
    differs = sa.or_(*(getattr(_ticket, column) != fact for column, fact in FACTS.items()))
    query = sa.select(_ticket.id).where(theirs, differs).order_by(_ticket.id).limit(AT_ONCE)
    ids = db.session.scalars(query.with_for_update()).all()
    changing = sa.update(_ticket).where(_ticket.id.in_(ids))
    values = changing.values(**FACTS, version=_ticket.version + 1)
    db.session.execute(values.execution_options(synchronize_session=False))
    if len(ids) == AT_ONCE:
        enqueue(NAMES, payload)


@handles(PLANS)
def write_plans(_payload: dict[str, Any]) -> None:
    """Open tickets of tenants on another plan by now; their clocks count by its promises."""
    off = plans_off()
    moved = _moved(dict(islice(off.items(), FEW_TENANTS))) if off else []
    if not moved:
        return
    align(clocks_of_all(moved), levels_in_force(), clock.now())
    if len(off) > FEW_TENANTS:
        enqueue(PLANS, {})


def _moved(plans: Mapping[int, PlanNow]) -> list[SupportTicket]:
    """The open tickets of these tenants that said another plan, locked; now they say theirs."""
    query = sa.select(_ticket).where(_ticket.is_open, _ticket.tenant_id.in_(plans))
    locked = query.order_by(_ticket.id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(locked).all()
    moved = [one for one in found if (one.plan_name, one.plan_level) != plans[one.tenant_id]]
    for ticket in moved:
        old = ticket.plan_name
        ticket.plan_name, ticket.plan_level = plans[ticket.tenant_id]
        ticket.version += 1
        if ticket.plan_name != old:
            note_event(ticket, "plan", by=SYSTEM, old=old, new=ticket.plan_name)
    return moved


def plans_off() -> dict[int, PlanNow]:
    """The plans of the tenants with an open ticket that says another one, by tenant."""
    asking = sa.select(_ticket.tenant_id, _ticket.plan_name, _ticket.plan_level).distinct()
    said = db.session.execute(asking.where(_ticket.is_open).order_by(_ticket.tenant_id)).all()
    own = (
        sa.select(Subscription.tenant_id, PlanTemplate.display_name, PlanTemplate.level)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(in_force(clock.now()), Subscription.tenant_id.in_(_askers()))
        .order_by(PlanTemplate.level)
    )
    plans = {tenant_id: (name, level) for tenant_id, name, level in db.session.execute(own)}
    fallback = fallback_plan()
    now = {row.tenant_id: plans.get(row.tenant_id, fallback) for row in said}
    off = (row.tenant_id for row in said if (row.plan_name, row.plan_level) != now[row.tenant_id])
    return {tenant_id: now[tenant_id] for tenant_id in off}


def _askers() -> sa.Select[int]:
    return sa.select(_ticket.tenant_id).where(_ticket.is_open)
