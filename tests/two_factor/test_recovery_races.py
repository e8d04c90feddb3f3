"""Two people decide at once, with real transactions: one of them is heard."""

import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.two_factor.models import RecoveryApproval, RecoveryRequest
from portal.two_factor.recovery_approvals import approve_recovery, reject_recovery
from portal.two_factor.recovery_endings import stop_recovery
from portal.web.access import SessionState
from tests.cast import PASSWORD, actor, make_admin, signed_in
from tests.staff.test_people_races import outcomes
from tests.staff.test_races import together
from tests.two_factor.conftest import give_authenticator
from tests.two_factor.recovery_steps import (
    STATEMENT,
    events,
    mailed_code,
    request_of,
    stop_path,
    time_is_over,
)

pytestmark = pytest.mark.race
COMPLETE, STOP = "/sign-in/recovery/complete", "/account/security/stop-recovery"
ADMINS = ("Ann Admin", "Abe Admin", "Ada Admin")


def lost(app, role):
    """Somebody in a database of their own who asked; the admins who may decide, and the request."""
    admins = [make_admin(name, Role.ADMIN, is_second_factor_on=True) for name in ADMINS]
    person = make_admin("Lea Lost", role, password_hash=hash_password(PASSWORD))
    give_authenticator(person)
    browser = signed_in(app, person, state=SessionState.PREAUTH, amr="pwd")
    assert browser.submit("/sign-in/recovery/request").status_code == 303
    return browser, [actor(admin) for admin in admins], request_of(person).id


def state_of(app):
    with app.app_context():
        return db.session.query(RecoveryRequest).one().state


@pytest.mark.parametrize(("role", "heard"), [(Role.ADMIN, 2), (Role.SUPPORT_AGENT, 1)])
def test_three_admins_who_approve_at_once_are_heard_as_often_as_needed(own_app, role, heard):
    with own_app.app_context():
        _, admins, request_id = lost(own_app, role)

    def approve(number):
        approve_recovery(by=admins[number], request_id=request_id, statement=STATEMENT)

    found = outcomes(own_app, approve, 3)
    assert sorted(found) == [200] * heard + [409] * (3 - heard)
    with own_app.app_context():
        assert db.session.query(RecoveryApproval).count() == heard
    assert state_of(own_app) == "waiting"


def test_eight_clicks_of_one_admin_are_one_approval(own_app):
    with own_app.app_context():
        _, admins, request_id = lost(own_app, Role.ADMIN)

    def approve(_):
        approve_recovery(by=admins[0], request_id=request_id, statement=STATEMENT)

    assert sorted(outcomes(own_app, approve, 8)) == [200] + [409] * 7
    assert state_of(own_app) == "approved"


def test_approving_and_rejecting_at_once_never_do_both(own_app):
    with own_app.app_context():
        _, admins, request_id = lost(own_app, Role.SUPPORT_AGENT)
    deeds = [approve_recovery, reject_recovery]

    def decide(number):
        deeds[number](by=admins[number], request_id=request_id, statement=STATEMENT)

    # Rejecting what was just approved is allowed; approving what was rejected is not.
    assert outcomes(own_app, decide, 2) in ([200, 200], [409, 200])
    assert state_of(own_app) == "cancelled"


@pytest.mark.parametrize("_again", range(4))
def test_completing_and_stopping_at_once_do_one_of_both(own_app, _again):
    with own_app.app_context():
        browser, admins, request_id = lost(own_app, Role.ADMIN)
        for by in admins[:2]:
            approve_recovery(by=by, request_id=request_id, statement=STATEMENT)
        request_of(db.session.query(Admin).filter_by(name="Lea Lost").one()).opens_at = clock.now()
        time_is_over(own_app)
        code, path, token = mailed_code(), stop_path(), browser.form_token()

    def act(number):
        with own_app.app_context():
            if number:
                return app_stop(path)
            data = {"csrf_token": token, "recovery_code": code, "password": PASSWORD}
            headers = {"Sec-Fetch-Site": "same-origin"}
            url = "/sign-in/recovery/complete"
            return browser.post(url, data=data, headers=headers).location

    assert_one_won(own_app, *together(act, 2))


def app_stop(path):
    try:
        stop_recovery(token=path.removeprefix("/recovery/"))
    except DomainError as error:
        db.session.rollback()
        return error.status
    db.session.commit()
    return 200


def assert_one_won(app, location, stopped):
    is_back = location == "/account/two-factor/enrol"
    assert is_back != (stopped == 200)
    assert stopped in {200, 410}
    with app.app_context():
        person = db.session.query(Admin).filter_by(name="Lea Lost").one()
        assert (person.disabled_at is None, person.is_second_factor_on) == (is_back, not is_back)
        ends = len(events("recovery.completed")), len(events("recovery.cancelled"))
        assert ends == ((1, 0) if is_back else (0, 1))
    assert state_of(app) == ("completed" if is_back else "cancelled")


def mailed(app):
    """Somebody whose code is in their mail, and their browser after the password."""
    browser, admins, request_id = lost(app, Role.SUPPORT_AGENT)
    approve_recovery(by=admins[0], request_id=request_id, statement=STATEMENT)
    person = db.session.query(Admin).filter_by(name="Lea Lost").one()
    request_of(person).opens_at = clock.now()
    time_is_over(app)
    return browser, person


@pytest.mark.parametrize("_again", range(4))
def test_completing_and_its_owner_stopping_at_once_do_one_of_both(own_app, _again):
    with own_app.app_context():
        browser, person = mailed(own_app)
        here, code = signed_in(own_app, person), mailed_code()
        tokens = [client.form_token() for client in (browser, here)]

    def act(number):
        client, url = ((browser, COMPLETE), (here, STOP))[number]
        data = {"csrf_token": tokens[number], "recovery_code": code, "password": PASSWORD}
        with own_app.app_context():
            return client.post(url, data=data, headers={"Sec-Fetch-Site": "same-origin"}).location

    answers = together(act, 2)
    is_back = answers[0] == "/account/two-factor/enrol"
    assert is_back != (answers[1] == "/account/password")
    assert state_of(own_app) == ("completed" if is_back else "cancelled")
    with own_app.app_context():
        assert db.session.query(Admin).filter_by(name="Lea Lost").one().recovery_until is None
