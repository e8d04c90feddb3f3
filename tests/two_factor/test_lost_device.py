"""A phone that is gone for good: a backup code lets its owner in and takes the app away."""

import pytest

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin, AdminSession
from portal.staff.policies import change_policy
from portal.two_factor.backup_codes import code_set, generate_codes
from portal.two_factor.models import TwoFactorAuth
from tests.cast import actor, open_session
from tests.two_factor.conftest import code
from tests.two_factor.passkey_steps import give_passkey
from tests.two_factor.recovery_steps import events, halfway, letters

URL = "/sign-in/lost-device/backup-code"
GONE = {"is_lost": "y"}
WRONG = "0000-0000-0000-0000"


@pytest.fixture
def codes(bea_enrolled):
    return generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)


def has_app(person):
    return db.session.get(TwoFactorAuth, person.id) is not None


def test_the_guide_leads_to_it(app, bea_enrolled, codes):
    page = halfway(app, bea_enrolled).soup("/sign-in/lost-device")
    assert URL in [link["href"] for link in page.select("a")]


def test_the_app_stops_at_once_and_a_new_one_is_owed(app, bea_enrolled, codes):
    other, _ = open_session(bea_enrolled)
    browser = halfway(app, bea_enrolled)
    assert browser.submit(URL, backup_code=codes[0], **GONE).status_code == 303
    assert not has_app(bea_enrolled)
    assert browser.get("/customers").location == "/account/two-factor/enrol"
    assert db.session.get(AdminSession, other.id).revoked_at is not None
    assert events("totp.disabled")[0].reason == "lost_device"
    assert len(letters("factor_removed")) == len(letters("backup_code_used")) == 1
    assert halfway(app, bea_enrolled).submit(URL, backup_code=codes[1]).status_code == 401


def test_a_new_app_is_set_up_without_another_proof(app, bea_enrolled, codes):
    browser = halfway(app, bea_enrolled)
    browser.submit(URL, backup_code=codes[0], **GONE)
    secret = browser.soup("/account/two-factor/enrol").select_one("#totp-secret")["data-value"]
    done = browser.submit("/account/two-factor/enrol", totp_code=code(secret=secret))
    assert (done.status_code, has_app(bea_enrolled)) == (200, True)
    assert browser.get("/customers").status_code == 200


def test_who_has_only_left_it_at_home_keeps_it(app, bea_enrolled, codes):
    browser = halfway(app, bea_enrolled)
    assert browser.submit(URL, backup_code=codes[0]).status_code == 303
    assert (has_app(bea_enrolled), code_set(bea_enrolled.id).remaining) == (True, 9)
    assert browser.get("/customers").status_code == 200


def test_a_passkey_stays_and_so_do_the_codes(app, bea_enrolled, codes):
    give_passkey(bea_enrolled)
    browser = halfway(app, bea_enrolled)
    browser.submit(URL, backup_code=codes[0], **GONE)
    assert browser.get("/customers").status_code == 200
    assert db.session.get(Admin, bea_enrolled.id).is_second_factor_on
    assert code_set(bea_enrolled.id).remaining == 9


def test_where_no_factor_is_asked_for_nothing_is_owed(app, bea_enrolled, codes, ann):
    rule = {"role": Role.SUPPORT_AGENT, "is_required": False, "grace_days": 0}
    change_policy(by=actor(ann), **rule)
    browser = halfway(app, bea_enrolled)
    browser.submit(URL, backup_code=codes[0], **GONE)
    assert "opens nothing any more" in browser.get("/account/security").text
    assert not db.session.get(Admin, bea_enrolled.id).is_second_factor_on


def test_a_wrong_code_takes_nothing_away_and_counts(app, bea_enrolled, codes):
    browser = halfway(app, bea_enrolled)
    tries = [browser.submit(URL, backup_code=WRONG, **GONE).status_code for _ in range(5)]
    assert (tries, has_app(bea_enrolled)) == ([401] * 4 + [303], True)
    late = halfway(app, bea_enrolled).submit(URL, backup_code=codes[0], **GONE)
    assert (late.status_code, has_app(bea_enrolled)) == (429, True)
    assert halfway(app, bea_enrolled).submit(URL, **GONE).status_code == 422
