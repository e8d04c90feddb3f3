"""Who is in the storm: people at work, people on their way in, and those who guess."""

import json
import random
from datetime import timedelta
from http.cookies import SimpleCookie
from itertools import cycle

import pyotp

from benchmarks.load import Request
from benchmarks.stage import PEOPLE
from portal import create_app
from portal.core import clock
from portal.core.database import db
from portal.core.sealing import current_key_id
from portal.staff.cookies import browser_cookie_name
from portal.staff.known_browsers import browser_mark
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.totp import new_secret
from tests.cast import PASSWORD, open_session

PATHS = ("/", "/staff", "/support/queue/all", "/customers", "/audit", "/account/security")
LOGIN, SECOND_STEP = "/api/admin/auth/login", "/api/admin/auth/login/2fa"
ON_THEIR_WAY, BEFORE = 12, 8
"""How many people come in while it storms, and before."""
UNKNOWN, REPEATED = 0.5, 0.1
"""Shares of the guesses: at addresses of nobody, and from five places at three people."""
GUESS = "not the password of anybody"


class Town:
    """The people of a prepared database, some of whom come in while it storms."""

    def __init__(self, stage):
        self.cookie = stage.cookie
        self.environ = {**stage.environ, "PORTAL_TRUSTED_PROXIES": "127.0.0.0/8"}
        self.emails = [f"person{number}@example.com" for number in range(PEOPLE)]
        app = create_app(self.environ)
        with app.app_context():
            stored = hash_password(PASSWORD)
            for admin in self._staff():
                admin.password_hash = stored
            people = [
                self._on_the_way(admin, number)
                for number, admin in enumerate(self._staff()[: ON_THEIR_WAY + BEFORE])
            ]
            self.people, self.early = people[:ON_THEIR_WAY], people[ON_THEIR_WAY:]
            db.session.commit()
            db.engine.dispose()

    def _staff(self):
        return db.session.query(Admin).filter(Admin.email.in_(self.emails)).order_by(Admin.id).all()

    def _on_the_way(self, admin, number):
        """An authenticator, and a session of last week; every other one has left the office."""
        secret = new_secret()
        admin.is_second_factor_on = True
        factor = {"secret_sealed": sealed_secret(secret, admin.id), "key_id": current_key_id()}
        db.session.add(TwoFactorAuth(admin_id=admin.id, enabled_at=clock.now(), **factor))
        then = clock.now() - timedelta(days=7)
        office = {"created_at": then, "last_seen_at": then, "idle_expires_at": then}
        open_session(admin, network=f"10.1.{number}.0/24", **office)
        if number % 2:
            mark = f"{browser_cookie_name()}={browser_mark(admin.email)}"
            return Person(admin.email, secret, f"10.2.{number}.7", "elsewhere", mark)
        return Person(admin.email, secret, f"10.1.{number}.7", "as always", "")

    def pages(self):
        """One page after the other, without end."""
        headers = {"Cookie": self.cookie, "Accept": "text/html", "X-Forwarded-For": "10.1.0.9"}
        return cycle([Request(path, b"</html>", headers) for path in PATHS])

    def guesses(self):
        """Wrong passwords, the same in every run."""
        dice = random.Random(20)
        while True:
            place = f"198.{dice.choice((18, 19))}.{dice.randrange(256)}.{dice.randrange(256)}"
            luck = dice.random()
            email = dice.choice(self.emails)
            if luck < UNKNOWN:
                email = f"stranger{dice.randrange(100_000)}@example.com"
            elif luck < UNKNOWN + REPEATED:
                place, email = f"198.51.100.{dice.randrange(5)}", dice.choice(self.emails[:3])
            yield said(LOGIN, {"email": email, "password": GUESS}, place)


class Person:
    """Somebody who signs in: what they know, and where they are."""

    def __init__(self, email, secret, address, place, mark):
        self.email, self.secret, self.address = email, secret, address
        self.place, self.mark = place, mark

    def password(self):
        return said(LOGIN, {"email": self.email, "password": PASSWORD}, self.address, self.mark)

    def code(self, answer):
        """The second step, with what the first one gave."""
        head, _, body = answer.partition(b"\r\n\r\n")
        jar = SimpleCookie()
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                jar.load(value)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
        token = json.loads(body)["csrf_token"]
        code = {"totp_code": pyotp.TOTP(self.secret).now()}
        return said(SECOND_STEP, code, self.address, cookie, token)


def said(path, document, address, cookie="", token=""):
    """A JSON request as the proxy hands it on."""
    headers = {"X-Forwarded-For": address, "Sec-Fetch-Site": "same-origin"}
    if cookie:
        headers["Cookie"] = cookie
    if token:
        headers |= {"X-CSRFToken": token, "Referer": "https://portal.internal/"}
    return Request(path, b"", headers, body=json.dumps(document).encode())


def arrivals(per_second, seconds, seed):
    """When each comes, as independent callers do: the same in every run."""
    dice, at = random.Random(seed), 0.0
    while (at := at + dice.expovariate(per_second)) < seconds:
        yield at
