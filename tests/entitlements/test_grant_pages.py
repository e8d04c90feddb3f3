"""Granting in the browser: the form, what it would do, and one grant's own page."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements.checks import check_feature_access
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.web.times import machine
from tests.cast import make_user

REPORTS = "custom_reports"
WHY = {"feature_name": REPORTS, "reason": "asked for by mail"}


@pytest.fixture
def uma(catalog, acme):
    return make_user(acme)


def in_days(days: int) -> str:
    return machine(clock.now() + timedelta(days=days))


def grants() -> list[UserEntitlement]:
    return list(db.session.scalars(sa.select(UserEntitlement).order_by(UserEntitlement.id)))


def test_a_manager_grants_a_feature_and_the_next_check_allows_it(mo_client, uma):
    answer = mo_client.submit(f"/entitlements/users/{uma.id}/grant", **WHY, quota_limit="5")
    assert answer.status_code == 303
    found = check_feature_access(user_id=uma.id, feature_name=REPORTS)
    assert found.allowed
    assert found.limit is not None
    assert found.limit.limit == 5


def test_an_agent_must_name_an_end_within_two_weeks(bea_client, uma):
    answer = bea_client.submit(f"/entitlements/users/{uma.id}/grant", **WHY)
    assert answer.status_code == 422
    assert "within 14 days" in answer.text
    assert "asked for by mail" in answer.text
    assert grants() == []


def test_an_agents_form_offers_two_weeks_and_no_block(bea_client, uma):
    page = bea_client.soup(f"/entitlements/users/{uma.id}/grant")
    assert page.select_one("[name=expires_at]")["value"]
    assert page.select("[name=effect]") == []


def test_beside_an_end_stands_whose_clock_counts_and_how_far_off_it_may_be(
    bea_client, mo_client, uma
):
    soon = clock.now() + timedelta(days=2)
    more = {"feature_name": REPORTS, "expires_at": soon}
    row = grant_user_feature(by=SYSTEM, user=uma, **more).row
    for url in (f"/entitlements/users/{uma.id}/grant", f"/entitlements/user-grants/{row.id}"):
        for client, said in (
            (bea_client, "Within 14 days."),
            (mo_client, "Empty: without an end."),
        ):
            (end,) = client.soup(url).select("[name$=expires_at]")
            assert f"{said} Time in UTC." in end.parent.get_text()


def test_an_agent_gives_two_weeks(bea_client, uma):
    url = f"/entitlements/users/{uma.id}/grant"
    assert bea_client.submit(url, **WHY, expires_at=in_days(13)).status_code == 303
    assert len(grants()) == 1


def test_the_preview_shows_both_answers_and_keeps_nothing(mo_client, uma):
    answer = mo_client.submit(f"/entitlements/users/{uma.id}/preview-grant", **WHY)
    assert answer.status_code == 200
    assert "The plan&#39;s level is too low." in answer.text
    assert "It was granted to this user." in answer.text
    assert grants() == []


def test_the_preview_works_before_a_reason_is_written(mo_client, uma):
    url = f"/entitlements/users/{uma.id}/preview-grant"
    assert mo_client.submit(url, feature_name=REPORTS).status_code == 200


def test_a_preview_of_bad_terms_says_what_to_mend(mo_client, uma):
    url = f"/entitlements/users/{uma.id}/preview-grant"
    answer = mo_client.submit(url, **WHY, expires_at=in_days(-1))
    assert answer.status_code == 422
    assert "must lie ahead" in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quota_limit", "-1"),
        ("quota_limit", "many"),
        ("expires_at", "soon"),
        ("interval", "fortnight"),
        ("feature_name", "no_such"),
        ("reason", ""),
        ("reason", " "),
        ("reason", "\u200b"),
        ("reason", "x" * 501),
    ],
)
def test_what_cannot_be_is_refused_and_kept(mo_client, uma, field, value):
    answer = mo_client.submit(f"/entitlements/users/{uma.id}/grant", **{**WHY, field: value})
    assert answer.status_code == 422
    assert grants() == []


def test_a_limit_beyond_all_is_told_the_largest(mo_client, uma):
    url = f"/entitlements/users/{uma.id}/grant"
    answer = mo_client.submit(url, **WHY, quota_limit="9" * 20)
    assert "Use a whole number from 0 to 9,007,199,254,740,992." in answer.text


def test_tenants_are_granted_to_by_admins_alone(ann_client, mo_client, catalog, acme):
    url = f"/entitlements/tenants/{acme.id}/grant"
    assert mo_client.get(url).status_code == 403
    assert mo_client.submit(url, **WHY).status_code == 403
    assert ann_client.submit(url, **WHY).status_code == 303
    assert db.session.scalar(sa.select(sa.func.count(TenantEntitlement.id))) == 1


def test_nobody_grants_to_who_is_not_there(mo_client, catalog):
    assert mo_client.get("/entitlements/users/999/grant").status_code == 404
    assert mo_client.submit("/entitlements/users/999/grant", **WHY).status_code == 404


def test_a_grant_can_end_at_another_time_and_the_old_row_stays(mo_client, uma):
    row = grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS).row
    form = {"extend-expires_at": in_days(30), "extend-reason": "a month more"}
    url = f"/entitlements/user-grants/{row.id}/extend"
    assert mo_client.submit(url, **form).status_code == 303
    old, new = grants()
    assert old.ended_at is not None
    assert new.expires_at is not None


def test_a_grant_taken_back_is_no_longer_counted(mo_client, uma):
    row = grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS).row
    url = f"/entitlements/user-grants/{row.id}/revoke"
    assert mo_client.submit(url, **{"revoke-reason": "a mistake"}).status_code == 303
    assert not check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed
    assert mo_client.submit(url, **{"revoke-reason": "again"}).status_code == 422


def test_a_grant_taken_back_without_a_reason_stays(mo_client, uma):
    row = grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS).row
    answer = mo_client.submit(f"/entitlements/user-grants/{row.id}/revoke")
    assert answer.status_code == 422
    assert check_feature_access(user_id=uma.id, feature_name=REPORTS).allowed


def test_an_agent_reads_why_a_grant_of_others_stays(bea_client, uma):
    row = grant_user_feature(by=SYSTEM, user=uma, feature_name=REPORTS).row
    db.session.commit()
    url = f"/entitlements/user-grants/{row.id}"
    for text in (
        bea_client.get(url).text,
        bea_client.submit(f"{url}/revoke", **{"revoke-reason": "x"}).text,
    ):
        assert "longer than 14 days" in text
        assert "Take it back" not in text


def test_an_agent_sees_a_tenants_block_but_cannot_lift_it(bea_client, catalog, acme):
    row = grant_tenant_feature(
        by=SYSTEM, tenant=acme, feature_name=REPORTS, effect=Effect.DISABLE
    ).row
    url = f"/entitlements/tenant-grants/{row.id}"
    assert "Take it back" not in bea_client.get(url).text
    assert bea_client.submit(f"{url}/revoke", **{"revoke-reason": "x"}).status_code in {403, 422}
    assert db.session.get_one(TenantEntitlement, row.id).ended_at is None
