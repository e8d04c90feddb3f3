"""Sessions: seen, ended, and how long they live."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff.models import AdminSession, Notice
from portal.staff.sessions import open_session as open_anew
from portal.web.access import SessionState
from tests.cast import open_session, signed_in, trusted
from tests.ledger import events

PAGE = "/account/sessions"


def test_the_page_marks_the_present_device(app, bea):
    open_session(bea, device_label="Firefox on Windows")
    text = signed_in(app, bea).get(PAGE).text
    assert "Firefox on Windows" in text
    assert text.count("This device") == 1


def test_a_revoked_session_is_dead_at_once(app, bea):
    other = signed_in(app, bea)
    session = db.session.query(AdminSession).one()
    client = signed_in(app, bea)
    assert client.submit(f"{PAGE}/{session.id}/revoke").status_code == 303
    assert other.get(PAGE).location.startswith("/sign-in")


def test_the_session_of_another_person_is_not_found(app, bea, mo):
    session, _ = open_session(mo)
    client = signed_in(app, bea)
    mine, none = (client.submit(f"{PAGE}/{id_}/revoke") for id_ in (session.id, "no-such-id"))
    assert (mine.status_code, none.status_code) == (404, 404)
    assert db.session.get(AdminSession, session.id).revoked_at is None


def test_an_admin_ends_the_sessions_of_a_person(app, ann, bea):
    theirs = signed_in(app, bea)
    client = signed_in(app, ann, sudo_until=clock.now() + timedelta(minutes=5), sudo_method="totp")
    assert client.submit(f"/staff/{bea.id}/end-sessions").status_code == 303
    assert theirs.get(PAGE).status_code == 303
    assert client.get(PAGE).status_code == 200


def test_ending_nothing_tells_nobody(app, ann, bea):
    client = trusted(app, ann)
    client.submit(f"/staff/{bea.id}/end-sessions")
    assert "0 sessions of Bea Agent ended." in client.get(f"/staff/{bea.id}").text
    assert db.session.query(Notice).count() == len(events(Action.SESSION_REVOKED)) == 0
    assert client.submit("/staff/999/end-sessions").status_code == 404


def test_a_role_is_shown_by_its_name(bea_client):
    text = bea_client.get(PAGE).text
    assert "Support agent" in text
    assert "support_agent" not in text


def test_a_manager_may_not_end_the_sessions_of_a_person(mo_client, bea):
    assert mo_client.submit(f"/staff/{bea.id}/end-sessions").status_code == 403


def test_the_eleventh_session_ends_the_one_that_rested_longest(app, bea):
    first, _ = open_session(bea, last_seen_at=clock.now() - timedelta(minutes=3))
    for _ in range(10):
        open_anew(admin=bea, state=SessionState.ACTIVE, amr="pwd otp")
    db.session.refresh(first)
    assert first.revoke_reason == "too_many_sessions"
    assert db.session.query(AdminSession).filter_by(revoked_at=None).count() == 10
    assert db.session.query(Notice).count() == 1


def test_a_stolen_password_alone_throws_nobody_out(app, bea):
    first, _ = open_session(bea)
    for _ in range(12):
        open_anew(admin=bea, state=SessionState.PREAUTH, amr="pwd")
    db.session.refresh(first)
    assert first.revoked_at is None


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 303)])
def test_half_an_hour_without_a_request_ends_a_session(app, bea, minutes, status):
    idle = clock.now() + timedelta(minutes=30)
    client = signed_in(app, bea, idle_expires_at=idle)
    with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
        assert client.get(PAGE).status_code == status


def test_a_background_poll_keeps_nothing_alive(app, bea):
    start = clock.now()
    client = signed_in(app, bea, idle_expires_at=start + timedelta(minutes=30))
    for minute in range(1, 32, 2):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            answer = client.get(PAGE, headers={"X-Background": "1"})
    assert answer.status_code == 303


def test_eight_hours_end_even_the_busiest_session(app, bea):
    start = clock.now()
    client = signed_in(app, bea)
    for minute in range(1, 480, 10):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            assert client.get(PAGE).status_code == 200
    with time_machine.travel(start + timedelta(hours=8, seconds=1), tick=False):
        assert client.get(PAGE).status_code == 303


def test_a_broken_address_behind_htmx_is_no_page_to_go_back_to(client, app):
    answer = client.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_htmx_is_told_to_leave_for_the_sign_in(client, app):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account/sessions?a=1"}
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/account/sessions?a%3D1"
