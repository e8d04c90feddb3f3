"""Tenants: created once, changed with a trace, shut out and let in again."""

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.customers.models import StatusChange, Tenant, TenantStatus
from portal.customers.naming import BadExternalId, BadReason
from portal.customers.signals import plan_wanted, status_changed
from portal.customers.tenants import (
    IdTaken,
    UnknownStatus,
    change_tenant,
    close_tenant,
    create_tenant,
    raise_version,
    reopen_tenant,
    suspend_tenant,
    tenant_by_external_id,
    tenant_or_404,
    upsert_tenant,
)
from portal.staff.identity import BadName
from portal.staff.zones import UnknownZone
from tests.cast import actor


def actions():
    query = sa.select(AuditEvent.action).where(AuditEvent.target_type == "tenant")
    return list(db.session.scalars(query.order_by(AuditEvent.id)))


def history(tenant):
    query = sa.select(StatusChange.status).filter_by(tenant_id=tenant.id, user_id=None)
    return list(db.session.scalars(query.order_by(StatusChange.id)))


def test_a_new_tenant_is_active_and_has_a_history(app):
    tenant = create_tenant(by=SYSTEM, external_id="acme", name="  Acme   Boxes ")
    assert (tenant.name, tenant.name_key) == ("Acme Boxes", "acme boxes")
    assert (tenant.status, tenant.entitlement_version) == ("active", 1)
    assert history(tenant) == ["active"]
    assert actions() == ["tenant.created"]


def test_an_external_id_is_taken_once(acme):
    with pytest.raises(IdTaken) as refusal:
        create_tenant(by=SYSTEM, external_id="acme", name="Another")
    assert refusal.value.field == "external_id"


@pytest.mark.parametrize(
    "text", ["", "a/b", ".", "..", " a", "a ", "a\x00b", "a\nb", "a\u202eb", "\ud800", "x" * 129]
)
def test_an_external_id_that_no_address_can_hold_is_refused(app, text):
    with pytest.raises(BadExternalId):
        create_tenant(by=SYSTEM, external_id=text, name="Acme")


@pytest.mark.parametrize("text", ["é", "日本-1", "a b", "a%2F?#&=", "🙂", "x" * 128, "-"])
def test_any_other_printable_id_is_taken(app, text):
    assert create_tenant(by=SYSTEM, external_id=text, name="Acme").external_id == text


def test_two_spellings_of_one_letter_are_one_id(app):
    create_tenant(by=SYSTEM, external_id="caf\u00e9", name="Café")
    assert tenant_by_external_id("cafe\u0301").name == "Café"


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 201, "x" * 5000, "a\x00b", "a\u202eb", "\ud800", "\u200d"]
)
def test_a_name_that_no_page_can_show_is_refused(app, name):
    with pytest.raises(BadName):
        create_tenant(by=SYSTEM, external_id="acme", name=name)


@pytest.mark.parametrize("name", ["📦 Boxes 👩‍💻", "Ünïçødé", "ß" * 200, "שלום", "x" * 200])
def test_a_name_of_any_script_is_taken(app, name):
    tenant = create_tenant(by=SYSTEM, external_id="acme", name=name)
    assert tenant.name == name
    assert len(tenant.name_key) <= 200


def test_a_change_raises_the_version_and_says_what_it_was(acme):
    change_tenant(by=SYSTEM, tenant=acme, name="Acme Two", time_zone="europe/paris")
    assert (acme.name_key, acme.time_zone) == ("acme two", "Europe/Paris")
    assert acme.entitlement_version == 2
    assert actions() == ["tenant.changed"]


def test_the_same_again_writes_nothing(acme):
    change_tenant(by=SYSTEM, tenant=acme, name="Acme", time_zone="UTC")
    upsert_tenant(by=SYSTEM, external_id="acme", name=" Acme ", status="active")
    assert acme.entitlement_version == 1
    assert actions() == []


def test_an_unknown_zone_is_refused(acme):
    with pytest.raises(UnknownZone):
        change_tenant(by=SYSTEM, tenant=acme, name="Acme", time_zone="Mars/Olympus")


def test_an_upsert_creates_then_changes(app):
    first = upsert_tenant(by=SYSTEM, external_id="acme", name="Acme")
    second = upsert_tenant(by=SYSTEM, external_id="acme", name="Acme Two", status="suspended")
    assert (first[1], second[1]) == (True, False)
    assert (second[0].name, second[0].status) == ("Acme Two", "suspended")
    assert actions() == ["tenant.created", "tenant.changed", "tenant.suspended"]
    assert history(second[0]) == ["active", "suspended"]


def test_an_upsert_leaves_a_zone_that_was_set_meanwhile(acme):
    moved = sa.update(Tenant).where(Tenant.id == acme.id).values(time_zone="Europe/Paris")
    db.session.execute(moved, execution_options={"synchronize_session": False})
    upsert_tenant(by=SYSTEM, external_id="acme", name="Acme Two")
    assert (acme.name, acme.time_zone) == ("Acme Two", "Europe/Paris")


def test_an_upsert_may_create_a_closed_one(app):
    tenant, _ = upsert_tenant(by=SYSTEM, external_id="gone", name="Gone", status="closed")
    assert history(tenant) == ["closed"]


def test_an_unknown_status_is_refused(app):
    with pytest.raises(UnknownStatus) as refusal:
        upsert_tenant(by=SYSTEM, external_id="acme", name="Acme", status="asleep")
    assert refusal.value.field == "status"


def test_a_plan_is_passed_on_to_whoever_knows_plans(catalog):
    heard = []

    def listen(tenant, by, plan):
        heard.append((tenant.name, plan))

    with plan_wanted.connected_to(listen):
        upsert_tenant(by=SYSTEM, external_id="acme", name="Acme", plan="basic")
        upsert_tenant(by=SYSTEM, external_id="acme", name="Acme")
    assert heard == [("Acme", "basic")]


def test_an_unknown_plan_undoes_the_whole_upsert(catalog):
    with pytest.raises(DomainError) as refusal:
        upsert_tenant(by=SYSTEM, external_id="acme", name="Acme", plan="no such plan")
    assert (refusal.value.status, refusal.value.field) == (422, "plan")


@pytest.mark.parametrize("status", ["suspended", "closed", "active"])
def test_whoever_may_only_write_shuts_nobody_out(acme, birch, bea, status):
    birch.status = TenantStatus.CLOSED
    name = "acme" if status != "active" else "birch"
    with pytest.raises(Denied):
        upsert_tenant(by=actor(bea), external_id=name, name="Acme", status=status)
    with pytest.raises(Denied):
        suspend_tenant(by=actor(bea), tenant=acme, reason="why not")


def test_whoever_may_only_write_names_no_plan(bea, mo, catalog):
    with pytest.raises(Denied):
        upsert_tenant(by=actor(bea), external_id="new", name="New", plan="professional")
    assert upsert_tenant(by=actor(mo), external_id="new", name="New", plan="professional")[1]


def test_whoever_may_only_write_creates_no_closed_one(bea):
    with pytest.raises(Denied):
        upsert_tenant(by=actor(bea), external_id="new", name="New", status="closed")
    assert upsert_tenant(by=actor(bea), external_id="new", name="New", status="active")[1]


def test_a_tenant_is_suspended_closed_and_reopened(acme, mo):
    by = actor(mo)
    suspend_tenant(by=by, tenant=acme, reason="Unpaid")
    close_tenant(by=by, tenant=acme, reason="Left")
    reopen_tenant(by=by, tenant=acme, reason="Came back")
    assert history(acme) == ["active", "suspended", "closed", "active"]
    assert actions() == ["tenant.suspended", "tenant.closed", "tenant.reopened"]
    assert acme.entitlement_version == 4
    reasons = db.session.scalars(sa.select(AuditEvent.reason).order_by(AuditEvent.id)).all()
    assert reasons == ["Unpaid", "Left", "Came back"]


@pytest.mark.parametrize(
    ("status", "deed"),
    [
        ("suspended", suspend_tenant),
        ("closed", suspend_tenant),
        ("closed", close_tenant),
        ("active", reopen_tenant),
    ],
)
def test_a_move_that_leads_nowhere_is_refused(acme, mo, status, deed):
    acme.status = status
    db.session.flush()
    with pytest.raises(Conflict):
        deed(by=actor(mo), tenant=acme, reason="Again")


def test_a_reason_has_an_end(acme, mo):
    with pytest.raises(BadReason):
        suspend_tenant(by=actor(mo), tenant=acme, reason="x" * 501)


def test_a_listener_hears_of_a_status_and_may_undo_it(acme, mo):
    def refuse(tenant, by, user):
        assert (tenant.status, user) == ("suspended", None)
        raise Conflict("Not while it rains.")

    with status_changed.connected_to(refuse), pytest.raises(Conflict):
        suspend_tenant(by=actor(mo), tenant=acme, reason="Unpaid")


def test_raising_the_version_reads_the_tenant_afresh(acme):
    assert acme.status == "active"
    table = Tenant.__table__
    db.session.connection().execute(sa.update(table).values(status="closed"))
    raise_version(acme.id)
    assert (acme.status, acme.entitlement_version) == ("closed", 2)


@pytest.mark.parametrize("external_id", ["nobody", "a/b", "", "\ud800"])
def test_a_tenant_that_is_not_there_is_not_found(app, external_id):
    with pytest.raises(NotFound):
        tenant_by_external_id(external_id)
    with pytest.raises(DomainError):
        tenant_or_404(999)
