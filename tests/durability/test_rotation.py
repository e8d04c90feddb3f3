"""New data keys while people sign in; the rotation is killed by -9 and run again.

Everybody still signs in, and nobody's secret stays under the old key.
"""

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core import clock
from portal.core.database import db
from portal.core.sealing import key_id
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.two_factor.authenticators import opened_secret, sealed_secret
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.rotation import BATCH
from portal.two_factor.totp import new_secret
from tests.cast import PASSWORD, make_admin
from tests.conftest import make_app
from tests.processes import Portal, Process
from tests.visitor import Visitor, give_password

pytestmark = [pytest.mark.race, pytest.mark.attack]
PEOPLE_A_ROUND = 500
KILLED_AT = 0.73
"""Of all secrets: in the midst of a batch, with batches committed before it when they are many."""
OLD, NEW = (
    f"{name}:{base64.b64encode(bytes(range(n, n + 32))).decode()}" for n, name in enumerate("ab")
)
BOTH = f"{NEW},{OLD}"
SECONDS = 240


@pytest.fixture
def people() -> int:
    """500 in `make test`; `make attack` asks for 10,000."""
    return PEOPLE_A_ROUND * int(os.environ.get("PORTAL_ATTACK_ROUNDS", "1"))


@dataclass
class Arrivals:
    """Some threads that sign one person in after the other, each of them once."""

    port: int
    secrets: Iterator[tuple[str, str]]
    opened: int = 0
    refused: list[str] = field(default_factory=list)
    is_stopping: bool = False

    def __enter__(self) -> "Arrivals":
        self.threads = [Thread(target=self.run, daemon=True) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_stopping = True
        for thread in self.threads:
            thread.join(60)

    def run(self) -> None:
        while not self.is_stopping and (person := next(self.secrets, None)):
            self.sign_in(*person)

    def sign_in(self, email: str, secret: str) -> None:
        visitor = Visitor(self.port)
        give_password(visitor, email, PASSWORD)
        code = pyotp.TOTP(secret).at(clock.now())
        answer = visitor.submit("/sign-in/second-factor", totp_code=code)
        if answer.status == 303 and visitor.get("/account/security").status == 200:
            self.opened += 1
        else:
            self.refused.append(f"{email}: {answer.status}")


def enrol(app: Flask, people: int) -> dict[str, str]:
    """So many people with a password and an authenticator, under the key of `app`."""
    secrets: dict[str, str] = {}
    with app.app_context():
        password, now = hash_password(PASSWORD), clock.now()
        for number in range(people):
            person = make_admin(f"p{number} Cast", password_hash=password, is_second_factor_on=True)
            secret = secrets[person.email] = new_secret()
            sealed = sealed_secret(secret, person.id)
            values = {"secret_sealed": sealed, "key_id": key_id(sealed), "enabled_at": now}
            db.session.add(TwoFactorAuth(admin_id=person.id, **values))
        db.session.commit()
        db.engine.dispose()
    return secrets


def kill_halfway(portal: Portal, secrets: int) -> None:
    reading, writing = os.pipe()
    words = ["tests.durability.rotator", str(secrets), "{}"]
    with Process(words, portal.environ, portal.folder / "killed.log", writing) as rotator:
        os.close(writing)
        assert os.read(reading, 1) == b".", rotator.last_words()
        rotator.kill()
    os.close(reading)


def rotate(portal: Portal) -> str:
    words = ["flask", "--app", "wsgi", "keys", "rotate-data"]
    with Process(words, portal.environ, portal.folder / "rotated.log") as rotation:
        assert rotation.wait(SECONDS) == 0, rotation.last_words()
        return rotation.last_words()


def opened_under(app: Flask) -> dict[str, str]:
    """Every secret that the keys of `app` open, by its person's address."""
    query = sa.select(Admin.email, Admin.id, TwoFactorAuth.secret_sealed)
    with app.app_context():
        rows = db.session.execute(query.join(TwoFactorAuth, TwoFactorAuth.admin_id == Admin.id))
        found = {email: opened_secret(sealed, id_) for email, id_, sealed in rows}
        db.engine.dispose()
    return found


def test_a_killed_rotation_goes_on_while_people_sign_in(database, tmp_path, people):
    url = database.clone()
    secrets = enrol(make_app(url, tmp_path, DATA_KEYS=OLD), people)
    arrivals = iter(list(secrets.items()))
    with Portal(url, tmp_path, DATA_KEYS=BOTH) as portal, portal.server():
        with Arrivals(portal.port, arrivals) as crowd:
            kill_halfway(portal, killed_at := int(people * KILLED_AT))
            said = rotate(portal)
        assert crowd.refused == []
        assert crowd.opened > 0
        left = people - killed_at // BATCH * BATCH
        assert f"two_factor_auth: {left} sealed anew, 0 failed" in said
        assert "two_factor_auth: 0 sealed anew" in rotate(portal).splitlines()[-4]
    assert opened_under(make_app(url, tmp_path, DATA_KEYS=NEW)) == secrets


def test_people_sign_in_under_the_new_key_alone(database, tmp_path):
    url = database.clone()
    secrets = enrol(make_app(url, tmp_path, DATA_KEYS=OLD), 5)
    with Portal(url, tmp_path, DATA_KEYS=BOTH) as portal:
        rotate(portal)
    with Portal(url, tmp_path, DATA_KEYS=NEW) as portal, portal.server(1):
        crowd = Arrivals(portal.port, iter(()))
        for email, secret in secrets.items():
            crowd.sign_in(email, secret)
    assert (crowd.opened, crowd.refused) == (5, [])
