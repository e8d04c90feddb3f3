"""Two people make an admin."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.roles import Role
from portal.mail.models import EmailLog
from portal.staff.invites import (
    OwnInvite,
    approve_invite,
    invite,
    may_approve,
    resend_invite,
    revoke_invite,
)
from portal.staff.models import Admin, Notice
from tests.cast import actor, make_admin, trusted
from tests.ledger import events

EMAIL = "nia@boxcostpro.test"


@pytest.fixture
def max_(app):
    return make_admin("Max Admin", Role.ADMIN, is_second_factor_on=True)


def invited(by, role=Role.ADMIN) -> Admin:
    return invite(by=actor(by), email=EMAIL, name="Nia New", role=role)[0]


def mails():
    return db.session.scalars(sa.select(EmailLog.template).where(EmailLog.recipient == EMAIL)).all()


def test_the_only_admin_invites_another_without_asking(ann):
    assert not invited(ann).awaits_approval
    assert mails() == ["invite"]


def test_where_there_are_two_the_second_one_says_yes_first(ann, max_):
    person = invited(ann)
    assert (person.awaits_approval, mails()) == (True, [])
    told = db.session.scalars(sa.select(Notice.admin_id).where(Notice.url == f"/staff/{person.id}"))
    assert told.all() == [max_.id]
    approve_invite(by=actor(max_), person_id=person.id)
    assert (person.awaits_approval, mails()) == (False, ["invite"])
    assert events("staff.invite_approved")[-1].actor_id == max_.id


def test_nobody_approves_whom_they_invited(ann, max_):
    person = invited(ann)
    assert not may_approve(by=actor(ann), person=person)
    with pytest.raises(OwnInvite):
        approve_invite(by=actor(ann), person_id=person.id)
    assert mails() == []


def test_the_inviter_may_when_nobody_else_is_left(ann, max_):
    person = invited(ann)
    max_.disabled_at = clock.now()
    approve_invite(by=actor(ann), person_id=person.id)
    assert mails() == ["invite"]


def test_a_manager_does_not_make_admins(ann, max_, mo):
    person = invited(ann)
    assert not may_approve(by=actor(mo), person=person)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_other_roles_need_no_second_person(ann, max_, role):
    assert not invited(ann, role).awaits_approval
    assert mails() == ["invite"]


def test_the_command_line_needs_nobody(ann, max_):
    person, url = invite(by=SYSTEM, email=EMAIL, name="Nia New", role=Role.ADMIN)
    assert (person.awaits_approval, url is not None) == (False, True)


def test_what_waits_is_not_sent_again_but_can_be_withdrawn(ann, max_):
    person = invited(ann)
    with pytest.raises(Conflict, match="second admin"):
        resend_invite(by=actor(ann), person_id=person.id)
    revoke_invite(by=actor(ann), person_id=person.id)
    with pytest.raises(Conflict, match="withdrawn"):
        approve_invite(by=actor(max_), person_id=person.id)


def test_it_is_approved_once(ann, max_):
    person = invited(ann)
    approve_invite(by=actor(max_), person_id=person.id)
    with pytest.raises(Conflict, match="already"):
        approve_invite(by=actor(max_), person_id=person.id)
    assert mails() == ["invite"]


def test_the_page_offers_it_to_the_second_admin_alone(app, ann, max_):
    person = invited(ann)
    label = "Approve Nia New as an admin"
    first, second = (trusted(app, each) for each in (ann, max_))
    assert label not in first.get(f"/staff/{person.id}").text
    assert label in second.get(f"/staff/{person.id}").text
    assert first.submit(f"/staff/{person.id}/approve-invite").status_code == 403
    assert second.submit(f"/staff/{person.id}/approve-invite").status_code == 303
    assert mails() == ["invite"]
