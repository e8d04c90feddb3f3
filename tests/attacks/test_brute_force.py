"""Guessing: codes and passwords, from one address, from many, and with the address made up."""

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff.models import AuthThrottle
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN, SECOND_STEP, Attacker, Reply
from tests.cast import PASSWORD
from tests.visitor import Visitor, begin_enrolment, confirm_enrolment, give_password

pytestmark = pytest.mark.attack
STATUS = "/api/admin/2fa/status"
# Three subscribers as far as the portal can tell; all of them are this machine.
SOURCES = ["127.0.1.1", "127.0.2.1", "127.0.3.1"]


@pytest.fixture
def victim(ground) -> tuple[str, pyotp.TOTP]:
    """Somebody with an authenticator: the address and what shows the codes."""
    email = ground.person(is_second_factor_on=False).email
    visitor = Visitor(ground.port)
    give_password(visitor, email, PASSWORD)
    phone = pyotp.TOTP(begin_enrolment(visitor))
    assert confirm_enrolment(visitor, phone.at(clock.now()))
    visitor.submit("/sign-out")
    return email, phone


def wrong(phone: pyotp.TOTP) -> str:
    """Six digits that the phone shows neither now nor near now."""
    near = {phone.at(clock.now(), counter_offset=n) for n in range(-5, 6)}
    return next(code for code in ("000000", "111111", "222222") if code not in near)


def half_in(ground: Ground, email: str, source: str = SOURCES[0]) -> Attacker:
    """Past the password, with the second step owed."""
    found = ground.stranger(source=source)
    answer = found.say("POST", LOGIN, {"email": email, "password": PASSWORD})
    assert answer.status == 200, answer.text
    found.form_token = answer.json["csrf_token"]
    return found


def guess(thief: Attacker, code: str) -> Reply:
    return thief.say("POST", SECOND_STEP, {"totp_code": code})


def test_the_fifth_wrong_code_ends_the_session_and_the_sixth_waits(ground, victim):
    email, phone = victim
    thief = half_in(ground, email)
    assert [guess(thief, wrong(phone)).status for _ in range(5)] == [401] * 5
    assert guess(thief, wrong(phone)).json["code"] == "not_authenticated"
    again = half_in(ground, email, SOURCES[1])
    throttled = guess(again, wrong(phone))
    assert (throttled.status, throttled.json["code"]) == (429, "throttled")
    assert 0 < int(throttled.header("Retry-After")) <= 300


def test_a_right_code_while_throttled_opens_nothing(ground, victim):
    email, phone = victim
    thief = half_in(ground, email)
    for _ in range(5):
        guess(thief, wrong(phone))
    owner = half_in(ground, email, SOURCES[2])
    assert guess(owner, phone.at(clock.now(), counter_offset=1)).status == 429
    assert owner.get("/account/security").status == 303
    assert owner.get(STATUS).status == 200
    assert "backup_codes" not in owner.get(STATUS).json


def test_fifty_guesses_a_day_are_all_whatever_the_address(ground, victim):
    """Each five minutes later and from the next address: what counts by the account stays."""
    email, phone = victim
    statuses: list[int] = []
    for number in range(11):
        thief = half_in(ground, email, SOURCES[number % 3])
        statuses += [guess(thief, wrong(phone)).status for _ in range(5)]
        end_short_windows(ground)
    assert statuses.count(401) == 50
    assert set(statuses[50:]) == {429}


def end_short_windows(ground: Ground) -> None:
    """As if an hour had passed: the windows of less than a day are over."""
    with ground.inside():
        soon = clock.now() + timedelta(hours=2)
        ended = sa.delete(AuthThrottle).where(AuthThrottle.window_ends_at < soon)
        db.session.execute(ended)


def test_made_up_addresses_win_no_guesses_and_name_nobody(ground):
    """The peer is no proxy of ours: what it forwards is not believed, however long it is."""
    email, thief = ground.person().email, ground.stranger()
    body = {"email": email, "password": "not the password of anybody"}
    statuses = [
        thief.say("POST", LOGIN, body, X_Forwarded_For=f"10.9.{number}.1").status
        for number in range(20)
    ]
    assert statuses == [401] * 10 + [429] * 10
    latest = ground.newest(Action.SESSION_PASSWORD_REFUSED)
    assert latest.ip == "127.0.0.1"
    long = ",".join(["1.2.3.4"] * 1000)
    assert ground.stranger().say("POST", LOGIN, body, X_Forwarded_For=long).status == 429


def test_guessing_from_many_addresses_throws_no_owner_out(ground):
    """The account waits for everybody; the session that is open goes on."""
    person = ground.person()
    owner = ground.attacker(person)
    body = {"email": person.email, "password": "not the password of anybody"}
    statuses = [
        ground.stranger(source=source).say("POST", LOGIN, body).status
        for source in SOURCES
        for _ in range(4)
    ]
    assert set(statuses) <= {401, 429}
    assert owner.get("/account/security").status == 200
