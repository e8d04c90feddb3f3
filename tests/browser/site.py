"""The portal on a loopback port inside the test process, so that a test can move its clock."""

import itertools
import socket
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.mail.models import EmailLog
from portal.staff.current import cookie_name
from portal.staff.models import Admin, AuthThrottle
from portal.staff.passwords import hash_password
from portal.support.models import BulkChange
from portal.web.access import SessionState
from tests.cast import PASSWORD, make_admin, open_session
from tests.processes import HOST


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open, as a real server does, and writes no line a request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None: ...


class Site:
    """One running portal; each test brings people of its own."""

    def __init__(self, make_app: Callable[[str], Flask]) -> None:
        self.socket = socket.create_server((HOST, 0), backlog=64)
        self.port = int(self.socket.getsockname()[1])
        # By a name, as people reach a portal: browsers bind no passkey to a bare address.
        self.url = f"http://localhost:{self.port}"
        self.app = make_app(self.url)
        # The pages of errors are under test too: an exception must become one.
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.server = make_server(
            HOST,
            0,
            self.app,
            threaded=True,
            request_handler=QuietHandler,
            fd=self.socket.fileno(),
        )
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.numbers = itertools.count(1)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.socket.close()
        with self.app.app_context():
            db.engine.dispose()

    def mails_to(self, email: str) -> list[Path]:
        """Files of the delivered mails to a person, the oldest first."""
        with self.app.app_context():
            folder = settings().mail_folder
            ids = db.session.scalars(
                sa.select(EmailLog.id).where(EmailLog.recipient == email).order_by(EmailLog.id)
            )
            return [folder / f"{id_}.eml" for id_ in ids]

    @staticmethod
    def mail_text(path: Path) -> str:
        message = message_from_bytes(path.read_bytes(), policy=default)
        part = message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    def forget_failures(self) -> None:
        """Tests share one address; the failures of one are not held against the next."""
        with self.app.app_context():
            db.session.execute(sa.delete(AuthThrottle))
            db.session.commit()

    def person(self, name: str, role: Role = Role.SUPPORT_AGENT, **more: object) -> Admin:
        """Somebody with the password `PASSWORD` and an address that no other test uses."""
        email = f"{name.split(maxsplit=1)[0].lower()}.{next(self.numbers)}@boxcostpro.test"
        with self.app.app_context():
            more = {"email": email, "password_hash": hash_password(PASSWORD), **more}
            admin = make_admin(name, role, **more)
            db.session.commit()
            db.session.refresh(admin)
            db.session.expunge(admin)
            return admin

    def place_of_file(self) -> str:
        """An address from which a file is fetched."""
        with self.app.app_context():
            bulk = BulkChange(change={}, status="done", total=0, created_at=clock.now())
            bulk.created_by_label = "Somebody"
            db.session.add(bulk)
            db.session.commit()
            return f"/support/bulk/{bulk.id}/results.csv"

    def sign_in(
        self,
        context: BrowserContext,
        admin: Admin,
        state: SessionState = SessionState.ACTIVE,
        **more: object,
    ) -> None:
        """Put a session's cookie into the browser, past the sign-in page."""
        name, token = self.cookie(admin, state, **more)
        context.add_cookies([{"name": name, "value": token, "url": self.url}])

    def cookie(
        self, admin: Admin, state: SessionState = SessionState.ACTIVE, **more: object
    ) -> tuple[str, str]:
        """The cookie of a new session of this person: its name and its value."""
        with self.app.app_context():
            _, token = open_session(admin, state, **more)
            db.session.commit()
            return cookie_name(), token
