"""Sessions in the database: opened, renewed and ended here and nowhere else.

The cookie holds 256 random bits, the table their SHA-256. Whatever a session gains (a step, sudo)
comes with a new token, and the old one is dead at once.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.core.provenance import add_session, provenance
from portal.core.tokens import new_token, token_sha256
from portal.staff.current import SignedInStaff, idle_limit, session_ref
from portal.staff.devices import device_label
from portal.staff.models import Admin, AdminSession
from portal.staff.naming import person_target
from portal.staff.open_sessions import is_open
from portal.staff.policies import grace_until, rule_for
from portal.staff.telling import tell
from portal.web.access import SessionState
from portal.web.addresses import network_of

MOST_LIVE = 10
LIFETIMES = {
    SessionState.PREAUTH: timedelta(minutes=5),
    SessionState.MUST_ENROL: timedelta(minutes=30),
    SessionState.RECOVERY: timedelta(minutes=30),
    SessionState.ACTIVE: timedelta(hours=8),  # OWASP: 4 to 8 hours for office work
}


class SessionReplaced(Conflict):
    """Another request renewed or ended this session first."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A session and the token that opens it, which is stored nowhere."""

    session: AdminSession
    token: str


def open_session(*, admin: Admin, state: SessionState, amr: str) -> Issued:
    """A new session from where the running request comes. `amr` is space-separated.

    The eleventh live one ends the one that rested longest. Sessions that still owe their second
    step count apart, so that a stolen password alone throws nobody out.
    """
    token, now, origin = new_token(), clock.now(), provenance()
    session = AdminSession(
        id=str(uuid.uuid4()),
        token_sha256=token_sha256(token),
        admin_id=admin.id,
        created_at=now,
        password_proven_at=now if "pwd" in amr.split() else None,
        csrf_secret=new_token(),
        ip_first=origin.ip,
        ip_last=origin.ip,
        network=network_of(origin.ip),
        user_agent=origin.user_agent,
        device_label=device_label(origin.user_agent),
    )
    _enter(session, admin.role, state=state, amr=amr)
    end_with_grace(session=session, person=admin)
    db.session.add(session)
    db.session.flush()
    _keep_to_cap(session)
    return Issued(session, token)


def end_with_grace(*, session: AdminSession, person: Admin) -> None:
    """Without the second factor that the role demands, a session lasts as long as the grace."""
    until = grace_until(person, rule_for(person.role))
    if until is not None and until > clock.now():
        session.absolute_expires_at = min(session.absolute_expires_at, until)
        session.idle_expires_at = min(session.idle_expires_at, until)


def renew_session(
    *, session: AdminSession, state: SessionState | None = None, amr: str | None = None
) -> str:
    """The session's new token, with a new form secret. A new state starts its time afresh.

    Raises:
        SessionReplaced: see the class.
    """
    token, old = new_token(), session.token_sha256
    if state is not None:
        role = db.session.scalar(sa.select(Admin.role).where(Admin.id == session.admin_id))
        _enter(session, role or "", state=state, amr=amr or session.amr)
    taken = db.session.execute(
        sa.update(AdminSession)
        .where(
            AdminSession.id == session.id,
            AdminSession.token_sha256 == old,
            AdminSession.revoked_at.is_(None),
        )
        .values(token_sha256=token_sha256(token), csrf_secret=new_token())
        .returning(AdminSession.id)
    )
    if taken.one_or_none() is None:
        raise SessionReplaced("Your session changed meanwhile. Reload the page and try again.")
    db.session.refresh(session, ["token_sha256", "csrf_secret"])
    if state is not None:
        _keep_to_cap(session)
    return token


def end_session(*, by: Actor, session: AdminSession, reason: str) -> bool:
    """End one session; False when it had ended already. `reason` goes to the ledger."""
    ended = _revoke(by, AdminSession.id == session.id, reason=reason)
    if not ended:
        return False
    own = by.id == session.admin_id and reason == "signed_out"
    record(
        Action.SESSION_CLOSED if own else Action.SESSION_REVOKED,
        by=by,
        target=_person(session.admin_id),
        reason=reason,
        meta={"session": session_ref(session.id), "device": session.device_label},
    )
    return True


def end_sessions_of(
    *, by: Actor, admin_id: int, reason: str, except_session: str | None = None
) -> int:
    """End every session of a person, but perhaps one (its id). How many ended."""
    others = AdminSession.id != (except_session or "")
    ended = _revoke(by, AdminSession.admin_id == admin_id, others, reason=reason)
    if ended:
        record(
            Action.SESSION_REVOKED,
            by=by,
            target=_person(admin_id),
            reason=reason,
            meta={"sessions": [session_ref(id_) for id_ in ended]},
        )
    return len(ended)


def sign_out_everywhere(*, by: SignedInStaff, person: Admin) -> int:
    """End a person's sessions, but the one that asks for it, and tell them. How many ended."""
    ended = end_sessions_of(
        by=by.actor,
        admin_id=person.id,
        reason="revoked_by_admin",
        except_session=by.session_id,
    )
    if ended:
        tell(Action.SESSION_REVOKED, by=by.actor, person=person, who=by.name, where=" everywhere")
    return ended


def session_of(staff: SignedInStaff) -> AdminSession:
    """The row behind the present session."""
    return db.session.get_one(AdminSession, staff.session_id)


def own_session(staff: SignedInStaff, session_id: str) -> AdminSession:
    """One of the person's own sessions.

    Raises:
        NotFound: there is none with this id, or it is another person's.
    """
    found = db.session.get(AdminSession, session_id)
    if found is None or found.admin_id != staff.id:
        raise NotFound("There is no such session.")
    return found


def open_sessions_of(admin_id: int) -> Sequence[AdminSession]:
    """Sessions that still open something, the latest seen first."""
    query = sa.select(AdminSession).where(AdminSession.admin_id == admin_id, is_open(clock.now()))
    return db.session.scalars(query.order_by(AdminSession.last_seen_at.desc())).all()


def _enter(session: AdminSession, role: str, *, state: SessionState, amr: str) -> None:
    now = clock.now()
    ends = now + LIFETIMES[state]
    session.state, session.amr = state, amr
    session.last_seen_at = now
    session.absolute_expires_at = ends
    session.idle_expires_at = min(ends, now + idle_limit(role))
    session.wrong_codes = 0
    add_session(session_ref=session_ref(session.id), amr=tuple(amr.split()), has_sudo=False)


def _keep_to_cap(newest: AdminSession) -> None:
    take_turns(newest.admin_id)  # so that two sign-ins at once keep to the cap together
    is_unproven = newest.state == SessionState.PREAUTH
    same_kind = (AdminSession.state == SessionState.PREAUTH) == is_unproven
    query = sa.select(AdminSession).where(
        AdminSession.admin_id == newest.admin_id,
        AdminSession.id != newest.id,
        same_kind,
        is_open(clock.now()),
    )
    others = db.session.scalars(query.order_by(AdminSession.last_seen_at.desc())).all()
    for session in others[MOST_LIVE - 1 :]:
        end_session(by=SYSTEM, session=session, reason="too_many_sessions")
        if not is_unproven:
            _tell_of_cap(session)


def take_turns(admin_id: int) -> None:
    """One transaction at a time about this person's sessions, from here to its end.

    Always before a session's own row is changed: the other way round two of them wait for each
    other for ever. Rows that only point to the person (`key_share`) need not wait.
    """
    person = sa.select(Admin.id).where(Admin.id == admin_id)
    db.session.execute(person.with_for_update(key_share=True))


def _tell_of_cap(session: AdminSession) -> None:
    person = db.session.get_one(Admin, session.admin_id)
    where = f" of {session.device_label}: {MOST_LIVE} sessions at once are the most"
    tell(Action.SESSION_REVOKED, by=SYSTEM, person=person, who="The portal", where=where)


def _revoke(by: Actor, *which: sa.ColumnElement[bool], reason: str) -> Sequence[str]:
    """The ids of the live sessions that this ended; a race for one has one winner."""
    now = clock.now()
    return db.session.scalars(
        sa.update(AdminSession)
        .where(*which, is_open(now))
        .values(revoked_at=now, revoked_by=by.id, revoke_reason=reason)
        .returning(AdminSession.id),
        execution_options={"synchronize_session": "fetch"},
    ).all()


def _person(admin_id: int) -> Target:
    email = db.session.scalar(sa.select(Admin.email).where(Admin.id == admin_id))
    return person_target(admin_id, email or "")
