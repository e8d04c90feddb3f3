"""A flood costs us little: no hash, one event a window, one bucket a subscriber."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.staff import sign_in, sudo
from portal.staff.password_changes import RESETS_BY_ADDRESS
from portal.staff.throttles import (
    HOUR,
    MINUTES_5,
    RESETS_BY_ACCOUNT,
    book_failure,
    buckets,
    clear,
    hand_back,
    is_first_refusal,
)
from tests.cast import signed_in
from tests.ledger import events
from tests.staff.conftest import RIGHT, WRONG

GUESS = {"email": "bea@boxcostpro.test", "password": "wrong wrong wrong"}


def guess(client, times, **environ):
    url = "/api/admin/auth/login"
    return [client.post(url, json=GUESS, environ_base=environ).status_code for _ in range(times)]


@pytest.fixture
def hashed(monkeypatch):
    """Every password that is hashed in order to be compared."""
    seen = []
    for room in (sign_in, sudo):
        monkeypatch.setattr(room, "verify_password", lambda *given: seen.append(given))
    return seen


def test_a_throttled_sign_in_is_not_hashed_and_noted_once(client, bea_ready, hashed):
    assert guess(client, 15) == [401] * 10 + [429] * 5
    assert len(hashed) == 10
    assert len(events(Action.SESSION_THROTTLED)) == 1


def test_the_next_window_is_noted_again(client, bea_ready):
    guess(client, 12)
    with time_machine.travel(clock.now() + MINUTES_5 + timedelta(seconds=1), tick=False):
        assert guess(client, 12)[-2:] == [429, 429]
    assert len(events(Action.SESSION_THROTTLED)) == 2


def test_throttled_codes_are_noted_once(app, bea_ready):
    client = signed_in(app, bea_ready)
    for _ in range(8):
        client.submit("/account/sudo", sudo_totp_code=WRONG)
    assert len(events(Action.SESSION_THROTTLED)) == 1


def test_a_throttled_password_of_a_signed_in_person_is_not_hashed(app, bea_ready, hashed):
    client = signed_in(app, bea_ready)
    fields = {"current_password": "wrong", "new_password": "four quiet words 9 more"}
    for _ in range(8):
        client.submit("/account/password", totp_code=RIGHT, **fields)
    assert len(hashed) == 5


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("/account/sudo", {"sudo_totp_code": WRONG}),
        ("/account/two-factor/disable", {"totp_code": WRONG}),
        ("/account/password", {"current_password": "x", "new_password": "four quiet words 9 more"}),
    ],
)
def test_a_page_that_says_wait_says_how_long(app, bea_ready, url, fields):
    client = signed_in(app, bea_ready)
    answers = [client.submit(url, **{"totp_code": RIGHT, **fields}) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 301


def test_resets_over_the_limit_leave_no_event(client, bea):
    most = RESETS_BY_ACCOUNT[0][0]
    for _ in range(most + 3):
        client.submit("/forgot-password", email=bea.email)
    assert len(events(Action.PASSWORD_RESET_REQUESTED)) == most < RESETS_BY_ADDRESS[0][0]


def test_one_subscriber_s_addresses_share_a_bucket(client, bea_ready):
    for host in range(10):
        assert guess(client, 1, REMOTE_ADDR=f"2001:db8::{host + 1}") == [401]
    assert guess(client, 1, REMOTE_ADDR="2001:db8::ffff") == [429]
    assert guess(client, 1, REMOTE_ADDR="2001:db8:0:1::1") == [401]


def may_be_looked_at(found, times):
    """Of so many guesses, each."""
    return [book_failure(found) is None for _ in range(times)]


def test_a_right_guess_is_handed_back_and_no_more_than_was_booked(app):
    found = buckets([(2, MINUTES_5)], "a guess")
    assert may_be_looked_at(found, 3) == [True, True, False]
    hand_back(found)
    assert may_be_looked_at(found, 2) == [True, False]
    for _ in range(3):
        hand_back(found)
    assert may_be_looked_at(found, 3) == [True, True, False]


def test_a_window_is_over_at_its_end(app):
    found = buckets([(2, MINUTES_5)], "a guess")
    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(2):
            assert may_be_looked_at(found, 3) == [True, True, False]
            now.shift(MINUTES_5)


def test_one_waits_until_the_last_full_window_is_over(app):
    found = buckets([(1, MINUTES_5), (1, HOUR)], "a guess")
    with time_machine.travel(clock.now(), tick=False):
        assert [book_failure(found) for _ in range(2)] == [None, 3601]


def test_after_an_unlock_the_next_refusal_is_a_first_one(app):
    found = buckets([(2, MINUTES_5)], "a guess")
    for _ in range(2):
        may_be_looked_at(found, 3)
        assert [is_first_refusal(found), is_first_refusal(found)] == [True, False]
        assert clear(found) == 2
