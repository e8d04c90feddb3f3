"""From where a role may come: at the last step of signing in, and at every request after it."""

import pytest

from portal.audit.actions import Action
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from portal.core.roles import Role
from portal.customers.tokens import issue_staff_token
from portal.staff.models import AdminSession, RoleAddresses
from portal.staff.places import BadNetwork, ShutsOut, change_addresses, places
from tests.cast import PASSWORD, actor, make_admin, open_session, signed_in, trusted
from tests.ledger import events
from tests.staff.conftest import RIGHT

AGENT = Role.SUPPORT_AGENT
HERE, OFFICE = "127.0.0.0/8", "192.0.2.0/24"
PAGE = "/staff/policy/addresses"


@pytest.fixture(autouse=True)
def on_the_terminal(app):
    """As on a command line: nobody's address is known."""
    set_provenance(Provenance())


def allow(*networks, role=AGENT, is_forced=True):
    found = change_addresses(by=SYSTEM, role=role, networks=networks, is_forced=is_forced)
    db.session.flush()
    return found


def to_second_step(client):
    return client.submit("/sign-in", email="bea@boxcostpro.test", password=PASSWORD)


def test_a_session_outside_is_told_so_and_goes_on_once_it_is_inside(app, bea):
    client = signed_in(app, bea)
    assert client.get("/account/sessions").status_code == 200
    assert allow(OFFICE) == 1
    answer = client.get("/account/sessions")
    assert answer.status_code == 403
    assert "127.0.0.1 is in none of them" in answer.text
    assert "Sign out" not in answer.text
    inside = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get("/account/sessions", environ_base=inside).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.9", "::ffff:192.0.2.9"])
def test_an_ipv4_address_may_come_wrapped_in_ipv6(app, bea, address):
    allow(OFFICE)
    inside = {"REMOTE_ADDR": address}
    assert signed_in(app, bea).get("/account/sessions", environ_base=inside).status_code == 200


def test_nothing_is_changed_from_outside(app, bea):
    client = signed_in(app, bea)
    client.get("/account/preferences")
    allow(OFFICE)
    assert client.submit("/account/preferences", name="Other").status_code == 403
    assert client.call("POST", "/api/admin/auth/sudo", {"password": PASSWORD}).status_code == 403
    assert bea.name == "Bea Agent"


def test_other_roles_are_not_touched(app, ann):
    allow(OFFICE)
    assert signed_in(app, ann).get("/account/sessions").status_code == 200


def test_a_poll_from_outside_leaves_one_event_an_hour(app, bea):
    client = signed_in(app, bea)
    allow(OFFICE)
    for _ in range(3):
        client.get("/account/sessions")
    (left,) = events(Action.SESSION_ADDRESS_REFUSED)
    assert (left.actor_id, left.outcome, left.ip) == (bea.id, "denied", "127.0.0.1")


def test_the_second_factor_comes_first_and_then_the_truth(client, bea_ready):
    allow(OFFICE)
    assert to_second_step(client).location == "/sign-in/second-factor"
    answer = client.submit("/sign-in/second-factor", totp_code=RIGHT)
    assert answer.status_code == 403
    assert "Not from here" in answer.text
    assert {one.revoke_reason for one in db.session.query(AdminSession)} == {"outside_networks"}
    assert len(events(Action.SESSION_ADDRESS_REFUSED)) == 1
    assert not events(Action.SESSION_OPENED)


def test_a_password_alone_hears_what_a_wrong_one_hears(client, password_hash):
    make_admin("Nia New", password_hash=password_hash)
    allow(OFFICE)
    right = client.submit("/sign-in", email="nia@boxcostpro.test", password=PASSWORD)
    wrong = client.submit("/sign-in", email="nia@boxcostpro.test", password="not that one at all")
    assert (right.status_code, wrong.status_code) == (401, 401)
    assert db.session.query(AdminSession).count() == 0
    reasons = [event.reason for event in events(Action.SESSION_PASSWORD_REFUSED)]
    assert reasons == ["outside_networks", "wrong_password"]


def test_a_token_of_the_person_opens_nothing_from_outside(app, client, ann):
    issued = issue_staff_token(by=actor(ann), name="Report", permissions=["customers.view"])
    headers = {"Authorization": f"Bearer {issued.text}"}
    assert client.get("/api/customers/tenants", headers=headers).status_code == 200
    allow(OFFICE, role=Role.ADMIN)
    assert client.get("/api/customers/tenants", headers=headers).status_code == 401
    inside = {"REMOTE_ADDR": "192.0.2.9"}
    answer = client.get("/api/customers/tenants", headers=headers, environ_base=inside)
    assert answer.status_code == 200


def test_no_further_query_is_asked_for_it(app, bea, statements):
    client = signed_in(app, bea)
    client.get("/account/sessions")
    del statements[:]
    client.get("/account/sessions")
    before = len(statements)
    allow(HERE)
    del statements[:]
    client.get("/account/sessions")
    assert len(statements) == before


def test_the_page_saves_what_the_deed_takes(app, ann):
    client = trusted(app, ann)
    fields = {"admin-networks": "127.0.0.1\n 192.0.2.77/24, ::ffff:10.0.0.0/104"}
    assert client.submit(f"{PAGE}/admin/change", **fields).status_code == 303
    kept = ["127.0.0.1/32", "192.0.2.0/24", "10.0.0.0/8"]
    assert places()[Role.ADMIN].networks == kept
    assert "192.0.2.0/24" in client.get(PAGE).text
    assert events(Action.ADDRESSES_CHANGED)[0].target_id == "admin"


def test_nobody_shuts_themselves_out_even_when_forced(app, ann):
    client = trusted(app, ann)
    fields = {"admin-networks": OFFICE, "admin-is_forced": "y"}
    answer = client.submit(f"{PAGE}/admin/change", **fields)
    assert answer.status_code == 422
    assert "You are at 127.0.0.1" in answer.text
    assert db.session.query(RoleAddresses).count() == 0


def test_another_role_may_have_another_office_when_that_is_said(app, ann):
    client = trusted(app, ann)
    fields = {"finance-networks": OFFICE}
    assert client.submit(f"{PAGE}/finance/change", **fields).status_code == 422
    fields["finance-is_forced"] = "y"
    assert client.submit(f"{PAGE}/finance/change", **fields).status_code == 303
    assert places()[Role.FINANCE].networks == [OFFICE]


def test_only_admins_decide_and_only_with_fresh_proof(ann_client, mo_client):
    assert mo_client.get(PAGE).status_code == 403
    assert ann_client.submit(f"{PAGE}/finance/change").status_code == 403
    assert db.session.query(RoleAddresses).count() == 0


@pytest.mark.parametrize("wrong", [["here"], ["10.0.0.0/33"], ["10.0.0.1"] * 51])
def test_what_is_no_network_changes_nothing(app, wrong):
    with pytest.raises(BadNetwork):
        allow(*wrong)
    assert db.session.query(RoleAddresses).count() == 0


def test_the_same_list_again_leaves_no_event(app):
    allow(OFFICE)
    allow(OFFICE)
    assert len(events(Action.ADDRESSES_CHANGED)) == 1


def test_a_change_that_stops_who_is_signed_in_needs_force(app, bea):
    open_session(bea, ip_last="198.51.100.4")
    with pytest.raises(ShutsOut, match=r"198\.51\.100\.4"):
        allow(OFFICE, is_forced=False)
    assert allow("198.51.100.0/24", is_forced=False) == 0


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["staff", "addresses", "support_agent", *arguments])


def test_the_command_sets_prints_and_clears_the_list(app, bea):
    assert run(app, "--allow", OFFICE, "--allow", "10.1.2.3").exit_code == 0
    assert run(app).stdout.split() == [OFFICE, "10.1.2.3/32"]
    assert run(app, "--clear").exit_code == 0
    assert run(app).stdout == ""


def test_the_command_locks_nobody_out_unless_forced(app, bea):
    open_session(bea, ip_last="198.51.100.4")
    refused = run(app, "--allow", OFFICE)
    assert (refused.exit_code, "198.51.100.4" in refused.output) == (1, True)
    assert run(app, "--allow", OFFICE, "--force").exit_code == 0
    assert run(app, "--allow", OFFICE, "--clear").exit_code == 2
