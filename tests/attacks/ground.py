"""The ground on which the attackers meet the portal: people, their sessions, what is stored."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import sqlalchemy as sa
from flask import Flask

from portal.audit.models import AuditEvent
from portal.config import settings
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin, AuthThrottle
from portal.staff.passwords import hash_password
from portal.web.access import SessionState
from tests.attacks.wire import Attacker
from tests.cast import PASSWORD, make_admin, open_session
from tests.house.test_escalation import SAMPLES, _typed
from tests.processes import HOST, Portal, Process


class Ground:
    """One running portal, and a way behind it to prepare rows and to look at them."""

    def __init__(
        self, portal: Portal, app: Flask, *, is_thorough: bool, server: Process | None = None
    ) -> None:
        self.portal, self.app, self.is_thorough, self.server = portal, app, is_thorough, server
        self.port = portal.port
        self.numbers = itertools.count(1)
        self.attackers: list[Attacker] = []

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Stand in the application; what was prepared is stored at the end."""
        with self.app.app_context():
            yield
            db.session.commit()

    def forget_failures(self) -> None:
        """All attackers share a few addresses: one test's failures are not held against another."""
        with self.inside():
            db.session.execute(sa.delete(AuthThrottle))

    def person(self, role: Role = Role.SUPPORT_AGENT, name: str = "Bea Agent", **more) -> Admin:
        """Somebody with the password `PASSWORD` and an address of their own."""
        values = {"email": f"person{next(self.numbers)}@boxcostpro.test", **more}
        with self.inside():
            values.setdefault("password_hash", hash_password(PASSWORD))
            admin = make_admin(name, role, **{"is_second_factor_on": True, **values})
            db.session.commit()
            db.session.refresh(admin)
            db.session.expunge(admin)
            return admin

    def attacker(self, admin: Admin, state: SessionState = SessionState.ACTIVE, **more) -> Attacker:
        """A browser that holds a session of this person, and its form token."""
        with self.inside():
            _, token = open_session(admin, state, **more)
        return self.stranger(token).take_form_token()

    def stranger(self, session: str = "", source: str = HOST) -> Attacker:
        """A browser of nobody, or of whoever holds this cookie."""
        found = Attacker(self.port, session, source)
        self.attackers.append(found)
        return found

    def hang_up(self) -> None:
        """Each closes the connection that it kept."""
        while self.attackers:
            self.attackers.pop().hang_up()

    def memory(self) -> float:
        """MiB of the largest process that serves, at its largest."""
        assert self.server is not None
        return self.server.peak_memory()

    def rows(self, statement: sa.Select) -> list:
        with self.app.app_context():
            found = list(db.session.scalars(statement))
            db.session.expunge_all()
            return found

    def events(self, action: str) -> int:
        count = sa.select(sa.func.count()).where(AuditEvent.action == str(action))
        return self.rows(count)[0]

    def newest(self, action: str) -> AuditEvent:
        query = sa.select(AuditEvent).where(AuditEvent.action == str(action))
        return self.rows(query.order_by(AuditEvent.id.desc()).limit(1))[0]

    def letters(self) -> list[EmailMessage]:
        """What the worker has sent; the test's mail server is a folder."""
        with self.app.app_context():
            files = sorted(settings().mail_folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]

    def sample(self, doors: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """All of them in `make attack`; some beside other tests, which try all in-process."""
        return doors if self.is_thorough else doors[:: len(doors) // 40 or 1]

    def doors(self, wanted: Callable[[object], bool]) -> list[tuple[str, str]]:
        """Every method and address of the URL map whose view is wanted, with likely values."""
        found = []
        with self.app.test_request_context():
            for rule in self.app.url_map.iter_rules():
                if wanted(self.app.view_functions[rule.endpoint]):
                    values = {name: _typed(SAMPLES.get(name, "1")) for name in rule.arguments}
                    url = self.app.url_for(rule.endpoint, **values)
                    methods = sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
                    found += [(method, url) for method in methods]
        return sorted(found)
