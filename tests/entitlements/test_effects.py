"""What a change of the catalogue would do to customers, before it is saved."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from portal.catalog.plans import plan_named
from portal.catalog.revisions import draft_with
from portal.catalog.snapshot import Allowance, Catalog, PlanFeature
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus
from portal.entitlements.effects import Change, effects_of
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.subscriptions.assignments import assign_plan
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription, SubscriptionStatus
from portal.subscriptions.stays import gives_access
from tests.cast import make_tenant, make_user

REPORTS = "custom_reports"


@pytest.fixture
def crowd(catalog: Catalog) -> list[Tenant]:
    """Acme and Birch on Professional with three users; Cedar on Free with one."""
    acme, birch, cedar = make_tenant("Acme"), make_tenant("Birch"), make_tenant("Cedar")
    for tenant in (acme, birch):
        assign_plan(by=SYSTEM, tenant=tenant, plan=plan_named("professional"))
    for tenant, name in ((acme, "Una"), (acme, "Udo"), (birch, "Ute"), (cedar, "Uli")):
        make_user(tenant, name)
    return [acme, birch, cedar]


def without_reports(catalog: Catalog) -> Catalog:
    plan = next(plan for plan in catalog.plans.values() if plan.name == "professional")
    features = {**plan.features, REPORTS: PlanFeature(is_included=False)}
    return draft_with(catalog, plans=[replace(plan, features=features)])


def stays_of_every_kind(tenant: Tenant, now: datetime) -> Iterator[Subscription]:
    plan, hour = plan_named("basic"), timedelta(hours=1)
    moments = (None, now - hour, now, now + hour)
    for status, end, trial, grace in product(SubscriptionStatus, moments, moments, moments):
        yield Subscription(
            tenant_id=tenant.id,
            plan_id=plan.id,
            status=status,
            starts_at=now - 2 * hour,
            ends_at=end,
            trial_ends_at=trial,
            grace_ends_at=grace,
            anchor_at=now,
            created_at=now,
            created_by_label="test",
        )


def only(changes: list[Change]) -> Change:
    assert len(changes) == 1
    return changes[0]


def test_nothing_changed_has_no_effect(catalog, crowd):
    assert effects_of(catalog, draft_with(catalog)) == []


def test_a_feature_taken_out_of_a_plan_is_lost_by_its_users(catalog, crowd):
    change = only(effects_of(catalog, without_reports(catalog)))
    assert (change.display_name, change.losing_users, change.losing_tenants) == (
        "Custom Reports",
        3,
        2,
    )


def test_users_with_a_grant_of_their_own_keep_it(catalog, crowd):
    una = make_user(crowd[0], "Ulf")
    grant_user_feature(by=SYSTEM, user=una, feature_name=REPORTS)
    assert only(effects_of(catalog, without_reports(catalog))).losing_users == 3


def test_a_tenant_that_is_blocked_already_loses_nothing(catalog, crowd):
    grant_tenant_feature(by=SYSTEM, tenant=crowd[0], feature_name=REPORTS, effect=Effect.DISABLE)
    change = only(effects_of(catalog, without_reports(catalog)))
    assert (change.losing_users, change.losing_tenants) == (1, 1)


def test_suspended_tenants_and_inactive_users_are_not_counted(catalog, crowd):
    crowd[1].status = TenantStatus.SUSPENDED
    make_user(crowd[0], "Uri", status="inactive")
    assert only(effects_of(catalog, without_reports(catalog))).losing_users == 2


def test_a_lower_level_lets_users_of_the_fallback_plan_gain_a_feature(catalog, crowd):
    feature = replace(catalog.features["basic_invoices"], min_plan_level=0)
    change = only(effects_of(catalog, draft_with(catalog, features=[feature])))
    assert (change.gaining_users, change.gaining_tenants, change.losing_users) == (1, 1, 0)


def test_the_kill_switch_is_felt_even_by_those_with_a_grant(catalog, crowd):
    user = make_user(crowd[2], "Ulf")
    grant_user_feature(by=SYSTEM, user=user, feature_name=REPORTS)
    feature = replace(catalog.features[REPORTS], is_killed=True)
    assert only(effects_of(catalog, draft_with(catalog, features=[feature]))).losing_users == 4


def test_another_limit_of_a_plan_is_told_apart_from_losing_the_feature(catalog, crowd):
    plan = catalog.fallback_plan
    assert plan is not None
    limit = PlanFeature(is_included=True, allowance=Allowance(is_unlimited=False, limit=3))
    draft = draft_with(
        catalog, plans=[replace(plan, features={**plan.features, "basic_quotes": limit})]
    )
    change = only(effects_of(catalog, draft))
    assert (change.relimited_users, change.losing_users) == (1, 0)


def test_the_condition_in_sql_agrees_with_the_span_of_a_stay(catalog, crowd):
    now = clock.now()
    for row in stays_of_every_kind(crowd[2], now):
        db.session.add(row)
        db.session.flush()
        counted = db.session.scalar(sa.select(in_force(now)).where(Subscription.id == row.id))
        assert bool(counted) == gives_access(row, now), (row.status, row.trial_ends_at)
        db.session.delete(row)
        db.session.flush()
