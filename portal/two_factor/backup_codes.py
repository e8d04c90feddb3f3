"""Ten codes for the day the phone is gone: 80 random bits each, hashed, good once."""

import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db, looking
from portal.core.errors import Conflict
from portal.core.provenance import provenance
from portal.staff.devices import device_label
from portal.staff.models import Admin
from portal.staff.naming import actor_of, target_of
from portal.staff.passwords import hash_password, verify_password
from portal.staff.second_factor import LONGEST_CODE, Check, Proof
from portal.staff.telling import tell
from portal.staff.throttles import code_buckets, seconds_to_wait
from portal.two_factor.codes_left import FEW, codes_left, is_alive
from portal.two_factor.failures import count_failure, forgive_failures
from portal.two_factor.models import BackupCode

CODES = 10
CHARACTERS = 16
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: 5 bits a character
LOOKALIKES = str.maketrans("OIL", "011")
LIFETIME = timedelta(days=365)
SOON = timedelta(days=30)
NOTHING_TYPED = "0" * CHARACTERS


class CodesReplaced(Conflict):
    """The set was replaced after the page was opened."""

    title = "These codes were replaced"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """What may be told of a person's codes at any time: never the codes."""

    batch_id: str = ""
    total: int = 0
    remaining: int = 0
    generated_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def runs_low(self) -> bool:
        soon = self.expires_at is not None and self.expires_at - clock.now() < SOON
        return self.total > 0 and (self.remaining <= FEW or soon)


def new_code() -> str:
    """`XXXX-XXXX-XXXX-XXXX`."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
    return "-".join(text[i : i + 4] for i in range(0, CHARACTERS, 4))


def normalised(typed: str) -> str:
    """The sixteen characters that were meant: case, spaces, dashes and lookalikes forgiven."""
    plain = re.sub(r"[\s-]", "", typed[:LONGEST_CODE]).upper().translate(LOOKALIKES)
    is_code = len(plain) == CHARACTERS and all(c in ALPHABET for c in plain)
    return plain if is_code else ""


def code_set(admin_id: int) -> CodeSet:
    """The living set of a person; an empty one when there is none."""
    row = db.session.execute(
        sa.select(
            sa.func.max(BackupCode.batch_id),
            sa.func.count(),
            sa.func.count(sa.case((is_alive(clock.now()), 1))),
            sa.func.min(BackupCode.created_at, type_=BackupCode.created_at.type),
            sa.func.min(BackupCode.expires_at, type_=BackupCode.expires_at.type),
        ).where(BackupCode.admin_id == admin_id, BackupCode.revoked_at.is_(None))
    ).one()
    batch_id, total, remaining, generated_at, expires_at = row
    return CodeSet(batch_id or "", total, remaining, generated_at, expires_at)


@dataclass(frozen=True, slots=True)
class NewCodes:
    """Ten codes that nobody has yet, and what will be stored of them."""

    shown: Sequence[str]
    hashes: Sequence[str]


def make_codes() -> NewCodes:
    """Hashing them takes a third of a second: do it ahead of the transaction that stores them.

    Raises:
        Busy: too many passwords or codes are being hashed at once.
    """
    shown = [new_code() for _ in range(CODES)]
    return NewCodes(shown, [hash_password(normalised(code)) for code in shown])


def generate_codes(
    *, by: Actor, admin: Admin, made: NewCodes | None = None, instead_of: str | None = None
) -> Sequence[str]:
    """Ten new codes in place of the old ones. This is the only time that anybody sees them.

    `made` are the codes, where the caller could make them ahead. `instead_of` is the set (its
    batch id, empty for none) that the page showed, so that a reloaded form does not replace the
    codes that somebody just wrote down.

    Raises:
        CodesReplaced: see the class.
    """
    made = made or make_codes()
    db.session.execute(
        sa.select(Admin.id).where(Admin.id == admin.id).with_for_update(key_share=True)
    )
    if instead_of is not None and code_set(admin.id).batch_id != instead_of:
        raise CodesReplaced("Your codes were replaced already. If they are lost, make new ones.")
    replaced = revoke_codes(admin.id)
    now, batch_id = clock.now(), str(uuid.uuid4())
    db.session.add_all(
        BackupCode(
            admin_id=admin.id,
            batch_id=batch_id,
            ordinal=ordinal,
            code_hash=code_hash,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        for ordinal, code_hash in enumerate(made.hashes, start=1)
    )
    record(
        Action.BACKUP_CODES_GENERATED,
        by=by,
        target=target_of(admin),
        meta={"count": CODES},
    )
    if replaced:
        tell(Action.BACKUP_CODES_GENERATED, by=by, person=admin)
    return made.shown


def revoke_codes(admin_id: int, *made: sa.ColumnElement[bool]) -> int:
    """End the person's set, or what of it was `made` so. How many, used ones among them."""
    return changed_rows(
        sa.update(BackupCode)
        .where(BackupCode.admin_id == admin_id, BackupCode.revoked_at.is_(None), *made)
        .values(revoked_at=clock.now())
    )


def look_for_code(*, admin_id: int, code: str, session_id: str) -> Check:
    """Find the code among the living ones; what is returned uses it up.

    Ahead of the booking, as hashing takes long; not at all while the answer is a wait anyway.

    Raises:
        Busy: too many passwords or codes are being hashed at once.
    """
    with looking():
        is_wait = seconds_to_wait(code_buckets(admin_id, provenance().ip)) is not None
        found = None if is_wait else _found(admin_id, normalised(code))
    return partial(_spend, admin_id, found, session_id)


def _found(admin_id: int, plain: str) -> int | None:
    """The id of the code. Every living hash is tried, and as many again as ten lack."""
    rows = db.session.execute(
        sa.select(BackupCode.id, BackupCode.code_hash)
        .where(BackupCode.admin_id == admin_id, is_alive(clock.now()))
        .order_by(BackupCode.ordinal)
        .limit(CODES)
    ).all()
    stored: list[str | None] = [row.code_hash for row in rows]
    stored += [None] * (CODES - len(rows))
    # All of them, always: the time must not tell which one matched, or how many are left.
    matches = [verify_password(plain or NOTHING_TYPED, code_hash) for code_hash in stored]
    same = [row.id for row, is_same in zip(rows, matches, strict=False) if is_same]
    return same[0] if same and plain else None


def _spend(admin_id: int, code_id: int | None, session_id: str) -> Proof:
    if code_id is None or not _use_up(code_id, session_id):
        count_failure(admin_id)
        return Proof(accepted=False, reason="invalid" if code_id is None else "used")
    forgive_failures(admin_id)
    remaining = codes_left(admin_id)
    _note(admin_id, remaining)
    return Proof(accepted=True, reason="accepted", remaining=remaining, owes_codes=not remaining)


def _use_up(code_id: int, session_id: str) -> bool:
    """Compare and set: of fifty parallel uses one wins."""
    used = db.session.execute(
        sa.update(BackupCode)
        .where(BackupCode.id == code_id, is_alive(clock.now()))
        .values(used_at=clock.now(), used_ip=provenance().ip, used_session=session_id)
        .returning(BackupCode.id),
        execution_options={"synchronize_session": False},
    )
    return used.one_or_none() is not None


def _note(admin_id: int, remaining: int) -> None:
    person = db.session.get_one(Admin, admin_id)
    by = actor_of(person)
    target = target_of(person)
    record(Action.BACKUP_CODE_USED, by=by, target=target, meta={"remaining": remaining})
    tell(
        Action.BACKUP_CODE_USED,
        by=by,
        person=person,
        left=f"{remaining} {'is' if remaining == 1 else 'are'} left.",
        remaining=remaining,
        device=device_label(provenance().user_agent),
    )
