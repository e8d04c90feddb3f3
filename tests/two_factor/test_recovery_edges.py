"""A recovery's code, its other ends, and installs where nobody could approve it."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.registry import kind_named
from portal.staff.models import Admin
from portal.staff.people import disable_person, enable_person
from portal.two_factor.backup_codes import generate_codes
from portal.two_factor.models import RecoveryRequest, RecoveryState
from portal.two_factor.recovery_codes import OPENING
from portal.two_factor.recovery_requests import OPEN, expire_requests, moved
from portal.two_factor.switching_off import reset_second_factor
from tests.cast import actor, trusted
from tests.two_factor.conftest import give_authenticator
from tests.two_factor.recovery_steps import (
    STATEMENT,
    approve,
    ask,
    complete,
    events,
    halfway,
    letters,
    mailed_code,
    request_of,
    stop_path,
    time_is_over,
)

DAY = timedelta(hours=24)
GUIDE = "/sign-in/lost-device"


@pytest.fixture
def ready(app, moment, bea_enrolled, ann):
    """Bea's recovery, whose waiting time is over and whose code is mailed."""
    approve(app, ann, ask(app, bea_enrolled))
    moment.shift(DAY)
    time_is_over(app)
    return bea_enrolled


def test_a_lost_device_is_offered_what_is_left(app, bea_enrolled, ann):
    generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    browser = halfway(app, bea_enrolled)
    assert GUIDE in [a["href"] for a in browser.soup("/sign-in/second-factor").select("a")]
    page = browser.soup(GUIDE)
    assert "Use a backup code (10 left)" in page.text
    assert page.select_one('form[action="/sign-in/recovery/request"]') is not None


def test_asking_twice_is_one_request_and_the_guide_leads_to_it(app, bea_enrolled, ann):
    assert ask(app, bea_enrolled) == ask(app, bea_enrolled)
    assert len(events("recovery.requested")) == 1
    assert halfway(app, bea_enrolled).get(GUIDE).location == "/sign-in/recovery"


def test_where_nobody_could_approve_the_guide_names_the_command(app, moment, ann):
    give_authenticator(ann)
    browser = halfway(app, ann)
    assert "staff reset-2fa ann@boxcostpro.test" in browser.get(GUIDE).text
    assert browser.submit("/sign-in/recovery/request").status_code == 409
    words = ["staff", "reset-2fa", ann.email, "--reason", "phone lost"]
    db.session.commit()
    done = app.test_cli_runner().invoke(args=words, input=f"{ann.email}\n")
    assert (done.exit_code, events("totp.reset")[0].reason) == (0, "phone lost")
    db.session.expire_all()
    assert not ann.is_second_factor_on


def test_without_a_request_there_is_nothing_to_complete(app, bea_enrolled):
    assert complete(app, bea_enrolled, "0000-0000-0000-0000").status_code == 409
    assert halfway(app, bea_enrolled).get("/sign-in/recovery").location == GUIDE


def test_wrong_codes_are_throttled_like_a_second_factor(app, ready):
    browser, wrong = halfway(app, ready), "0000-0000-0000-0000"
    found = [complete(app, ready, wrong, browser=browser).status_code for _ in range(5)]
    assert found == [401, 401, 401, 401, 303]
    assert complete(app, ready, mailed_code()).status_code == 429
    assert db.session.get(Admin, ready.id).is_second_factor_on


def test_a_code_is_good_for_a_day_and_another_can_be_had(app, moment, ready):
    old = mailed_code()
    moment.shift(DAY)
    assert complete(app, ready, old).status_code == 401
    assert halfway(app, ready).submit("/sign-in/recovery/send-code").status_code == 303
    assert complete(app, ready, old).status_code == 401
    assert complete(app, ready, mailed_code().lower().replace("-", " ")).status_code == 303


def test_a_code_works_once(app, ready):
    code = mailed_code()
    assert complete(app, ready, code).status_code == 303
    assert complete(app, ready, code).status_code == 409


def test_codes_are_not_mailed_without_end(app, ready):
    browser = halfway(app, ready)
    found = [browser.submit("/sign-in/recovery/send-code").status_code for _ in range(6)]
    assert found == [303] * 5 + [429]


def test_the_worker_sends_one_code_however_often_it_is_asked(app, ready):
    for _ in range(3):
        kind_named(OPENING).run({"request_id": request_of(ready).id})
    assert len(letters("recovery_code")) == 1


def test_what_has_ended_is_not_moved_again(app, ready):
    assert complete(app, ready, mailed_code()).status_code == 303
    request = request_of(ready)
    assert not moved(request, OPEN, RecoveryState.CANCELLED)
    assert request.state == "completed"


@pytest.mark.parametrize("days", [7, 4])
def test_it_expires_unapproved_after_a_week_and_uncompleted_after_three_days(
    app, moment, bea_enrolled, ann, days
):
    request_id = ask(app, bea_enrolled)
    if days == 4:
        approve(app, ann, request_id)
    moment.shift(timedelta(days=days) - timedelta(seconds=1))
    assert expire_requests() == 0
    moment.shift(timedelta(seconds=1))
    assert expire_requests() == 1
    assert len(events("recovery.expired")) == 1
    assert approve(app, ann, request_id).status_code == 409
    assert complete(app, bea_enrolled, "0000-0000-0000-0000").status_code == 409


def test_an_admin_rejects_it_while_it_waits(app, ready, ann):
    request_id, link = request_of(ready).id, stop_path()
    rejecting = trusted(app, ann).submit(
        f"/staff/recovery/{request_id}/reject", statement=STATEMENT
    )
    assert (rejecting.status_code, request_of(ready).state) == (303, "cancelled")
    assert complete(app, ready, mailed_code()).status_code == 409
    assert app.test_client().get(link).status_code == 410
    assert events("recovery.rejected")[0].reason == STATEMENT


def test_who_is_shut_out_meanwhile_begins_anew(app, ready, ann):
    disable_person(by=actor(ann), person_id=ready.id)
    enable_person(by=actor(ann), person_id=ready.id)
    assert request_of(ready).state == "cancelled"
    assert complete(app, ready, mailed_code()).status_code == 409


def test_who_is_shut_out_after_a_recovery_is_not_called_frozen(app, ready, ann, ann_client):
    assert complete(app, ready, mailed_code()).status_code == 303
    disable_person(by=actor(ann), person_id=ready.id)
    assert "the account was frozen" not in ann_client.get(f"/staff/{ready.id}").text


def test_the_command_line_ends_an_open_one(app, ready):
    reset_second_factor(by=SYSTEM, person=ready, reason="phone lost")
    assert request_of(ready).state == "cancelled"


def test_the_last_admin_is_signed_out_but_not_frozen(app, moment, ann, bea_enrolled):
    give_authenticator(ann)
    abe = bea_enrolled
    abe.role = Role.ADMIN
    ask(app, ann)
    abe.role = Role.SUPPORT_AGENT
    assert app.test_client().submit(stop_path()).status_code == 303
    assert (request_of(ann).state, ann.disabled_at) == ("cancelled", None)
    assert "All your sessions ended." in letters("recovery_cancelled")[0][1]


def test_the_list_shows_what_is_open_and_what_ended(app, ann_client, bea_enrolled):
    assert "Nobody is locked out" in ann_client.get("/staff/recovery").text
    ask(app, bea_enrolled)
    assert "Bea Agent" in ann_client.get("/staff/recovery").text
    assert "Bea Agent" not in ann_client.get("/staff/recovery?state=ended").text
    assert "asks to be let in again" in ann_client.get(f"/staff/{bea_enrolled.id}").text
    assert db.session.query(RecoveryRequest).one().created_at == clock.now()
