"""Proving who one is with a passkey: as a second step, for something dangerous, or all alone.

What was signed is judged once. The challenge is gone before, the sign count is compared as it is
written, and whatever is wrong the person hears one answer; the ledger has the reason.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import ANONYMOUS
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.provenance import provenance
from portal.staff.current import SignedInStaff
from portal.staff.models import Admin
from portal.staff.naming import person_target
from portal.staff.second_factor import Proof
from portal.staff.sessions import take_turns
from portal.staff.sign_in import SignIn, open_with_proof
from portal.staff.telling import tell
from portal.staff.throttles import (
    CODE_BY_ADDRESS,
    MINUTES_5,
    Bucket,
    Throttled,
    book_failure,
    buckets,
    hand_back,
    is_first_refusal,
)
from portal.two_factor.failures import count_failure, forgive_failures
from portal.two_factor.models import Passkey, PasskeyHolder
from portal.two_factor.passkey_ceremonies import (
    Answer,
    BadAnswer,
    Signed,
    check_signature,
    read_answer,
    request_options,
)
from portal.two_factor.passkey_challenges import Purpose, new_challenge, take_challenge
from portal.web.addresses import block_of

METHOD = "passkey"
ASKED_BY_ADDRESS = ((100, MINUTES_5),)  # a whole office behind one address signs in at nine


class NoPasskey(Conflict):
    """None that works is registered."""

    title = "You have no passkey"


def options_to_prove(*, staff: SignedInStaff) -> dict[str, Any]:
    """For a second step, or for something dangerous: only the person's own passkeys may answer.

    Raises:
        NoPasskey, NoPasskeysHere: see the classes.
    """
    own = working_passkeys(staff.id)
    if not own:
        raise NoPasskey("Use another way, or add one under My security.")
    return request_options(challenge=new_challenge(Purpose.PROVE, staff.session_id), allowed=own)


def working_passkeys(admin_id: int) -> Sequence[Passkey]:
    """The person's, without the stopped ones."""
    query = sa.select(Passkey).where(Passkey.admin_id == admin_id, Passkey.disabled_at.is_(None))
    return db.session.scalars(query.order_by(Passkey.id)).all()


def options_to_sign_in(*, visitor: str) -> dict[str, Any]:
    """For a sign-in with nothing else: any passkey, and its owner verified by it.

    Raises:
        NoPasskeysHere: see the class.
        Throttled: whoever only asks fills the table.
    """
    asked = buckets(ASKED_BY_ADDRESS, METHOD, "asked", block_of(provenance().ip))
    wait = book_failure(asked)
    if wait is not None:
        raise Throttled(wait)
    return request_options(challenge=new_challenge(Purpose.SIGN_IN, visitor), must_verify=True)


def check_passkey(*, admin_id: int, answer: str, session_id: str) -> Proof:
    """Take what one of the person's passkeys signed, or say for the ledger why it is nothing."""
    challenge = take_challenge(Purpose.PROVE, session_id)
    fault = _fault(answer, challenge, owner=admin_id, is_alone=False)
    if fault:
        count_failure(admin_id)
        return Proof(accepted=False, reason=fault)
    forgive_failures(admin_id)
    return Proof(accepted=True, reason="accepted")


def open_with_passkey(*, answer: str, visitor: str, instead_of: SignedInStaff | None) -> SignIn:
    """Open the session that this answer deserves. `instead_of` ends when it does.

    A failure is held against the address alone. Nobody gave a password, so whoever has merely
    seen the id of somebody's passkey must not be able to use up their tries.

    Commit whatever comes back.
    """
    claimed = _claimed(answer)
    if claimed is not None:
        take_turns(claimed)  # ahead of the buckets, as every other step does
    booked = buckets(CODE_BY_ADDRESS, "code", "address", block_of(provenance().ip))
    wait = book_failure(booked)
    if wait is not None:
        return _throttled(booked, wait)
    challenge = take_challenge(Purpose.SIGN_IN, visitor)
    fault = _fault(answer, challenge, owner=claimed, is_alone=True)
    admin = db.session.get(Admin, claimed, populate_existing=True) if claimed else None
    if fault or admin is None:
        return _refused(admin, fault or "unknown_credential")
    if admin.disabled_at is not None or admin.joined_at is None:
        return _refused(admin, "disabled")
    hand_back(booked)
    forgive_failures(admin.id)
    return open_with_proof(admin=admin, method=METHOD, amr=METHOD, instead_of=instead_of)


def _claimed(answer: str) -> int | None:
    """Whose passkey it says it is of."""
    try:
        found = _named(read_answer(answer))
    except BadAnswer:
        return None
    return found.admin_id if found else None


def _named(answer: Answer) -> Passkey | None:
    query = sa.select(Passkey).where(Passkey.credential_id == answer.credential_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _throttled(booked: Sequence[Bucket], wait: int) -> SignIn:
    if is_first_refusal(booked):
        record(Action.SESSION_THROTTLED, by=ANONYMOUS, outcome=Outcome.FAILURE, reason="throttled")
    return SignIn(retry_after=wait)


def _refused(admin: Admin | None, reason: str) -> SignIn:
    record(
        Action.PASSKEY_REFUSED,
        by=ANONYMOUS,
        target=person_target(admin.id, admin.email) if admin else None,
        outcome=Outcome.FAILURE,
        reason=reason,
    )
    return SignIn()


def _fault(text: str, challenge: bytes | None, *, owner: int | None, is_alone: bool) -> str:
    """What is wrong with the answer, for the ledger; empty when it is right, and then used up."""
    if challenge is None:
        return "no_challenge"
    try:
        answer = read_answer(text)
        passkey = _named(answer)
        if passkey is None:
            return "unknown_credential"
        _check_owner(answer, passkey, owner=owner, is_alone=is_alone)
        signed = check_signature(
            answer, challenge=challenge, public_key=passkey.public_key, must_verify=is_alone
        )
        _count_up(passkey, signed, is_alone=is_alone)
    except BadAnswer as error:
        return error.reason
    return ""


def _check_owner(answer: Answer, passkey: Passkey, *, owner: int | None, is_alone: bool) -> None:
    """Alone, the authenticator must name its person too (WebAuthn 7.2, step 6)."""
    if passkey.admin_id != owner:
        raise BadAnswer("other_person")
    if passkey.disabled_at is not None:
        raise BadAnswer("stopped")
    named = answer.user_handle
    if named is None and not is_alone:
        return
    if named != db.session.get_one(PasskeyHolder, passkey.admin_id).user_handle:
        raise BadAnswer("user_handle")


def _count_up(passkey: Passkey, signed: Signed, *, is_alone: bool) -> None:
    """Compare and set: a count that did not grow is of a copy of the key (WebAuthn 6.1.1)."""
    is_uncounted = sa.and_(Passkey.sign_count == 0, sa.literal(signed.sign_count) == 0)
    taken = db.session.execute(
        sa.update(Passkey)
        .where(
            Passkey.id == passkey.id,
            Passkey.disabled_at.is_(None),
            sa.or_(Passkey.sign_count < signed.sign_count, is_uncounted),
        )
        .values(
            sign_count=signed.sign_count,
            last_used_at=clock.now(),
            is_backed_up=signed.is_backed_up,
            is_discoverable=sa.or_(Passkey.is_discoverable, sa.literal(is_alone)),
        )
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    if taken.one_or_none() is None:
        raise BadAnswer(_why_not(passkey.id, signed))


def _why_not(passkey_id: int, signed: Signed) -> str:
    """It may also have been removed or stopped a moment ago, which is nobody's fault."""
    passkey = db.session.get(Passkey, passkey_id, populate_existing=True)
    if passkey is None:
        return "unknown_credential"
    if passkey.disabled_at is not None:
        return "stopped"
    _warn_of_copy(passkey, signed)
    return "sign_count"


def _warn_of_copy(passkey: Passkey, signed: Signed) -> None:
    person = db.session.get_one(Admin, passkey.admin_id)
    record(
        Action.PASSKEY_COUNT_REGRESSED,
        by=ANONYMOUS,
        target=person_target(person.id, person.email),
        outcome=Outcome.FAILURE,
        reason=f"{signed.sign_count} after {passkey.sign_count}",
        meta={"passkey": passkey.label},
    )
    tell(Action.PASSKEY_COUNT_REGRESSED, by=ANONYMOUS, person=person, label=passkey.label)
