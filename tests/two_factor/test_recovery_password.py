"""Beside the code of a recovery stands the password: either alone opens nothing."""

from datetime import timedelta

import pytest

from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.staff.passwords import hash_password
from tests.two_factor.recovery_steps import (
    approve,
    ask,
    complete,
    events,
    halfway,
    mailed_code,
    request_of,
    time_is_over,
)

NONE = "0000-0000-0000-0000"
WRONG = "not the password that was set"


@pytest.fixture
def ready(app, moment, bea_enrolled, ann):
    """Bea's recovery, whose waiting time is over and whose code is mailed."""
    approve(app, ann, ask(app, bea_enrolled))
    moment.shift(timedelta(hours=24))
    time_is_over(app)
    return bea_enrolled


def is_on(admin):
    return db.session.get(Admin, admin.id).is_second_factor_on


def test_the_code_without_the_password_opens_nothing_and_stays_good(app, ready):
    for password in ("", WRONG):
        assert complete(app, ready, mailed_code(), password).status_code == 401
    assert (request_of(ready).state, is_on(ready)) == ("waiting", True)
    assert complete(app, ready, mailed_code()).status_code == 303


def test_which_of_both_was_wrong_is_told_to_the_log_alone(app, ready):
    tries = [(mailed_code(), WRONG), (NONE, None), (NONE, WRONG)]
    browsers = [halfway(app, ready) for _ in tries]
    pages = [
        complete(app, ready, code, browser=browser, **({"password": word} if word else {}))
        for browser, (code, word) in zip(browsers, tries, strict=True)
    ]
    told = {
        page.get_data(as_text=True).split("<main", 1)[-1].count("is not right") for page in pages
    }
    assert ([page.status_code for page in pages], told) == ([401] * 3, {1})
    refused = events("session.password_refused")
    assert [event.reason for event in refused] == ["wrong_password"] * 2
    assert len(events("session.code_refused")) == 1


def test_the_fifth_wrong_password_ends_the_session_and_the_next_waits(app, ready):
    browser = halfway(app, ready)
    tries = [complete(app, ready, mailed_code(), WRONG, browser) for _ in range(5)]
    assert [found.status_code for found in tries] == [401, 401, 401, 401, 303]
    assert complete(app, ready, mailed_code()).status_code == 429
    assert is_on(ready)


def test_wrong_passwords_here_count_for_the_sign_in(app, ready):
    visitor = app.test_client()
    for _ in range(4):
        complete(app, ready, mailed_code(), WRONG)
    tries = [visitor.submit("/sign-in", email=ready.email, password=WRONG) for _ in range(7)]
    assert [found.status_code for found in tries] == [401] * 6 + [429]


def test_a_password_that_was_replaced_meanwhile_opens_nothing(app, ready):
    browser = halfway(app, ready)
    ready.password_hash = hash_password("another one that was set since")
    db.session.commit()
    assert complete(app, ready, mailed_code(), browser=browser).status_code == 401
    assert db.session.query(AdminSession).filter_by(state="must_enrol").count() == 0
