"""Many at once on one customer, with real transactions."""

import pytest
import sqlalchemy as sa
from blinker import Signal

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.staleness import fingerprint
from portal.customers import users
from portal.customers.models import StatusChange, Tenant, User, UserStatus
from portal.customers.tenants import (
    change_tenant,
    suspend_tenant,
    tenant_by_external_id,
    upsert_tenant,
)
from portal.customers.users import change_user, upsert_user
from tests.cast import make_tenant, make_user
from tests.staff.test_people_races import outcomes

pytestmark = pytest.mark.race
AT_ONCE = 12


def count(app, model):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_upserts_of_one_new_tenant_at_once_leave_one_and_all_succeed(own_app):
    created = []

    def upsert(number):
        created.append(upsert_tenant(by=SYSTEM, external_id="acme", name="Acme")[1])

    assert outcomes(own_app, upsert, AT_ONCE) == [200] * AT_ONCE
    assert (created.count(True), count(own_app, Tenant), count(own_app, StatusChange)) == (1, 1, 1)


def test_upserts_of_one_new_user_at_once_leave_one_and_all_succeed(own_app):
    with own_app.app_context():
        make_tenant()
        db.session.commit()
    created = []

    def upsert(number):
        tenant = tenant_by_external_id("acme")
        fields = {"external_id": "uma", "name": f"Uma {number}", "email": "uma@acme.test"}
        created.append(upsert_user(by=SYSTEM, tenant=tenant, **fields)[1])

    assert outcomes(own_app, upsert, AT_ONCE) == [200] * AT_ONCE
    assert (created.count(True), count(own_app, User)) == (1, 1)


def test_one_of_many_suspensions_counts(own_app):
    with own_app.app_context():
        make_tenant()
        db.session.commit()

    def suspend(number):
        suspend_tenant(by=SYSTEM, tenant=tenant_by_external_id("acme"), reason="Unpaid")

    assert sorted(outcomes(own_app, suspend, AT_ONCE)) == [200] + [409] * (AT_ONCE - 1)


def test_of_two_who_edit_what_they_both_saw_one_is_told(own_app):
    with own_app.app_context():
        make_user(make_tenant())
        db.session.commit()

    def edit_tenant(number):
        acme, seen = tenant_by_external_id("acme"), fingerprint("Acme", "UTC")
        change_tenant(by=SYSTEM, tenant=acme, name=f"A{number}", time_zone="UTC", seen=seen)

    def edit_user(number):
        uma = db.session.scalars(sa.select(User)).one()
        seen = fingerprint("Uma User", "uma@acme.test")
        change_user(by=SYSTEM, user=uma, name=f"U{number}", email="uma@acme.test", seen=seen)

    assert sorted(outcomes(own_app, edit_tenant, 2)) == [200, 409]
    assert sorted(outcomes(own_app, edit_user, 2)) == [200, 409]


def test_the_last_seat_is_taken_once(own_app, monkeypatch):
    with own_app.app_context():
        make_tenant()
        db.session.commit()

    def three_seats(tenant, by):
        query = sa.select(sa.func.count()).select_from(User)
        if db.session.scalar(query.filter_by(tenant_id=tenant.id, status=UserStatus.ACTIVE)) >= 3:
            raise Conflict("All seats are taken.")

    def join(number):
        tenant = tenant_by_external_id("acme")
        fields = {"external_id": f"u{number}", "name": "Uma", "email": "uma@acme.test"}
        upsert_user(by=SYSTEM, tenant=tenant, **fields, within_seats=True)

    alone = Signal()
    monkeypatch.setattr(users, "seat_wanted", alone)
    with alone.connected_to(three_seats):
        assert outcomes(own_app, join, AT_ONCE).count(200) == 3
    assert count(own_app, User) == 3
