"""Grants: what they change, what they replace, what they refuse, and what is recorded."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.customers.tenants import close_tenant
from portal.entitlements.checks import check_feature_access
from portal.entitlements.facts import Effect
from portal.entitlements.grants import extend_grant, preview_grant
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.entitlements.terms import LARGEST_LIMIT, BadTerms
from tests.cast import actor
from tests.entitlements.granting import REPORTS, Desk, days, events, open_rows


def test_a_grant_turns_a_refusal_into_access(desk):
    granted = desk.grant()
    assert (granted.before.allowed, granted.before.reason) == (False, "PLAN_LEVEL_TOO_LOW")
    assert (granted.after.allowed, granted.after.reason) == (True, "USER_OVERRIDE")
    assert check_feature_access(user_id=desk.user.id, feature_name=REPORTS).allowed


def test_a_grant_for_the_tenant_reaches_its_users(desk):
    granted = desk.grant_all()
    assert granted.after.reason == "TENANT_OVERRIDE"
    assert check_feature_access(user_id=desk.user.id, feature_name=REPORTS).allowed


def test_a_block_takes_away_what_the_plan_gives(desk):
    granted = desk.grant("basic_quotes", effect=Effect.DISABLE)
    assert granted.before.allowed
    assert (granted.after.allowed, granted.after.reason) == (False, "USER_DISABLED")


def test_a_limit_counts_by_the_month_when_nothing_else_is_said(desk):
    granted = desk.grant("advanced_quotes", quota_limit=100)
    assert granted.row.interval == "month"
    assert (granted.after.limit.limit, granted.after.limit.remaining) == (100, 100)
    assert granted.after.limit.resets_at is not None


def test_without_a_limit_the_one_below_still_counts(desk):
    desk.grant_all("advanced_quotes", quota_limit=7)
    assert desk.grant("advanced_quotes").after.limit.limit == 7
    assert desk.grant("advanced_quotes", is_unlimited=True).row.is_unlimited


def test_a_limit_of_none_at_all_is_no_access(desk):
    granted = desk.grant("advanced_quotes", quota_limit=0)
    assert not granted.after.allowed
    assert granted.after.reason == "USER_OVERRIDE_USAGE_EXCEEDED"


def test_a_new_grant_closes_the_one_before_and_keeps_it(desk):
    first = desk.grant(quota_limit=5).row
    second = desk.grant(quota_limit=9).row
    assert open_rows() == [second]
    assert first.ended_at == second.starts_at
    assert first.quota_limit == 5
    assert first.ended_by_label == desk.by.label


def test_every_change_raises_the_version_of_the_tenant(desk):
    before = desk.tenant.entitlement_version
    desk.grant()
    assert desk.tenant.entitlement_version > before


def test_a_scheduled_grant_closes_the_present_one_at_its_own_start(desk):
    first = desk.grant(quota_limit=5).row
    second = desk.grant(quota_limit=9, starts_at=days(3))
    assert first.ended_at == second.row.starts_at
    assert second.row.replaces_id == first.id
    assert second.after.limit.limit == 5
    assert second.at_start.limit.limit == 9
    assert second.after.next_change_at == second.row.starts_at


def test_a_scheduled_grant_takes_over_by_itself(desk):
    desk.grant(starts_at=days(3))
    db.session.commit()
    with time_machine.travel(days(2)):
        assert not check_feature_access(user_id=desk.user.id, feature_name=REPORTS).allowed
    with time_machine.travel(days(4)):
        assert check_feature_access(user_id=desk.user.id, feature_name=REPORTS).allowed


def test_another_scheduled_grant_takes_the_place_of_the_first(desk):
    present = desk.grant().row
    first = desk.grant(quota_limit=5, starts_at=days(3)).row
    second = desk.grant(quota_limit=9, starts_at=days(5)).row
    assert first.ended_at <= clock.now()
    assert present.ended_at == second.starts_at
    assert (second.replaces_id, open_rows()) == (present.id, [second])


def test_a_grant_from_now_on_drops_what_was_scheduled(desk):
    desk.grant()
    scheduled = desk.grant(effect=Effect.DISABLE, starts_at=days(3)).row
    last = desk.grant(is_unlimited=True)
    assert scheduled.ended_at <= clock.now()
    assert open_rows() == [last.row]
    assert last.after.next_change_at is None


def test_a_hard_denial_stands_beside_and_above_a_grant(desk):
    grant = desk.grant().row
    denial = desk.grant_all(effect=Effect.HARD_DENY)
    assert (denial.after.allowed, denial.after.reason) == (False, "HARD_DENY")
    assert grant.ended_at is None
    again = desk.grant()
    assert again.after.reason == "HARD_DENY"
    assert again.warnings
    assert open_rows(TenantEntitlement) == [denial.row]


def test_a_grant_to_a_closed_tenant_is_kept_and_says_that_it_gives_nothing(desk):
    close_tenant(by=desk.by, tenant=desk.tenant, reason="left")
    granted = desk.grant()
    assert not granted.after.allowed
    assert "not active" in granted.warnings[0]


def test_a_grant_that_ran_out_makes_room_for_the_next(desk):
    first = desk.grant(expires_at=days(1)).row
    db.session.commit()
    with time_machine.travel(days(2)):
        second = desk.grant(quota_limit=3)
    assert second.before.reason == "PLAN_LEVEL_TOO_LOW"
    assert first.expires_at < first.ended_at
    assert second.row.ended_at is None


def test_the_ledger_keeps_old_and_new_value_who_and_why(desk):
    desk.grant(quota_limit=5)
    desk.grant(quota_limit=9, reason="Asked for more")
    first, second = events("entitlement.granted")
    change = json.loads(second.canonical)["changes"][0]
    assert (change["old"]["quota_limit"], change["new"]["quota_limit"]) == (5, 9)
    assert (second.reason, second.actor_label) == ("Asked for more", desk.by.label)
    assert (first.reason, first.tenant_id) == ("not given", desk.tenant.id)
    assert first.feature_name == REPORTS
    assert desk.user.name not in second.canonical.decode()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"quota_limit": -1}, "quota_limit"),
        ({"quota_limit": LARGEST_LIMIT + 1}, "quota_limit"),
        ({"quota_limit": 1, "is_unlimited": True}, "quota_limit"),
        ({"effect": Effect.DISABLE, "quota_limit": 1}, "quota_limit"),
        ({"effect": Effect.HARD_DENY, "is_unlimited": True}, "quota_limit"),
        ({"interval": "month"}, "interval"),
        ({"quota_limit": 1, "interval": "fortnight"}, "interval"),
        ({"is_soft": True}, "is_soft"),
        ({"quota_limit": 1, "overage_cap": 3}, "overage_cap"),
        ({"expires_at": datetime(2999, 1, 1)}, "expires_at"),  # noqa: DTZ001 - refused for that
        ({"starts_at": datetime(2999, 1, 1)}, "starts_at"),  # noqa: DTZ001
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_terms_that_contradict_or_overflow_are_refused(desk, terms, field):
    with pytest.raises(BadTerms) as refusal:
        desk.grant(**terms)
    assert refusal.value.field == field
    assert open_rows() == []


def test_times_that_have_passed_are_refused(desk):
    for terms in ({"expires_at": clock.now()}, {"starts_at": days(-1)}):
        with pytest.raises(BadTerms):
            desk.grant(**terms)
    start = days(2)
    with pytest.raises(BadTerms):
        desk.grant(starts_at=start, expires_at=start)
    assert desk.grant(starts_at=clock.now() - timedelta(seconds=30)).after.allowed


def test_the_largest_limit_is_kept_exactly(desk):
    row = desk.grant(quota_limit=LARGEST_LIMIT, is_soft=True, overage_cap=LARGEST_LIMIT).row
    db.session.refresh(row)
    assert (row.quota_limit, row.overage_cap) == (LARGEST_LIMIT, LARGEST_LIMIT)


def test_what_the_catalogue_does_not_have_is_not_granted(desk):
    with pytest.raises(NotFound):
        desk.grant("teleportation")


def test_an_agent_grants_a_user_for_two_weeks_and_no_longer(brief_desk):
    assert brief_desk.grant(expires_at=days(14)).after.allowed
    for end in (None, days(15)):
        with pytest.raises(Denied) as refusal:
            brief_desk.grant(expires_at=end)
        assert refusal.value.field == "expires_at"


def test_an_agent_neither_blocks_nor_reaches_a_tenant(brief_desk):
    for effect in (Effect.DISABLE, Effect.HARD_DENY):
        with pytest.raises(Denied):
            brief_desk.grant(effect=effect, expires_at=days(1))
    with pytest.raises(Denied):
        brief_desk.grant_all(expires_at=days(1))


def test_an_agent_lifts_no_block(desk, brief_desk):
    desk.grant(effect=Effect.DISABLE)
    with pytest.raises(Denied):
        brief_desk.grant(expires_at=days(1))
    assert [row.effect for row in open_rows()] == ["disable"]


def test_a_manager_grants_users_and_neither_tenants_nor_denials(mo, uma, acme, catalog):
    desk = Desk(actor(mo), uma, acme)
    assert desk.grant().after.allowed
    with pytest.raises(Denied):
        desk.grant_all()
    with pytest.raises(Denied):
        desk.grant(effect=Effect.HARD_DENY)


def test_the_portal_itself_may_grant_and_says_why(uma, acme, catalog):
    row = Desk(SYSTEM, uma, acme).grant(cause_type="coupon", cause_id="7").row
    assert json.loads(events()[0].canonical)["meta"]["cause_type"] == "coupon"
    assert (row.created_by, row.created_by_label) == (None, "system")


def test_a_preview_answers_and_refuses_alike_and_leaves_nothing(desk):
    desk.grant(quota_limit=5)
    version, before = desk.tenant.entitlement_version, len(events())
    found = preview_grant(by=desk.by, user=desk.user, feature_name=REPORTS, quota_limit=9)
    assert (found.before.limit.limit, found.after.limit.limit) == (5, 9)
    assert found.row.quota_limit == 9
    db.session.commit()
    assert [row.quota_limit for row in open_rows()] == [5]
    assert (desk.tenant.entitlement_version, len(events())) == (version, before)
    with pytest.raises(BadTerms):
        preview_grant(by=desk.by, tenant=desk.tenant, feature_name=REPORTS, quota_limit=-1)


def test_a_longer_end_is_a_new_row_with_the_same_terms(desk):
    row = desk.grant(quota_limit=5, expires_at=days(1)).row
    longer = extend_grant(by=desk.by, row=row, expires_at=days(9), reason="Trial goes on").row
    assert (longer.quota_limit, longer.expires_at.date()) == (5, days(9).date())
    assert open_rows() == [longer]
    assert events()[-1].reason == "Trial goes on"


def test_what_is_scheduled_still_follows_a_grant_that_was_extended(desk):
    row = desk.grant(quota_limit=5, expires_at=days(1)).row
    follower = desk.grant(quota_limit=9, starts_at=days(3)).row
    longer = extend_grant(by=desk.by, row=row, expires_at=days(9)).row
    assert (longer.ended_at, follower.replaces_id) == (follower.starts_at, longer.id)
    assert open_rows() == [follower]


def test_a_scheduled_grant_keeps_its_start_when_extended(desk):
    row = desk.grant(starts_at=days(3), expires_at=days(5)).row
    longer = extend_grant(by=desk.by, row=row, expires_at=None).row
    assert (longer.starts_at, longer.expires_at) == (row.starts_at, None)
    assert open_rows() == [longer]


def test_what_was_replaced_meanwhile_is_not_extended(desk):
    row = desk.grant().row
    desk.grant()
    with pytest.raises(Conflict):
        extend_grant(by=desk.by, row=row, expires_at=days(2))
    assert db.session.query(UserEntitlement).count() == 2


def test_what_ran_out_can_be_given_again_by_another_end(desk):
    row = desk.grant(quota_limit=5, expires_at=days(1)).row
    db.session.commit()
    with time_machine.travel(days(2)):
        granted = extend_grant(by=desk.by, row=row, expires_at=days(3))
        assert (granted.before.allowed, granted.after.allowed) == (False, True)
    assert open_rows() == [granted.row]


def test_nothing_is_granted_to_a_person_who_was_erased(desk):
    desk.user.erased_at = clock.now()
    for attempt in (
        desk.grant,
        lambda: preview_grant(by=desk.by, user=desk.user, feature_name="x"),
    ):
        with pytest.raises(Conflict):
            attempt()
