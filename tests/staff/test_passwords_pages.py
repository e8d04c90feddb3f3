"""Passwords reset by mail and changed at the desk."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.staff.passwords import verify_password
from tests.cast import PASSWORD, open_session, signed_in, sudo_until
from tests.ledger import events
from tests.staff.conftest import RIGHT, WRONG
from tests.staff.post import do_jobs, link_in, mails

NEW = "another four quiet words 9"
RESET = "staff.send_reset"


def asked(client, email):
    answer = client.submit("/forgot-password", email=email)
    do_jobs(RESET)
    return answer


def has(person, password):
    return verify_password(password, db.session.get(Admin, person.id).password_hash)


def test_a_reset_signs_nobody_in_and_keeps_the_second_factor(app, client, bea_ready):
    session, _ = open_session(bea_ready)
    asked(client, bea_ready.email)
    url = link_in("password_reset")
    answer = client.submit(url, new_password=NEW)
    assert answer.location == "/sign-in"
    assert has(bea_ready, NEW)
    assert bea_ready.is_second_factor_on
    assert db.session.get(AdminSession, session.id).revoke_reason == "password_reset"
    assert client.get("/account/sessions").location.startswith("/sign-in")
    assert client.submit(url, new_password=NEW).status_code == 410


def test_known_and_unknown_addresses_get_one_answer(app, client, bea, cy):
    cy.disabled_at = cy.created_at
    answers = [asked(app.test_client(), e) for e in (bea.email, cy.email, "no@boxcostpro.test")]
    assert len({(a.status_code, a.location, a.text) for a in answers}) == 1
    assert len(mails("password_reset")) == 1


def test_the_sixth_mail_of_a_day_is_not_sent(client, bea):
    answers = {asked(client, bea.email).status_code for _ in range(7)}
    assert answers == {303}
    assert len(mails("password_reset")) == 5


def test_only_the_newest_reset_works_and_for_an_hour(client, bea):
    asked(client, bea.email)
    old = link_in("password_reset")
    asked(client, bea.email)
    new = link_in("password_reset")
    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert client.submit(new, new_password=NEW).status_code == 410


@pytest.mark.parametrize("weak", ["short", "boxcostpro boxcostpro", "x" * 257])
def test_a_weak_password_uses_no_link_up(client, bea_ready, weak):
    asked(client, bea_ready.email)
    url = link_in("password_reset")
    assert client.submit(url, new_password=weak).status_code == 422
    assert has(bea_ready, PASSWORD)
    assert client.submit(url, new_password=NEW).status_code == 303


def change(client, current=PASSWORD, code=RIGHT, new=NEW):
    fields = {"current_password": current, "new_password": new, "totp_code": code}
    return client.submit("/account/password", **fields)


def test_a_change_ends_every_other_session(app, bea_ready):
    other, client = signed_in(app, bea_ready), signed_in(app, bea_ready)
    assert change(client).status_code == 303
    assert has(bea_ready, NEW)
    assert other.get("/account/sessions").status_code == 303
    assert client.get("/account/sessions").status_code == 200
    assert len(events(Action.PASSWORD_CHANGED)) == len(mails("password_changed")) == 1


@pytest.mark.parametrize("wrong", [{"current": "wrong"}, {"code": WRONG}, {"new": "short"}])
def test_a_change_needs_the_old_password_and_a_code(app, bea_ready, wrong):
    answer = change(signed_in(app, bea_ready), **wrong)
    assert answer.status_code == 422
    assert has(bea_ready, PASSWORD)
    assert PASSWORD not in answer.text
    assert NEW not in answer.text


def test_who_has_just_proven_a_second_factor_is_asked_for_no_other_code(app, bea_ready, factor):
    proven = {"sudo_until": sudo_until(), "sudo_method": "backup"}
    client = signed_in(app, bea_ready, amr="pwd backup", **proven)
    assert client.soup("/account/password").select_one("[name=totp_code]") is None
    fields = {"current_password": "wrong", "new_password": NEW}
    assert client.submit("/account/password", **fields).status_code == 422
    right = fields | {"current_password": PASSWORD}
    assert client.submit("/account/password", **right).status_code == 303
    assert has(bea_ready, NEW)
    assert factor.used == set()


def test_a_proof_that_is_too_old_leaves_the_code_owed(app, bea_ready):
    proven = {"sudo_until": clock.now() - timedelta(seconds=1), "sudo_method": "backup"}
    client = signed_in(app, bea_ready, **proven)
    assert change(client, code="").status_code == 422
    assert has(bea_ready, PASSWORD)


def test_who_has_backup_codes_alone_proves_it_with_one(app, bea_ready):
    client = signed_in(app, bea_ready, amr="pwd backup")
    (other,) = client.soup("/account/password").select("a[href^='/account/sudo']")
    proof = {"sudo_backup_code": RIGHT, "sudo_with": "backup"}
    assert client.submit(other["href"], **proof).location == "/account/password"
    fields = {"current_password": PASSWORD, "new_password": NEW}
    assert client.submit("/account/password", **fields).status_code == 303
    assert has(bea_ready, NEW)
