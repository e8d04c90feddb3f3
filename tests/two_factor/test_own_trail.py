"""My own trail in plain words: what I did, and what others did to my account."""

from zoneinfo import ZoneInfo

import pytest

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.naming import target_of
from portal.staff.people import change_role
from portal.two_factor.own_trail import RECENT, own_trail
from tests.cast import actor, signed_in
from tests.statements import counted

STRANGER = Actor(ActorType.ANONYMOUS, None, "bea@boxcostpro.test")


def words(person):
    db.session.flush()
    return [event.words for event in own_trail(person.id, ZoneInfo("UTC"))]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Action.SESSION_SUDO_GRANTED, "You proved who you are again"),
        (Action.PASSWORD_CHANGED, "You changed your password"),
        (Action.BACKUP_CODE_USED, "You used a backup code"),
        (Action.ACCESS_DENIED, "You were denied bea@boxcostpro.test"),
    ],
)
def test_what_i_did_is_told_to_me(bea, action, sentence):
    record(action, by=actor(bea), target=target_of(bea))
    assert words(bea) == [sentence]


def test_what_others_did_to_me_is_told_and_what_they_do_elsewhere_is_not(ann, mo, bea):
    change_role(by=actor(ann), person_id=bea.id, role=Role.MANAGER, expected=bea.role)
    record(Action.SESSION_OPENED, by=actor(mo), target=target_of(mo))
    (line,) = words(bea)
    assert line.startswith("ann@boxcostpro.test changed")


def test_who_tried_my_password_is_somebody(bea):
    record(
        Action.SESSION_PASSWORD_REFUSED,
        by=STRANGER,
        target=target_of(bea),
        outcome=Outcome.FAILURE,
        reason="wrong_password",
    )
    record(Action.TOTP_RESET, by=SYSTEM, target=target_of(bea), reason="phone lost")
    assert sorted(line.split(" ", 1)[0] for line in words(bea)) == ["Somebody", "The"]


def test_the_whole_security_page_asks_four_statements(bea_client):
    with counted() as statements:
        assert bea_client.get("/account/security").status_code == 200
    assert len(statements) == 4


def test_ten_lines_are_enough_and_the_newest_come_first(bea):
    for _ in range(RECENT):
        record(Action.SESSION_OPENED, by=actor(bea), target=target_of(bea))
        record(Action.SESSION_REVOKED, by=SYSTEM, target=target_of(bea))
    db.session.flush()
    lines = own_trail(bea.id, ZoneInfo("UTC"))
    assert len(lines) == RECENT
    assert lines == sorted(lines, key=lambda line: line.occurred_at, reverse=True)


def test_the_page_tells_all_about_the_account_in_one_place(app, ann, bea):
    record(Action.PASSWORD_CHANGED, by=actor(bea), target=target_of(bea))
    record(Action.SESSION_REVOKED, by=actor(ann), target=target_of(bea))
    bea.password_changed_at = clock.now()
    page = signed_in(app, bea).soup("/account/security").main
    text = " ".join(page.get_text(" ", strip=True).split())
    for fact in ("Bea Agent", bea.email, "Support agent", "in one browser", "anywhere"):
        assert fact in text
    assert "You changed your password" in text
    assert len(page.select("#own-events a")) == 1
