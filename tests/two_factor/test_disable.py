"""Turning the factor off takes the factor, and moves a person to a new phone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.mail.models import EmailLog
from portal.staff.models import Admin, AdminSession
from portal.staff.policies import change_policy
from portal.two_factor.backup_codes import generate_codes
from portal.two_factor.models import BackupCode, TwoFactorAuth
from portal.web.access import SessionState
from tests.cast import actor, open_session
from tests.two_factor.conftest import NOON, code

URL = "/account/two-factor/disable"
API = "/api/admin/2fa/disable"


def is_on(admin):
    return db.session.get(Admin, admin.id).is_second_factor_on


@pytest.mark.parametrize("method", [None, "password"])
def test_an_open_session_or_a_password_is_not_enough(app, bea_enrolled, method):
    client = app.test_client()
    until = NOON + timedelta(minutes=5) if method else None
    client.sign_in(open_session(bea_enrolled, sudo_until=until, sudo_method=method)[1])
    answer = client.call("POST", API, {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")
    assert is_on(bea_enrolled)


def test_a_wrong_code_leaves_it_on(bea_here, bea_enrolled):
    answer = bea_here.call("POST", API, {"totp_code": "000000"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")
    assert bea_here.submit(URL, totp_code="000000").status_code == 422
    assert is_on(bea_enrolled)


def test_a_code_turns_it_off_and_the_person_enrols_at_once(bea_here, bea_enrolled):
    other, _ = open_session(bea_enrolled)
    assert bea_here.submit(URL, totp_code=code()).status_code == 303
    assert not is_on(bea_enrolled)
    assert bea_here.get("/account/security").location == "/account/two-factor/enrol"
    assert db.session.get(AdminSession, other.id).revoked_at is not None
    assert db.session.scalar(sa.select(sa.func.count(TwoFactorAuth.admin_id))) == 0
    assert "factor_removed" in db.session.scalars(sa.select(EmailLog.template)).all()


def test_turning_it_off_in_grace_lasts_as_long_as_the_grace(moment, ann, bea_enrolled, bea_here):
    change_policy(by=actor(ann), role=Role.SUPPORT_AGENT, is_required=True, grace_days=1)
    moment.move_to(NOON + timedelta(hours=23, minutes=50))
    session, token = open_session(bea_enrolled)
    bea_here.sign_in(token)
    assert bea_here.submit(URL, totp_code=code()).status_code == 303
    db.session.refresh(session)
    assert session.absolute_expires_at == NOON + timedelta(days=1)


def test_the_new_phone_can_be_set_up_without_the_old_one(bea_here, bea_enrolled):
    codes = generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    assert bea_here.submit(URL, backup_code=codes[0]).status_code == 303
    secret = bea_here.soup("/account/two-factor/enrol").select_one("#totp-secret")["data-value"]
    done = bea_here.submit("/account/two-factor/enrol", totp_code=code(secret=secret))
    assert done.status_code == 200
    left = sa.select(BackupCode.batch_id).where(BackupCode.revoked_at.is_(None)).distinct()
    assert len(db.session.scalars(left).all()) == 1


def test_where_no_factor_is_required_the_session_stays(bea_here, bea_enrolled, ann):
    change_policy(by=actor(ann), role=Role.SUPPORT_AGENT, is_required=False, grace_days=0)
    assert bea_here.call("POST", API, {"totp_code": code()}).get_json()["enabled"] is False
    assert bea_here.get("/account/security").status_code == 200


def test_the_json_answer_needs_a_factor_that_is_on(app, cy):
    client = app.test_client()
    client.sign_in(open_session(cy)[1])
    assert client.call("POST", API, {"totp_code": "000000"}).status_code == 409


def test_an_unfinished_session_cannot_turn_it_off(app, bea_enrolled):
    client = app.test_client()
    client.sign_in(open_session(bea_enrolled, SessionState.PREAUTH)[1])
    assert client.call("POST", API, {"totp_code": code()}).status_code == 401
