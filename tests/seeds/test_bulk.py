"""Customers by the bulk: as many as were asked for, and nothing that a deed would not write."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.customers.models import StatusChange, Tenant, User
from portal.customers.naming import name_key
from portal.entitlements.models import UserEntitlement
from portal.subscriptions.models import Subscription
from portal.subscriptions.stays import stays_of
from seeds.bulk_customers import PREFIX, bulk_customers
from seeds.catalog import seed_catalog
from seeds.commands import seed_commands

SIZES = {"tenants": 40, "users": 150, "overrides": 3000}


@pytest.fixture(scope="module")
def filled(file_app):
    seed_catalog()
    db.session.commit()
    made = bulk_customers(**SIZES, seed=7)
    assert made == SIZES
    return file_app


def rows(model):
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


def test_there_are_as_many_as_were_asked_for(filled):
    assert [len(rows(model)) for model in (Tenant, User, UserEntitlement)] == [40, 150, 3000]


def test_every_override_is_of_a_user_of_its_tenant(filled):
    tenant_of = {user.id: user.tenant_id for user in rows(User)}
    overrides = rows(UserEntitlement)
    assert all(tenant_of[row.user_id] == row.tenant_id for row in overrides)
    assert {row.effect for row in overrides} == {"enable", "disable"}


def test_a_user_has_one_open_override_a_feature_and_the_rest_as_history(filled):
    overrides = rows(UserEntitlement)
    still_open = [(r.user_id, r.feature_name) for r in overrides if r.ended_at is None]
    assert len(still_open) == len(set(still_open))
    assert len(still_open) > 2000
    assert all(r.ended_at > r.starts_at for r in overrides if r.ended_at)


def test_what_has_run_out_is_noted_already(filled):
    ended = [row for row in rows(UserEntitlement) if row.expires_at]
    assert any(row.expiry_noted_at for row in ended)
    assert all(row.expiry_noted_at in {None, row.expires_at} for row in ended)


def test_stays_follow_each_other_without_a_gap(filled):
    for tenant in rows(Tenant):
        found = [stay for stay in rows(Subscription) if stay.tenant_id == tenant.id]
        assert [s.ends_at for s in found[:-1]] == [s.starts_at for s in found[1:]]
        assert len(stays_of(tenant.id)) == len(found)
        assert all(stay.anchor_at == tenant.created_at for stay in found)


def test_the_status_of_everybody_has_its_history(filled):
    latest = {(row.tenant_id, row.user_id): row.status for row in rows(StatusChange)}
    assert all(latest[tenant.id, None] == tenant.status for tenant in rows(Tenant))
    assert all(latest[user.tenant_id, user.id] == user.status for user in rows(User))


def test_they_are_found_as_any_customer(filled):
    for row in [*rows(Tenant), *rows(User)]:
        assert row.name_key == name_key(row.name)
        assert row.external_id.startswith(PREFIX)


def test_more_of_them_can_follow(filled):
    assert bulk_customers(tenants=3, users=5, overrides=20, seed=7) == {
        "tenants": 3,
        "users": 5,
        "overrides": 20,
    }
    assert [len(rows(model)) for model in (Tenant, User, UserEntitlement)] == [43, 155, 3020]


def test_overrides_without_users_are_refused(app, cy):
    """Somebody is there already, so no company comes first."""
    done = app.test_cli_runner().invoke(seed_commands, ["demo", "--overrides", "5", "--if-empty"])
    assert done.exit_code == 1
    assert "Name --tenants first" in done.output
    wrong = app.test_cli_runner().invoke(seed_commands, ["demo", "--tenants", "-1"])
    assert wrong.exit_code == 2
