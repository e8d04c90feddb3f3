"""What is scanned: a portal with the demo company in it, and those as whom the scanners come."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from portal.config import ROOT
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import User, UserStatus
from portal.customers.scopes import Scope, lendable
from portal.customers.tokens import issue_service_token, issue_staff_token, issue_user_token
from portal.staff.models import Admin
from tests.attacks.wire import COOKIE, Attacker
from tests.cast import actor, make_admin, open_session
from tests.conftest import make_app
from tests.databases import Postgres, Server, Sqlite
from tests.processes import Portal

SERVERS = {"sqlite": Sqlite, "postgresql": Postgres}
# A scan must be refused for what it asks, and not for asking more than 120,000 times a minute.
TOKEN_RATE = "100000000"
WHOLE_DAY = timedelta(hours=24)


class Caller(StrEnum):
    """As whom a scanner comes."""

    NOBODY = "nobody"
    ADMIN = "admin"
    AGENT = "agent"
    STAFF_TOKEN = "staff token"
    SERVICE_TOKEN = "service token"
    USER_TOKEN = "user token"


ROLES = {Caller.ADMIN: Role.ADMIN, Caller.AGENT: Role.SUPPORT_AGENT}


@dataclass
class Target:
    """One running portal. Each scan gets a session or token of its own."""

    portal: Portal
    app: Flask
    database: str
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def log(self) -> Path:
        return self.portal.folder / "server.log"

    @property
    def url(self) -> str:
        return self.portal.url

    def headers(self, caller: Caller) -> dict[str, str]:
        """What this caller sends with every request; a new session or token each time."""
        if caller is Caller.NOBODY:
            return {}
        if caller in ROLES:
            return self._session(ROLES[caller])
        return {"Authorization": f"Bearer {self._token(caller)}"}

    def is_known(self, headers: dict[str, str]) -> bool:
        """Does the session or token still open what it opened?"""
        attacker = Attacker(self.portal.port)
        path = "/account/sessions" if "Cookie" in headers else "/api/entitlements/features"
        sent = {name.replace("-", "_"): value for name, value in headers.items()}
        status = attacker.get(path, **sent).status
        attacker.hang_up()
        return status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN}

    def _session(self, role: Role) -> dict[str, str]:
        """With sudo, so that what stands behind it is scanned too."""
        until = clock.now() + WHOLE_DAY
        ends = {"idle_expires_at": until, "absolute_expires_at": until}
        with self.app.app_context():
            admin = self._person(role)
            token = open_session(admin, sudo_until=until, sudo_method="totp", **ends)[1]
            db.session.commit()
        attacker = Attacker(self.portal.port, token).take_form_token()
        attacker.hang_up()
        return {"Cookie": f"{COOKIE}={token}", "X-CSRFToken": attacker.form_token}

    def _person(self, role: Role) -> Admin:
        """Another one for each scan: what one of them spoils, the next one has whole."""
        email = f"scanner{next(self.numbers)}@boxcostpro.test"
        return make_admin(f"Scanner {role.value}", role, email=email, is_second_factor_on=True)

    def _token(self, caller: Caller) -> str:
        with self.app.app_context():
            by = actor(self._person(Role.ADMIN))
            if caller is Caller.STAFF_TOKEN:
                lent = lendable(Role.ADMIN)
                issued = issue_staff_token(by=by, name="Scanner", permissions=lent)
            elif caller is Caller.SERVICE_TOKEN:
                issued = issue_service_token(by=by, name="Scanner", scopes=list(Scope))
            else:
                asked = sa.select(User).filter_by(status=UserStatus.ACTIVE).order_by(User.id)
                user = db.session.scalars(asked.limit(1)).one()
                issued = issue_user_token(by=by, user=user, expires_in=WHOLE_DAY)
            db.session.commit()
            return issued.text


@contextmanager
def seeded(database: str, folder: Path) -> Iterator[Target]:
    """A migrated and seeded portal with several processes, for as long as the block lasts."""
    server: Server = SERVERS[database](folder)
    try:
        server.migrate(lambda url: make_app(url, folder))
        with Portal(server.clone(), folder, TOKEN_RATE=TOKEN_RATE) as portal:
            _seed(portal)
            app = make_app(portal.database_url, folder)
            with portal.server():
                yield Target(portal, app, database)
            with app.app_context():
                db.engine.dispose()
    finally:
        server.stop()


def _seed(portal: Portal) -> None:
    words = [sys.executable, "-m", "flask", "--app", "wsgi", "seed", "demo"]
    subprocess.run(words, cwd=ROOT, env=portal.environ, check=True, capture_output=True)
