"""Who is signed in: one indexed query a request, read afresh each time.

So a revoked session, a disabled person and a changed role take effect on the very next request.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, current_app, g, request, session
from flask_login import LoginManager, current_user

from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.outages import noting
from portal.core.provenance import add_session
from portal.core.quick import Quick
from portal.core.roles import Role
from portal.core.tokens import token_sha256
from portal.staff.models import Admin, AdminSession, Notice, RoleAddresses
from portal.staff.open_sessions import is_open
from portal.staff.roles import permissions_of
from portal.web.access import SessionState
from portal.web.addresses import client_address, is_within
from portal.web.csrf import is_bearer_request
from portal.web.nav import navigation

TOUCH_EVERY = timedelta(seconds=60)
IDLE = timedelta(minutes=30)  # OWASP: 15 to 30 minutes
IDLE_ADMIN = timedelta(minutes=15)  # NIST 800-63B AAL3
MOST_COUNTED = 100

login_manager = LoginManager()


@dataclass(frozen=True, slots=True)
class SignedInStaff:
    """A person and the session in which they are (or are about to be) signed in."""

    id: int
    email: str
    name: str
    role: Role
    theme: str
    time_zone: str | None
    shortcuts_enabled: bool
    is_second_factor_on: bool
    recovery_until: datetime | None
    unread_notices: int
    """At most `MOST_COUNTED`: every page asks, and nobody reads the difference."""
    session_id: str
    session_ref: str
    state: SessionState
    created_at: datetime
    password_proven_at: datetime | None
    sudo_until: datetime | None
    sudo_method: str | None
    amr: tuple[str, ...]
    csrf_secret: str
    networks: tuple[str, ...]
    """From where people of the role may come; from anywhere while there are none."""
    actor: Actor

    # Flask-Login's side of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False
    # A person, not a program: what `portal.web.access` asks.
    is_token = False

    def get_id(self) -> str:
        return str(self.id)

    @property
    def unread(self) -> str:
        """How many notices are, as the bell shows it; empty where none is."""
        if self.unread_notices >= MOST_COUNTED:
            return f"{MOST_COUNTED - 1}+"
        return str(self.unread_notices or "")

    @property
    def is_being_recovered(self) -> bool:
        """Has somebody with their password asked to recover the account?"""
        return self.recovery_until is not None and self.recovery_until > clock.now()

    @property
    def has_sudo(self) -> bool:
        return self.sudo_until is not None and self.sudo_until > clock.now()


def init_current(app: Flask) -> None:
    # Flask-Login asks nothing else once it sees its own cookie, and we never set one. A name with
    # a semicolon can never arrive.
    app.config["REMEMBER_COOKIE_NAME"] = "never;sent"
    # It would watch over a sign-in that it kept in the visitor's cookie: ours is in the database.
    login_manager.session_protection = None
    login_manager.init_app(app)
    # It would look for that cookie after every answer.
    app.after_request_funcs[None].remove(login_manager._update_remember_cookie)  # noqa: SLF001
    login_manager.request_loader(_load)
    app.context_processor(_me)


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host and to https; plain http cannot have it."""
    return "__Host-portal" if settings().is_https else "portal_session"


def signed_in() -> SignedInStaff | None:
    """The person behind the session cookie, whatever state the session is in."""
    return current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001


def current_staff() -> SignedInStaff:
    """The person behind the request, in a view that demands one."""
    found = signed_in()
    assert found is not None  # noqa: S101 - `access.guard` let nobody else in
    return found


def kept_out() -> SignedInStaff | None:
    """Who would be signed in, did their role's networks hold the address that they come from."""
    found: SignedInStaff | None = g.get("kept_out") if signed_in() is None else None
    return found


def may_come(networks: str, state: SessionState) -> bool:
    """Whoever still owes the second step learns nothing about networks: it is told after it."""
    return state is SessionState.PREAUTH or is_within(client_address(), networks)


def stand_in(staff: SignedInStaff) -> None:
    """From here on the request is this person's, though its cookie names an older token."""
    g._login_user = staff  # noqa: SLF001 - where Flask-Login keeps whom it loaded
    g.caller = staff


def idle_limit(role: str) -> timedelta:
    return IDLE_ADMIN if role == Role.ADMIN else IDLE


# One statement, compiled once: session, person and unread notices by the token's unique index.
_some_unread = (
    sa.select(Notice.id)
    .where(Notice.admin_id == Admin.id, Notice.read_at.is_(None))
    .correlate(Admin)
    .limit(MOST_COUNTED)
    .subquery()
)
_unread = sa.select(sa.func.count()).select_from(_some_unread).scalar_subquery()
_session, _admin = AdminSession.__table__.c, Admin.__table__.c
_addresses = RoleAddresses.__table__.c
_QUERY = Quick(
    sa.select(
        _admin.id,
        _admin.email,
        _admin.name,
        _admin.role,
        _admin.theme,
        _admin.time_zone,
        _admin.shortcuts_enabled,
        _admin.is_second_factor_on,
        _admin.recovery_until,
        _unread.label("unread_notices"),
        _session.id.label("session_id"),
        _session.state,
        _session.created_at,
        _session.last_seen_at,
        _session.password_proven_at,
        _session.sudo_until,
        _session.sudo_method,
        _session.amr,
        _session.csrf_secret,
        sa.cast(_addresses.networks, sa.Text).label("networks"),
    )
    .select_from(
        AdminSession.__table__.join(Admin.__table__, _session.admin_id == _admin.id).outerjoin(
            RoleAddresses.__table__, _addresses.role == _admin.role
        )
    )
    .where(
        _session.token_sha256 == sa.bindparam("token"),
        is_open(sa.bindparam("now")),
        _admin.disabled_at.is_(None),
    )
)


def _load(incoming: Request) -> SignedInStaff | None:
    token = incoming.cookies.get(cookie_name())
    if not token or is_bearer_request() or g.get("is_failing"):
        return None
    now = clock.now()
    row = _QUERY.early_row(token=token_sha256(token), now=now)
    if row is None:
        return None
    person = _person(row)
    if row.networks and not may_come(row.networks, person.state):
        g.kept_out = person
        return None
    add_session(session_ref=person.session_ref, amr=person.amr, has_sudo=person.has_sudo)
    _bind_form_token(person)
    g.time_zone = person.time_zone
    if now - row.last_seen_at >= TOUCH_EVERY and incoming.headers.get("X-Background") != "1":
        _touch(person, now)
    return person


def _person(row: sa.Row[*tuple[Any, ...]]) -> SignedInStaff:
    values = row._asdict()
    del values["last_seen_at"]
    role = values["role"]
    actor = Actor(ActorType.ADMIN, row.id, row.email, role, permissions_of(role))
    values.update(
        role=Role(role),
        state=SessionState(row.state),
        amr=tuple(row.amr.split()),
        networks=tuple(json.loads(row.networks)) if row.networks else (),
        session_ref=session_ref(row.session_id),
        actor=actor,
    )
    return SignedInStaff(**values)


def session_ref(session_id: str) -> str:
    """What the ledger calls a session: links its events, opens nothing."""
    return token_sha256(session_id).hex()[:16]


def _bind_form_token(person: SignedInStaff) -> None:
    """Form tokens belong to the server's session, so a rotated or other session's is refused."""
    if session.get("csrf_token") != person.csrf_secret:
        session["csrf_token"] = person.csrf_secret


def _touch(person: SignedInStaff, now: datetime) -> None:
    """At most one write a minute a session; a background poll does not keep it alive.

    Committed at once: a view that hashes would hold SQLite's write lock for as long. It is called
    before the view did anything, so there is nothing else to commit.
    """
    with noting():
        db.session.execute(
            sa.update(AdminSession)
            .where(AdminSession.id == person.session_id, AdminSession.last_seen_at < now)
            .values(
                last_seen_at=now,
                idle_expires_at=now + idle_limit(person.role),
                ip_last=client_address(),
            )
        )


def _me() -> dict[str, object]:
    """What the layout needs: the person once fully signed in, and the pages they may open."""
    is_asked = request and not g.get("is_failing") and "portal_gatekeeper" in current_app.extensions
    found = signed_in() if is_asked else None
    if found is None or found.state is not SessionState.ACTIVE:
        return {"me": None, "nav": ""}
    return {"me": found, "nav": navigation(found.actor.permissions)}
