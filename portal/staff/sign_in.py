"""The first step of signing in: an address and its password. Or the only one: a passkey.

Whatever is wrong, the answer, the work, the buckets and the kind of event are the same, so that
nobody learns from them who has an account (OWASP, Authentication Cheat Sheet).
"""

from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.core.actor import Actor, ActorType
from portal.core.database import db, looking
from portal.core.provenance import provenance
from portal.core.roles import Role
from portal.staff.current import SignedInStaff
from portal.staff.identity import LONGEST_TYPED, email_key
from portal.staff.models import Admin, AdminSession
from portal.staff.naming import actor_of, person_target, target_of
from portal.staff.new_devices import tell_of_new_device
from portal.staff.passwords import hash_password, needs_rehash, verify_password
from portal.staff.places import NotFromHere, is_outside, note_sign_in_outside
from portal.staff.policies import owes_second_factor
from portal.staff.sessions import Issued, end_session, open_session
from portal.staff.throttles import (
    PASSWORD_BY_ACCOUNT,
    PASSWORD_BY_ADDRESS,
    PASSWORD_BY_ANYBODY,
    Bucket,
    book_failure,
    buckets,
    hand_back,
    is_first_refusal,
    seconds_to_wait,
)
from portal.web.access import SessionState
from portal.web.addresses import block_of, network_of
from portal.web.requests import printable


@dataclass(frozen=True, slots=True)
class SignIn:
    """What came of a password: a session, or seconds to wait, or neither."""

    issued: Issued | None = None
    retry_after: int | None = None
    outside: NotFromHere | None = None
    """Both factors are proven, at a place that the role may not use."""

    def check_place(self) -> None:
        """Call it once what came of it is committed.

        Raises:
            NotFromHere: see the class.
        """
        if self.outside is not None:
            raise self.outside

    @property
    def state(self) -> SessionState | None:
        return SessionState(self.issued.session.state) if self.issued else None


class Person(NamedTuple):
    """What the check needs of whoever has the address."""

    id: int
    email: str
    password_hash: str | None
    is_disabled: bool
    has_joined: bool


def open_with_password(
    *, email: str, password: str, is_known: bool = False, instead_of: SignedInStaff | None = None
) -> SignIn:
    """Open the session that this password deserves. `instead_of` ends when it does.

    Commit whatever comes back: the count and the event of a failure are in the transaction.
    Whoever `is_known` (see `portal.staff.door`) is not counted among all strangers.

    Raises:
        Busy: too many passwords are being hashed at once.
    """
    typed = typed_address(email)
    with looking():
        person, booked = _person_with(typed), password_buckets(typed, is_known=is_known)
        wait = seconds_to_wait(booked)
        stored = person.password_hash if person else None
        matches = wait is None and verify_password(password, stored)
    anew = hash_password(password) if matches and stored and needs_rehash(stored) else None
    # The hash is computed before the failure is booked and outside the transaction: 20 ms under
    # SQLite's write lock would stop everybody. Only the booking decides what is answered.
    wait = wait or book_failure(booked)
    if wait is not None:
        if is_first_refusal(booked):
            _record_refusal(Action.SESSION_THROTTLED, typed, person, "throttled")
        return SignIn(retry_after=wait)
    refusal = _refusal(person, matches=matches)
    admin = _admin_as_checked(person) if person and refusal is None else None
    if admin is not None and _state_for(admin) is not SessionState.PREAUTH:
        # Nothing but the password is known: they hear what a wrong one hears.
        refusal = "outside_networks" if is_outside(admin.role) else None
    if admin is None or refusal:
        reason = refusal or "changed_meanwhile"
        _record_refusal(Action.SESSION_PASSWORD_REFUSED, typed, person, reason)
        return SignIn()
    hand_back(booked)
    return SignIn(_opened(admin, anew, instead_of))


def typed_address(text: str) -> str:
    """What was typed as an address, as it is counted and recorded."""
    return printable(text).strip()[:LONGEST_TYPED]


def _person_with(typed: str) -> Person | None:
    row = db.session.execute(
        sa.select(
            Admin.id,
            Admin.email,
            Admin.password_hash,
            Admin.disabled_at.is_not(None),
            Admin.joined_at.is_not(None),
        ).where(Admin.email_key == email_key(typed))
    ).one_or_none()
    return Person(*row) if row else None


def _refusal(person: Person | None, *, matches: bool) -> str | None:
    """Why not, for the ledger alone."""
    if person is None:
        return "unknown_address"
    if person.password_hash is None or not person.has_joined:
        return "not_joined"
    if not matches:
        return "wrong_password"
    return "disabled" if person.is_disabled else None


def _admin_as_checked(person: Person) -> Admin | None:
    """The row, locked, unless it changed while the password was being checked."""
    return db.session.scalar(
        sa.select(Admin)
        .where(
            Admin.id == person.id,
            Admin.password_hash == person.password_hash,
            Admin.disabled_at.is_(None),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def open_with_proof(
    *, admin: Admin, method: str, amr: str, instead_of: SignedInStaff | None
) -> SignIn:
    """Open an active session for somebody who proved both factors in one step."""
    by = actor_of(admin)
    if is_outside(admin.role):
        note_sign_in_outside(by=by, person=admin, reason=method)
        return SignIn(outside=NotFromHere(Role(admin.role), provenance().ip))
    _end_former(by, instead_of)
    issued = open_session(admin=admin, state=SessionState.ACTIVE, amr=amr)
    record(
        Action.SESSION_OPENED,
        by=by,
        target=target_of(admin),
        meta={"method": method, "device": issued.session.device_label},
    )
    tell_of_new_device(by=by, session=issued.session)
    return SignIn(issued)


def _end_former(by: Actor, instead_of: SignedInStaff | None) -> None:
    former = db.session.get(AdminSession, instead_of.session_id) if instead_of else None
    if former is not None:
        end_session(by=by, session=former, reason="replaced")


def _opened(admin: Admin, anew: str | None, instead_of: SignedInStaff | None) -> Issued:
    """`anew` is the password's hash with today's parameters, where the stored one has others."""
    by = actor_of(admin)
    _end_former(by, instead_of)
    if anew is not None:
        admin.password_hash = anew
    state = _state_for(admin)
    issued = open_session(admin=admin, state=state, amr="pwd")
    opened = state is SessionState.ACTIVE
    record(
        Action.SESSION_OPENED if opened else Action.SESSION_PASSWORD_ACCEPTED,
        by=by,
        target=target_of(admin),
        meta={"state": state.value, "device": issued.session.device_label},
    )
    if opened:
        tell_of_new_device(by=by, session=issued.session)
    return issued


def _state_for(admin: Admin) -> SessionState:
    if admin.is_second_factor_on:
        return SessionState.PREAUTH
    return SessionState.MUST_ENROL if owes_second_factor(admin) else SessionState.ACTIVE


def password_buckets(typed: str, *, is_known: bool) -> list[Bucket]:
    """Where wrong passwords for an address are counted, coming from where the request comes."""
    address = provenance().ip
    found = [
        *buckets(PASSWORD_BY_ACCOUNT, "password", "account", email_key(typed), network_of(address)),
        *buckets(PASSWORD_BY_ADDRESS, "password", "address", block_of(address)),
    ]
    if not is_known:
        found += buckets(PASSWORD_BY_ANYBODY, "password", "anybody")
    return found


def _record_refusal(action: Action, typed: str, person: Person | None, reason: str) -> None:
    record(
        action,
        by=Actor(ActorType.ANONYMOUS, None, typed or "anonymous"),
        target=person_target(person.id, person.email) if person else None,
        outcome=Outcome.FAILURE,
        reason=reason,
    )
