"""Whoever takes their account back finds nothing in it that a thief made."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.customers.tokens import issue_staff_token
from portal.staff.models import Admin
from portal.staff.people import enable_person
from portal.staff.policies import change_policy
from portal.two_factor.backup_codes import code_set, generate_codes, look_for_code
from portal.two_factor.models import BackupCode, Passkey, RecoveryState, TwoFactorAuth
from tests.cast import PASSWORD, actor, trusted
from tests.ledger import events
from tests.staff.post import link_in
from tests.two_factor.conftest import give_authenticator
from tests.two_factor.passkey_steps import give_passkey, sign_in
from tests.two_factor.recovery_steps import ask, letters, request_of, stop_path

THIEF = "thief@evil.test"
REASON = "email_change_undone"


@pytest.fixture
def owners(app, moment, bea_enrolled):
    """The link that Bea was mailed when a thief gave her account another address."""
    moment.shift(timedelta(days=1))
    trusted(app, bea_enrolled).submit("/account/email", email=THIEF)
    moment.shift(timedelta(hours=1))
    app.test_client().submit(link_in("email_change"))
    moment.shift(timedelta(hours=1))
    return link_in("email_changed")


def token_of(admin, name):
    lent = [Permission.CUSTOMERS_VIEW.value]
    return issue_staff_token(by=actor(admin), name=name, permissions=lent).text


def ask_api(app, token):
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().get("/api/customers/tenants", headers=headers).status_code


def test_a_passkey_made_since_signs_nobody_in(app, client, owners, bea_enrolled):
    thiefs = give_passkey(bea_enrolled, "Thief")
    page = client.submit(owners)
    assert sign_in(app.test_client(), thiefs).status_code == 401
    assert [(event.reason, event.target_label) for event in events("passkey.removed")] == [
        (REASON, "Thief")
    ]
    assert "passkey “Thief”" in client.get(page.location).text


def test_one_made_between_asking_and_following_the_link_goes_too(client, owners, bea_enrolled):
    give_passkey(bea_enrolled, created_at=clock.now() - timedelta(hours=1, minutes=30))
    client.submit(owners)
    assert db.session.query(Passkey).count() == 0


def test_what_was_there_before_stays(app, client, owners, bea_enrolled):
    old = clock.now() - timedelta(hours=3)
    laptop = give_passkey(bea_enrolled, created_at=old)
    codes = generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    db.session.query(BackupCode).update({"created_at": old})
    client.submit(owners)
    assert db.session.get(TwoFactorAuth, bea_enrolled.id) is not None
    assert code_set(bea_enrolled.id).remaining == len(codes)
    assert sign_in(app.test_client(), laptop).status_code == 200
    assert "was added since" not in letters("email_change_undone")[0][1]


def test_backup_codes_made_since_open_nothing(client, owners, bea_enrolled):
    codes = generate_codes(by=actor(bea_enrolled), admin=bea_enrolled)
    client.submit(owners)
    used = look_for_code(admin_id=bea_enrolled.id, code=codes[0], session_id="s")()
    assert not used.accepted
    assert [event.reason for event in events("backup_codes.revoked")] == [REASON]


def test_tokens_issued_since_act_for_nobody(app, client, owners, bea_enrolled):
    thiefs = token_of(bea_enrolled, "Thief's")
    assert ask_api(app, thiefs) == 200
    client.submit(owners)
    assert ask_api(app, thiefs) == 401
    assert len(events("token.revoked")) == 1


def test_an_authenticator_set_up_since_goes_and_another_is_owed(app, client, owners, bea_enrolled):
    db.session.query(TwoFactorAuth).delete()
    give_authenticator(bea_enrolled)
    rule = {"is_required": True, "grace_days": 0, "recovery_hours": 24}
    change_policy(by=actor(bea_enrolled), role=Role.SUPPORT_AGENT, **rule)
    url = client.submit(owners).location.partition("localhost")[2]
    assert client.submit(url, new_password=PASSWORD).status_code == 303
    fields = {"email": "bea@boxcostpro.test", "password": PASSWORD}
    answer = app.test_client().submit("/sign-in", **fields)
    assert answer.location == "/account/two-factor/enrol"
    assert [event.reason for event in events("totp.disabled")] == [REASON]


def test_the_mail_says_what_was_removed(client, owners, bea_enrolled):
    give_passkey(bea_enrolled, "Thief")
    token_of(bea_enrolled, "Job")
    client.submit(owners)
    ((to, text),) = letters("email_change_undone")
    assert to == "bea@boxcostpro.test"
    assert [line for line in text.splitlines() if line.startswith("- ")] == [
        "- API token “Job”",
        "- passkey “Thief”",
    ]


def test_a_recovery_that_is_under_way_ends(app, client, owners, bea_enrolled, ann):
    ask(app, bea_enrolled)
    client.submit(owners)
    request = request_of(bea_enrolled)
    assert (request.state, request.code_hash) == (RecoveryState.CANCELLED, None)
    assert [event.reason for event in events("recovery.cancelled")] == [REASON]
    assert "request for recovery" in letters("email_change_undone")[0][1]
    assert db.session.get(Admin, bea_enrolled.id).recovery_until is None


def test_an_account_that_was_frozen_can_still_be_taken_back(app, client, owners, bea_enrolled, ann):
    ask(app, bea_enrolled)
    assert client.submit(stop_path()).status_code == 303
    assert client.get(owners).status_code == 410
    enable_person(by=actor(ann), person_id=bea_enrolled.id)
    assert client.submit(owners).status_code == 303
    assert db.session.get(Admin, bea_enrolled.id).email == "bea@boxcostpro.test"
