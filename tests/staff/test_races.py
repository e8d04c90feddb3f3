"""Many at once, with real transactions: one code opens one session, limits hold exactly."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from portal.core.database import db
from portal.staff.models import Admin, AdminSession, Notice
from portal.staff.passwords import hash_password
from portal.staff.sessions import open_session
from portal.staff.throttles import PASSWORD_BY_ACCOUNT, book_failure, buckets
from portal.web.access import SessionState
from tests.cast import PASSWORD, make_admin
from tests.staff.conftest import RIGHT

pytestmark = pytest.mark.race
AT_ONCE = 20


def together(work, count):
    """Run it in so many threads, which start as one."""
    barrier = Barrier(count)

    def start(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.fixture
def bea_alone(own_app, factor):
    with own_app.app_context():
        make_admin("Bea Agent", is_second_factor_on=True, password_hash=hash_password(PASSWORD))
        db.session.commit()
    return own_app


def test_one_code_opens_one_session(bea_alone):
    body = {"email": "bea@boxcostpro.test", "password": PASSWORD}
    clients = [bea_alone.test_client() for _ in range(AT_ONCE)]
    tokens = []
    for client in clients:
        with bea_alone.app_context():
            answer = client.post("/api/admin/auth/login", json=body)
        tokens.append(answer.get_json()["csrf_token"])

    def step(number):
        with bea_alone.app_context():
            headers = {"X-CSRFToken": tokens[number]}
            url = "/api/admin/auth/login/2fa"
            return clients[number].post(url, json={"totp_code": RIGHT}, headers=headers).status_code

    answers = together(step, 10) + together(lambda n: step(n + 10), 10)
    with bea_alone.app_context():
        assert db.session.query(AdminSession).filter_by(state=SessionState.ACTIVE).count() == 1
    assert answers.count(200) == 1
    assert set(answers) <= {200, 401, 429}


def test_fifty_guesses_at_once_book_ten_failures(own_app):
    with own_app.app_context():
        found = buckets(PASSWORD_BY_ACCOUNT, "password", "account", "bea", "10.0.0.0/24")

    def guess(_):
        with own_app.app_context():
            wait = book_failure(found)
            db.session.commit()
            return wait

    waits = together(guess, 10) + [w for _ in range(4) for w in together(guess, 10)]
    assert sum(wait is None for wait in waits) == 10


def test_fifteen_sign_ins_at_once_leave_ten_sessions_and_five_notices(bea_alone):
    def sign_in(_):
        with bea_alone.app_context():
            bea = db.session.query(Admin).one()
            open_session(admin=bea, state=SessionState.ACTIVE, amr="pwd otp")
            db.session.commit()

    together(sign_in, 15)
    with bea_alone.app_context():
        sessions = db.session.query(AdminSession)
        assert sessions.filter_by(revoked_at=None).count() == 10
        assert sessions.filter_by(revoke_reason="too_many_sessions").count() == 5
        assert db.session.query(Notice).filter_by(kind="session.revoked").count() == 5
