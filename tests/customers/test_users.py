"""Users of tenants: created once in their tenant, changed without a trace of who they are."""

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.customers.models import StatusChange, TenantStatus, User
from portal.customers.signals import seat_wanted, status_changed
from portal.customers.tenants import IdTaken, UnknownStatus
from portal.customers.users import (
    Erased,
    change_user,
    create_user,
    deactivate_user,
    reactivate_user,
    upsert_user,
    user_by_external_id,
    user_or_404,
)
from portal.staff.identity import BadEmail, BadName
from tests.cast import make_user

UMA = {"external_id": "uma", "name": "Uma User", "email": "Uma@Acme.test"}


def events():
    return list(db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)))


def history(user):
    query = sa.select(StatusChange.status).filter_by(user_id=user.id).order_by(StatusChange.id)
    return list(db.session.scalars(query))


@pytest.fixture
def uma(acme):
    return make_user(acme)


def refuse_seat(tenant, by):
    raise Conflict("All seats are taken.")


def test_a_new_user_is_active_and_has_a_history(acme):
    user, is_new = upsert_user(by=SYSTEM, tenant=acme, **UMA)
    assert is_new
    assert (user.email, user.email_key, user.name_key) == (
        "Uma@acme.test",
        "uma@acme.test",
        "uma user",
    )
    assert (user.status, history(user), acme.entitlement_version) == ("active", ["active"], 2)


def test_the_ledger_never_learns_who_a_user_is(acme):
    user, _ = upsert_user(by=SYSTEM, tenant=acme, **UMA)
    change_user(by=SYSTEM, user=user, name="Una", email="una@acme.test")
    created, changed = events()
    assert (created.target_label, created.tenant_id) == (f"user {user.id}", acme.id)
    kept = (created.canonical + changed.canonical).decode().lower()
    assert [word for word in ("uma", "una", "acme") if word in kept] == []
    assert '"changed":["name","email"]' in kept


def test_the_same_again_writes_nothing(acme):
    upsert_user(by=SYSTEM, tenant=acme, **UMA)
    upsert_user(by=SYSTEM, tenant=acme, **UMA, status="active")
    assert (len(events()), acme.entitlement_version) == (1, 2)


def test_an_upsert_changes_name_address_and_status(acme, uma):
    user, is_new = upsert_user(
        by=SYSTEM, tenant=acme, external_id="uma", name="U", email="u@acme.test", status="inactive"
    )
    assert (user.id, is_new, user.name, user.status) == (uma.id, False, "U", "inactive")
    assert [event.action for event in events()] == ["user.changed", "user.deactivated"]
    assert history(user) == ["active", "inactive"]


def test_one_external_id_may_stand_in_two_tenants(acme, birch):
    first, _ = upsert_user(by=SYSTEM, tenant=acme, **UMA)
    second, is_new = upsert_user(by=SYSTEM, tenant=birch, **UMA)
    assert is_new
    assert first.id != second.id
    assert user_by_external_id(birch, "uma").id == second.id


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("name", "x" * 201, BadName),
        ("name", "", BadName),
        ("email", "not an address", BadEmail),
        ("email", "a\x00@acme.test", BadEmail),
        ("email", f"{'x' * 5000}@acme.test", BadEmail),
        ("status", "asleep", UnknownStatus),
    ],
)
def test_a_field_that_is_not_right_is_named(acme, field, value, refusal):
    with pytest.raises(refusal) as found:
        upsert_user(by=SYSTEM, tenant=acme, **{**UMA, field: value})
    assert found.value.field == field


def test_a_form_creates_no_second_user_of_one_id(acme, uma):
    with pytest.raises(IdTaken):
        create_user(by=SYSTEM, tenant=acme, **UMA)


def test_a_closed_tenant_takes_no_new_users(acme):
    acme.status = TenantStatus.CLOSED
    with pytest.raises(Conflict):
        upsert_user(by=SYSTEM, tenant=acme, **UMA)


def test_a_closed_tenants_users_are_not_reactivated_but_may_leave(acme, uma):
    acme.status = TenantStatus.CLOSED
    deactivate_user(by=SYSTEM, user=uma, reason="Left")
    with pytest.raises(Conflict):
        reactivate_user(by=SYSTEM, user=uma, reason="Back")


def test_a_user_leaves_and_comes_back(acme, uma):
    deactivate_user(by=SYSTEM, user=uma, reason="Left")
    reactivate_user(by=SYSTEM, user=uma, reason="Back")
    assert history(uma) == ["active", "inactive", "active"]
    assert [event.reason for event in events()] == ["Left", "Back"]
    assert acme.entitlement_version == 3


def test_a_move_that_leads_nowhere_is_refused(uma):
    with pytest.raises(Conflict):
        reactivate_user(by=SYSTEM, user=uma, reason="Again")


def test_nothing_of_an_erased_person_comes_back(acme, uma):
    uma.erased_at = clock.now()
    for attempt in (
        lambda: upsert_user(by=SYSTEM, tenant=acme, **{**UMA, "name": "Back"}),
        lambda: change_user(by=SYSTEM, user=uma, name="Back", email="b@acme.test"),
        lambda: deactivate_user(by=SYSTEM, user=uma, reason="x"),
    ):
        with pytest.raises(Erased):
            attempt()


def test_seats_are_asked_for_only_where_they_are_to_be_respected(acme):
    with seat_wanted.connected_to(refuse_seat):
        upsert_user(by=SYSTEM, tenant=acme, **UMA)
        with pytest.raises(Conflict):
            upsert_user(by=SYSTEM, tenant=acme, **{**UMA, "external_id": "v"}, within_seats=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_whoever_is_not_active_needs_no_seat_until_they_are(acme):
    with seat_wanted.connected_to(refuse_seat):
        upsert_user(by=SYSTEM, tenant=acme, **UMA, status="inactive", within_seats=True)
        with pytest.raises(Conflict):
            upsert_user(by=SYSTEM, tenant=acme, **UMA, status="active", within_seats=True)


def test_a_listener_hears_whose_status_changed(acme, uma):
    heard = []

    def listen(tenant, by, user):
        heard.append((tenant.name, user.name, user.status))

    with status_changed.connected_to(listen):
        deactivate_user(by=SYSTEM, user=uma, reason="Left")
    assert heard == [("Acme", "Uma User", "inactive")]


@pytest.mark.parametrize("external_id", ["nobody", "a/b", "\ud800"])
def test_a_user_that_is_not_there_is_not_found(acme, external_id):
    with pytest.raises(NotFound):
        user_by_external_id(acme, external_id)
    with pytest.raises(NotFound):
        user_or_404(999)
