"""Support desks to measure on: customers, agents, and tickets by the hundred thousand."""

import contextvars
from datetime import timedelta
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks.load import HOST, Request
from benchmarks.stage import environ_of, noted_statements
from portal import create_app
from portal.core import clock
from portal.core.database import db
from portal.staff.current import cookie_name
from portal.staff.models import Admin
from portal.support.models import SupportAgent, SupportTicket, TicketClock
from portal.support.roster import add_row
from portal.support.words import Status
from seeds.bulk_customers import bulk_customers
from seeds.bulk_tickets import bulk_tickets
from seeds.catalog import seed_catalog
from tests.cast import make_admin, open_session

AGENTS = 30
TENANTS_PER_TICKET, USERS_PER_TICKET = 0.01, 0.2
ANSWERED = 300
"""Tickets that are answered in turn: as many as a desk has under its hands at a time."""
FORM = {
    "Sec-Fetch-Site": "same-origin",
    "Referer": f"https://{HOST}/",
    "Content-Type": "application/x-www-form-urlencoded",
}
keys = count(1)


class Desk:
    """One database with so many tickets, and an agent who is signed in."""

    def __init__(self, server, folder, tickets):
        self.environ = {**environ_of(folder), "PORTAL_DATABASE_URL": server.clone()}
        self.name = server.name
        self.app = create_app(self.environ)
        with self.app.app_context():
            with clock.standing_at(clock.now() - timedelta(days=720)):
                seed_catalog()
            customers = {
                "tenants": max(20, int(tickets * TENANTS_PER_TICKET)),
                "users": max(100, int(tickets * USERS_PER_TICKET)),
            }
            bulk_customers(**customers, overrides=0, seed=20)
            self.agent = self._agents()
            db.session.commit()
            self.made = bulk_tickets(tickets, seed=20)
            self._look_about()
            self.settle()
            self.release()
        self.cookie = self.form_token = ""

    def _agents(self):
        """The first of them will sign in. All take tickets, and are at work."""
        agents = [make_admin(f"Agent {n:02}", email=f"agent{n}@example.com") for n in range(AGENTS)]
        for agent in agents:
            add_row(agent.id)
        return agents[0].id

    def _look_about(self):
        """The ticket with the longest thread, and those that are answered."""
        longest = sa.select(SupportTicket.number).order_by(SupportTicket.message_count.desc())
        self.longest = db.session.scalar(longest.limit(1))
        waiting = sa.select(SupportTicket.number).where(SupportTicket.status == Status.OPEN)
        found = db.session.scalars(waiting.order_by(SupportTicket.id)).all()
        self.waiting = found[:: max(1, len(found) // ANSWERED)][:ANSWERED]
        new = sa.select(SupportTicket.number).where(
            SupportTicket.status == Status.NEW, SupportTicket.assignee_id.is_(None)
        )
        self.new = db.session.scalars(new.order_by(SupportTicket.id).limit(2)).all()
        ahead = sa.select(sa.func.count()).where(TicketClock.state == "running")
        self.running = db.session.scalar(ahead)
        db.session.execute(sa.update(SupportAgent).values(capacity=1_000_000))
        db.session.commit()

    def settle(self):
        """What PostgreSQL's autovacuum does by itself after such a load, done before measuring."""
        db.session.remove()
        if self.name == "sqlite":
            return
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))

    def release(self):
        db.session.remove()
        db.engine.dispose()

    def sign_in(self):
        """When it is measured: filling takes longer than a session may idle.

        Notes the cookies that a browser sends with every page, and the token of its forms.
        """
        with self.app.app_context():
            token = open_session(db.session.get_one(Admin, self.agent))[1]
            db.session.commit()
            cookie = f"{cookie_name()}={token}"
            self.release()
        answer = self._ask("get", "/api/admin/auth/csrf", {"Cookie": cookie})
        jar = SimpleCookie(answer.headers["Set-Cookie"])
        more = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
        self.cookie, self.form_token = f"{cookie}; {more}", answer.get_json()["csrf_token"]

    def _ask(self, method, path, headers, body=None):
        client = self.app.test_client(use_cookies=False)
        ask = getattr(client, method)
        answer = contextvars.Context().run(ask, path, headers={"Host": HOST, **headers}, data=body)
        with self.app.app_context():
            self.release()
        return answer

    def page(self, path, marker):
        return Request(path, marker, {"Cookie": self.cookie, "Accept": "text/html"})

    def replies(self):
        """An answer to each of the waiting tickets, another one each time."""
        return [
            Form(
                f"/support/tickets/{number}/reply",
                b"/support/tickets/",
                {"Cookie": self.cookie, **FORM},
                303,
                urlencode({"csrf_token": self.form_token, "body": "Try again.", "status": ""}),
            )
            for number in self.waiting
        ]

    def queries(self, path, **fields):
        """How many statements one press of a button sends, the whole request long."""
        body = urlencode({"csrf_token": self.form_token, **fields})
        with noted_statements() as statements:
            answer = self._ask("post", path, {"Cookie": self.cookie, **FORM}, body)
        if answer.status_code != 303:
            raise RuntimeError(f"{path} answers {answer.status_code}")
        return len(statements)


class Form(Request):
    """A form that is sent under a new key each time, as each page has its own."""

    @property
    def bytes(self):
        body = f"{self.body}&submit_key=bench-{next(keys)}".encode()
        headers = {"Host": HOST, "Accept": "text/html", **self.headers}
        lines = [f"POST {self.path} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body
