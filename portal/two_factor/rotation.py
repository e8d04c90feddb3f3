"""Sealing everything anew under the newest data key, in batches that survive interruption."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditStream
from portal.audit.streaming.streams import reseal_secrets
from portal.core.actor import SYSTEM
from portal.core.database import db
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


def rotate_data_keys() -> list[Rotation]:
    """Re-seal what older keys sealed. Each batch is a transaction of its own.

    A killed run is simply started again: rows of the newest key are not touched.
    """
    done = [
        # What waits comes first: confirmed meanwhile, it is found again among what is on.
        _rotate(Enrolment.admin_id, Enrolment.key_id, _reseal_secret(Enrolment)),
        _rotate(TwoFactorAuth.admin_id, TwoFactorAuth.key_id, _reseal_secret(TwoFactorAuth)),
        _rotate_mails(),
        _rotate_answers(),
        _rotate_streams(),
    ]
    record(
        Action.DATA_KEYS_ROTATED,
        by=SYSTEM,
        meta={"key": current_key_id(), **{found.table: found.resealed for found in done}},
    )
    db.session.commit()
    return done


def data_keys_in_use() -> sa.CompoundSelect[tuple[str]]:
    """A query for the names of the keys that sealed a second factor."""
    return sa.union(sa.select(TwoFactorAuth.key_id), sa.select(Enrolment.key_id))


def _reseal_secret(table: type[TwoFactorAuth | Enrolment]) -> Callable[[int], None]:
    def reseal(admin_id: int) -> None:
        row = db.session.get(table, admin_id, with_for_update=True)
        if isinstance(row, TwoFactorAuth | Enrolment):
            secret = opened_secret(row.secret_sealed, admin_id)
            row.secret_sealed = sealed_secret(secret, admin_id)
            row.key_id = current_key_id()

    return reseal


def _rotate(key: Any, sealed_by: Any, reseal: Callable[[int], None]) -> Rotation:
    resealed = failed = 0
    for batch in _batches(key, sealed_by != current_key_id()):
        for found in batch:
            try:
                with db.session.begin_nested():
                    reseal(found)
                resealed += 1
            except CannotUnseal:
                failed += 1
        db.session.commit()
    return Rotation(key.class_.__tablename__, resealed, failed)


def _batches(key: Any, which: sa.ColumnElement[bool]) -> Iterator[list[Any]]:
    last = 0
    while True:
        query = sa.select(key).where(which, key > last).order_by(key).limit(BATCH)
        batch = list(db.session.scalars(query))
        if not batch:
            return
        yield batch
        last = batch[-1]


def _rotate_mails() -> Rotation:
    resealed = failed = last = 0
    while (batch := reseal_bodies(after=last, limit=BATCH)).last:
        db.session.commit()
        resealed, failed, last = resealed + batch.changed, failed + batch.failed, batch.last
    return Rotation(EmailLog.__tablename__, resealed, failed)


def _rotate_answers() -> Rotation:
    resealed = failed = last = 0
    while True:
        changed, lost, last = reseal_answers(after=last, limit=BATCH)
        db.session.commit()
        resealed, failed = resealed + changed, failed + lost
        if not last:
            return Rotation(IdempotencyKey.__tablename__, resealed, failed)


def _rotate_streams() -> Rotation:
    resealed, failed = reseal_secrets()
    db.session.commit()
    return Rotation(AuditStream.__tablename__, resealed, failed)
