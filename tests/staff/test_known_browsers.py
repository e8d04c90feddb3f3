"""Guesses from everywhere keep nobody out who was here before, and never fill the house."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.staff import known_browsers
from portal.staff.door import STRANGERS, at_the_door
from portal.staff.links import issue_link
from portal.staff.models import AuthThrottle, LinkPurpose
from portal.staff.throttles import PASSWORD_BY_ANYBODY, buckets
from tests.cast import PASSWORD, actor

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
    assert answer.status_code == 429
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


def strangers(count):
    """So many who are being looked at, and stay."""
    crowd = ExitStack()
    for number in range(count):
        crowd.enter_context(at_the_door(email=f"stranger{number}@example.com", browser=""))
    return crowd


def test_strangers_who_crowd_the_door_wait_and_leave_no_trace(client, bea_ready):
    with strangers(STRANGERS):
        answer = give(client)
        assert (answer.status_code, answer.get_json()["code"]) == (429, "throttled")
        assert answer.headers["Retry-After"] == "2"
        form = client.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
        assert form.status_code == 429
        assert db.session.query(AuthThrottle).count() == 0
    assert give(client).status_code == 200


def test_the_last_place_at_the_door_is_one(client, bea_ready):
    with strangers(STRANGERS - 1):
        assert [give(client, password="wrong").status_code for _ in range(3)] == [401] * 3


def test_a_known_browser_needs_no_place_among_strangers(client, bea_ready):
    give(client, environ={})
    with strangers(STRANGERS):
        assert give(client).status_code == 200
