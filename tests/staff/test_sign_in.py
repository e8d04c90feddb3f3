"""Signing in: the two steps, and every way in which they refuse."""

import pytest

from portal.core.database import db
from portal.staff.models import AdminSession
from portal.web.access import SessionState
from tests.cast import PASSWORD, make_admin, signed_in
from tests.staff.conftest import RIGHT, WRONG

EVIL = [
    "//evil",
    "https://evil",
    "/\\evil",
    "/\t/evil",
    "///evil",
    "http:///evil",
    "javascript:alert(1)",
    "%2f%2fevil",
    "/%0d%0aSet-Cookie:x",
    "https:evil",
    "\\\\evil",
    "@evil",
    "/" + "a" * 5000,
]


def sign_in(client, email="bea@boxcostpro.test", password=PASSWORD, **more):
    return client.submit("/sign-in", email=email, password=password, **more)


def take_step(client, code=RIGHT, **more):
    return client.submit("/sign-in/second-factor", totp_code=code, **more)


def sessions_in(state):
    return db.session.query(AdminSession).filter_by(state=state, revoked_at=None).count()


def test_password_and_code_open_the_page_that_was_asked_for(client, bea_ready):
    first = sign_in(client, next="/account/sessions")
    assert first.status_code == 303
    assert first.location == "/sign-in/second-factor?next=/account/sessions"
    second = take_step(client, next="/account/sessions")
    assert second.location == "/account/sessions"
    assert client.get("/account/sessions").status_code == 200
    assert sessions_in(SessionState.ACTIVE) == 1


def test_the_sign_in_page_leads_a_signed_in_person_on(bea_client):
    assert bea_client.get("/sign-in?next=/account/sessions").location == "/account/sessions"


@pytest.mark.parametrize("target", EVIL)
def test_next_never_leaves_the_portal(client, bea_ready, target):
    sign_in(client, next=target)
    answer = take_step(client, next=target)
    assert answer.location == "/"
    assert "\n" not in str(answer.headers.to_wsgi_list())


def test_an_empty_form_names_its_fields(client, app):
    answer = sign_in(client, email="", password="")
    assert answer.status_code == 422
    assert "Enter your password." in answer.text


def test_a_person_who_must_enrol_goes_there_first(client, cy, password_hash, factor):
    cy.password_hash = password_hash
    answer = sign_in(client, email=cy.email)
    assert answer.location == "/account/two-factor/enrol"
    assert sessions_in(SessionState.MUST_ENROL) == 1


def test_five_wrong_codes_lead_back_to_the_password(client, bea_ready):
    sign_in(client)
    answers = [take_step(client, WRONG) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 303]
    assert answers[-1].location == "/sign-in"
    assert "Enter your password again" in client.get("/sign-in").text
    assert take_step(client).location.startswith("/sign-in")
    assert sessions_in(SessionState.ACTIVE) == 0


def test_a_right_code_while_throttled_opens_nothing(client, bea_ready):
    sign_in(client)
    for _ in range(5):
        take_step(client, WRONG)
    sign_in(client)
    answer = take_step(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 301
    assert sessions_in(SessionState.ACTIVE) == 0


def test_the_eleventh_wrong_password_waits_whoever_it_is_for(client, bea_ready):
    for email in ("bea@boxcostpro.test", "nobody@boxcostpro.test"):
        answers = [sign_in(client, email, "wrong wrong wrong") for _ in range(11)]
        assert {answer.status_code for answer in answers[-1:]} == {429}
    assert sign_in(client).status_code == 429


def test_signing_out_leaves_nothing_behind(client, bea_ready):
    sign_in(client)
    take_step(client)
    answer = client.submit("/sign-out")
    assert answer.location == "/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/account/sessions").location.startswith("/sign-in")


def test_every_refusal_is_the_same_answer(app, bea_ready, cy, password_hash):
    make_admin("Dee Disabled", password_hash=password_hash, disabled_at=bea_ready.created_at)
    make_admin("Ivo Invited", joined_at=None)
    seen = set()
    for name in ("bea", "dee", "ivo", "missing"):
        client = app.test_client()
        answer = client.call(
            "POST",
            "/api/admin/auth/login",
            {"email": f"{name}@boxcostpro.test", "password": "wrong wrong wrong"},
        )
        body = answer.get_json() | {"request_id": ""}
        seen.add((answer.status_code, str(body), str(sorted(answer.headers.keys()))))
    assert len(seen) == 1
    assert "401" in str(seen)


def test_the_form_of_another_visitor_is_refused(app, client, bea_ready):
    stranger = app.test_client()
    data = {
        "email": "bea@boxcostpro.test",
        "password": PASSWORD,
        "csrf_token": stranger.form_token(),
    }
    assert client.post("/sign-in", data=data).status_code == 400


def test_another_site_cannot_sign_somebody_in(client, bea_ready):
    body = {"email": "bea@boxcostpro.test", "password": PASSWORD}
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/sign-in", data=body, headers=headers).status_code == 403
    assert client.post("/api/admin/auth/login", json=body, headers=headers).status_code == 403


def test_a_planted_cookie_is_worth_nothing(client, bea_ready):
    client.sign_in("chosen-by-somebody-else")
    sign_in(client)
    after_password = client.get_cookie("portal_session").value
    take_step(client)
    after_code = client.get_cookie("portal_session").value
    assert len({"chosen-by-somebody-else", after_password, after_code}) == 3
    client.sign_in(after_password)
    assert client.get("/account/sessions").location.startswith("/sign-in")


def test_a_cookie_of_flask_login_signs_nobody_out(bea_client):
    bea_client.set_cookie("remember_token", "1|planted-by-a-neighbour")
    assert bea_client.get("/account/sessions").status_code == 200


def test_a_page_for_a_person_asks_the_database_once_who_calls(app, bea_client, statements):
    bea_client.get("/account/sessions")
    asked = [text for text in statements if "FROM admin_sessions JOIN admins" in text]
    assert len(asked) == 1


def test_a_disabled_person_is_out_at_the_next_request(app, bea):
    client = signed_in(app, bea)
    assert client.get("/account/sessions").status_code == 200
    bea.disabled_at = bea.created_at
    assert client.get("/account/sessions").status_code == 303
