"""Danger asks again: with a page that keeps what was entered, or with a JSON refusal."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import AdminSession
from tests.cast import PASSWORD, open_session, signed_in, trusted
from tests.client import fields_in, parsed
from tests.staff.conftest import RIGHT, WRONG

OTHERS = "/account/sessions/revoke-others"
FILE = "/audit/events.csv?log=everything&q=a%20b"


@pytest.fixture
def bea_twice(app, bea, factor):
    """Bea in a browser, and signed in on another device."""
    open_session(bea)
    return signed_in(app, bea)


def live():
    return db.session.query(AdminSession).filter_by(revoked_at=None).count()


def test_the_prompt_repeats_what_was_entered_but_no_secret(bea_twice):
    answer = bea_twice.submit(OTHERS, colour="blue <b>", new_password="hidden hidden")
    assert answer.status_code == 403
    assert 'name="colour" value="blue &lt;b&gt;"' in answer.text
    assert "hidden hidden" not in answer.text
    assert live() == 2


def test_a_right_code_lets_the_request_go_on_in_a_renewed_session(bea_twice):
    before = bea_twice.get_cookie("portal_session").value
    answer = bea_twice.submit(OTHERS, sudo_totp_code=RIGHT)
    assert answer.location == "/account/sessions"
    assert bea_twice.get_cookie("portal_session").value != before
    assert live() == 1
    bea_twice.sign_in(before)
    assert bea_twice.get("/account/sessions").status_code == 303


def test_a_wrong_code_changes_nothing(bea_twice):
    answer = bea_twice.submit(OTHERS, sudo_totp_code=WRONG)
    assert answer.status_code == 403
    assert "That code is not right" in answer.text
    assert live() == 2


def test_the_sixth_wrong_proof_must_wait(bea_twice):
    answers = [bea_twice.submit(OTHERS, sudo_totp_code=WRONG) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert bea_twice.submit(OTHERS, sudo_totp_code=RIGHT).status_code == 429
    assert live() == 2


def test_a_password_is_no_proof_for_whoever_has_a_factor(app, bea_ready):
    client = signed_in(app, bea_ready)
    answer = client.call("POST", "/api/admin/auth/sudo", {"password": PASSWORD})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")


def test_a_password_opens_the_window_before_a_factor_is_set_up(app, cy, password_hash, factor):
    cy.password_hash = password_hash
    client = signed_in(app, cy)
    wrong = client.call("POST", "/api/admin/auth/sudo", {"password": "wrong"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (401, "invalid_code")
    right = client.call("POST", "/api/admin/auth/sudo", {"password": PASSWORD})
    assert right.status_code == 200
    assert right.get_json()["sudo_until"].endswith("Z")


def test_the_window_closes_after_ten_minutes_however_busy(app, bea, factor):
    client = trusted(app, bea)
    with time_machine.travel(clock.now() + timedelta(minutes=9), tick=False):
        assert client.submit(OTHERS).status_code == 303
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=False):
        assert client.submit(OTHERS).status_code == 403


def test_proving_ahead_leads_to_where_it_was_needed(bea_twice):
    page = bea_twice.get("/account/sudo?next=/account/sessions")
    assert 'value="/account/sessions"' in page.text
    answer = bea_twice.submit("/account/sudo", next="//evil", sudo_totp_code=RIGHT)
    assert answer.location == "/"


def test_the_backup_field_stands_in_for_a_missing_phone(bea_twice):
    answer = bea_twice.submit(OTHERS, sudo_with="backup", colour="blue")
    assert "sudo_backup_code" in answer.text
    assert 'name="colour" value="blue"' in answer.text
    assert bea_twice.submit(OTHERS, sudo_backup_code=RIGHT).status_code == 303


def test_who_presses_again_after_the_proof_is_led_on_and_nothing_is_counted(app, bea, factor):
    client = trusted(app, bea)
    events = db.session.query(AuditEvent).count()
    for target, place in (("/account/sessions", "/account/sessions"), ("//evil", "/")):
        answer = client.submit("/account/sudo", next=target, sudo_totp_code=WRONG)
        assert (answer.status_code, answer.location) == (303, place)
    assert db.session.query(AuditEvent).count() == events


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://localhost/audit?q=a%20b", "/audit?q=a%20b"),
        ("http://evil.test/audit", "/"),
        ("http://localhost//evil.test", "/"),
        ("http://[", "/"),
    ],
)
def test_a_file_comes_after_the_proof_from_a_page_that_leads_back(app, bea, factor, referer, back):
    bea.role, client = Role.MANAGER, signed_in(app, bea)
    asked = parsed(client.get(FILE, headers={"Referer": referer}))
    fields = fields_in(asked.select_one("main form"))
    assert (fields["next"], fields["back"]) == ([FILE], [back])
    answer = client.submit("/account/sudo", **{**fields, "sudo_totp_code": RIGHT})
    page = client.soup(answer.location)
    assert page.select_one("meta[http-equiv=refresh]")["content"] == f"0;url={FILE}"
    assert [link["href"] for link in page.select("main .btn")] == [back, FILE]
    assert client.get(FILE).mimetype == "text/csv"
