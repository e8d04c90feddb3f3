"""Roles given, people shut out and let in again, and who may do none of it."""

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.directory import Search, people
from portal.staff.models import Admin, AdminSession
from portal.staff.throttles import book_failure, code_buckets
from tests.cast import make_admin, open_session, signed_in, trusted
from tests.ledger import events
from tests.staff.post import mails

MANAGING = ("change-role", "disable", "enable", "unlock")


def give(client, person, role, expected=None):
    fields = {"role": role, "expected": expected or person.role}
    return client.submit(f"/staff/{person.id}/change-role", **fields)


def test_a_new_role_signs_the_person_out_everywhere(app, ann, bea):
    theirs = signed_in(app, bea)
    answer = give(trusted(app, ann), bea, Role.FINANCE)
    assert answer.location == f"/staff/{bea.id}"
    assert db.session.get(Admin, bea.id).role == Role.FINANCE
    assert theirs.get("/account/sessions").location.startswith("/sign-in")
    (event,) = events(Action.STAFF_ROLE_CHANGED)
    assert (event.actor_id, event.target_id) == (ann.id, str(bea.id))
    assert b"support_agent" in event.canonical
    assert b"finance" in event.canonical
    assert len(mails("role_changed")) == 1


def test_giving_a_role_asks_for_a_proof_first(ann_client, bea):
    assert give(ann_client, bea, Role.FINANCE).status_code == 403
    assert db.session.get(Admin, bea.id).role == Role.SUPPORT_AGENT


def test_a_role_that_changed_meanwhile_is_not_overwritten(app, ann, bea):
    answer = give(trusted(app, ann), bea, Role.FINANCE, expected=Role.MANAGER)
    assert answer.status_code in {409, 422}
    assert "by now" in answer.text
    assert db.session.get(Admin, bea.id).role == Role.SUPPORT_AGENT


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
def test_a_role_that_does_not_exist_is_refused(app, ann, bea, role):
    assert give(trusted(app, ann), bea, role).status_code == 422
    stale = give(trusted(app, ann), bea, Role.ADMIN, expected=role or "x")
    assert stale.status_code in {409, 422}
    assert db.session.get(Admin, bea.id).role == Role.SUPPORT_AGENT


def test_nobody_changes_their_own_account(app, ann):
    make_admin("Abe Admin", Role.ADMIN)
    client = trusted(app, ann)
    assert give(client, ann, Role.MANAGER).status_code in {409, 422}
    assert client.submit(f"/staff/{ann.id}/disable").status_code == 409
    assert db.session.get(Admin, ann.id).role == Role.ADMIN
    assert db.session.get(Admin, ann.id).disabled_at is None


def test_the_last_admin_stays(app, ann):
    abe = make_admin("Abe Admin", Role.ADMIN)
    client = trusted(app, ann)
    assert client.submit(f"/staff/{abe.id}/disable").status_code == 303
    lone = trusted(app, ann)
    assert give(lone, ann, Role.MANAGER).status_code in {409, 422}
    assert db.session.query(Admin).filter_by(role=Role.ADMIN, disabled_at=None).count() == 1


@pytest.mark.parametrize("verb", MANAGING)
def test_managers_and_agents_manage_nobody(app, mo, bea, cy, verb):
    for person in (mo, bea):
        before = len(events(Action.ACCESS_DENIED))
        answer = trusted(app, person).submit(f"/staff/{cy.id}/{verb}", role="admin")
        assert answer.status_code == 403
        assert len(events(Action.ACCESS_DENIED)) == before + 1
    assert db.session.get(Admin, cy.id).role == Role.SUPPORT_AGENT


def test_an_agent_sees_nobody_and_it_is_noted(bea_client, ann):
    for url in ("/staff", f"/staff/{ann.id}", "/staff/99999", "/staff/roles", "/staff/invite"):
        answer = bea_client.get(url)
        assert answer.status_code == 403
        assert ann.email not in answer.text
    event = events(Action.ACCESS_DENIED)[0]
    assert (event.outcome, event.reason) == ("denied", "staff.view")


def test_a_manager_sees_people_but_no_buttons(mo_client, bea):
    page = mo_client.soup(f"/staff/{bea.id}")
    assert bea.email in page.text
    assert not page.select("form[action*='change-role'], form[action*='disable']")
    assert "browser" not in page.select_one("main").text


def test_a_disabled_person_is_out_and_comes_back_with_nothing_open(app, ann, bea):
    theirs, client = signed_in(app, bea), trusted(app, ann)
    assert client.submit(f"/staff/{bea.id}/disable").status_code == 303
    assert theirs.get("/account/sessions").status_code == 303
    assert client.submit(f"/staff/{bea.id}/disable").status_code == 409
    assert client.submit(f"/staff/{bea.id}/enable").status_code == 303
    assert client.submit(f"/staff/{bea.id}/enable").status_code == 409
    assert theirs.get("/account/sessions").status_code == 303
    assert [len(mails(name)) for name in ("account_disabled", "account_enabled")] == [1, 1]


def test_whoever_never_joined_cannot_be_enabled(app, ann, cy):
    cy.joined_at, cy.disabled_at = None, cy.created_at
    assert trusted(app, ann).submit(f"/staff/{cy.id}/enable").status_code == 409
    assert db.session.get(Admin, cy.id).disabled_at is not None


def test_unlocking_forgets_wrong_codes(app, ann, bea):
    found = code_buckets(bea.id, None)
    assert [book_failure(found[:1]) for _ in range(6)][-1] is not None
    assert trusted(app, ann).submit(f"/staff/{bea.id}/unlock").status_code == 303
    assert book_failure(found[:1]) is None
    assert len(events(Action.STAFF_UNLOCKED)) == 1


@pytest.mark.parametrize("verb", [*MANAGING, "end-sessions", "resend-invite", "revoke-invite"])
def test_a_person_who_is_not_there_is_not_found(app, ann, verb):
    fields = {"role": "finance", "expected": "finance"}
    assert trusted(app, ann).submit(f"/staff/99999/{verb}", **fields).status_code == 404


def test_fields_nobody_asked_for_change_nothing(app, ann, bea):
    session, _ = open_session(bea)
    evil = {"id": ann.id, "is_owner": "1", "password_hash": "x", "is_second_factor_on": "", "by": 1}
    trusted(app, ann).submit(f"/staff/{bea.id}/unlock", **evil, role="admin", email="evil@x.test")
    found = db.session.get(Admin, bea.id)
    assert (found.role, found.email, found.password_hash) == (Role.SUPPORT_AGENT, bea.email, None)
    assert found.is_second_factor_on
    assert db.session.get(AdminSession, session.id).revoked_at is None


def test_the_list_narrows_by_text_role_and_state(app, ann_client, bea, mo, cy):
    cy.joined_at = None
    assert "Bea Agent" in ann_client.get("/staff?q=BEA").text
    assert "Mo Manager" not in ann_client.get("/staff?role=support_agent").text
    assert "Cy Outsider" in ann_client.get("/staff?state=invited").text
    assert "Bea Agent" not in ann_client.get("/staff?state=invited").text
    assert ann_client.get("/staff?q=nobody-at-all").status_code == 200


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; --", "\x00", "😀", "x" * 5000])
def test_a_search_reads_every_character_as_itself(app, ann, text):
    make_admin("Plain Name", email="plain@boxcostpro.test")
    found = people(Search.of(text=text, role="", state="")).items
    assert len(found) in ({2} if text == "\x00" else {0})


@pytest.mark.parametrize("query", ["cursor=nonsense", "cursor=%00", "role=owner", "state=x&q=%00"])
def test_a_bent_address_is_no_failure(ann_client, query):
    assert ann_client.get(f"/staff?{query}").status_code in {200, 400}


def test_markup_in_a_name_stays_text(ann_client):
    make_admin("<script>alert(1)</script> & co", email="mark@boxcostpro.test")
    page = ann_client.get("/staff")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
