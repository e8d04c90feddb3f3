"""Setting up the authenticator: a page with a key, a first code, and ten codes shown once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.mail.models import EmailLog
from portal.staff.models import Admin, AdminSession
from portal.two_factor.models import BackupCode, Enrolment, TwoFactorAuth
from portal.web.access import SessionState
from tests.cast import open_session
from tests.statements import counted
from tests.two_factor.conftest import NOON, SECRET, code, give_authenticator, with_password

URL = "/account/two-factor/enrol"


@pytest.fixture
def newcomer(app, moment):
    """Somebody who may do nothing before the second factor is on."""
    return with_password("Nia Newcomer")


@pytest.fixture
def browser(app, newcomer):
    client = app.test_client()
    client.sign_in(open_session(newcomer, SessionState.MUST_ENROL, amr="pwd")[1])
    return client


def shown_secret(browser):
    return browser.soup(URL).select_one("#totp-secret")["data-value"]


def test_every_page_leads_to_enrolment_until_it_is_done(browser):
    answer = browser.get("/account/security")
    assert (answer.status_code, answer.location) == (303, URL)


def test_the_page_shows_picture_and_key_and_keeps_them_out_of_caches(browser):
    answer = browser.get(URL)
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'id="totp-qr"' in answer.text
    assert 'src="data:image/svg+xml;base64,' in answer.text
    assert not any(
        shown_secret(browser) in cookie for cookie in answer.headers.getlist("Set-Cookie")
    )


def test_a_reload_shows_the_same_key(browser):
    assert shown_secret(browser) == shown_secret(browser)


def test_another_sign_in_begins_anew(browser, newcomer, app):
    first = shown_secret(browser)
    other = app.test_client()
    other.sign_in(open_session(newcomer, SessionState.MUST_ENROL, amr="pwd")[1])
    assert shown_secret(other) != first


def test_beginning_and_a_reload_ask_four_statements_each(browser):
    for _ in range(2):
        with counted() as statements:
            browser.get(URL)
        assert len(statements) == 4


def test_the_first_code_turns_it_on_and_shows_ten_codes(browser, newcomer):
    secret = shown_secret(browser)
    answer = browser.submit(URL, totp_code=code(secret=secret))
    assert answer.status_code == 200
    assert answer.text.count("<li>") == 10
    assert db.session.get(Admin, newcomer.id).is_second_factor_on
    assert browser.get("/account/security").status_code == 200
    session = db.session.scalars(sa.select(AdminSession).filter_by(revoked_at=None)).one()
    assert (session.state, session.amr) == ("active", "pwd otp")
    assert "factor_added" in db.session.scalars(sa.select(EmailLog.template)).all()


def test_the_first_code_is_spent(browser, newcomer, app):
    typed = code(secret=shown_secret(browser))
    browser.submit(URL, totp_code=typed)
    other = app.test_client()
    other.sign_in(open_session(newcomer, SessionState.PREAUTH, amr="pwd")[1])
    answer = other.call("POST", "/api/admin/2fa/verify", {"totp_code": typed})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")


def test_sending_it_again_makes_no_second_set(browser):
    typed = code(secret=shown_secret(browser))
    browser.submit(URL, totp_code=typed)
    answer = browser.submit(URL, totp_code=typed)
    assert answer.status_code == 303
    assert db.session.scalar(sa.select(sa.func.count(BackupCode.id))) == 10


def test_a_wrong_code_keeps_the_key_and_says_so(browser, newcomer):
    secret = shown_secret(browser)
    answer = browser.submit(URL, totp_code="000000")
    assert answer.status_code == 422
    assert secret in answer.text
    assert not db.session.get(Admin, newcomer.id).is_second_factor_on


def test_a_wrong_clock_is_named(browser):
    answer = browser.submit(URL, totp_code=code(4, shown_secret(browser)))
    assert answer.status_code == 422
    assert "120 seconds ahead" in answer.text


def test_a_key_waits_ten_minutes(browser, moment):
    secret = shown_secret(browser)
    moment.move_to(NOON + timedelta(minutes=10, seconds=1))
    answer = browser.call("POST", "/api/admin/2fa/verify", {"totp_code": code(secret=secret)})
    assert (answer.status_code, answer.get_json()["code"]) == (410, "enrolment_expired")


def test_an_old_password_must_be_given_again(browser, moment):
    moment.move_to(NOON + timedelta(minutes=10, seconds=1))
    assert browser.get(URL).location.startswith("/account/sudo")
    answer = browser.call("POST", "/api/admin/2fa/enable", {"method": "totp"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")


def test_a_late_wrong_code_asks_for_the_password_too(browser, moment, newcomer):
    session = db.session.scalars(sa.select(AdminSession).filter_by(admin_id=newcomer.id)).one()
    session.password_proven_at = NOON - timedelta(minutes=9)
    shown_secret(browser)
    moment.move_to(NOON + timedelta(minutes=2))
    answer = browser.submit(URL, totp_code="000000")
    assert (answer.status_code, answer.location[:13]) == (303, "/account/sudo")


def test_an_address_that_nobody_confirmed_enrols_nobody(browser, newcomer):
    newcomer.email_verified_at = None
    answer = browser.call("POST", "/api/admin/2fa/enable", {"method": "totp"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "email_unverified")


def test_a_second_start_replaces_the_first_key(browser):
    first = browser.call("POST", "/api/admin/2fa/enable", {"method": "totp"}).get_json()["secret"]
    second = browser.call("POST", "/api/admin/2fa/enable", {"method": "totp"}).get_json()["secret"]
    answer = browser.call("POST", "/api/admin/2fa/verify", {"totp_code": code(secret=first)})
    assert answer.status_code == 401
    answer = browser.call("POST", "/api/admin/2fa/verify", {"totp_code": code(secret=second)})
    assert answer.get_json()["enabled"] is True


def test_a_key_belongs_to_the_browser_that_asked_for_it(browser, newcomer, app):
    secret = shown_secret(browser)
    other = app.test_client()
    other.sign_in(open_session(newcomer, SessionState.MUST_ENROL, amr="pwd")[1])
    answer = other.call("POST", "/api/admin/2fa/verify", {"totp_code": code(secret=secret)})
    assert answer.status_code == 410


def test_other_sessions_end(browser, newcomer):
    session, _ = open_session(newcomer, SessionState.MUST_ENROL)
    browser.submit(URL, totp_code=code(secret=shown_secret(browser)))
    assert db.session.get(AdminSession, session.id).revoked_at is not None


def test_who_has_one_already_gets_no_key(bea_here):
    assert bea_here.get(URL).location == "/account/security"
    answer = bea_here.call("POST", "/api/admin/2fa/enable", {"method": "totp"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "already_enabled")


def test_secrets_and_codes_stay_out_of_database_and_ledger(browser, capsys):
    secret = shown_secret(browser)
    answer = browser.submit(URL, totp_code=code(secret=secret))
    codes = answer.text.split("<li>")[1:]
    stored = b"".join(db.session.scalars(sa.select(AuditEvent.canonical)))
    stored += b"".join(db.session.scalars(sa.select(TwoFactorAuth.secret_sealed)))
    logged = "".join(capsys.readouterr()).encode()
    for hidden in (secret, *(one.partition("<")[0] for one in codes)):
        assert hidden.encode() not in stored + logged
    assert db.session.scalar(sa.select(sa.func.count(Enrolment.admin_id))) == 0


def test_a_stopped_factor_is_not_replaced_by_password_alone(app, moment, newcomer):
    give_authenticator(newcomer, SECRET, disabled_at=NOON)
    client = app.test_client()
    client.sign_in(open_session(newcomer, amr="pwd backup")[1])
    answer = client.call("POST", "/api/admin/2fa/enable", {"method": "totp"})
    assert answer.status_code == 409
