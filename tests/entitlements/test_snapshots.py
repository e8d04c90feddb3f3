"""Nothing that is remembered is ever out of date: not in another process, not after a rollback."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask

from portal.catalog.features import kill_feature
from portal.core import clock
from portal.core.database import db, read_only
from portal.core.roles import Role
from portal.customers.tenants import suspend_tenant
from portal.entitlements import snapshots
from portal.entitlements.checks import check_feature_access, fresh_answer, standing_of
from portal.entitlements.grants import preview_grant
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.conftest import make_app
from tests.entitlements.granting import REPORTS, Desk, days


@contextmanager
def reading():
    """A request that only reads, as those that check are."""
    read_only()
    try:
        yield
    finally:
        read_only(False)
        db.session.rollback()


def allowed(user_id: int) -> bool:
    with reading():
        return check_feature_access(user_id=user_id, feature_name=REPORTS).allowed


@pytest.fixture
def shop(own_app: Flask):
    with own_app.app_context():
        seed_catalog()
        by = actor(make_admin("Ann Admin", Role.ADMIN))
        acme = make_tenant("Acme")
        desk = Desk(by, make_user(acme), acme)
        db.session.commit()
        yield desk
        db.session.remove()


@pytest.fixture
def elsewhere(shop, own_app: Flask, database, tmp_path) -> Callable[[], bool]:
    """The same question to another process, which has a memory of its own."""
    with own_app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    other = make_app(url, tmp_path)

    def ask() -> bool:
        user_id = shop.user.id
        with other.app_context():
            return allowed(user_id)

    yield ask
    with other.app_context():
        db.engine.dispose()


def commit(deed: Callable[[], object]) -> None:
    deed()
    db.session.commit()


def test_every_process_sees_a_change_at_the_next_check(shop, elsewhere):
    assert (allowed(shop.user.id), elsewhere()) == (False, False)
    commit(shop.grant)
    assert (allowed(shop.user.id), elsewhere()) == (True, True)
    commit(lambda: suspend_tenant(by=shop.by, tenant=shop.tenant, reason="Unpaid"))
    assert (allowed(shop.user.id), elsewhere()) == (False, False)


def test_the_catalogue_too_is_seen_at_once(shop, elsewhere):
    commit(shop.grant)
    assert elsewhere() is True
    commit(lambda: kill_feature(by=shop.by, name=REPORTS, reason="Outage"))
    assert (allowed(shop.user.id), elsewhere()) == (False, False)


def test_what_was_rolled_back_is_not_remembered(shop):
    """The version that it was read under is used again by the next change."""
    assert allowed(shop.user.id) is False
    shop.grant()
    assert check_feature_access(user_id=shop.user.id, feature_name=REPORTS).allowed is True
    db.session.rollback()
    assert allowed(shop.user.id) is False
    commit(lambda: shop.grant_all("api_access"))
    assert allowed(shop.user.id) is False


def test_a_preview_leaves_no_trace_in_the_memory(shop):
    found = preview_grant(by=shop.by, user=shop.user, feature_name=REPORTS)
    assert (found.before.allowed, found.after.allowed) == (False, True)
    db.session.commit()
    assert allowed(shop.user.id) is False


def test_what_runs_out_is_read_anew(shop):
    commit(lambda: shop.grant(expires_at=days(1)))
    with reading():
        first = standing_of(user_id=shop.user.id)
        assert standing_of(user_id=shop.user.id) is first
    assert first.until == first.subject.user_overrides[REPORTS][0].ends_at
    with clock.standing_at(clock.now() + timedelta(days=2)):
        assert allowed(shop.user.id) is False
        with reading():
            assert standing_of(user_id=shop.user.id) is not first


def test_names_that_do_not_exist_fill_no_memory(shop):
    with reading():
        for number in range(20):
            check_feature_access(user_id=shop.user.id, feature_name=f"made_up_{number}")
        assert len(standing_of(user_id=shop.user.id)._decisions) == 0


def test_the_least_recently_asked_make_room(shop, monkeypatch):
    monkeypatch.setattr(snapshots, "KEPT", 2)
    users = [shop.user.id, *(make_user(shop.tenant, f"U{n} User").id for n in range(2))]
    db.session.commit()
    with reading():
        first, second = (standing_of(user_id=user) for user in users[:2])
        assert standing_of(user_id=users[0]) is first
        standing_of(user_id=users[2])
        assert standing_of(user_id=users[0]) is first
        assert standing_of(user_id=users[1]) is not second


def test_inside_a_change_its_own_work_is_seen(shop):
    assert allowed(shop.user.id) is False
    shop.grant()
    found = fresh_answer(tenant_id=shop.tenant.id, user_id=shop.user.id, feature_name=REPORTS)
    assert found.allowed is True
