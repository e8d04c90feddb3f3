"""What a deed refuses is rolled back, but that somebody tried is not."""

from portal.audit.actions import Action
from portal.core.roles import Role
from portal.staff.people import RoleNotYours
from tests.cast import PASSWORD, make_admin, signed_in, trusted
from tests.ledger import events
from tests.staff.post import mails


def test_inviting_somebody_stronger_is_refused_and_recorded(app, mo):
    boss = make_admin("Abe Admin", Role.ADMIN, joined_at=None)
    answer = trusted(app, mo).submit(f"/staff/{boss.id}/resend-invite")
    assert answer.status_code == 403
    assert mails("invite") == []
    (event,) = events(Action.ACCESS_DENIED)
    assert (event.actor_id, event.outcome) == (mo.id, "denied")
    assert b"RoleNotYours" in event.canonical


def test_the_wrong_kind_of_proof_is_recorded(app, bea_ready):
    answer = signed_in(app, bea_ready).call("POST", "/api/admin/auth/sudo", {"password": PASSWORD})
    assert answer.status_code == 403
    assert len(events(Action.ACCESS_DENIED)) == 1


def test_a_refusal_that_a_form_shows_is_recorded_too(app, mo, monkeypatch):
    def refuse(**_):
        raise RoleNotYours("Not yours to give.")

    monkeypatch.setattr("portal.staff.pages.invites.send_invite", refuse)
    fields = {"email": "max@boxcostpro.test", "name": "Max", "role": "support_agent"}
    answer = trusted(app, mo).submit("/staff/invite", **fields)
    assert (answer.status_code, "Not yours to give." in answer.text) == (422, True)
    assert len(events(Action.ACCESS_DENIED)) == 1
