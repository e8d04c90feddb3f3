"""What somebody half signed in, forging or lying about themselves, gets: nothing."""

import json

import pytest

from portal.core.database import db
from portal.staff.models import AdminSession
from portal.web.access import SessionState
from tests.cast import PASSWORD, signed_in
from tests.ledger import events

LOGIN = "/api/admin/auth/login"
HALF = [SessionState.PREAUTH, SessionState.MUST_ENROL]


WORDS = {"scope": "user", "way": "next", "verb": "watch", "field": "priority"}


def sample_values(rule):
    return {name: WORDS.get(name, 1) for name in rule.arguments}


def protected_addresses(app, state):
    """Every address that GET reaches, without those that are public or belong to the state."""
    for rule in app.url_map.iter_rules():
        access = app.view_functions[rule.endpoint].access
        if "GET" in rule.methods and not access.is_public and state not in access.states:
            values = sample_values(rule)
            yield app.url_map.bind("localhost").build(rule.endpoint, values)


@pytest.mark.parametrize("state", HALF)
def test_half_signed_in_reaches_no_page_of_the_portal(app, ann, state):
    client = signed_in(app, ann, state=state)
    addresses = list(protected_addresses(app, state))
    assert len(addresses) > 3
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in {302, 303, 401}, address
        assert ann.name not in answer.text


def addresses_without_get(app):
    rules = list(app.url_map.iter_rules())
    readable = {rule.rule for rule in rules if "GET" in rule.methods}
    for rule in rules:
        if rule.rule not in readable:
            values, method = sample_values(rule), next(iter(rule.methods))
            yield app.url_map.bind("localhost").build(rule.endpoint, values, method=method)


def test_a_change_is_never_made_by_get(app, ann_client):
    addresses = list(addresses_without_get(app))
    assert "/sign-out" in addresses
    for address in addresses:
        assert ann_client.get(address).status_code == 405, address


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 400), ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Origin": "http://evil"}, 403)],
)
def test_a_forged_request_is_refused_and_recorded(bea_client, headers, status):
    answer = bea_client.post("/sign-out", headers=headers)
    assert answer.status_code == status
    assert db.session.query(AdminSession).filter_by(revoked_at=None).count() == 1
    assert len(events("csrf.rejected")) == 1


def test_a_forged_question_is_refused_and_recorded_too(bea_client):
    """One that only reads, as a preview does: the event is written all the same."""
    answer = bea_client.post("/entitlements/users/1/preview-grant")
    assert answer.status_code == 400
    assert len(events("csrf.rejected")) == 1


def test_the_form_token_of_another_session_is_refused(app, bea, mo):
    theirs = signed_in(app, mo).form_token()
    answer = signed_in(app, bea).post("/sign-out", data={"csrf_token": theirs})
    assert answer.status_code == 400


def test_a_form_is_no_json(client):
    answer = client.post(LOGIN, data={"email": "a", "password": "b"})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"email": 1, "password": True},
        {"email": "a" * 100_000, "password": "b"},
        {"email": "a\ud800", "password": "b"},
        {"email": {"a": 1}, "password": None},
    ],
)
def test_bodies_of_the_wrong_shape_name_their_fields(client, body):
    answer = client.post(LOGIN, data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"]


def test_a_broken_body_is_a_bad_request(client):
    answer = client.post(LOGIN, data="{oh", content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "email", ["a\x00b", "a\r\nb: c", "\x1b[2J", '"}\n{"a":1', "\u2028x", "a" * 320]
)
def test_strange_addresses_leave_one_clean_event(client, capsys, email):
    headers = {"User-Agent": "x\x1b[2J" + "y" * 10_000}
    answer = client.post(LOGIN, json={"email": email, "password": "b"}, headers=headers)
    assert answer.status_code == 401
    (event,) = events("session.password_refused")
    stored = json.loads(event.canonical)
    assert not set(stored["actor"]["label"] + stored["user_agent"]) & set("\x00\r\n\x1b\u2028")
    assert len(stored["user_agent"]) <= 512
    assert all(json.loads(line) for line in capsys.readouterr().err.splitlines())


def test_a_forwarded_address_of_a_stranger_is_ignored(client, app):
    body = {"email": "bea@boxcostpro.test", "password": "wrong"}
    answers = [
        client.post(LOGIN, json=body, headers={"X-Forwarded-For": f"10.0.{n}.1"}) for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    long = client.post(LOGIN, json=body, headers={"X-Forwarded-For": "1.2.3.4," * 1300})
    assert long.status_code == 429
    assert {event.ip for event in events("session.password_refused")} == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
def test_a_strange_host_shows_up_nowhere(client, name):
    answer = client.get("/account/sessions", headers={name: "evil.example"})
    assert "evil" not in answer.text + str(answer.headers)
    assert answer.status_code == (400 if name == "Host" else 303)


@pytest.mark.parametrize("address", ["/no-such-page", "/sign-out", "/api/no-such"])
def test_errors_carry_the_headers_of_every_answer(client, address):
    answer = client.get(address)
    assert answer.status_code in {404, 405}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-ID"]


def test_a_password_alone_is_no_session(client, bea_ready):
    answer = client.post(LOGIN, json={"email": bea_ready.email, "password": PASSWORD})
    assert answer.get_json()["next"] == "second_factor"
    assert client.get("/").location == "/sign-in/second-factor"
    assert db.session.query(AdminSession).one().state == SessionState.PREAUTH
