"""One code, many threads, real transactions: one session."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.two_factor.authenticators import check_code
from portal.two_factor.backup_codes import code_set, generate_codes, look_for_code
from portal.web.access import SessionState
from tests.cast import actor, make_admin, open_session
from tests.two_factor.conftest import code, give_authenticator

pytestmark = pytest.mark.race


@pytest.fixture
def bea_alone(own_app):
    """Bea in a database of her own: her id and her backup codes."""
    with own_app.app_context():
        bea = make_admin("Bea Agent")
        give_authenticator(bea)
        codes = generate_codes(by=actor(bea), admin=bea)
        db.session.commit()
        return own_app, bea.id, codes


def at_once(app, count, work):
    """Run it in so many threads, each in a transaction of its own, begun together."""
    barrier = Barrier(count)

    def start(number):
        with app.app_context():
            barrier.wait()
            found = work(number)
            db.session.commit()
            db.session.remove()
            return found

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_twenty_threads_with_one_code_spend_it_once(bea_alone):
    app, bea_id, _ = bea_alone
    typed = code()
    found = at_once(app, 10, lambda _: check_code(admin_id=bea_id, code=typed).reason)
    found += at_once(app, 10, lambda _: check_code(admin_id=bea_id, code=typed).reason)
    assert sorted(found) == ["accepted", *["replay"] * 19]


def test_fifty_uses_of_one_backup_code_spend_it_once(bea_alone):
    app, bea_id, codes = bea_alone

    def use(_):
        return look_for_code(admin_id=bea_id, code=codes[0], session_id="s")().accepted

    found = [accepted for _ in range(5) for accepted in at_once(app, 10, use)]
    assert found.count(True) == 1
    with app.app_context():
        assert code_set(bea_id).remaining == 9


def test_four_browsers_with_one_code_open_one_session(bea_alone):
    app, bea_id, _ = bea_alone
    typed, clients = code(), [app.test_client() for _ in range(4)]
    with app.app_context():
        bea = db.session.get(Admin, bea_id)
        for client in clients:
            client.sign_in(open_session(bea, SessionState.PREAUTH, amr="pwd")[1])
        db.session.commit()
        tokens = [client.form_token() for client in clients]

    def step(number):
        headers = {"X-CSRFToken": tokens[number]}
        url = "/api/admin/2fa/verify"
        return clients[number].post(url, json={"totp_code": typed}, headers=headers).status_code

    assert sorted(at_once(app, 4, step)) == [200, 401, 401, 401]
    with app.app_context():
        assert db.session.query(AdminSession).filter_by(state="active").count() == 1
