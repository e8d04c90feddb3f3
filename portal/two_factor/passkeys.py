"""A person's passkeys: registered, named, removed. Each is a key pair of one authenticator."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.database import db, insert_into, looking
from portal.core.errors import Conflict, DomainError, NotFound
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.identity import BadName, checked_name
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.sessions import end_sessions_of
from portal.staff.telling import tell
from portal.two_factor.adding import carry_on, is_fresh, person_adding
from portal.two_factor.backup_codes import NewCodes, generate_codes, make_codes
from portal.two_factor.failures import forgive_failures
from portal.two_factor.models import Passkey, PasskeyHolder
from portal.two_factor.passkey_ceremonies import BadAnswer, NewKey, creation_options, read_new_key
from portal.two_factor.passkey_challenges import (
    Purpose,
    new_challenge,
    take_challenge,
    waiting_challenge,
)
from portal.two_factor.removing import settle

LONGEST_LABEL = 64
MOST = 20
HANDLE_BYTES = 32


class BadLabel(DomainError):
    """No name, or one that no page can show."""


class TooManyPasskeys(Conflict):
    """One more would be more than anybody keeps track of."""

    title = "You have enough passkeys"


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of a new key. With `token` the browser has a new session cookie to carry."""

    passkey: Passkey | None = None
    codes: tuple[str, ...] = ()
    """Ten backup codes, when this is the person's first factor."""
    token: str = ""


def passkeys_of(admin_id: int) -> Sequence[Passkey]:
    """The person's, the oldest first; stopped ones too."""
    query = sa.select(Passkey).where(Passkey.admin_id == admin_id)
    return db.session.scalars(query.order_by(Passkey.id)).all()


def own_passkey(admin_id: int, passkey_id: int) -> Passkey:
    """One of the person's.

    Raises:
        NotFound: there is none with this id, or it is another person's.
    """
    found = db.session.get(Passkey, passkey_id, populate_existing=True)
    if found is None or found.admin_id != admin_id:
        raise NotFound("There is no such passkey.")
    return found


def registration_options(*, staff: SignedInStaff) -> dict[str, Any]:
    """What the browser is asked to make.

    Raises:
        ProofTooOld, EmailUnverified, TooManyPasskeys, NoPasskeysHere: see the classes.
    """
    person = person_adding(staff)
    own = passkeys_of(person.id)
    if len(own) >= MOST:
        raise TooManyPasskeys(f"{MOST} are the most. Remove one that you no longer use.")
    return creation_options(
        challenge=new_challenge(Purpose.REGISTER, staff.session_id),
        user_handle=_handle_of(person.id),
        email=person.email,
        name=person.name,
        own=[key for key in own if key.disabled_at is None],
    )


def _handle_of(admin_id: int) -> bytes:
    """Random, and the same for all keys of a person; the caller keeps others from the person."""
    holder = db.session.get(PasskeyHolder, admin_id)
    if holder is None:
        handle = secrets.token_bytes(HANDLE_BYTES)
        holder = PasskeyHolder(admin_id=admin_id, user_handle=handle, consecutive_failures=0)
        db.session.add(holder)
    return holder.user_handle


def register(*, staff: SignedInStaff, answer: str, label: str) -> Registration:
    """Keep the key that the browser made. Commit whatever comes back.

    Raises:
        BadLabel, ProofTooOld, EmailUnverified, TooManyPasskeys: see the classes.
        Busy: too many passwords or codes are being hashed at once.
    """
    name = checked_label(label)
    made = _made_ahead(staff, answer)
    person = person_adding(staff)
    if len(passkeys_of(person.id)) >= MOST:
        raise TooManyPasskeys(f"{MOST} are the most. Remove one that you no longer use.")
    challenge = take_challenge(Purpose.REGISTER, staff.session_id)
    try:
        passkey = _stored(person, name, read_new_key(answer, challenge=challenge))
    except BadAnswer as error:
        record(
            Action.PASSKEY_REFUSED,
            by=staff.actor,
            target=target_of(person),
            outcome=Outcome.FAILURE,
            reason=error.reason,
        )
        return Registration()
    return _registered(staff, person, passkey, made)


def _made_ahead(staff: SignedInStaff, answer: str) -> NewCodes | None:
    """The backup codes that come with a first factor, if its answer looks right: hashing takes
    long.
    """
    if staff.is_second_factor_on or not is_fresh(staff):
        return None
    with looking():
        challenge = waiting_challenge(Purpose.REGISTER, staff.session_id)
    try:
        read_new_key(answer, challenge=challenge)
    except BadAnswer:
        return None
    return make_codes()


def checked_label(text: str) -> str:
    """The name in its normal form.

    Raises:
        BadLabel: the message says what is wrong with it.
    """
    try:
        return checked_name(
            text, longest=LONGEST_LABEL, missing="Name it, so that you know it from the others."
        )
    except BadName as error:
        raise BadLabel(error.message, field="label") from error


def _stored(person: Admin, label: str, key: NewKey) -> Passkey:
    """The new row; a key that is here already is nobody's second (WebAuthn 7.1, step 26)."""
    values = {name: getattr(key, name) for name in NewKey.__slots__}
    new = insert_into(Passkey).values(
        admin_id=person.id, label=label, created_at=clock.now(), **values
    )
    found = db.session.scalar(new.on_conflict_do_nothing().returning(Passkey.id))
    if found is None:
        raise BadAnswer("known_credential")
    return db.session.get_one(Passkey, found)


def _registered(
    staff: SignedInStaff, person: Admin, passkey: Passkey, made: NewCodes | None
) -> Registration:
    codes: Sequence[str] = ()
    if not person.is_second_factor_on:
        person.is_second_factor_on = True
        codes = generate_codes(by=staff.actor, admin=person, made=made)
        end_sessions_of(
            by=staff.actor,
            admin_id=person.id,
            reason="factor_added",
            except_session=staff.session_id,
        )
    forgive_failures(person.id)
    token = carry_on(staff=staff, amr="passkey")
    record(Action.PASSKEY_REGISTERED, by=staff.actor, target=passkey_target(passkey))
    tell(Action.PASSKEY_REGISTERED, by=staff.actor, person=person, label=passkey.label)
    return Registration(passkey, tuple(codes), token)


def rename(*, staff: SignedInStaff, passkey_id: int, label: str) -> Passkey:
    """Call one of one's own differently.

    Raises:
        BadLabel, NotFound: nothing changed.
    """
    passkey, name = own_passkey(staff.id, passkey_id), checked_label(label)
    changes = {"label": (passkey.label, name)} if passkey.label != name else {}
    passkey.label = name
    record(Action.PASSKEY_RENAMED, by=staff.actor, target=passkey_target(passkey), changes=changes)
    return passkey


def remove(*, staff: SignedInStaff, passkey_id: int) -> str:
    """Take one of one's own away; the caller has checked the proof. The session's new token.

    What that means for the session stands in `removing`.

    Raises:
        NotFound: nothing changed.
    """
    person = locked_person(staff.id)
    passkey = own_passkey(person.id, passkey_id)
    db.session.delete(passkey)
    db.session.flush()
    token = settle(staff=staff, person=person)
    record(Action.PASSKEY_REMOVED, by=staff.actor, target=passkey_target(passkey))
    tell(Action.PASSKEY_REMOVED, by=staff.actor, person=person, label=passkey.label)
    return token


def passkey_target(passkey: Passkey) -> Target:
    return Target("passkey", passkey.id, passkey.label)
