"""What was true then: statuses, plans, the catalogue and overrides of a past instant."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.catalog.features import archive_feature, kill_feature
from portal.catalog.models import CatalogRevision, PlanTemplate
from portal.core import clock
from portal.core.database import db
from portal.core.errors import NotFound
from portal.customers.tenants import suspend_tenant
from portal.customers.users import deactivate_user
from portal.entitlements.checks import (
    check_feature_access,
    get_tenant_features,
    get_user_features,
    standing_of,
)
from portal.entitlements.revoking import revoke_feature
from portal.subscriptions.assignments import assign_plan
from tests.entitlements.granting import REPORTS, days


def reason(desk, feature_name=REPORTS, at=None, **more) -> str:
    found = check_feature_access(user_id=desk.user.id, feature_name=feature_name, at=at, **more)
    return found.reason


def later(**delta: float):
    """Inside, so much time has passed."""
    return clock.standing_at(clock.now() + timedelta(**delta))


@pytest.fixture(autouse=True)
def old_catalog(catalog):
    """The catalogue has been on offer for longer than anybody is here."""
    db.session.execute(sa.update(CatalogRevision).values(effective_at=days(-999)))


def test_a_suspended_tenant_was_active_before(desk):
    desk.grant()
    before = clock.now()
    with later(hours=1):
        suspend_tenant(by=desk.by, tenant=desk.tenant, reason="Unpaid")
    with later(hours=2):
        assert reason(desk) == "TENANT_INACTIVE"
        assert reason(desk, at=before) == "USER_OVERRIDE"


def test_a_user_who_left_was_a_member_before(desk):
    desk.grant()
    before = clock.now()
    with later(hours=1):
        deactivate_user(by=desk.by, user=desk.user, reason="Left")
    with later(hours=2):
        assert reason(desk) == "NOT_A_MEMBER"
        assert reason(desk, at=before) == "USER_OVERRIDE"


def test_before_a_tenant_came_it_had_nothing(desk):
    assert reason(desk, "basic_quotes", at=days(-366)) == "TENANT_INACTIVE"
    assert reason(desk, "basic_quotes", at=days(-364)) == "PLAN_ENTITLEMENT"
    assert reason(desk, "basic_quotes", at=days(-1000)) == "UNKNOWN_FEATURE"


def test_a_revoked_grant_counted_until_it_was_revoked(desk):
    desk.grant(reason="Pilot")
    then = clock.now()
    with later(hours=1):
        revoke_feature(by=desk.by, user=desk.user, feature_name=REPORTS, reason="Over")
        ended = clock.now()
    with later(hours=2):
        found = check_feature_access(user_id=desk.user.id, feature_name=REPORTS, at=then)
        assert (found.allowed, found.next_change_at) == (True, ended)
        step = next(step for step in now_trace(desk) if step["step"] == "user_override")
        assert (step["why"], step["ended_at"]) == ("ended", ended)


def now_trace(desk):
    return check_feature_access(user_id=desk.user.id, feature_name=REPORTS).trace


def test_what_was_entered_for_an_earlier_time_gave_nothing_before(desk):
    row = desk.grant().row
    row.starts_at = days(-5)
    assert reason(desk, at=days(-1)) == "PLAN_LEVEL_TOO_LOW"


def test_a_plan_counts_from_when_it_was_assigned(desk):
    plan = db.session.scalars(sa.select(PlanTemplate).filter_by(name="professional")).one()
    before = clock.now()
    with later(hours=1):
        assign_plan(by=desk.by, tenant=desk.tenant, plan=plan)
    with later(hours=2):
        assert reason(desk) == "PLAN_ENTITLEMENT"
        assert reason(desk, at=before) == "PLAN_LEVEL_TOO_LOW"


def test_a_trial_that_will_end_leads_to_the_fallback_plan(desk):
    plan = db.session.scalars(sa.select(PlanTemplate).filter_by(name="professional")).one()
    assign_plan(by=desk.by, tenant=desk.tenant, plan=plan, trial_ends_at=days(14))
    found = check_feature_access(user_id=desk.user.id, feature_name=REPORTS)
    assert found.next_change_at == plan_end(desk)
    assert reason(desk, at=days(13)) == "PLAN_ENTITLEMENT"
    after = check_feature_access(user_id=desk.user.id, feature_name="basic_quotes", at=days(15))
    assert after.decision.source["via"] == "fallback_plan"


def plan_end(desk):
    return standing_of(user_id=desk.user.id).subject.stays[-1].ends_at


def test_the_catalogue_of_then_counts(desk):
    before = clock.now()
    with later(hours=1):
        kill_feature(by=desk.by, name="basic_quotes", reason="Outage")
    with later(hours=2):
        found = check_feature_access(user_id=desk.user.id, feature_name="basic_quotes")
        assert found.reason == "GLOBAL_KILL_SWITCH"
        then = check_feature_access(user_id=desk.user.id, feature_name="basic_quotes", at=before)
        assert then.reason == "PLAN_ENTITLEMENT"
        assert then.standing.catalog_version < found.standing.catalog_version


def test_the_future_is_told_by_the_present_catalogue(desk):
    desk.grant(starts_at=days(3), expires_at=days(6))
    told = [reason(desk, at=days(number)) for number in (2, 3.5, 6.5)]
    assert told == ["PLAN_LEVEL_TOO_LOW", "USER_OVERRIDE", "PLAN_LEVEL_TOO_LOW"]


def test_an_archived_feature_is_on_offer_no_more(desk):
    before = clock.now()
    with later(hours=1):
        archive_feature(by=desk.by, name="role_management", reason="Merged")
    with later(hours=2):
        present = get_user_features(user_id=desk.user.id)
        past = get_user_features(user_id=desk.user.id, at=before)
        assert (len(present), len(past)) == (16, 17)
        assert reason(desk, "role_management") == "UNKNOWN_FEATURE"


def test_a_tenant_as_such_has_what_its_users_have_without_their_own(desk):
    desk.grant()
    desk.grant_all("api_access")
    found = {each.feature_name: each for each in get_tenant_features(tenant_id=desk.tenant.id)}
    assert (found["api_access"].allowed, found[REPORTS].allowed) == (True, False)


def test_nobody_is_found_who_is_not_there(desk):
    for ask in (
        lambda: check_feature_access(user_id=999_999, feature_name=REPORTS),
        lambda: get_tenant_features(tenant_id=999_999),
    ):
        with pytest.raises(NotFound):
            ask()
