"""The JSON routes word for word, and one answer for every code that does not work."""

import pytest

from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.two_factor.backup_codes import generate_codes
from portal.two_factor.models import BackupCode
from portal.web.access import SessionState
from tests.cast import actor, open_session, sudo_until
from tests.two_factor.conftest import code, give_authenticator, with_password

API = "/api/admin/2fa"


@pytest.fixture
def codes(bea_enrolled):
    return generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)


@pytest.fixture
def halfway(app, bea_enrolled):
    """A browser that gave the password and owes the second step."""

    def start():
        client = app.test_client()
        client.sign_in(open_session(bea_enrolled, SessionState.PREAUTH, amr="pwd")[1])
        return client

    return start


def without_request_id(answer):
    return {**answer.get_json(), "request_id": ""}


def test_status_tells_how_things_stand(bea_here, codes):
    found = bea_here.get(f"{API}/status").get_json()
    assert (found["enabled"], found["required"], found["grace_until"]) == (True, True, None)
    assert [one["type"] for one in found["methods"]] == ["totp"]
    assert found["backup_codes"] == {
        "total": 10,
        "remaining": 10,
        "generated_at": "2026-11-23T12:00:00Z",
        "expires_at": "2027-11-23T12:00:00Z",
    }


def test_status_is_short_before_the_second_step(halfway):
    found = halfway().get(f"{API}/status").get_json()
    assert found == {"enabled": True, "required": True}


def test_strangers_get_nothing(client):
    assert client.get(f"{API}/status").status_code == 401
    assert client.get(f"{API}/backup-codes").status_code == 401


def test_a_code_finishes_signing_in(halfway):
    client = halfway()
    answer = client.call("POST", f"{API}/verify", {"totp_code": code()})
    assert (answer.status_code, answer.get_json()["next"]) == (200, "done")
    assert client.get("/account/security").status_code == 200


def test_a_backup_code_finishes_signing_in(halfway, codes):
    client = halfway()
    answer = client.call("POST", f"{API}/verify-backup", {"backup_code": codes[0].lower()})
    assert (answer.status_code, answer.get_json()["remaining"]) == (200, 9)
    session = db.session.query(AdminSession).filter_by(state="active").one()
    assert session.amr == "pwd backup"


def test_wrong_spent_and_stopped_codes_get_one_answer(halfway, bea_enrolled, codes):
    halfway().call("POST", f"{API}/verify", {"totp_code": code()})
    halfway().call("POST", f"{API}/verify-backup", {"backup_code": codes[0]})
    refused = [
        halfway().call("POST", f"{API}/verify", {"totp_code": code()}),
        halfway().call("POST", f"{API}/verify", {"totp_code": "000000"}),
        halfway().call("POST", f"{API}/verify", {"totp_code": "not a code"}),
        halfway().call("POST", f"{API}/verify-backup", {"backup_code": codes[0]}),
    ]
    assert [answer.status_code for answer in refused] == [401] * 4
    first = without_request_id(refused[0])
    assert first["code"] == "invalid_code"
    assert all(without_request_id(answer) == first for answer in refused)
    assert len({tuple(sorted(answer.headers.keys())) for answer in refused}) == 1


def test_the_sixth_code_waits_even_when_it_is_right(halfway):
    for _ in range(5):
        assert halfway().call("POST", f"{API}/verify", {"totp_code": "000000"}).status_code == 401
    answer = halfway().call("POST", f"{API}/verify", {"totp_code": code()})
    assert (answer.status_code, answer.get_json()["code"]) == (429, "throttled")
    assert 0 < int(answer.headers["Retry-After"]) <= 301


def test_a_backup_code_is_proof_for_danger(bea_here, codes):
    answer = bea_here.call("POST", f"{API}/verify-backup", {"backup_code": codes[0]})
    assert answer.get_json()["remaining"] == 9
    answer = bea_here.call("POST", f"{API}/backup-codes", {})
    assert len(answer.get_json()["codes"]) == 10


def test_new_codes_need_fresh_proof(bea_here, codes):
    answer = bea_here.call("POST", f"{API}/backup-codes", {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")
    assert bea_here.get(f"{API}/backup-codes").get_json()["remaining"] == 10


def test_new_codes_need_a_factor(app, cy):
    client = app.test_client()
    client.sign_in(open_session(cy, sudo_until=sudo_until(), sudo_method="password")[1])
    assert client.call("POST", f"{API}/backup-codes", {}).status_code == 409


@pytest.mark.parametrize("body", [{}, {"method": "sms"}, {"method": 1}, [], "totp"])
def test_a_body_of_another_shape_is_refused(bea_here, body):
    answer = bea_here.call("POST", f"{API}/enable", body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")


def test_codes_are_made_once_a_page(app, bea_enrolled, codes):
    client = app.test_client()
    client.sign_in(open_session(bea_enrolled, sudo_until=sudo_until(), sudo_method="totp")[1])
    shown = client.soup("/account/security").select_one("[name=instead_of]")["value"]
    url = "/account/two-factor/backup-codes"
    first = client.submit(url, instead_of=shown)
    assert (first.status_code, first.text.count("<li>")) == (200, 10)
    assert first.headers["Cache-Control"] == "no-store"
    again = client.submit(url, instead_of=shown)
    assert (again.status_code, again.location) == (303, "/account/security")
    assert client.get(url).status_code == 405


@pytest.mark.parametrize("said", ["", "bea@boxcostpro.test\n"])
def test_an_operator_resets_a_locked_out_person(own_app, said):
    with own_app.app_context():
        give_authenticator(with_password("Bea Agent"))
        db.session.commit()
    run = own_app.test_cli_runner().invoke
    words = ["staff", "reset-2fa", "bea@boxcostpro.test", "--reason", "phone lost"]
    assert run(args=words, input="someone@else.test\n").exit_code == 1
    assert run(args=words, input=said).exit_code == 0
    assert run(args=[*words, "--yes"]).exit_code == 1
    with own_app.app_context():
        assert not db.session.query(Admin).one().is_second_factor_on


@pytest.mark.parametrize("url", ["/api/admin/auth/login/2fa", f"{API}/verify-backup"])
def test_a_backup_code_tells_how_many_are_left(halfway, codes, url):
    found = [halfway().call("POST", url, {"backup_code": one}).get_json() for one in codes]
    assert [one["backup_codes_remaining"] for one in found] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("url", ["/api/admin/auth/login/2fa", f"{API}/verify"])
def test_an_authenticators_code_tells_that_none_is_left(halfway, moment, codes, url):
    first = halfway().call("POST", url, {"totp_code": code()}).get_json()
    db.session.query(BackupCode).update({"used_at": clock.now()})
    moment.shift(30)
    second = halfway().call("POST", url, {"totp_code": code()}).get_json()
    told = [one.get("backup_codes_remaining") for one in (first, second)]
    assert told == [None, 0]
