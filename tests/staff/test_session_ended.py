"""A form that comes after its session ended: handed back, to its own person, with nothing done."""

import pytest

from portal.core import clock
from portal.core.database import db
from portal.staff.models import AdminSession
from portal.web.access import SessionState
from tests.cast import open_session, signed_in
from tests.client import parsed

URL = "/account/preferences"
TYPED = {"name": "Bea With A Longer Name", "time_zone": "UTC", "theme": "dark"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def send_late(client, url=URL, typed=TYPED):
    """Fill a form, be signed out by the clock, and press its button."""
    token = client.form_token()
    db.session.query(AdminSession).update({"idle_expires_at": clock.now()})
    return client.post(url, data={"csrf_token": token, **typed}, headers=SAME_ORIGIN)


def kept_in(answer):
    field = parsed(answer).select_one("[name=kept]")
    return field["value"] if field else None


def go_on(client, kept, **more):
    return client.post("/account/again", data={"kept": kept}, headers=SAME_ORIGIN, **more)


@pytest.fixture
def late(app, bea):
    """Bea's browser, and what the page holds after the form came too late."""
    client = signed_in(app, bea)
    answer = send_late(client)
    assert answer.status_code == 401
    return client, kept_in(answer)


def test_after_signing_in_again_the_form_is_sent_with_one_click(late, bea):
    client, kept = late
    assert bea.name == "Bea Agent"
    client.sign_in(open_session(bea)[1])
    form = parsed(go_on(client, kept)).select_one("main form")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    assert (form["action"], fields.pop("csrf_token") != "") == (URL, True)
    assert fields == TYPED
    assert client.submit(form["action"], **fields).status_code == 303
    assert bea.name == TYPED["name"]


def test_going_on_too_early_keeps_it_once_more(late, bea):
    client, kept = late
    answer = go_on(client, kept)
    assert (answer.status_code, kept_in(answer)) == (401, kept)
    client.sign_in(open_session(bea, SessionState.PREAUTH)[1])
    answer = go_on(client, kept)
    assert (answer.status_code, kept_in(answer)) == (401, kept)
    assert "not signed in yet" in answer.text


def test_nobody_else_is_shown_what_was_typed(late, mo):
    client, kept = late
    client.sign_in(open_session(mo)[1])
    answer = go_on(client, kept)
    assert answer.status_code == 403
    assert TYPED["name"] not in answer.text


def test_what_was_changed_on_the_way_is_nothing(late, bea):
    client, kept = late
    client.sign_in(open_session(bea)[1])
    said, _, seal = kept.rpartition(".")
    other = "B" if seal.startswith("A") else "A"
    assert go_on(client, f"{said}.{other}{seal[1:]}").status_code == 303
    assert go_on(client, "").status_code == 303


def test_another_site_cannot_have_it_drawn(late, bea):
    client, kept = late
    client.sign_in(open_session(bea)[1])
    answer = client.post(
        "/account/again", data={"kept": kept}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_passwords_and_codes_are_not_kept(app, bea):
    answer = send_late(signed_in(app, bea), "/account/password", {"current_password": "secret one"})
    assert answer.status_code == 303
    assert "secret one" not in answer.text


def test_without_the_token_of_its_page_nothing_is_kept(app, bea):
    client = signed_in(app, bea)
    client.form_token()
    db.session.query(AdminSession).update({"idle_expires_at": clock.now()})
    answer = client.post(URL, data=TYPED, headers=SAME_ORIGIN)
    assert answer.location.startswith("/sign-in")


def test_a_stranger_is_sent_to_sign_in(client, app):
    token = client.form_token()
    data = {"csrf_token": token, **TYPED}
    assert client.post(URL, data=data, headers=SAME_ORIGIN).location == "/sign-in"


def test_the_other_tab_says_that_it_is_done(bea_client):
    page = bea_client.soup("/account/again")
    assert page.body["data-person"].isdigit()
    assert "Go back to the tab" in page.get_text()
