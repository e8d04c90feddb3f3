"""With the wrong data key nobody passes the second step, and everybody is told so."""

import pytest

from portal.core.database import db
from portal.two_factor.models import TwoFactorAuth
from tests.cast import PASSWORD
from tests.two_factor.conftest import OLD, OTHER, code

PAGE = "/sign-in/second-factor"
ROUTE = "/api/admin/auth/login/2fa"


@pytest.fixture
def at_the_second_step(keyed, bea_enrolled, client):
    """Bea gave her password; her authenticator was sealed under a key that was exchanged."""
    client.submit("/sign-in", email=bea_enrolled.email, password=PASSWORD)
    return client


@pytest.mark.parametrize("is_right", [True, False])
def test_nobody_signs_in_past_a_wrong_key(keyed, at_the_second_step, is_right, caplog):
    keyed(old=OTHER)
    refused = at_the_second_step.submit(PAGE, totp_code=code() if is_right else "000000")
    assert refused.status_code == 503
    assert "Traceback" not in refused.text
    assert "CannotUnseal" not in refused.text
    assert refused.headers["X-Request-ID"] in refused.text
    (line,) = [one.msg for one in caplog.records if one.name == "portal.errors"]
    assert line["event"] == "data_keys.cannot_unseal"
    assert line["request_id"] == refused.headers["X-Request-ID"]
    assert at_the_second_step.get("/account/security").status_code == 303


def test_a_program_is_told_the_same(keyed, at_the_second_step):
    keyed(old=OTHER)
    refused = at_the_second_step.call("POST", ROUTE, {"totp_code": code()})
    assert (refused.status_code, refused.get_json()["code"]) == (503, "unavailable")


def test_a_try_that_the_key_spoilt_is_no_wrong_code(keyed, bea_enrolled, at_the_second_step):
    keyed(old=OTHER)
    for _ in range(6):
        at_the_second_step.submit(PAGE, totp_code="000000")
    keyed(old=OLD)
    assert db.session.get(TwoFactorAuth, bea_enrolled.id).consecutive_failures == 0
    assert at_the_second_step.submit(PAGE, totp_code=code()).status_code == 303
    assert at_the_second_step.get("/account/security").status_code == 200
