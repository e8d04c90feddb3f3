"""What whoever sits at an open session, or holds an old link, cannot do with it."""

import logging

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.password_changes import change_password, reset_url
from portal.staff.passwords import accepted_password
from tests.cast import PASSWORD, actor, open_session, signed_in, trusted
from tests.ledger import events
from tests.staff.conftest import RIGHT
from tests.staff.post import link_in

NEW = "another four quiet words 9"


def guess(client, password="wrong"):
    fields = {"current_password": password, "new_password": NEW, "totp_code": RIGHT}
    return client.submit("/account/password", **fields)


def test_passwords_cannot_be_guessed_from_an_open_session(app, bea_ready):
    client = signed_in(app, bea_ready)
    answers = [guess(client).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert len(events(Action.SESSION_SUDO_REFUSED)) == 5
    assert events(Action.SESSION_THROTTLED)


def test_a_weak_new_password_is_refused_before_any_code_is_looked_at(app, bea_ready, factor):
    client = signed_in(app, bea_ready)
    weak = {"current_password": PASSWORD, "totp_code": RIGHT}
    answer = client.submit("/account/password", **weak, new_password="short")
    assert answer.status_code == 422
    assert "Use at least 15 characters" in answer.text
    assert factor.used == set()
    assert not events(Action.PASSWORD_CHANGED)


def test_undoing_survives_a_thief_who_changes_the_password(app, client, bea):
    trusted(app, bea).submit("/account/email", email="thief@boxcostpro.test")
    client.submit(link_in("email_change"))
    undo = link_in("email_changed")
    thief = db.session.get(Admin, bea.id)
    session, _ = open_session(thief)
    new = accepted_password(NEW)
    change_password(by=actor(thief), person_id=thief.id, new=new, session_id=session.id)
    assert client.submit(undo).status_code == 303
    assert db.session.get(Admin, bea.id).email == "bea@boxcostpro.test"


def test_undoing_survives_a_second_change_and_kills_its_links(app, client, bea):
    undos = []
    for name in ("one", "two"):
        trusted(app, bea).submit("/account/email", email=f"{name}@boxcostpro.test")
        client.submit(link_in("email_change"))
        undos.append(link_in("email_changed"))
    assert client.submit(undos[0]).status_code == 303
    assert db.session.get(Admin, bea.id).email == "bea@boxcostpro.test"
    assert client.submit(undos[1]).status_code == 410


def test_a_disabled_person_s_links_are_dead(app, client, ann, bea):
    url = reset_url(by=actor(ann), person=bea).removeprefix("http://localhost")
    assert client.get(url).status_code == 200
    trusted(app, ann).submit(f"/staff/{bea.id}/disable")
    assert client.get(url).status_code == 410


def test_a_link_of_one_kind_opens_no_other_page(client, ann, bea):
    token = reset_url(by=actor(ann), person=bea).rpartition("/")[2]
    for page in ("invite", "email/confirm", "email/undo"):
        assert client.get(f"/{page}/{token}").status_code == 410
        assert client.submit(f"/{page}/{token}").status_code == 410
    assert client.head(f"/reset-password/{token}").status_code == 200
    assert client.get(f"/reset-password/{token}").status_code == 200


def test_a_role_decided_on_an_old_page_is_a_conflict(app, ann, bea):
    fields = {"role": Role.FINANCE, "expected": Role.MARKETING}
    answer = trusted(app, ann).submit(f"/staff/{bea.id}/change-role", **fields)
    assert answer.status_code == 409
    assert "is Support agent by now" in answer.text


def test_no_log_line_holds_a_token(client, ann, bea, caplog):
    token = reset_url(by=actor(ann), person=bea).rpartition("/")[2]
    logger = logging.getLogger("portal")
    logger.addHandler(caplog.handler)
    for path in (f"/reset-password/{token}", f"/reset-password/{token}/", f"/nowhere/{token}"):
        client.get(path)
    logger.removeHandler(caplog.handler)
    assert "/reset-password/<token>" in caplog.text
    assert token not in caplog.text
