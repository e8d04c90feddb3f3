"""Taking overrides back: what counts then, what goes on, and who may."""

import json

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.core.errors import Conflict, Denied
from portal.entitlements.checks import check_feature_access
from portal.entitlements.facts import Effect
from portal.entitlements.models import TenantEntitlement
from portal.entitlements.revoking import NoOverride, revoke_feature, revoke_grant
from tests.cast import actor
from tests.entitlements.granting import REPORTS, days, events, open_rows


def revoke(desk, **more):
    return revoke_feature(by=desk.by, user=desk.user, feature_name=REPORTS, **more)


def test_after_a_revoke_the_next_layer_counts(desk):
    desk.grant_all()
    row = desk.grant(effect=Effect.DISABLE).row
    revoked = revoke(desk, reason="Paid")
    assert (revoked.before.reason, revoked.after.reason) == ("USER_DISABLED", "TENANT_OVERRIDE")
    assert (row.ended_reason, row.ended_by_label) == ("Paid", desk.by.label)
    assert open_rows() == []


def test_a_tenants_grant_is_taken_back_alike(desk):
    desk.grant_all()
    found = revoke_feature(by=desk.by, tenant=desk.tenant, feature_name=REPORTS)
    assert (found.before.allowed, found.after.allowed) == (True, False)
    assert open_rows(TenantEntitlement) == []


def test_what_is_not_there_is_not_taken_back_twice(desk):
    with pytest.raises(NoOverride):
        revoke(desk)
    desk.grant()
    revoke(desk)
    with pytest.raises(NoOverride):
        revoke(desk)
    assert len(events("entitlement.revoked")) == 1


def test_what_ran_out_is_no_override_any_more(desk):
    desk.grant(expires_at=days(1))
    db.session.commit()
    with time_machine.travel(days(2)), pytest.raises(NoOverride):
        revoke(desk)


def test_revoking_a_feature_takes_the_scheduled_grant_too(desk):
    desk.grant()
    desk.grant(effect=Effect.DISABLE, starts_at=days(3))
    assert len(revoke(desk).rows) == 2
    assert open_rows() == []
    with time_machine.travel(days(4)):
        answer = check_feature_access(user_id=desk.user.id, feature_name=REPORTS)
    assert answer.reason == "PLAN_LEVEL_TOO_LOW"


def test_a_scheduled_grant_that_is_taken_back_lets_the_present_one_go_on(desk):
    present = desk.grant(quota_limit=5).row
    scheduled = desk.grant(quota_limit=9, starts_at=days(3)).row
    revoked = revoke_grant(by=desk.by, row=scheduled)
    assert open_rows() == [present]
    assert (present.ended_by_label, present.ended_reason) == (None, None)
    assert scheduled.ended_at <= clock.now()
    assert revoked.after.limit.limit == 5


def test_the_present_grant_is_taken_back_and_the_scheduled_one_stays(desk):
    present = desk.grant(quota_limit=5).row
    scheduled = desk.grant(quota_limit=9, starts_at=days(3)).row
    assert not revoke_grant(by=desk.by, row=present).after.allowed
    assert open_rows() == [scheduled]
    assert not revoke_grant(by=desk.by, row=scheduled).after.allowed
    assert open_rows() == []


def test_a_grant_that_has_ended_is_not_taken_back(desk):
    row = desk.grant().row
    desk.grant()
    with pytest.raises(Conflict):
        revoke_grant(by=desk.by, row=row)


def test_a_revoke_is_in_the_ledger_with_the_old_value_and_why(desk):
    desk.grant(quota_limit=5)
    revoke(desk, reason="Left the company")
    (event,) = events("entitlement.revoked")
    change = json.loads(event.canonical)["changes"][0]
    assert (change["old"]["quota_limit"], change["new"]) == (5, None)
    assert (event.reason, event.feature_name) == ("Left the company", REPORTS)


def test_an_agent_takes_back_a_grant_but_no_block(desk, brief_desk):
    desk.grant(expires_at=days(9))
    assert not revoke(brief_desk).after.allowed
    row = desk.grant(effect=Effect.DISABLE).row
    for attempt in (lambda: revoke(brief_desk), lambda: revoke_grant(by=brief_desk.by, row=row)):
        with pytest.raises(Denied):
            attempt()
    assert open_rows() == [row]


def test_an_agent_who_takes_back_the_scheduled_grant_leaves_the_block_standing(desk, brief_desk):
    block = desk.grant(effect=Effect.DISABLE).row
    desk.grant(starts_at=days(3), expires_at=days(9))
    assert revoke(brief_desk).after.reason == "USER_DISABLED"
    assert open_rows() == [block]


def test_a_hard_denial_is_lifted_by_whoever_may_deny(desk, mo):
    desk.grant()
    denial = desk.grant(effect=Effect.HARD_DENY).row
    manager = actor(mo)
    revoked = revoke_feature(by=manager, user=desk.user, feature_name=REPORTS)
    assert revoked.after.reason == "HARD_DENY"
    with pytest.raises(Denied):
        revoke_feature(by=manager, user=desk.user, feature_name=REPORTS)
    assert open_rows() == [denial]
    assert revoke(desk).after.reason == "PLAN_LEVEL_TOO_LOW"


def test_an_agent_may_not_touch_a_tenant(desk, brief_desk):
    row = desk.grant_all().row
    with pytest.raises(Denied):
        revoke_feature(by=brief_desk.by, tenant=desk.tenant, feature_name=REPORTS)
    with pytest.raises(Denied):
        revoke_grant(by=brief_desk.by, row=row)
