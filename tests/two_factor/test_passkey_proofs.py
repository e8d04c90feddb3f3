"""Signing in with a passkey, as the second step and alone, and the abuses that must not work."""

import json

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.staff.models import AdminSession, Notice
from portal.staff.passwords import hash_password
from portal.two_factor.failures import MOST_CONSECUTIVE
from portal.two_factor.models import Passkey, PasskeyHolder, TwoFactorAuth
from portal.web.access import SessionState
from tests.cast import PASSWORD, open_session, signed_in, sudo_until, trusted
from tests.two_factor.authenticator import PRESENT, Authenticator
from tests.two_factor.conftest import code
from tests.two_factor.passkey_steps import (
    API,
    give_passkey,
    name_of,
    options,
    passkey_of,
    prove,
    sign_in,
)

LOGIN = "/api/admin/auth/login"


@pytest.fixture
def device(bea_enrolled) -> Authenticator:
    """Bea's, which counts and has counted to ten."""
    found = give_passkey(bea_enrolled, sign_count=10)
    found.count = 10
    return found


@pytest.fixture
def halfway(app, bea_enrolled):
    """A browser in which Bea gave her password."""

    def start():
        return signed_in(app, bea_enrolled, state=SessionState.PREAUTH, amr="pwd")

    return start


def reasons(action):
    query = sa.select(AuditEvent.reason).where(AuditEvent.action == action)
    return sorted(db.session.scalars(query))


def active_sessions():
    return db.session.query(AdminSession).filter_by(state="active", revoked_at=None).all()


def without_request_id(answer):
    return {**answer.get_json(), "request_id": ""}


def test_a_passkey_alone_signs_in(client, device, bea):
    answer = sign_in(client, device)
    assert (answer.status_code, answer.get_json()["next"]) == (200, "done")
    assert client.get("/account/security").status_code == 200
    assert [session.amr for session in active_sessions()] == ["passkey"]
    kept = passkey_of(device)
    assert (kept.sign_count, kept.last_used_at) == (11, clock.now())


def test_a_page_takes_it_alone_too_and_goes_where_the_person_wanted(client, device):
    signed = json.dumps(device.sign(options(client, "sign-in")))
    answer = client.submit("/sign-in/passkey-alone", credential=signed, next="/account/sessions")
    assert (answer.status_code, answer.location) == (303, "/account/sessions")
    assert client.get("/account/sessions").status_code == 200


def test_a_passkey_is_a_second_step(halfway, device):
    client = halfway()
    asked = options(client, "authenticate")
    assert [one["id"] for one in asked["allowCredentials"]] == [name_of(device)]
    assert asked["userVerification"] == "preferred"
    answer = prove(client, device)
    assert (answer.status_code, answer.get_json()["next"]) == (200, "done")
    assert [session.amr for session in active_sessions()] == ["pwd passkey"]


def test_a_page_takes_the_second_step_too(halfway, device):
    client = halfway()
    signed = json.dumps(device.sign(options(client, "authenticate")))
    answer = client.submit("/sign-in/passkey", credential=signed, next="/account/sessions")
    assert (answer.status_code, answer.location) == (303, "/account/sessions")


def test_without_verification_it_is_a_second_step_but_nothing_alone(client, halfway, device):
    device.flags = PRESENT
    assert sign_in(client, device).status_code == 401
    assert reasons("passkey.refused") == ["user_verification"]
    assert prove(halfway(), device).status_code == 200


def test_a_replayed_assertion_opens_nothing(app, client, device):
    signed = {"credential": device.sign(options(client, "sign-in"))}
    assert client.call("POST", f"{API}/sign-in/verify", signed).status_code == 200
    thief = app.test_client()
    assert thief.call("POST", f"{API}/sign-in/verify", signed).status_code == 401
    options(thief, "sign-in")
    assert thief.call("POST", f"{API}/sign-in/verify", signed).status_code == 401
    assert reasons("passkey.refused") == ["challenge", "no_challenge"]
    refused = db.session.query(AuditEvent).filter_by(action="passkey.refused")
    assert {event.target_label for event in refused} == {"bea@boxcostpro.test"}
    assert len(active_sessions()) == 1


def other_origin(device, asked):
    device.origin = "https://evil.test"
    return device.sign(asked)


def other_host(device, asked):
    device.host = "evil.test"
    return device.sign(asked)


def other_challenge(device, asked):
    return device.sign({**asked, "challenge": "AAAA"})


def lower_count(device, asked):
    device.step = -5
    return device.sign(asked)


def same_count(device, asked):
    device.step = 0
    return device.sign(asked)


def no_count(device, asked):
    device.step = -device.count
    return device.sign(asked)


def unverified(device, asked):
    device.flags = PRESENT
    return device.sign(asked)


def absent(device, asked):
    device.flags = 0
    return device.sign(asked)


def other_key(device, asked):
    device.key = Authenticator().key
    return device.sign(asked)


def unknown(device, asked):
    device.id = b"nobody has this one"
    return device.sign(asked)


def other_handle(device, asked):
    device.handle = b"x" * 32
    return device.sign(asked)


def no_handle(device, asked):
    device.handle = b""
    return device.sign(asked)


def broken(device, asked):
    return {**device.sign(asked), "response": {"clientDataJSON": "x"}}


ABUSES = {
    other_origin: "origin",
    other_host: "host",
    other_challenge: "challenge",
    lower_count: "sign_count",
    same_count: "sign_count",
    no_count: "sign_count",
    unverified: "user_verification",
    absent: "user_presence",
    other_key: "signature",
    unknown: "unknown_credential",
    other_handle: "user_handle",
    no_handle: "user_handle",
    broken: "malformed",
}


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda abuse: abuse.__name__)
def test_an_abuse_alone_is_refused_with_its_reason_and_spends_the_challenge(client, device, abuse):
    honest = Authenticator(**{name: getattr(device, name) for name in Authenticator.__match_args__})
    asked = options(client, "sign-in")
    answer = client.call("POST", f"{API}/sign-in/verify", {"credential": abuse(device, asked)})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")
    assert reasons("passkey.refused") == [ABUSES[abuse]]
    honest.count += 1
    body = {"credential": honest.sign(asked)}
    assert client.call("POST", f"{API}/sign-in/verify", body).status_code == 401
    assert "no_challenge" in reasons("passkey.refused")
    assert active_sessions() == []


STEP_ABUSES = {a: r for a, r in ABUSES.items() if a not in {unverified, no_handle}}


@pytest.mark.parametrize("abuse", STEP_ABUSES, ids=lambda abuse: abuse.__name__)
def test_an_abuse_of_the_second_step_is_refused_with_its_reason(halfway, device, abuse):
    client = halfway()
    signed = abuse(device, options(client, "authenticate"))
    answer = client.call("POST", f"{API}/authenticate/verify", {"credential": signed})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")
    assert reasons("session.code_refused") == [ABUSES[abuse]]
    assert active_sessions() == []


def test_another_persons_passkey_is_no_second_step(halfway, device, ann):
    hers = give_passkey(ann)
    answer = prove(halfway(), hers)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_code")
    assert reasons("session.code_refused") == ["other_person"]


def test_every_refusal_gets_one_answer(client, device, ann):
    refused = [
        client.call(
            "POST",
            f"{API}/sign-in/verify",
            {"credential": abuse(give_passkey(ann), options(client, "sign-in"))},
        )
        for abuse in (other_origin, other_key, unknown, broken)
    ]
    first = without_request_id(refused[0])
    assert all(without_request_id(answer) == first for answer in refused)
    assert len({tuple(sorted(answer.headers.keys())) for answer in refused}) == 1


def test_a_challenge_for_one_purpose_answers_no_other(app, client, device, bea):
    proven = signed_in(app, bea)
    asked = options(proven, "authenticate")
    body = {"credential": device.sign(asked)}
    options(client, "sign-in")
    assert client.call("POST", f"{API}/sign-in/verify", body).status_code == 401
    assert reasons("passkey.refused") == ["challenge"]
    proven = trusted(app, bea)
    body = {"credential": device.sign(options(proven, "register"))}
    assert proven.call("POST", f"{API}/authenticate/verify", body).status_code == 401
    assert reasons("session.sudo_refused") == ["no_challenge"]


def test_a_copy_of_a_key_is_noted_and_its_owner_hears_of_it(client, device, bea):
    device.step = -5
    assert sign_in(client, device).status_code == 401
    assert reasons("webauthn.sign_count_regression") == ["5 after 10"]
    assert db.session.query(Notice).one().kind == "webauthn.sign_count_regression"
    assert passkey_of(device).sign_count == 10


def test_an_authenticator_that_does_not_count_is_welcome(client, bea_enrolled):
    device = give_passkey(bea_enrolled)
    device.step = 0
    assert sign_in(client, device).status_code == 200


@pytest.mark.parametrize("gone", [{"disabled_at": True}, {"joined_at": None}])
def test_who_may_not_sign_in_gets_the_same_answer(client, device, bea, gone):
    for name, value in gone.items():
        setattr(bea, name, clock.now() if value else None)
    assert sign_in(client, device).status_code == 401
    assert reasons("passkey.refused") == ["disabled"]


def test_a_stranger_cannot_use_up_somebodys_tries(client, halfway, device):
    good = device.key
    device.key = Authenticator().key
    for _ in range(6):
        assert sign_in(client, device).status_code == 401
    device.key = good
    assert prove(halfway(), device).status_code == 200
    assert db.session.query(PasskeyHolder).one().consecutive_failures == 0


def test_ten_refusals_from_one_address_are_enough(client, device):
    device.origin = "https://evil.test"
    assert [sign_in(client, device).status_code for _ in range(11)] == [401] * 10 + [429]
    assert reasons("session.throttled") == ["throttled"]


def test_asking_without_end_is_slowed_down(client):
    url = f"{API}/sign-in/options"
    headers = {"Sec-Fetch-Site": "same-origin"}
    found = [client.post(url, json={}, headers=headers).status_code for _ in range(101)]
    assert found == [200] * 100 + [429]


def test_wrong_codes_and_wrong_passkeys_share_their_tries(halfway, device):
    verify = "/api/admin/2fa/verify"
    for _ in range(5):
        assert halfway().call("POST", verify, {"totp_code": "000000"}).status_code == 401
    answer = prove(halfway(), device)
    assert (answer.status_code, answer.get_json()["code"]) == (429, "throttled")


def test_the_fifth_wrong_passkey_ends_the_session(halfway, device):
    client = halfway()
    device.key = Authenticator().key
    assert [prove(client, device).status_code for _ in range(5)] == [401] * 5
    assert client.call("POST", f"{API}/authenticate/options", {}).status_code == 401


def test_a_hundred_failures_stop_the_passkeys_and_a_new_one_begins_anew(halfway, app, device, bea):
    db.session.get(PasskeyHolder, bea.id).consecutive_failures = MOST_CONSECUTIVE - 1
    assert halfway().call("POST", "/api/admin/2fa/verify", {"totp_code": "1"}).status_code == 401
    assert passkey_of(device).disabled_at == clock.now()
    assert reasons("passkey.disabled_by_policy") == ["100 wrong codes in a row"]
    assert sign_in(app.test_client(), device).status_code == 401
    assert reasons("passkey.refused") == ["stopped"]
    assert halfway().call("POST", f"{API}/authenticate/options", {}).status_code == 409
    assert db.session.query(TwoFactorAuth).one().disabled_at is None


def test_a_right_passkey_forgives_wrong_codes(halfway, device, bea):
    halfway().call("POST", "/api/admin/2fa/verify", {"totp_code": "000000"})
    assert db.session.query(TwoFactorAuth).one().consecutive_failures == 1
    prove(halfway(), device)
    assert db.session.query(TwoFactorAuth).one().consecutive_failures == 0


def test_a_passkey_is_proof_for_danger(app, device, bea):
    client = signed_in(app, bea)
    key = db.session.query(Passkey).one().id
    assert client.call("DELETE", f"{API}/{key}").status_code == 403
    assert prove(client, device).get_json()["sudo_until"] == "2026-11-23T12:10:00Z"
    assert client.call("DELETE", f"{API}/{key}").status_code == 200


def test_the_prompt_takes_a_passkey_and_lets_the_form_go_on(app, device, bea):
    client = signed_in(app, bea)
    url = f"/account/passkeys/{db.session.query(Passkey).one().id}/remove"
    assert client.submit(url, sudo_with="passkey").status_code == 403
    signed = json.dumps(device.sign(options(client, "authenticate")))
    answer = client.submit(url, sudo_with="passkey", sudo_passkey=signed)
    assert (answer.status_code, answer.location) == (303, "/account/passkeys")
    assert client.get("/account/passkeys").status_code == 200


def test_what_was_used_last_is_asked_for_first(app, moment, device, bea):
    def first():
        client = app.test_client()
        return client.submit("/sign-in", email=bea.email, password=PASSWORD).location

    moment.shift(60)
    halfway = signed_in(app, bea, state=SessionState.PREAUTH)
    halfway.call("POST", "/api/admin/2fa/verify", {"totp_code": code()})
    assert first() == "/sign-in/second-factor"
    moment.shift(60)
    sign_in(app.test_client(), device)
    assert first() == "/sign-in/passkey"


def test_a_person_with_a_passkey_alone_is_asked_for_nothing_else(app, moment, bea):
    give_passkey(bea)
    client = signed_in(app, bea, state=SessionState.PREAUTH)
    assert client.get("/account/security").location == "/sign-in/passkey"
    assert client.get("/sign-in/second-factor").location == "/sign-in/passkey"
    page = client.soup("/sign-in/passkey")
    links = [link["href"] for link in page.select(".plain-below a")]
    assert links == ["/sign-in/backup-code", "/sign-in/lost-device"]


def test_who_has_a_passkey_alone_proves_it_before_another_password(app, moment, bea):
    give_passkey(bea)
    client = signed_in(app, bea)
    assert client.get("/account/password").location == "/account/sudo?next=/account/password"
    _, token = open_session(bea, sudo_until=sudo_until(), sudo_method="passkey")
    client.sign_in(token)
    assert client.soup("/account/password").select_one("[name=totp_code]") is None


def test_with_that_proof_the_password_changes_without_a_code(app, moment, bea):
    give_passkey(bea)
    bea.password_hash = hash_password(PASSWORD)
    client = signed_in(app, bea, sudo_until=sudo_until(), sudo_method="passkey")
    new = {"current_password": PASSWORD, "new_password": "seven purple otters juggle quietly 88"}
    assert client.submit("/account/password", **new).location == "/account/security"
    other = signed_in(app, bea)
    assert other.submit("/account/password", **new).location.startswith("/account/sudo")


def test_signing_in_again_ends_the_former_session(app, device, bea):
    client = signed_in(app, bea)
    assert sign_in(client, device).status_code == 200
    assert [session.amr for session in active_sessions()] == ["passkey"]
