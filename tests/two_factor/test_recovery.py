"""Somebody lost everything: two people, a waiting time, a mailed code, and who may stop it."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.links import issue_link
from portal.staff.models import Admin, AdminSession, LinkPurpose
from portal.staff.policies import change_policy
from portal.two_factor.models import RecoveryApproval
from tests.cast import PASSWORD, actor, open_session, signed_in, trusted
from tests.two_factor.conftest import code, with_password
from tests.two_factor.passkey_steps import give_passkey
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
STEPS = ("requested", "approved", "code_sent", "completed")


@pytest.fixture
def waiting(app, bea_enrolled, ann):
    """Bea's recovery, approved by Ann; its id."""
    request_id = ask(app, bea_enrolled)
    assert approve(app, ann, request_id).status_code == 303
    return request_id


def is_on(admin):
    return db.session.get(Admin, admin.id).is_second_factor_on


def test_who_lost_everything_comes_back_through_two_people(app, moment, bea_enrolled, waiting):
    give_passkey(bea_enrolled)
    moment.shift(DAY)
    other, _ = open_session(bea_enrolled)
    time_is_over(app)
    browser = halfway(app, bea_enrolled)
    done = complete(app, bea_enrolled, mailed_code(), browser=browser)
    assert done.location == "/account/two-factor/enrol"
    assert not is_on(bea_enrolled)
    assert db.session.get(AdminSession, other.id).revoked_at is not None
    assert browser.get("/customers").location == "/account/two-factor/enrol"
    secret = browser.soup("/account/two-factor/enrol").select_one("#totp-secret")["data-value"]
    new = browser.submit("/account/two-factor/enrol", totp_code=code(secret=secret))
    assert new.status_code == 200
    assert browser.get("/customers").status_code == 200
    assert [events(f"recovery.{step}")[0].severity for step in STEPS] == ["critical"] * 4


def test_every_step_is_mailed_and_each_mail_of_an_open_one_can_stop_it(
    app, moment, bea_enrolled, waiting
):
    moment.shift(DAY)
    time_is_over(app)
    assert complete(app, bea_enrolled, mailed_code()).status_code == 303
    kinds = ("requested", "approved", "code", "completed")
    told = [letters(f"recovery_{kind}") for kind in kinds]
    assert [[to for to, _ in mails] for mails in told] == [[bea_enrolled.email]] * 4
    assert ["/recovery/" in mails[0][1] for mails in told] == [True, True, True, False]


def test_the_former_address_hears_of_it_and_can_stop_it(app, bea_enrolled, ann):
    purpose = LinkPurpose.EMAIL_UNDO
    issue_link(admin=bea_enrolled, purpose=purpose, email="old@boxcostpro.test", by=SYSTEM)
    ask(app, bea_enrolled)
    assert [to for to, _ in letters("recovery_requested")] == [
        bea_enrolled.email,
        "old@boxcostpro.test",
    ]
    assert app.test_client().submit(stop_path()).status_code == 303
    assert [to for to, _ in letters("recovery_cancelled")][1] == "old@boxcostpro.test"


def test_the_old_factors_work_until_it_is_completed(app, moment, bea_enrolled, waiting):
    moment.shift(DAY)
    time_is_over(app)
    done = halfway(app, bea_enrolled).submit("/sign-in/second-factor", totp_code=code())
    assert (done.status_code, is_on(bea_enrolled)) == (303, True)


def test_nobody_approves_their_own(app, moment, ann):
    with_password("Abe Admin", role=Role.ADMIN, is_second_factor_on=True)
    request_id = ask(app, ann)
    assert approve(app, ann, request_id).status_code == 403
    assert (
        trusted(app, ann)
        .submit(f"/staff/recovery/{request_id}/reject", statement=STATEMENT)
        .status_code
        == 403
    )
    assert request_of(ann).state == "requested"


def test_an_expired_proof_approves_nothing(app, moment, bea_enrolled, ann):
    request_id, browser = ask(app, bea_enrolled), trusted(app, ann)
    moment.shift(timedelta(minutes=10, seconds=1))
    answer = browser.submit(f"/staff/recovery/{request_id}/approve", statement=STATEMENT)
    assert answer.status_code == 403
    assert request_of(bea_enrolled).state == "requested"


def test_one_person_approves_once(app, moment, ann, bea_enrolled):
    for name in ("Abe Admin", "Ada Admin"):
        with_password(name, role=Role.ADMIN, is_second_factor_on=True)
    lost = with_password("Lea Admin", role=Role.ADMIN, is_second_factor_on=True)
    request_id = ask(app, lost)
    assert approve(app, ann, request_id).status_code == 303
    assert approve(app, ann, request_id).status_code == 409
    assert (request_of(lost).state, db.session.query(RecoveryApproval).count()) == ("approved", 1)


def test_an_admin_among_three_needs_two_approvals(app, moment, ann):
    abe = with_password("Abe Admin", role=Role.ADMIN, is_second_factor_on=True)
    lost = with_password("Lea Admin", role=Role.ADMIN, is_second_factor_on=True)
    request_id = ask(app, lost)
    approve(app, ann, request_id)
    assert "1 of 2" in trusted(app, abe).get(f"/staff/recovery/{request_id}").text
    approve(app, abe, request_id)
    assert request_of(lost).state == "waiting"


def test_who_is_no_admin_approves_nothing(app, moment, bea_enrolled, ann, mo):
    assert approve(app, mo, ask(app, bea_enrolled)).status_code == 403
    assert request_of(bea_enrolled).state == "requested"


def test_who_has_no_factor_gives_none_back(app, moment, bea_enrolled, ann):
    request_id, until = ask(app, bea_enrolled), clock.now() + timedelta(minutes=5)
    ann.is_second_factor_on = False
    browser = signed_in(app, ann, sudo_until=until, sudo_method="password")
    answer = browser.submit(f"/staff/recovery/{request_id}/approve", statement=STATEMENT)
    assert (answer.status_code, request_of(bea_enrolled).state) == (403, "requested")


@pytest.mark.parametrize("statement", ["", "it was her", " " * 40, "x" * 1001])
def test_how_it_was_checked_must_be_said(app, bea_enrolled, ann, statement):
    request_id = ask(app, bea_enrolled)
    assert approve(app, ann, request_id, statement).status_code == 422
    assert request_of(bea_enrolled).state == "requested"


def test_it_is_not_completed_before_the_waiting_time_is_over(app, moment, bea_enrolled, waiting):
    moment.shift(DAY - timedelta(seconds=1))
    time_is_over(app)
    assert complete(app, bea_enrolled, "0000-0000-0000-0000").status_code == 409
    send = halfway(app, bea_enrolled).submit("/sign-in/recovery/send-code")
    assert send.status_code == 409
    assert (letters("recovery_code"), is_on(bea_enrolled)) == ([], True)


@pytest.mark.parametrize("hours", [0, 1, 72])
def test_the_waiting_time_is_the_one_of_the_role(app, moment, bea_enrolled, ann, hours):
    role, keep = Role.SUPPORT_AGENT, {"is_required": True, "grace_days": 0}
    change_policy(by=actor(ann), role=role, recovery_hours=hours, **keep)
    approve(app, ann, ask(app, bea_enrolled))
    request = request_of(bea_enrolled)
    assert request.opens_at - clock.now() == timedelta(hours=hours)


def test_the_link_stops_it_and_freezes_the_account(app, moment, bea_enrolled, waiting, ann_client):
    session, _ = open_session(bea_enrolled)
    visitor, path = app.test_client(), stop_path("recovery_approved")
    assert "freezes the account" in visitor.get(path).text
    assert request_of(bea_enrolled).state == "waiting"
    assert visitor.submit(path).status_code == 303
    assert request_of(bea_enrolled).state == "cancelled"
    assert db.session.get(Admin, bea_enrolled.id).disabled_at is not None
    assert db.session.get(AdminSession, session.id).revoked_at is not None
    again = visitor.submit("/sign-in", email=bea_enrolled.email, password=PASSWORD)
    assert again.status_code == 401
    assert "the account was frozen" in ann_client.get(f"/staff/{bea_enrolled.id}").text
    assert visitor.submit(stop_path()).status_code == 410


def test_after_completion_the_link_is_gone(app, moment, bea_enrolled, waiting):
    moment.shift(DAY)
    time_is_over(app)
    paths = [stop_path(), stop_path("recovery_code")]
    assert complete(app, bea_enrolled, mailed_code()).status_code == 303
    visitor = app.test_client()
    assert [visitor.submit(path).status_code for path in paths] == [410, 410]
    assert visitor.get(paths[0]).status_code == 410
    assert db.session.get(Admin, bea_enrolled.id).disabled_at is None
