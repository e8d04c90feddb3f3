"""A password alone opens nothing, and a session that was known before is worth nothing after."""

import pyotp
import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin
from portal.web.access import SessionState
from tests.attacks.ground import Ground
from tests.attacks.wire import COOKIE, LOGIN, SECOND_STEP
from tests.cast import PASSWORD
from tests.visitor import Visitor, begin_enrolment, confirm_enrolment, give_password

pytestmark = pytest.mark.attack
HALF = [SessionState.PREAUTH, SessionState.MUST_ENROL]
STEPS = {
    SessionState.PREAUTH: "/sign-in/second-factor",
    SessionState.MUST_ENROL: "/account/two-factor/enrol",
}


@pytest.mark.parametrize("state", HALF)
def test_half_signed_in_no_door_opens_by_any_method(ground, state):
    person = ground.person(name="Halfway Hannah", is_second_factor_on=False)
    thief = ground.attacker(person, state)
    doors = ground.doors(lambda view: not view.access.is_public and state not in view.access.states)
    assert len(doors) > 300
    before = ground.events("access.denied"), how_many(ground)
    for method, url in ground.sample(doors):
        answer = thief.submit(url) if method == "POST" else thief.ask(method, url)
        is_api = url.startswith("/api/")
        assert answer.status == (401 if is_api else 303), f"{method} {url} {answer.status}"
        assert is_api or answer.header("Location").startswith(STEPS[state]), url
        assert "Hannah" not in answer.text
    assert (ground.events("access.denied"), how_many(ground)) == before


def how_many(ground: Ground) -> int:
    return ground.rows(sa.select(sa.func.count()).select_from(AuditEvent))[0]


def enrolled(ground: Ground) -> tuple[str, str]:
    """Somebody with an authenticator: the address and the secret."""
    email = ground.person(is_second_factor_on=False).email
    visitor = Visitor(ground.port)
    give_password(visitor, email, PASSWORD)
    secret = begin_enrolment(visitor)
    assert confirm_enrolment(visitor, pyotp.TOTP(secret).at(clock.now()))
    visitor.submit("/sign-out")
    return email, secret


def test_a_chosen_cookie_never_becomes_a_session(ground):
    """The cookie changes with the password and with the second step; the former ones are dead."""
    email, secret = enrolled(ground)
    victim = ground.stranger("chosen-by-the-attacker-and-long-enough-to-be-one")
    seen = [victim.cookies[COOKIE]]
    body = {"email": email, "password": PASSWORD}
    victim.form_token = victim.say("POST", LOGIN, body).json["csrf_token"]
    seen.append(victim.cookies[COOKIE])
    code = pyotp.TOTP(secret).at(clock.now(), counter_offset=1)
    assert victim.say("POST", SECOND_STEP, {"totp_code": code}).json["next"] == "done"
    seen.append(victim.cookies[COOKIE])
    assert len(set(seen)) == 3
    answers = [ground.stranger(token).get("/api/admin/2fa/status") for token in seen]
    assert [answer.status for answer in answers] == [401, 401, 200]


def test_a_code_seen_over_a_shoulder_opens_no_second_session(ground):
    email, secret = enrolled(ground)
    code = pyotp.TOTP(secret).at(clock.now(), counter_offset=1)
    answers = []
    for tried in (code, code, f"{(int(code) + 1) % 1_000_000:06}"):
        browser = ground.stranger()
        body = {"email": email, "password": PASSWORD}
        browser.form_token = browser.say("POST", LOGIN, body).json["csrf_token"]
        answers.append(browser.say("POST", SECOND_STEP, {"totp_code": tried}))
    opened, replayed, wrong = answers
    assert (opened.status, replayed.status) == (200, 401)
    assert replayed.said == wrong.said


ENDINGS = {
    "signed out": lambda ground, person, thief: thief.say("POST", "/api/admin/auth/logout", {}),
    "disabled": lambda ground, person, thief: alter(ground, person, disabled_at=clock.now()),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stolen_cookie_ends_with_its_session(ground, ending):
    person = ground.person()
    owner = ground.attacker(person)
    thief = ground.stranger(owner.cookies[COOKIE])
    assert thief.get("/api/admin/2fa/status").status == 200
    ENDINGS[ending](ground, person, owner)
    assert thief.get("/api/admin/2fa/status").status == 401
    assert thief.get("/account/security").status == 303


def alter(ground: Ground, person: Admin, **values: object) -> None:
    with ground.inside():
        db.session.execute(sa.update(Admin).where(Admin.id == person.id).values(**values))
