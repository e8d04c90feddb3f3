"""Putting a tenant on a plan, trials, canceling, and what stays behind of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.models import AuditEvent
from portal.catalog.plans import archive_plan
from portal.catalog.refusals import InUse
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.core.staleness import Stale
from portal.customers.tenants import close_tenant, upsert_tenant
from portal.subscriptions.assignments import (
    NoSubscription,
    NoTrial,
    assign_plan,
    cancel_plan,
    end_trial,
    extend_trial,
    put_on_plan,
)
from portal.subscriptions.models import Subscription
from portal.subscriptions.stays import stays_of

DAY = timedelta(days=1)


@pytest.fixture
def moving():
    with time_machine.travel(clock.now(), tick=False) as moved:
        yield moved


def assign(tenant, plan, **more):
    return assign_plan(by=SYSTEM, tenant=tenant, plan=plan, **more)


def plan_at(tenant, at=None):
    """The id of the plan that gives access."""
    found = [stay for stay in stays_of(tenant.id) if stay.is_in_force(at or clock.now())]
    return found[-1].plan_id if found else None


def events():
    query = sa.select(AuditEvent).where(AuditEvent.action.like("subscription.%"))
    return [event.action for event in db.session.scalars(query.order_by(AuditEvent.id))]


def rows(tenant):
    query = sa.select(Subscription).filter_by(tenant_id=tenant.id).order_by(Subscription.id)
    return list(db.session.scalars(query))


def test_a_change_ends_one_stay_and_begins_the_next_with_its_anchor(acme, plans, moving):
    first = assign(acme, plans["basic"])
    anchor = first.anchor_at
    moving.shift(40 * DAY)
    second = assign(acme, plans["pro"], reason="grew")
    assert first.ends_at == second.starts_at == clock.now()
    assert [stay.anchor_at for stay in stays_of(acme.id)] == [anchor, anchor]
    assert [plan_at(acme, clock.now() - DAY), plan_at(acme)] == [plans["basic"].id, plans["pro"].id]


def test_the_same_again_changes_nothing_not_even_the_version(acme, plans):
    trial = clock.now() + 14 * DAY
    first, version = assign(acme, plans["pro"], trial_ends_at=trial), acme.entitlement_version
    assert assign(acme, plans["pro"], trial_ends_at=trial) is first
    assert put_on_plan(by=SYSTEM, tenant=acme, plan=plans["pro"]) is first
    assert (len(rows(acme)), acme.entitlement_version, len(events())) == (1, version, 1)


def test_every_change_raises_the_version(acme, plans):
    versions = [acme.entitlement_version]
    for name in ("basic", "pro"):
        assign(acme, plans[name])
        versions.append(acme.entitlement_version)
    cancel_plan(by=SYSTEM, tenant=acme)
    versions.append(acme.entitlement_version)
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("ahead", [timedelta(0), -DAY])
def test_a_trial_that_would_be_over_is_refused(acme, plans, ahead):
    with pytest.raises(DomainError) as refusal:
        assign(acme, plans["pro"], trial_ends_at=clock.now() + ahead)
    assert (refusal.value.status, refusal.value.field) == (422, "trial_ends_at")


def test_a_trial_gives_access_until_its_end(acme, plans, moving):
    assign(acme, plans["pro"], trial_ends_at=clock.now() + 14 * DAY)
    moving.shift(14 * DAY - timedelta(seconds=1))
    assert plan_at(acme) == plans["pro"].id
    moving.shift(timedelta(seconds=1))
    assert plan_at(acme) is None


def test_a_trial_taken_up_again_late_leaves_the_days_between_without_it(acme, plans, moving):
    assign(acme, plans["pro"], trial_ends_at=clock.now() + 5 * DAY)
    moving.shift(7 * DAY)
    extend_trial(by=SYSTEM, tenant=acme, trial_ends_at=clock.now() + 3 * DAY)
    found = [plan_at(acme, clock.now() + days * DAY) is not None for days in (-6, -1, 0, 2, 3)]
    assert found == [True, False, True, True, False]
    assert events() == ["subscription.plan_changed", "subscription.trial_changed"]


def test_a_trial_becomes_a_plan_that_stays_on(acme, plans, moving):
    assign(acme, plans["pro"], trial_ends_at=clock.now() + 5 * DAY)
    moving.shift(DAY)
    stay = assign(acme, plans["pro"])
    assert (stay.status, stay.trial_ends_at, len(rows(acme))) == ("active", None, 2)
    assert events()[-1] == "subscription.trial_changed"


def test_a_trial_that_is_ended_gives_way_at_once_and_only_once(acme, plans):
    assign(acme, plans["pro"], trial_ends_at=clock.now() + 5 * DAY)
    end_trial(by=SYSTEM, tenant=acme, reason="not for them")
    assert plan_at(acme) is None
    with pytest.raises(NoTrial):
        end_trial(by=SYSTEM, tenant=acme)


def test_only_a_trial_can_be_extended_or_ended(acme, plans):
    assign(acme, plans["pro"])
    with pytest.raises(NoTrial):
        extend_trial(by=SYSTEM, tenant=acme, trial_ends_at=clock.now() + DAY)
    with pytest.raises(NoTrial):
        end_trial(by=SYSTEM, tenant=acme)


def test_a_plan_canceled_for_later_runs_until_then(acme, plans, moving):
    assign(acme, plans["pro"])
    cancel_plan(by=SYSTEM, tenant=acme, at=clock.now() + 9 * DAY)
    assert plan_at(acme) == plans["pro"].id
    moving.shift(9 * DAY)
    assert plan_at(acme) is None
    with pytest.raises(NoSubscription):
        cancel_plan(by=SYSTEM, tenant=acme)


def test_a_canceled_plan_may_be_taken_up_again_before_its_end(acme, plans, moving):
    first = assign(acme, plans["pro"])
    cancel_plan(by=SYSTEM, tenant=acme, at=clock.now() + 9 * DAY)
    moving.shift(DAY)
    second = assign(acme, plans["pro"])
    assert (second.anchor_at, second.ends_at) == (first.anchor_at, None)
    assert events()[-1] == "subscription.plan_changed"


def test_a_plan_is_not_canceled_in_the_past(acme, plans):
    assign(acme, plans["pro"])
    with pytest.raises(DomainError) as refusal:
        cancel_plan(by=SYSTEM, tenant=acme, at=clock.now() - DAY)
    assert refusal.value.field == "at"


def test_a_trial_is_canceled_until_its_end_and_no_later(acme, plans, moving):
    end = assign(acme, plans["pro"], trial_ends_at=clock.now() + 7 * DAY).trial_ends_at
    with pytest.raises(DomainError, match="trial ends before that") as refused:
        cancel_plan(by=SYSTEM, tenant=acme, at=end + DAY)
    assert refused.value.field == "at"
    assert cancel_plan(by=SYSTEM, tenant=acme, at=end).ends_at == end


def test_a_trial_that_is_over_is_canceled_now_alone(acme, plans, moving):
    assign(acme, plans["pro"], trial_ends_at=clock.now() + 7 * DAY)
    moving.shift(8 * DAY)
    with pytest.raises(DomainError, match="trial is over"):
        cancel_plan(by=SYSTEM, tenant=acme, at=clock.now() + DAY)
    assert cancel_plan(by=SYSTEM, tenant=acme).ends_at == clock.now()


def test_a_closed_tenant_keeps_its_stays_and_gets_no_other(acme, plans):
    assign(acme, plans["pro"])
    close_tenant(by=SYSTEM, tenant=acme, reason="left")
    assert plan_at(acme) == plans["pro"].id
    with pytest.raises(Conflict):
        assign(acme, plans["basic"])


def test_who_saw_another_plan_than_the_present_one_is_told(acme, plans):
    first = assign(acme, plans["basic"], expected=0)
    assign(acme, plans["pro"], expected=first.id)
    with pytest.raises(Stale):
        assign(acme, plans["free"], expected=first.id)


def test_a_plan_that_somebody_is_on_is_not_archived(acme, plans):
    assign(acme, plans["basic"])
    with pytest.raises(InUse):
        archive_plan(by=SYSTEM, name="basic", reason="old")
    assign(acme, plans["pro"])
    archive_plan(by=SYSTEM, name="basic", reason="old")
    with pytest.raises(DomainError) as refusal:
        assign(acme, plans["basic"])
    assert refusal.value.field == "plan"


def test_the_product_names_a_plan_and_a_trial_of_it_goes_on(acme, plans, moving):
    upsert_tenant(by=SYSTEM, external_id=acme.external_id, name="Acme", plan="basic")
    assert plan_at(acme) == plans["basic"].id
    trial = assign(acme, plans["pro"], trial_ends_at=clock.now() + DAY)
    upsert_tenant(by=SYSTEM, external_id=acme.external_id, name="Acme", plan="pro")
    assert rows(acme)[-1] is trial
    moving.shift(2 * DAY)
    upsert_tenant(by=SYSTEM, external_id=acme.external_id, name="Acme", plan="pro")
    assert rows(acme)[-1].status == "active"


def test_the_product_names_a_plan_that_there_is_not(acme, plans):
    with pytest.raises(DomainError) as refusal:
        upsert_tenant(by=SYSTEM, external_id=acme.external_id, name="Acme", plan="gold")
    assert (refusal.value.status, refusal.value.field) == (422, "plan")


def test_the_ledger_tells_old_and_new_who_and_why(acme, plans):
    assign(acme, plans["basic"])
    stay = assign(acme, plans["pro"], reason="grew")
    query = sa.select(AuditEvent).where(AuditEvent.action == "subscription.plan_changed")
    event = db.session.scalars(query.order_by(AuditEvent.id.desc())).first()
    text = event.canonical.decode()
    assert '"field":"plan","new":"pro","old":"basic"' in text
    assert f'"entity_id":{stay.id},"entity_type":"subscription"' in text
    assert (event.tenant_id, event.reason, event.stream) == (acme.id, "grew", "entitlement")
