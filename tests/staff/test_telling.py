"""What a person hears of their account: the line under the bell, the mail, and who else is told."""

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.scopes import lendable
from portal.customers.tokens import issue_staff_token, revoke_token
from portal.staff.account_notices import NOTICES
from portal.staff.models import Notice
from portal.staff.places import change_addresses
from portal.staff.policies import change_policy
from portal.staff.telling import tell
from tests.cast import PASSWORD, actor, make_admin, open_session, trusted
from tests.staff.conftest import RIGHT
from tests.staff.post import mails
from tests.two_factor.recovery_steps import text_of

AGENT = Role.SUPPORT_AGENT


def lines(person):
    query = db.session.query(Notice).filter_by(admin_id=person.id).order_by(Notice.id)
    return [(notice.kind, notice.text) for notice in query]


def test_a_line_and_a_mail_are_of_one_transaction(bea):
    with db.session.begin_nested() as deed:
        tell(Action.TOTP_RESET, by=actor(bea), person=bea)
        deed.rollback()
    assert (lines(bea), mails("factor_reset")) == ([], [])
    tell(Action.TOTP_RESET, by=actor(bea), person=bea)
    assert lines(bea) == [("totp.reset", NOTICES[Action.TOTP_RESET].text)]
    assert mails("factor_reset")[0].recipient == bea.email


def test_braces_in_a_name_are_no_slots(bea):
    tell(Action.PASSKEY_REGISTERED, by=actor(bea), person=bea, label="{person} {0}")
    assert "“{person} {0}” was added" in lines(bea)[0][1]


def test_a_mail_that_opens_something_is_wiped_once_sent(bea):
    tell(Action.STAFF_UNLOCKED, by=actor(bea), person=bea)
    facts = {"lost": "old@boxcostpro.test", "email": bea.email, "removed": [], "also": ""}
    copies = {bea.email: {"url": "http://x/y"}}
    tell(Action.EMAIL_CHANGE_UNDONE, by=actor(bea), person=bea, copies=copies, **facts)
    assert mails("email_change_undone")[0].carries_secret


def test_who_is_signed_out_by_an_admin_is_told_by_whom(app, ann, bea):
    open_session(bea)
    trusted(app, ann).submit(f"/staff/{bea.id}/end-sessions")
    assert lines(bea) == [("session.revoked", "Ann Admin signed you out everywhere.")]
    assert "Ann Admin signed you out" in text_of(mails("session_revoked")[0])


def test_who_ends_a_session_of_their_own_is_told_nothing(app, bea):
    browser = trusted(app, bea)
    open_session(bea)
    browser.submit("/account/sessions/revoke-others")
    assert lines(bea) == []


def test_a_role_hears_of_its_sign_in_rule_and_nobody_else(ann, bea, mo):
    gone = make_admin("Gus Gone", AGENT)
    gone.disabled_at = gone.joined_at
    rule = {"is_required": True, "grace_days": 7, "recovery_hours": 48}
    change_policy(by=actor(ann), role=AGENT, **rule)
    change_policy(by=actor(ann), role=AGENT, **rule)
    (kind, text), *more = lines(bea)
    assert (kind, more) == ("policy.changed", [])
    assert "within 7 days" in text
    assert "waits 48 hours" in text
    assert lines(ann) + lines(mo) + lines(gone) == []


def test_a_role_hears_from_where_it_may_come(ann, bea):
    change_addresses(by=actor(ann), role=AGENT, networks=["192.0.2.0/24"])
    change_addresses(by=actor(ann), role=AGENT, networks=[])
    told = [text for _, text in lines(bea)]
    assert told == [
        "Your role may sign in from 192.0.2.0/24 from now on.",
        "Your role may sign in from anywhere from now on.",
    ]


def test_whoever_changes_a_rule_of_their_own_role_knows_it(ann):
    other = make_admin("Abe Admin", Role.ADMIN)
    change_addresses(by=actor(ann), role=Role.ADMIN, networks=["192.0.2.0/24"], is_forced=True)
    assert (len(lines(ann)), len(lines(other))) == (0, 1)


def test_a_sign_in_from_outside_with_both_factors_is_told(app, factor, bea_ready):
    change_addresses(by=actor(bea_ready), role=AGENT, networks=["198.51.100.0/24"])
    visitor = app.test_client()
    visitor.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
    assert lines(bea_ready) == []
    assert visitor.submit("/sign-in/second-factor", totp_code=RIGHT).status_code == 403
    assert lines(bea_ready)[0][0] == "session.address_refused"
    assert len(mails("address_refused")) == 1


@pytest.mark.parametrize("is_own", [True, False])
def test_a_token_that_acts_for_somebody_is_told_of(ann, bea, is_own):
    may = {"permissions": sorted(lendable(AGENT))[:1], "name": "My script"}
    row = issue_staff_token(by=actor(bea), **may).row
    assert "“My script” was issued" in lines(bea)[0][1]
    revoke_token(by=actor(bea if is_own else ann), token=row)
    assert len(lines(bea)) == (1 if is_own else 2)
    assert len(mails("token_issued")) == 1
