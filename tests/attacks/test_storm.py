"""Guesses from everywhere at once: each is refused, and whoever was here before gets in.

How fast pages stay meanwhile is measured by `python -m benchmarks.storm`.
"""

import random
from collections.abc import Mapping
from threading import Event, Thread

import pyotp
import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.sealing import current_key_id
from portal.staff.cookies import browser_cookie_name
from portal.staff.door import CROWDED
from portal.staff.known_browsers import browser_mark
from portal.staff.models import AuthThrottle
from portal.staff.throttles import PASSWORD_BY_ANYBODY, buckets
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.models import TwoFactorAuth
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN, SECOND_STEP, Attacker, Reply
from tests.cast import PASSWORD, open_session

pytestmark = pytest.mark.attack
HANDS = 6
GUESSED_BEFORE = 900  # of the thousand wrong ones that strangers may give in five minutes
SECONDS_TO_FILL = 60
NONE: Mapping[str, str] = {}
WRONG = "not the password of anybody"


class Storm:
    """Attackers who guess as fast as they are answered, each time from another address."""

    def __init__(self, ground: Ground, emails: list[str]) -> None:
        self.ground, self.emails = ground, emails
        self.is_full, self.is_over = Event(), Event()
        self.replies: list[Reply] = []
        self.hands = [Thread(target=self._guess, args=[number]) for number in range(HANDS)]

    def __enter__(self) -> "Storm":
        for hand in self.hands:
            hand.start()
        assert self.is_full.wait(SECONDS_TO_FILL), "nobody was ever told to wait"
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for hand in self.hands:
            hand.join()

    def _guess(self, number: int) -> None:
        dice, thief = random.Random(number), Attacker(self.ground.port)
        while not self.is_over.is_set():
            place = f"198.18.{dice.randrange(256)}.{dice.randrange(256)}"
            email = dice.choice([*self.emails, f"stranger{dice.randrange(1000)}@example.com"])
            body = {"email": email, "password": WRONG}
            reply = thief.say("POST", LOGIN, body, X_Forwarded_For=place)
            self.replies.append(reply)
            if reply.status == 429 and int(reply.header("Retry-After")) > CROWDED:
                self.is_full.set()
        thief.hang_up()


@pytest.fixture
def town(proxied: Ground) -> Ground:
    """Fifty seconds into a storm: nearly as many wrong passwords as strangers may give."""
    with proxied.inside():
        (bucket,) = buckets(PASSWORD_BY_ANYBODY, "password", "anybody")
        values = {"bucket_key": bucket.key, "failures": GUESSED_BEFORE}
        db.session.add(AuthThrottle(**values, window_ends_at=clock.now() + bucket.window))
    return proxied


class Person:
    """Somebody real, with an authenticator, who signed in from 10.1.0.0/24 before."""

    def __init__(self, town: Ground) -> None:
        self.town, self.phone = town, pyotp.TOTP(pyotp.random_base32())
        self.row = town.person()
        self.email = self.row.email
        with town.inside():
            sealed = sealed_secret(self.phone.secret, self.row.id)
            values = {"secret_sealed": sealed, "key_id": current_key_id()}
            db.session.add(TwoFactorAuth(admin_id=self.row.id, enabled_at=clock.now(), **values))
            open_session(self.row, network="10.1.0.0/24")
            self.mark = {browser_cookie_name(): browser_mark(self.email)}

    def sign_in(self, address: str, mark: Mapping[str, str] = NONE) -> Reply:
        browser = self.town.stranger()
        browser.cookies |= mark
        body = {"email": self.email, "password": PASSWORD}
        first = browser.say("POST", LOGIN, body, X_Forwarded_For=address)
        assert first.status == 200, first.text
        browser.form_token = first.json["csrf_token"]
        code = {"totp_code": self.phone.at(clock.now())}
        return browser.say("POST", SECOND_STEP, code, X_Forwarded_For=address)


def test_a_storm_of_guesses_keeps_nobody_out(town):
    at_work, back, away = Person(town), Person(town), Person(town)
    page = town.attacker(at_work.row)
    with Storm(town, [one.email for one in (at_work, back, away)]) as storm:
        answers = [back.sign_in("10.1.0.7"), away.sign_in("10.2.0.7", away.mark)]
        assert [answer.json["next"] for answer in answers] == ["done", "done"]
        assert page.get("/account/security", X_Forwarded_For="10.1.0.9").status == 200
    assert {reply.status for reply in storm.replies} == {401, 429}
    waits = [reply.header("Retry-After") for reply in storm.replies if reply.status == 429]
    assert all(0 < int(wait) <= 301 for wait in waits)


def test_a_stranger_s_right_password_waits_with_the_storm(town):
    """From a new place in a new browser nobody can be told from those who guess."""
    with Storm(town, []):
        body = {"email": Person(town).email, "password": PASSWORD}
        reply = town.stranger().say("POST", LOGIN, body, X_Forwarded_For="10.3.0.7")
        assert (reply.status, reply.json["code"]) == (429, "throttled")
