"""Invitations: sent, followed once, sent again, withdrawn."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin, AdminSession, StaffLink
from tests.cast import PASSWORD, make_admin, trusted
from tests.ledger import events
from tests.staff.post import link_in, mails

NEW = {"email": "nia@boxcostpro.test", "name": "Nia New", "role": "support_agent"}
JOIN = {"name": "Nia", "time_zone": "Europe/Paris", "new_password": "four unrelated quiet words 7"}


def invited(client, **more):
    answer = client.submit("/staff/invite", **{**NEW, **more})
    assert answer.status_code == 303, answer.text
    return link_in("invite")


def nia():
    return db.session.query(Admin).filter_by(email_key=NEW["email"]).one_or_none()


def test_an_invited_person_joins_and_signs_in_by_themselves(app, ann, client):
    url = invited(trusted(app, ann))
    assert nia().joined_at is None
    answer = client.submit(url, **JOIN)
    assert answer.location == "/sign-in"
    assert (nia().name, nia().time_zone) == ("Nia", "Europe/Paris")
    assert db.session.query(AdminSession).filter_by(admin_id=nia().id).count() == 0
    assert [len(events(a)) for a in (Action.STAFF_INVITED, Action.STAFF_JOINED)] == [1, 1]
    assert client.submit(url, **JOIN).status_code == 410


def test_looking_at_a_link_uses_nothing_up(app, ann, client):
    url = invited(trusted(app, ann))
    assert [client.get(url).status_code for _ in range(3)] == [200] * 3
    assert client.head(url).status_code == 200
    assert db.session.query(StaffLink).one().used_at is None
    assert client.submit(url, **JOIN).status_code == 303


@pytest.mark.parametrize("wrong", [{"new_password": "short"}, {"name": ""}, {"name": "x" * 5000}])
def test_a_refused_form_keeps_what_was_typed_and_the_link(app, ann, client, wrong):
    url = invited(trusted(app, ann))
    answer = client.submit(url, **{**JOIN, **wrong})
    assert answer.status_code == 422
    assert JOIN["new_password"] not in answer.text
    assert client.submit(url, **JOIN).status_code == 303


@pytest.mark.parametrize("wrong", [{"email": "no address"}, {"name": ""}, {"role": "owner"}])
def test_an_invalid_invitation_invites_nobody(app, ann, wrong):
    answer = trusted(app, ann).submit("/staff/invite", **{**NEW, **wrong})
    assert answer.status_code == 422
    assert ("email" in wrong) or NEW["email"] in answer.text
    assert mails("invite") == []


def test_a_manager_invites_agents_alone(app, mo):
    client = trusted(app, mo)
    for role in set(Role) - {Role.SUPPORT_AGENT}:
        assert client.submit("/staff/invite", **{**NEW, "role": role}).status_code in {403, 422}
    assert nia() is None
    assert invited(client)


def test_an_agent_invites_nobody(app, bea):
    assert trusted(app, bea).submit("/staff/invite", **NEW).status_code == 403
    assert nia() is None


def test_one_address_is_one_person_in_any_case(app, ann, bea):
    answer = trusted(app, ann).submit("/staff/invite", **{**NEW, "email": bea.email.upper()})
    assert answer.status_code == 422
    assert "already belongs" in answer.text


def test_a_new_invitation_kills_the_old_one(app, ann, client):
    admin = trusted(app, ann)
    old = invited(admin)
    assert admin.submit(f"/staff/{nia().id}/resend-invite").status_code == 303
    new = link_in("invite")
    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)


def test_a_withdrawn_invitation_is_dead_and_can_be_given_anew(app, ann, client):
    admin = trusted(app, ann)
    old = invited(admin)
    assert admin.submit(f"/staff/{nia().id}/revoke-invite").status_code == 303
    assert client.submit(old, **JOIN).status_code == 410
    assert client.submit(invited(admin, name="Nia Again"), **JOIN).status_code == 303


def test_an_invitation_ends_after_72_hours(app, ann, client):
    url = invited(trusted(app, ann))
    for hours, status in ((71, 200), (73, 410)):
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=False):
            assert client.get(url).status_code == status


def test_every_dead_link_is_the_same_answer(app, ann, client):
    used = invited(trusted(app, ann))
    client.submit(used, **JOIN)
    texts = {client.get(url).text.split("Request")[0] for url in (used, "/invite/" + "x" * 43)}
    assert len({len(text) for text in texts}) == 1


def test_names_are_people_s_own(app, ann, client):
    url = invited(trusted(app, ann), name="Zoë 👩‍🚀 O'Neil")
    assert "Zoë 👩‍🚀 O&#39;Neil" in client.get(url).text


def test_joining_sets_no_field_that_was_not_asked_for(app, ann, client):
    url = invited(trusted(app, ann))
    client.submit(url, **JOIN, role="admin", email="evil@boxcostpro.test", id="1")
    assert (nia().role, make_admin("Eve").email != nia().email) == (Role.SUPPORT_AGENT, True)
    assert PASSWORD not in str(nia().password_hash)
