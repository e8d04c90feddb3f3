"""Putting tenants on plans. A change ends one stay and begins the next at the same instant.

Entitlements are derived from the stays and never copied, so nothing else has to be changed with
them. Every deed first raises the tenant's version, which also lets parallel ones take turns.
"""

from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.catalog.models import PlanTemplate
from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.clock import second_of
from portal.core.database import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.staleness import Stale
from portal.customers.models import Tenant, TenantStatus
from portal.customers.naming import checked_reason
from portal.customers.signals import plan_wanted
from portal.customers.tenants import raise_version
from portal.subscriptions.models import Subscription, SubscriptionStatus
from portal.subscriptions.records import Values, record_change, values_of
from portal.subscriptions.stays import gives_access, lasting_stay


class NoSubscription(NotFound):
    """The tenant is on no plan of its own."""


class NoTrial(Conflict):
    """There is no trial that could be changed."""


def assign_plan(
    *,
    by: Actor,
    tenant: Tenant,
    plan: PlanTemplate,
    trial_ends_at: datetime | None = None,
    reason: str | None = None,
    expected: int | None = None,
) -> Subscription:
    """Put the tenant on the plan from now on. The same plan and trial again change nothing.

    The anchor of its periods is kept while one stay follows the other. `expected` is the id of
    the stay that the page showed, 0 for none.

    Raises:
        DomainError: the trial would end before it begins, or the plan is not offered any more.
        Conflict: the tenant is closed.
        Stale: the present stay is not the expected one.
    """
    reason = checked_reason(reason)
    trial_ends_at = second_of(trial_ends_at) if trial_ends_at else None
    found = lasting_stay(tenant.id)
    if found is not None and _is_same(found, plan, trial_ends_at):
        return found
    raise_version(tenant.id)
    present = lasting_stay(tenant.id)
    if present is not None and _is_same(present, plan, trial_ends_at):
        return present
    _check_expected(tenant, present, expected)
    now = clock.now()
    _check_trial(trial_ends_at, now)
    _check_open(tenant)
    _check_offered(plan)
    before = values_of(present)
    stay = _next_stay(by=by, tenant=tenant, present=present, now=now, reason=reason)
    stay.plan_id, stay.trial_ends_at = plan.id, trial_ends_at
    stay.status = SubscriptionStatus.TRIALING if trial_ends_at else SubscriptionStatus.ACTIVE
    db.session.add(stay)
    db.session.flush()
    record_change(
        _action(before, values_of(stay)),
        by=by,
        tenant=tenant,
        stay=stay,
        before=before,
        reason=reason,
    )
    return stay


def put_on_plan(
    *, by: Actor, tenant: Tenant, plan: PlanTemplate, reason: str | None = None
) -> Subscription:
    """As `assign_plan`, for who names a plan and says nothing of a trial: one that runs goes on."""
    present = lasting_stay(tenant.id)
    if present is None or not _runs(present, plan):
        return assign_plan(by=by, tenant=tenant, plan=plan, reason=reason)
    return assign_plan(
        by=by,
        tenant=tenant,
        plan=plan,
        trial_ends_at=present.trial_ends_at,
        reason=reason,
        expected=present.id,
    )


@plan_wanted.connect
def put_on_wanted_plan(tenant: Tenant, *, by: Actor, plan: str) -> None:
    """A customer was taken in with the name of a plan; the one it is on already stays as it is.

    Raises:
        DomainError: no such plan is offered; its field is `plan`.
    """
    wanted, present = plan_named(plan), lasting_stay(tenant.id)
    if present is None or not _runs(present, wanted):
        assign_plan(by=by, tenant=tenant, plan=wanted)


def extend_trial(
    *, by: Actor, tenant: Tenant, trial_ends_at: datetime, reason: str | None = None
) -> Subscription:
    """Let the tenant's trial, or the one that ran out, end at another instant ahead.

    Raises:
        NoTrial: the tenant's stay is not a trial.
        DomainError, Conflict, Stale: as `assign_plan`.
    """
    stay = _trial_of(tenant)
    return assign_plan(
        by=by,
        tenant=tenant,
        plan=db.session.get_one(PlanTemplate, stay.plan_id),
        trial_ends_at=trial_ends_at,
        reason=reason,
        expected=stay.id,
    )


def end_trial(*, by: Actor, tenant: Tenant, reason: str | None = None) -> Subscription:
    """End the running trial now: the fallback plan counts from here on.

    Raises:
        NoTrial: no trial is running.
    """
    reason = checked_reason(reason)
    raise_version(tenant.id)
    stay, now = _trial_of(tenant), clock.now()
    if not gives_access(stay, now):
        raise NoTrial(f"The trial of {tenant.name} is over already.")
    before = values_of(stay)
    stay.trial_ends_at = now
    record_change(
        Action.SUBSCRIPTION_TRIAL_CHANGED,
        by=by,
        tenant=tenant,
        stay=stay,
        before=before,
        reason=reason,
    )
    return stay


def cancel_plan(
    *, by: Actor, tenant: Tenant, at: datetime | None = None, reason: str | None = None
) -> Subscription:
    """End the tenant's stay at an instant, now by default: then the fallback plan counts.

    Raises:
        NoSubscription: there is nothing to cancel.
        DomainError: the instant lies in the past, or behind the end of a trial.
    """
    reason = checked_reason(reason)
    raise_version(tenant.id)
    stay, now = lasting_stay(tenant.id), clock.now()
    if stay is None:
        raise NoSubscription(f"{tenant.name} is on no plan that could be cancelled.")
    if at is not None and at < now:
        raise DomainError("Choose an instant that lies ahead.", field="at")
    _check_within_trial(stay, at, now)
    before = values_of(stay)
    ends_at = max(second_of(at or now), now, stay.starts_at)
    stay.ends_at, stay.status = ends_at, SubscriptionStatus.CANCELED
    record_change(
        Action.SUBSCRIPTION_CANCELED,
        by=by,
        tenant=tenant,
        stay=stay,
        before=before,
        reason=reason,
    )
    return stay


def _check_within_trial(stay: Subscription, at: datetime | None, now: datetime) -> None:
    """Nobody gets anything behind it, so the plan would only seem to go on."""
    end = stay.trial_ends_at
    if at is None or end is None or second_of(at) <= end:
        return
    if end <= now:
        raise DomainError("The trial is over. Leave this empty to end the plan now.", field="at")
    raise DomainError(
        "The trial ends before that. Choose an instant until its end, or move its end first.",
        field="at",
    )


def _runs(present: Subscription, plan: PlanTemplate) -> bool:
    return present.plan_id == plan.id and gives_access(present, clock.now())


def _is_same(present: Subscription, plan: PlanTemplate, trial_ends_at: datetime | None) -> bool:
    return (
        present.plan_id == plan.id
        and present.trial_ends_at == trial_ends_at
        and present.status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING}
    )


def _check_expected(tenant: Tenant, present: Subscription | None, expected: int | None) -> None:
    there = present.id if present else 0
    if expected is not None and expected != there:
        raise Stale(
            f"The plan of {tenant.name} was changed meanwhile. Look again, then decide.",
            present=there,
        )


def _check_trial(trial_ends_at: datetime | None, now: datetime) -> None:
    if trial_ends_at is not None and trial_ends_at <= now:
        raise DomainError("Let the trial end at an instant ahead.", field="trial_ends_at")


def _check_open(tenant: Tenant) -> None:
    if tenant.status == TenantStatus.CLOSED:
        raise Conflict(f"{tenant.name} is closed. Reopen it before you change its plan.")


def _check_offered(plan: PlanTemplate) -> None:
    """Locked against archiving, which looks for tenants that are on the plan."""
    query = sa.select(PlanTemplate.archived_at).where(PlanTemplate.id == plan.id)
    if db.session.scalar(query.with_for_update(read=True, key_share=True)) is not None:
        raise DomainError(f"{plan.display_name} is not offered any more.", field="plan")


def _action(before: Values, after: Values) -> Action:
    """Of a stay that goes on as a trial, or as one no more, only the trial changed."""
    is_trial_only = before["plan"] == after["plan"] and before["ends_at"] is None
    return Action.SUBSCRIPTION_TRIAL_CHANGED if is_trial_only else Action.SUBSCRIPTION_PLAN_CHANGED


def _next_stay(
    *, by: Actor, tenant: Tenant, present: Subscription | None, now: datetime, reason: str | None
) -> Subscription:
    """One that begins where the present one, which it closes, ends."""
    starts_at = now
    if present is not None:
        # Two servers' clocks may differ; a history without gaps must not run backwards.
        present.ends_at = starts_at = max(now, present.starts_at)
        db.session.flush()
    return Subscription(
        tenant_id=tenant.id,
        starts_at=starts_at,
        anchor_at=present.anchor_at if present else starts_at,
        created_at=now,
        created_by=by.id if by.type is ActorType.ADMIN else None,
        created_by_label=by.label,
        reason=reason,
    )


def _trial_of(tenant: Tenant) -> Subscription:
    stay = lasting_stay(tenant.id)
    if stay is None or stay.status != SubscriptionStatus.TRIALING:
        raise NoTrial(f"{tenant.name} is on no trial.")
    return stay
