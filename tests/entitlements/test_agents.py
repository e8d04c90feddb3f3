"""What support agents, who grant for days, leave as others decided it."""

import pytest

from portal.core.errors import Denied
from portal.entitlements.checks import check_feature_access
from portal.entitlements.facts import Effect
from portal.entitlements.grants import extend_grant, preview_grant
from portal.entitlements.revoking import revoke_feature, revoke_grant
from tests.entitlements.granting import REPORTS, days, open_rows

OTHERS = [
    {"quota_limit": 0, "expires_at": "soon"},
    {"is_unlimited": True, "expires_at": "soon"},
    {"expires_at": "late"},
    {"starts_at": "soon"},
    {},
]
INSTANTS = {"soon": 9, "late": 15}


def terms_of(given):
    return {name: days(INSTANTS[v]) if v in INSTANTS else v for name, v in given.items()}


@pytest.mark.parametrize("given", OTHERS)
def test_an_agent_ends_nothing_that_others_limited_or_gave_for_long(desk, brief_desk, given):
    row = desk.grant(**terms_of(given)).row
    user, by = brief_desk.user, brief_desk.by
    attempts = (
        lambda: brief_desk.grant(is_unlimited=True, expires_at=days(1)),
        lambda: preview_grant(by=by, user=user, feature_name=REPORTS, expires_at=days(1)),
        lambda: revoke_feature(by=by, user=user, feature_name=REPORTS),
        lambda: revoke_grant(by=by, row=row),
        lambda: extend_grant(by=by, row=row, expires_at=days(10)),
    )
    for attempt in attempts:
        with pytest.raises(Denied) as refusal:
            attempt()
        assert "sk" in refusal.value.message
    assert open_rows() == [row]


def test_an_agent_changes_their_own_and_others_brief_grants(desk, brief_desk):
    desk.grant(expires_at=days(5))
    row = brief_desk.grant(quota_limit=5, expires_at=days(5)).row
    longer = extend_grant(by=brief_desk.by, row=row, expires_at=days(9)).row
    assert revoke_grant(by=brief_desk.by, row=longer).rows == (longer,)


@pytest.mark.parametrize("start", [None, 1])
def test_an_agent_passes_no_block_of_the_tenant(desk, brief_desk, start):
    desk.grant_all(effect=Effect.DISABLE, starts_at=days(start) if start else None)
    with pytest.raises(Denied) as refusal:
        brief_desk.grant(expires_at=days(9))
    assert "whole tenant" in refusal.value.message
    assert not check_feature_access(user_id=desk.user.id, feature_name=REPORTS).allowed


def test_a_block_of_the_tenant_that_was_lifted_or_is_of_another_stops_nobody(desk, brief_desk):
    desk.grant_all("advanced_quotes", effect=Effect.DISABLE)
    desk.grant_all(effect=Effect.DISABLE)
    revoke_feature(by=desk.by, tenant=desk.tenant, feature_name=REPORTS)
    assert brief_desk.grant(expires_at=days(9)).after.allowed
