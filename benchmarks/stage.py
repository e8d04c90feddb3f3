"""What the portal is measured on: a migrated database with people, and a session of an admin."""

import base64
import contextvars
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from portal import create_app
from portal.catalog.plans import plan_named
from portal.core import quick
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.tokens import issue_user_token
from portal.entitlements.grants import grant_user_feature
from portal.staff.current import cookie_name
from portal.subscriptions.assignments import assign_plan
from seeds.catalog import seed_catalog
from tests.addresses import pages_of_staff
from tests.cast import actor, make_admin, make_tenant, make_user, open_session, sudo_until
from tests.databases import Postgres

PEOPLE = 60
UNHURRIED = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""
TARGET_ROLES = list(Role)


class OnDisk(Postgres):
    """Its files lie on a disk and are tidied up, as those of a real server; but no commit waits."""

    memory = None
    extra = UNHURRIED


@dataclass(frozen=True)
class Stage:
    """One database under test, and the cookie of a person who may open every page."""

    database: str
    environ: dict[str, str]
    cookie: str
    token: str
    """Acts for a user of a tenant on the Professional plan, with one grant of their own."""


def prepare(server, folder):
    """Migrate, fill, and sign an admin in without the sign-in: its speed is not the question."""
    keys = environ_of(folder)
    server.migrate(lambda url: create_app({**keys, "PORTAL_DATABASE_URL": url}))
    environ = {**keys, "PORTAL_DATABASE_URL": server.clone()}
    app = create_app(environ)
    with app.app_context():
        _fill()
        admin = make_admin("Ann Admin", Role.ADMIN, is_second_factor_on=True)
        product = _customer(actor(admin))
        cookie = signed_in(app, admin, sudo_until=sudo_until(), sudo_method="totp")
        db.engine.dispose()
    return Stage(server.name, environ, cookie, product)


def _customer(by):
    """Tokens are asked far more often here than any one of them may be in production."""
    seed_catalog()
    tenant = make_tenant("Acme")
    assign_plan(by=by, tenant=tenant, plan=plan_named("basic"))
    user = make_user(tenant)
    grant_user_feature(by=by, user=user, feature_name="custom_reports")
    terms = {"quota_limit": 1000, "interval": "month"}
    grant_user_feature(by=by, user=user, feature_name="basic_quotes", **terms)
    return issue_user_token(by=by, user=user, expires_in=timedelta(days=1)).text


def signed_in(app, person, **more):
    """The cookies of a browser in which the person is signed in; commits."""
    cookie = f"{cookie_name()}={open_session(person, **more)[1]}"
    db.session.commit()
    return f"{cookie}; {visitor_cookie(app, cookie)}"


def visitor_cookie(app, cookie):
    """What the first page gives a browser, which sends it back with every other one."""
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": cookie, "Host": "127.0.0.1"}
    answer = contextvars.Context().run(client.get, "/account/sessions", headers=headers)
    return answer.headers["Set-Cookie"].partition(";")[0]


def _fill():
    for number in range(PEOPLE):
        role = TARGET_ROLES[number % len(TARGET_ROLES)]
        name, email = f"Person {number:03}", f"person{number}@example.com"
        make_admin(name, role, email=email, is_second_factor_on=number % 3 > 0)


def environ_of(folder):
    """Production's settings: what is measured is what is run."""
    return {
        "PORTAL_ENV": "production",
        "PORTAL_INSTANCE_DIR": str(folder / "instance"),
        "PORTAL_BASE_URL": "https://portal.internal",
        "PORTAL_TRUSTED_HOSTS": "127.0.0.1",
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        "PORTAL_TOKEN_PEPPER": secrets.token_urlsafe(48),
        "PORTAL_DATA_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "PORTAL_MAIL_URL": "file:",
        "PORTAL_TOKEN_RATE": "100000000",
    }


@contextmanager
def noted_statements():
    """Every statement that is sent inside the block: by the session and by quick reads alike."""
    statements, fetch = [], quick.Lines.fetch

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    def noting(lines, text, *rest):
        statements.append(text)
        return fetch(lines, text, *rest)

    quick.Lines.fetch = noting
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
        quick.Lines.fetch = fetch


def queries_by_page(stage):
    """How many statements each page of a signed-in person sends."""
    app = create_app({**stage.environ, "PORTAL_LOG_LEVEL": "warning"})
    found = {}
    with app.app_context():
        engine = db.engine
    for path in pages_of_staff(app):
        client = app.test_client(use_cookies=False)
        with noted_statements() as statements:
            # A request sets context variables that must not outlive it, as on a server; a file
            # that is made while it is sent asks as long as it is read.
            answer = contextvars.Context().run(
                client.get, path, headers=_headers(stage), buffered=True
            )
        if answer.status_code == 200:
            found[path] = len(statements)
        elif answer.status_code not in {302, 303, 404}:
            raise RuntimeError(f"{path} answers {answer.status_code}")
    with app.app_context():
        engine.dispose()
    return found


def _headers(stage):
    return {"Cookie": stage.cookie, "Host": "127.0.0.1", "Accept": "text/html"}
