"""Sealing everything anew under the newest data key, in batches that survive interruption."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditStream
from portal.audit.streaming.streams import reseal_secrets
from portal.core.actor import SYSTEM
from portal.core.database import Base, db, looking
from portal.core.sealing import CannotUnseal, current_key_id
from portal.mail.bodies import reseal_bodies
from portal.mail.models import EmailLog
from portal.two_factor.authenticators import opened_secret, sealed_secret
from portal.two_factor.models import Enrolment, TwoFactorAuth
from portal.web.idempotency import reseal_answers
from portal.web.models import IdempotencyKey

BATCH = 500


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of one table's rows."""

    table: str
    resealed: int
    failed: int
    given_up: int = 0


def rotate_data_keys(*, giving_up: bool = False) -> list[Rotation]:
    """Re-seal what older keys sealed. Each batch is a transaction of its own.

    A killed run is simply started again: rows of the newest key are not touched. With `giving_up`
    what no key opens is let go, but for second factors: of each of these a person decides.
    """
    done = [
        # What waits comes first: confirmed meanwhile, it is found again among what is on.
        _rotate(Enrolment),
        _rotate(TwoFactorAuth),
        _rotate_mails(giving_up),
        _rotate_answers(giving_up),
        _rotate_streams(giving_up),
    ]
    meta = {"key": current_key_id(), **{found.table: found.resealed for found in done}}
    if given_up := sum(found.given_up for found in done):
        meta["given_up"] = given_up
    record(Action.DATA_KEYS_ROTATED, by=SYSTEM, meta=meta)
    db.session.commit()
    return done


def _rotate(table: type[TwoFactorAuth | Enrolment]) -> Rotation:
    """Sealing happens between transactions, so that whoever signs in waits for the writing alone.

    A row that changed meanwhile is left: what changed it sealed it anew.
    """
    resealed = failed = last = 0
    while batch := _batch(table, after=last):
        changes = [change for row in batch if (change := _resealed(*row)) is not None]
        if changes:
            db.session.connection().execute(_write(table), changes)
        db.session.commit()
        resealed, failed = resealed + len(changes), failed + len(batch) - len(changes)
        last = batch[-1][0]
    return Rotation(table.__tablename__, resealed, failed)


def _batch(table: type[TwoFactorAuth | Enrolment], *, after: int) -> list[tuple[int, bytes]]:
    query = sa.select(table.admin_id, table.secret_sealed).where(
        table.key_id != current_key_id(), table.admin_id > after
    )
    with looking():
        rows = db.session.execute(query.order_by(table.admin_id).limit(BATCH)).all()
    return [(admin_id, sealed) for admin_id, sealed in rows]


def _resealed(admin_id: int, sealed: bytes) -> dict[str, Any] | None:
    """What is written of one row; None when its key is gone."""
    try:
        secret = opened_secret(sealed, admin_id)
    except CannotUnseal:
        return None
    return {"of": admin_id, "old": sealed, "new": sealed_secret(secret, admin_id)}


def _write(table: type[TwoFactorAuth | Enrolment]) -> sa.Update:
    is_as_read = (
        table.admin_id == sa.bindparam("of"),
        table.secret_sealed == sa.bindparam("old"),
    )
    fresh = {"secret_sealed": sa.bindparam("new"), "key_id": current_key_id()}
    return sa.update(table).where(*is_as_read).values(fresh)


def _rotate_mails(giving_up: bool) -> Rotation:
    resealed = failed = last = 0
    while (batch := reseal_bodies(after=last, limit=BATCH, giving_up=giving_up)).last:
        db.session.commit()
        resealed, failed, last = resealed + batch.changed, failed + batch.failed, batch.last
    return _of_rotation(EmailLog, resealed, failed, giving_up)


def _rotate_answers(giving_up: bool) -> Rotation:
    resealed = failed = last = 0
    while True:
        changed, lost, last = reseal_answers(after=last, limit=BATCH, giving_up=giving_up)
        db.session.commit()
        resealed, failed = resealed + changed, failed + lost
        if not last:
            return _of_rotation(IdempotencyKey, resealed, failed, giving_up)


def _rotate_streams(giving_up: bool) -> Rotation:
    resealed, failed = reseal_secrets(giving_up=giving_up)
    db.session.commit()
    return _of_rotation(AuditStream, resealed, failed, giving_up)


def _of_rotation(table: type[Base], resealed: int, failed: int, giving_up: bool) -> Rotation:
    lost = (0, failed) if giving_up else (failed, 0)
    return Rotation(table.__tablename__, resealed, *lost)
