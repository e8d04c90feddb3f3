"""Somebody asks to recover the account of a person who is here: they see it, and stop it."""

from datetime import timedelta

import pytest

from portal.core.database import db
from portal.staff.models import Admin, AdminSession, Notice
from tests.cast import open_session, trusted
from tests.two_factor.recovery_steps import (
    STATEMENT,
    approve,
    ask,
    complete,
    events,
    letters,
    mailed_code,
    request_of,
    stop_path,
    time_is_over,
)

ALARM = "Somebody asks to recover your account."
STOP = "/account/security/stop-recovery"


def is_alarmed(browser, url="/"):
    return ALARM in browser.get(url).text


def test_every_page_of_theirs_tells_while_one_runs(app, bea_enrolled, bea_here, ann, ann_client):
    assert [is_alarmed(bea_here, url) for url in ("/", "/customers")] == [False, False]
    ask(app, bea_enrolled)
    pages = ("/", "/customers", "/account/security")
    assert [is_alarmed(bea_here, url) for url in pages] == [True, True, True]
    assert not is_alarmed(ann_client)
    button = bea_here.soup("/account/security").select_one(f'form[action="{STOP}"] button')
    assert button.text == "Stop the recovery of my account"


def test_my_security_tells_from_where_and_when_the_code_comes(app, bea_enrolled, bea_here, ann):
    request_id = ask(app, bea_enrolled)
    assert "An admin has to approve it first." in bea_here.get("/account/security").text
    approve(app, ann, request_id)
    page = bea_here.soup("/account/security").select_one("main .alert").text
    assert f"at {request_of(bea_enrolled).ip}" in page
    assert "the code that lets them in is mailed to you" in page


def test_its_owner_stops_it_and_stays_signed_in(app, bea_enrolled, bea_here, ann):
    other, _ = open_session(bea_enrolled)
    ask(app, bea_enrolled)
    link = stop_path()
    assert bea_here.submit(STOP).location == "/account/password"
    assert request_of(bea_enrolled).state == "cancelled"
    assert events("recovery.cancelled")[0].reason == "stopped_by_owner"
    assert db.session.get(AdminSession, other.id).revoke_reason == "recovery_cancelled"
    assert db.session.get(Admin, bea_enrolled.id).disabled_at is None
    assert "set a new one now" in bea_here.get("/account/password").text
    assert not is_alarmed(bea_here)
    assert "All your other sessions ended." in letters("recovery_cancelled")[0][1]
    assert app.test_client().get(link).status_code == 410


def test_who_asked_is_signed_out_and_its_code_opens_nothing(
    app, moment, bea_enrolled, bea_here, ann
):
    approve(app, ann, ask(app, bea_enrolled))
    bea_here.submit(STOP)
    moment.shift(timedelta(hours=24))
    time_is_over(app)
    assert letters("recovery_code") == []
    assert complete(app, bea_enrolled, "0000-0000-0000-0000").status_code == 409


def test_there_is_nothing_to_stop_twice_or_of_somebody_else(app, bea_enrolled, bea_here, ann):
    assert bea_here.submit(STOP).status_code == 409
    ask(app, bea_enrolled)
    assert trusted(app, ann).submit(STOP).status_code == 409
    assert request_of(bea_enrolled).state == "requested"
    assert [bea_here.submit(STOP).status_code for _ in range(2)] == [303, 409]
    assert len(events("recovery.cancelled")) == 1


def test_another_site_stops_nothing(app, bea_enrolled, bea_here, ann):
    ask(app, bea_enrolled)
    assert bea_here.post(STOP).status_code == 400
    assert request_of(bea_enrolled).state == "requested"


def reject(app, ann, request_id):
    url = f"/staff/recovery/{request_id}/reject"
    return trusted(app, ann).submit(url, statement=STATEMENT)


def test_the_alarm_ends_with_the_recovery(app, moment, bea_enrolled, bea_here, ann):
    reject(app, ann, ask(app, bea_enrolled))
    assert not is_alarmed(bea_here)
    approve(app, ann, ask(app, bea_enrolled))
    moment.shift(timedelta(hours=24))
    time_is_over(app)
    assert db.session.get(Admin, bea_enrolled.id).recovery_until is not None
    assert complete(app, bea_enrolled, mailed_code()).status_code == 303
    assert db.session.get(Admin, bea_enrolled.id).recovery_until is None


def test_one_that_nobody_approved_alarms_no_longer_than_it_lives(app, moment, bea_enrolled, ann):
    ask(app, bea_enrolled)
    moment.shift(timedelta(days=7))
    assert not is_alarmed(trusted(app, bea_enrolled))


@pytest.mark.parametrize("step", ["requested", "approved", "cancelled"])
def test_each_step_stands_under_the_bell(app, bea_enrolled, bea_here, ann, step):
    approve(app, ann, ask(app, bea_enrolled))
    bea_here.submit(STOP)
    told = db.session.query(Notice).filter_by(admin_id=bea_enrolled.id, kind=f"recovery.{step}")
    assert told.count() == 1
