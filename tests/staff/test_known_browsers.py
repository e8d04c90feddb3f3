"""Guesses from everywhere keep nobody out who was here before, and never fill the house."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff import door, known_browsers
from portal.staff.links import issue_link
from portal.staff.models import AuthThrottle, LinkPurpose
from portal.staff.throttles import PASSWORD_BY_ANYBODY, buckets
from tests.cast import PASSWORD, actor
from tests.ledger import events

LOGIN = "/api/admin/auth/login"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.77"}
MARK = "portal_browser"


def give(client, email="bea@boxcostpro.test", password=PASSWORD, environ=ELSEWHERE):
    body = {"email": email, "password": password}
    return client.post(LOGIN, json=body, environ_base=environ)


@pytest.fixture
def flood(app):
    """As many wrong passwords as all strangers together may give."""

    def begin():
        (bucket,) = buckets(PASSWORD_BY_ANYBODY, "password", "anybody")
        values = {"bucket_key": bucket.key, "failures": bucket.limit}
        db.session.execute(sa.delete(AuthThrottle))
        db.session.add(AuthThrottle(**values, window_ends_at=clock.now() + bucket.window))
        db.session.commit()

    return begin


def test_in_a_flood_a_stranger_waits(app, client, bea_ready, flood):
    flood()
    answer = give(client)
    assert (answer.status_code, answer.get_json()["title"]) == (429, "Too many tries")
    assert 0 < int(answer.headers["Retry-After"]) <= 301


def test_in_a_flood_a_known_browser_goes_on_from_a_new_address(app, client, bea_ready, flood):
    assert give(client, environ={}).status_code == 200
    flood()
    assert give(client).status_code == 200


def test_a_form_leaves_the_same_mark_and_signing_out_keeps_it(client, bea_ready, flood):
    client.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
    client.submit("/sign-out")
    flood()
    found = client.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
    assert found.location.startswith("/sign-in/second-factor")


def test_a_mark_helps_nobody_else(client, bea_ready, mo, password_hash, flood):
    mo.password_hash = password_hash
    give(client, environ={})
    flood()
    assert give(client, mo.email).status_code == 429
    assert give(client, "nobody@boxcostpro.test").status_code == 429


def test_a_mark_wins_no_more_guesses(client, bea_ready, flood):
    give(client, environ={})
    flood()
    answers = [give(client, password="wrong wrong wrong").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_a_mark_ends_after_thirty_days(client, bea_ready, flood):
    mark = known_browsers.browser_mark(bea_ready.email)
    assert known_browsers.is_marked(mark, " BEA@boxcostpro.test")
    with time_machine.travel(clock.now() + timedelta(days=30, seconds=1), tick=False):
        assert not known_browsers.is_marked(mark, bea_ready.email)


@pytest.mark.parametrize(
    "made_up", ["", ".", "9", "99999999999.", "²." + "0" * 64, "9" * 5000 + ".a", "-1.x", "é.ü"]
)
def test_a_made_up_mark_is_none(app, made_up):
    assert not known_browsers.is_marked(made_up, "bea@boxcostpro.test")


def test_a_changed_mark_is_none(bea_ready):
    until, _, proof = known_browsers.browser_mark(bea_ready.email).partition(".")
    assert not known_browsers.is_marked(f"{int(until) + 1}.{proof}", bea_ready.email)


def test_a_mailed_link_makes_a_browser_known(client, bea_ready, flood):
    link = {"admin": bea_ready, "email": bea_ready.email, "by": actor(bea_ready)}
    token = issue_link(purpose=LinkPurpose.RESET, **link)
    db.session.commit()
    flood()
    client.submit(f"/reset-password/{token}", new_password="four quiet words 9 more")
    assert client.get_cookie(MARK) is not None
    assert give(client, password="four quiet words 9 more").status_code == 200


def test_a_wrong_password_leaves_no_mark(client, bea_ready):
    assert give(client, password="wrong wrong wrong").status_code == 401
    assert client.get_cookie(MARK) is None


@pytest.fixture
def crowd(app, monkeypatch):
    """As many strangers as are looked at at once, who stay."""
    monkeypatch.setattr(door, "PATIENCE", 0.01)
    with ExitStack() as found:
        for number in range(door.AT_ONCE):
            email = f"stranger{number}@example.com"
            found.enter_context(door.at_the_door(email=email, browser=""))
        yield found


def test_a_stranger_in_a_crowd_comes_again_and_leaves_no_trace(client, bea_ready, crowd):
    answer = give(client)
    assert (answer.status_code, answer.get_json()["code"]) == (429, "throttled")
    assert answer.headers["Retry-After"] == "2"
    form = client.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
    assert (form.status_code, form.headers["Retry-After"]) == (429, "2")
    assert db.session.query(AuthThrottle).count() == 0
    crowd.close()
    assert give(client).status_code == 200


def test_no_more_strangers_wait_than_leave_threads_for_pages(client, bea_ready):
    for _ in range(door.STRANGERS):
        assert door._places.acquire(blocking=False)
    assert give(client).status_code == 429
    door._places.release(door.STRANGERS)
    answers = [give(client, password="wrong").status_code for _ in range(5)]
    assert answers == [401] * 5


def test_who_has_to_wait_anyhow_takes_no_place_from_others(client, bea_ready, request):
    statuses = [give(client, password="wrong wrong wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    request.getfixturevalue("crowd")
    answer = give(client)
    assert (answer.status_code, int(answer.headers["Retry-After"]) > door.CROWDED) == (429, True)
    assert len(events(Action.SESSION_THROTTLED)) == 1


def test_a_known_browser_needs_no_place_among_strangers(client, bea_ready, crowd):
    client.set_cookie(MARK, known_browsers.browser_mark(bea_ready.email))
    assert give(client).status_code == 200
