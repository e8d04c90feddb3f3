"""Setting up an authenticator: a secret that waits ten minutes for its first code."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.config import settings
from portal.core import clock
from portal.core.database import db, insert_into, looking
from portal.core.errors import Conflict, DomainError
from portal.core.provenance import provenance
from portal.core.sealing import key_id
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.sessions import end_sessions_of
from portal.staff.telling import tell
from portal.staff.throttles import book_failure, code_buckets, hand_back, seconds_to_wait
from portal.two_factor.adding import carry_on, refuse_unproven
from portal.two_factor.authenticators import has_authenticator, opened_secret, sealed_secret
from portal.two_factor.backup_codes import NewCodes, generate_codes, make_codes
from portal.two_factor.models import Enrolment, TwoFactorAuth
from portal.two_factor.totp import Match, grouped, key_uri, match, new_secret
from portal.web.qr import qr_data_url

LIFETIME = timedelta(minutes=10)


class AlreadyEnabled(Conflict):
    """The factor is on; it is replaced by turning it off first."""

    code = "already_enabled"
    title = "Your second factor is on already"


class EnrolmentExpired(DomainError):
    """The secret waited too long, or another browser began anew."""

    status = 410
    code = "enrolment_expired"
    title = "This key has expired"


@dataclass(frozen=True, slots=True)
class Pending:
    """What the person scans or types. Shown on this answer alone, stored sealed."""

    secret: str
    uri: str
    qr: str
    expires_at: datetime

    @property
    def grouped_secret(self) -> str:
        return grouped(self.secret)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of the first code. With `token` the browser has a new session cookie to carry."""

    accepted: bool
    codes: tuple[str, ...] = ()
    token: str | None = None
    retry_after: int | None = None
    steps_off: int | None = None
    """How far the phone's clock is off, in 30-second steps, when that is the fault."""


def start_enrolment(*, staff: SignedInStaff, anew: bool = False) -> Pending:
    """The secret that waits for this session; a new one when there is none or `anew`.

    Raises:
        AlreadyEnabled, ProofTooOld, EmailUnverified: see the classes.
    """
    person, is_set_up = _locked(staff.id)
    if is_set_up:
        raise AlreadyEnabled("Turn it off first to set up another authenticator.")
    refuse_unproven(staff, person)
    waiting = _begun(person, staff, anew=anew) or db.session.get_one(Enrolment, person.id)
    secret = opened_secret(waiting.secret_sealed, person.id)
    uri = key_uri(secret, email=person.email, brand=settings().brand)
    return Pending(secret, uri, qr_data_url(uri), waiting.expires_at)


def _locked(admin_id: int) -> tuple[Admin, bool]:
    """The person, kept from others, and whether they have an authenticator."""
    is_set_up = sa.exists().where(TwoFactorAuth.admin_id == Admin.id)
    query = sa.select(Admin, is_set_up).where(Admin.id == admin_id)
    query = query.with_for_update(of=Admin, key_share=True)
    found = db.session.execute(query, execution_options={"populate_existing": True}).one()
    return found[0], found[1]


def _begun(person: Admin, staff: SignedInStaff, *, anew: bool) -> Enrolment | None:
    """A new secret; None where one of this session waits already, unless `anew`."""
    sealed, now = sealed_secret(new_secret(), person.id), clock.now()
    values = {
        "session_id": staff.session_id,
        "secret_sealed": sealed,
        "key_id": key_id(sealed),
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    is_over = sa.or_(Enrolment.session_id != staff.session_id, Enrolment.expires_at <= now)
    adding = insert_into(Enrolment).values(admin_id=person.id, **values)
    adding = adding.on_conflict_do_update(
        index_elements=[Enrolment.admin_id], set_=values, where=sa.true() if anew else is_over
    )
    begun: Enrolment | None = db.session.scalar(
        adding.returning(Enrolment), execution_options={"populate_existing": True}
    )
    if begun is not None:
        record(Action.TOTP_ENROLMENT_STARTED, by=staff.actor, target=target_of(person))
    return begun


def _waiting(staff: SignedInStaff) -> Enrolment | None:
    row = db.session.get(Enrolment, staff.id, populate_existing=True)
    is_ours = row is not None and row.session_id == staff.session_id
    return row if row and is_ours and row.expires_at > clock.now() else None


def confirm_enrolment(*, staff: SignedInStaff, code: str) -> Confirmation:
    """Turn the factor on with the first code, which is consumed: it signs nobody in.

    Commit whatever comes back. Other sessions of the person end.

    Raises:
        AlreadyEnabled, EnrolmentExpired: see the classes.
        Busy: too many passwords or codes are being hashed at once.
    """
    made = _made_ahead(staff, code)
    person = locked_person(staff.id)
    if has_authenticator(staff.id):
        raise AlreadyEnabled("It was set up a moment ago, perhaps in another tab.")
    waiting = _waiting(staff)
    if waiting is None:
        raise EnrolmentExpired("Start again: a new key is made for you.")
    booked = code_buckets(staff.id, provenance().ip)
    wait = book_failure(booked)
    if wait is not None:
        return Confirmation(accepted=False, retry_after=wait)
    found = _matched(waiting, code)
    if found.step is None:
        return _refused(staff, person, found)
    hand_back(booked)
    return _switched_on(staff, person, waiting, found.step, made)


def _made_ahead(staff: SignedInStaff, code: str) -> NewCodes | None:
    """The backup codes that come with the factor, if the code looks right: hashing takes long."""
    with looking():
        waiting, booked = _waiting(staff), code_buckets(staff.id, provenance().ip)
        if waiting is None or seconds_to_wait(booked) is not None:
            return None
        is_right = _matched(waiting, code).step is not None
    return make_codes() if is_right else None


def _matched(waiting: Enrolment, code: str) -> Match:
    secret = opened_secret(waiting.secret_sealed, waiting.admin_id)
    return match(secret, code, at=clock.now(), is_strict=settings().strict_totp)


def _refused(staff: SignedInStaff, person: Admin, found: Match) -> Confirmation:
    record(
        Action.TOTP_CODE_REFUSED,
        by=staff.actor,
        target=target_of(person),
        outcome=Outcome.FAILURE,
        reason="clock" if found.steps_off else "invalid",
    )
    return Confirmation(accepted=False, steps_off=found.steps_off)


def _switched_on(
    staff: SignedInStaff, person: Admin, waiting: Enrolment, step: int, made: NewCodes | None
) -> Confirmation:
    _store(person, waiting, step)
    codes = generate_codes(by=staff.actor, admin=person, made=made)
    end_sessions_of(
        by=staff.actor, admin_id=person.id, reason="factor_added", except_session=staff.session_id
    )
    token = carry_on(staff=staff, amr="otp")
    record(Action.TOTP_ENABLED, by=staff.actor, target=target_of(person))
    tell(Action.TOTP_ENABLED, by=staff.actor, person=person)
    return Confirmation(accepted=True, codes=tuple(codes), token=token)


def _store(person: Admin, waiting: Enrolment, step: int) -> None:
    now = clock.now()
    # Anew: it may have waited since before the data keys were rotated.
    sealed = sealed_secret(opened_secret(waiting.secret_sealed, person.id), person.id)
    db.session.execute(sa.delete(TwoFactorAuth).where(TwoFactorAuth.admin_id == person.id))
    db.session.add(
        TwoFactorAuth(
            admin_id=person.id,
            secret_sealed=sealed,
            key_id=key_id(sealed),
            last_step=step,
            enabled_at=now,
            last_used_at=now,
        )
    )
    db.session.delete(waiting)
    person.is_second_factor_on = True
