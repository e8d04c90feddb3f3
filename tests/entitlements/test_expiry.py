"""What runs out ends by the clock; the sweeper notes it once, however many sweep."""

import json
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from portal.core.database import db
from portal.entitlements import expiry
from portal.entitlements.checks import check_feature_access
from portal.entitlements.expiry import KIND, note_expired
from portal.entitlements.facts import Effect
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import revoke_feature
from portal.entitlements.signals import grant_expired
from portal.entitlements.upcoming import expiring_grants, scheduled_grants
from portal.jobs.models import Job
from portal.jobs.registry import recurring_kinds
from tests.cast import make_tenant, make_user
from tests.entitlements.granting import REPORTS, Desk, days, events
from tests.staff.test_races import together
from tests.statements import plans_of


def sweep():
    note_expired({})
    db.session.commit()


def noted() -> list:
    return events("entitlement.expired")


def test_access_ends_at_the_end_whether_anybody_sweeps_or_not(desk):
    end = days(2).replace(microsecond=0)
    desk.grant(expires_at=end)
    db.session.commit()
    for seconds, allowed in ((1, True), (0, False)):
        with time_machine.travel(end - timedelta(seconds=seconds), tick=False):
            found = check_feature_access(user_id=desk.user.id, feature_name=REPORTS)
        assert found.allowed is allowed


def test_what_ran_out_is_noted_once_by_the_portal_itself(desk):
    row = desk.grant(expires_at=days(2), quota_limit=5, reason="Trial").row
    db.session.commit()
    sweep()
    assert noted() == []
    with time_machine.travel(days(3)):
        sweep()
        sweep()
    (event,) = noted()
    assert (event.actor_label, event.tenant_id) == ("system", desk.tenant.id)
    change = json.loads(event.canonical)["changes"][0]
    assert (change["old"]["quota_limit"], change["new"]) == (5, None)
    assert row.expiry_noted_at is not None


def test_a_tenants_grant_and_a_block_run_out_alike(desk):
    desk.grant_all(expires_at=days(1))
    desk.grant("basic_quotes", effect=Effect.DISABLE, expires_at=days(1))
    db.session.commit()
    with time_machine.travel(days(2)):
        sweep()
    assert {event.target_type for event in noted()} == {"user", "tenant"}


def test_what_was_ended_before_its_end_did_not_run_out(desk):
    desk.grant(expires_at=days(1))
    desk.grant(expires_at=days(2))
    revoke_feature(by=desk.by, user=desk.user, feature_name=REPORTS)
    db.session.commit()
    with time_machine.travel(days(3)):
        sweep()
    assert noted() == []


def test_what_ran_out_before_it_was_replaced_is_noted_all_the_same(desk):
    desk.grant(expires_at=days(1))
    db.session.commit()
    with time_machine.travel(days(2)):
        desk.grant()
        sweep()
    assert len(noted()) == 1


def test_rooms_above_hear_what_caused_the_grant(desk):
    heard = []

    def listen(holder, **told):
        heard.append((holder.id, told["cause_type"], told["cause_id"]))

    desk.grant(expires_at=days(1), cause_type="coupon", cause_id="7")
    db.session.commit()
    with time_machine.travel(days(2)), grant_expired.connected_to(listen):
        sweep()
        sweep()
    assert heard == [(desk.user.id, "coupon", "7")]


def test_many_are_noted_in_batches(desk, monkeypatch):
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    for number in range(5):
        user = make_user(desk.tenant, f"U{number} User")
        Desk(desk.by, user, desk.tenant).grant(expires_at=days(1))
    db.session.commit()
    with time_machine.travel(days(2)):
        for expected in (2, 4, 5):
            sweep()
            assert len(noted()) == expected
    assert db.session.query(Job).filter_by(kind=KIND).count() == 2


def test_the_sweep_comes_every_minute():
    assert recurring_kinds()[KIND].total_seconds() == 60


@pytest.mark.race
def test_two_sweepers_at_once_note_each_once(own_app, monkeypatch):
    with own_app.app_context():
        rows = _run_out(40)
        db.session.add_all(rows)
        db.session.commit()

    def work(_):
        with own_app.app_context():
            sweep()

    together(work, 4)
    with own_app.app_context():
        assert len(noted()) == 40
        assert len({event.target_id for event in noted()}) == 40


def _run_out(count: int) -> list[UserEntitlement]:
    tenants = [make_tenant(f"T{number}") for number in range(4)]
    users = [make_user(tenants[number % 4], f"U{number}") for number in range(count)]
    return [
        UserEntitlement(
            user_id=user.id,
            tenant_id=user.tenant_id,
            feature_name=REPORTS,
            effect="enable",
            starts_at=days(-3),
            expires_at=days(-1),
            created_at=days(-3),
            created_by_label="ann",
        )
        for user in users
    ]


def test_the_lists_tell_what_begins_and_what_ends_soon(desk):
    desk.grant(starts_at=days(3), expires_at=days(30))
    desk.grant("api_access", expires_at=days(5))
    desk.grant_all("audit_logs", expires_at=days(9))
    desk.grant("role_management", expires_at=days(40))
    (begins,) = scheduled_grants(scope="user").items
    assert (begins.feature_name, begins.label, begins.tenant_name) == (REPORTS, "Uma User", "Acme")
    assert [line.feature_name for line in expiring_grants(scope="user").items] == ["api_access"]
    assert [line.holder_id for line in expiring_grants(scope="tenant").items] == [desk.tenant.id]
    assert scheduled_grants(scope="tenant").items == []


def test_what_is_replaced_or_taken_back_before_is_not_listed(desk):
    desk.grant(expires_at=days(5))
    desk.grant(starts_at=days(2))
    assert expiring_grants(scope="user").items == []
    desk.grant()
    assert scheduled_grants(scope="user").items == []


def test_the_lists_go_page_by_page(desk):
    for number in range(5):
        user = make_user(desk.tenant, f"U{number} User")
        Desk(desk.by, user, desk.tenant).grant(expires_at=days(1))
    seen, cursor = [], None
    while True:
        page = expiring_grants(scope="user", cursor=cursor, limit=2)
        seen += [line.label for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"U{number} User" for number in range(5)]


def test_the_lists_and_the_sweep_are_answered_by_an_index(desk):
    for query in (
        sa.text(
            "SELECT id FROM user_entitlements WHERE expiry_noted_at IS NULL AND expires_at IS NOT "
            "NULL AND (ended_at IS NULL OR ended_at >= expires_at) AND expires_at <= '2026-01-01' "
            "ORDER BY expires_at, id LIMIT 100"
        ),
        sa.text("SELECT id FROM user_entitlements WHERE starts_at > '2026-01-01' LIMIT 50"),
    ):
        (plan,) = plans_of(partial(db.session.execute, query), of_few=True)
        assert "ix_user_entitlements_" in plan
        assert "id=" not in plan
