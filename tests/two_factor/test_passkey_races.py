"""One signature, many threads, real transactions: one session."""

import pytest

from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.two_factor.models import Passkey
from portal.web.access import SessionState
from tests.cast import make_admin, open_session, signed_in, sudo_until
from tests.two_factor.passkey_steps import API, give_passkey, options
from tests.two_factor.test_races import at_once

pytestmark = pytest.mark.race


@pytest.fixture
def bea_alone(own_app):
    """Bea in a database of her own: her id and her passkey."""
    with own_app.app_context():
        bea = make_admin("Bea Agent")
        device = give_passkey(bea)
        db.session.commit()
        return own_app, bea.id, device


def active_sessions(app):
    with app.app_context():
        return db.session.query(AdminSession).filter_by(state="active", revoked_at=None).count()


def test_one_assertion_sent_eight_times_at_once_opens_one_session(bea_alone):
    app, _, device = bea_alone
    with app.app_context():
        first = app.test_client()
        body = {"credential": device.sign(options(first, "sign-in"))}
        cookie = first.get_cookie(app.config["SESSION_COOKIE_NAME"])
        clients = [app.test_client() for _ in range(8)]
        for client in clients:
            client.set_cookie(cookie.key, cookie.value)
    headers = {"Sec-Fetch-Site": "same-origin"}

    def send(number):
        url = f"{API}/sign-in/verify"
        return clients[number].post(url, json=body, headers=headers).status_code

    assert sorted(at_once(app, 8, send)) == [200, *[401] * 7]
    assert active_sessions(app) == 1


def test_two_assertions_with_one_count_open_one_session(bea_alone):
    app, _, device = bea_alone
    with app.app_context():
        clients = [app.test_client() for _ in range(4)]
        bodies = []
        for client in clients:
            device.count = 0  # each of them is the first signature of a copy
            bodies.append({"credential": device.sign(options(client, "sign-in"))})
    headers = {"Sec-Fetch-Site": "same-origin"}

    def send(number):
        url = f"{API}/sign-in/verify"
        return clients[number].post(url, json=bodies[number], headers=headers).status_code

    assert sorted(at_once(app, 4, send)) == [200, 401, 401, 401]
    assert active_sessions(app) == 1


def test_a_second_step_and_a_sign_in_at_once_do_not_wait_for_each_other_for_ever(bea_alone):
    app, bea_id, device = bea_alone
    with app.app_context():
        bea = db.session.get(Admin, bea_id)
        clients = [app.test_client() for _ in range(6)]
        asks = ["authenticate" if number % 2 else "sign-in" for number in range(6)]
        sent = []
        for client, ask in zip(clients, asks, strict=True):
            if ask == "authenticate":
                client.sign_in(open_session(bea, SessionState.PREAUTH, amr="pwd")[1])
            signed = {"credential": device.sign(options(client, ask))}
            sent.append((f"{API}/{ask}/verify", signed, {"X-CSRFToken": client.form_token()}))

    def send(number):
        url, body, headers = sent[number]
        return clients[number].post(url, json=body, headers=headers).status_code

    found = at_once(app, 6, send)
    assert set(found) <= {200, 401}
    assert found.count(200) == active_sessions(app) >= 1


def test_two_removals_at_once_leave_nobody_without_what_is_owed(bea_alone):
    app, bea_id, _ = bea_alone
    with app.app_context():
        bea = db.session.get(Admin, bea_id)
        give_passkey(bea, "Blue key")
        db.session.commit()
        keys = [key.id for key in db.session.query(Passkey)]
        proof = {"sudo_until": sudo_until(), "sudo_method": "passkey"}
        clients = [signed_in(app, bea, **proof) for _ in keys]
        headers = [{"X-CSRFToken": client.form_token()} for client in clients]

    def send(number):
        return clients[number].delete(f"{API}/{keys[number]}", headers=headers[number]).status_code

    found = at_once(app, 2, send)
    assert 200 in found
    with app.app_context():
        left = db.session.query(Passkey).count()
        assert db.session.get(Admin, bea_id).is_second_factor_on == bool(left)
