"""The ledger's keys: one request takes effect once, and its answer can be had again.

A key is unique for a tenant. It is claimed in the transaction of its effect, so a refusal leaves
it free.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import db, insert_into
from portal.entitlements.buckets import Bucket
from portal.entitlements.models import QuotaEvent
from portal.entitlements.refusals import KeyReused

OWN = "\u00b7"
"""Begins the keys that we choose ourselves; a caller's key is ASCII."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One request on the ledger: for whom, what, and under which key."""

    tenant_id: int
    user_id: int | None
    feature_name: str
    key: str
    sha256: bytes

    @classmethod
    def of(
        cls, *, tenant_id: int, user_id: int | None, feature_name: str, key: str, request: bytes
    ) -> "Claim":
        """The user is part of what tells requests apart: nobody gets another's answer."""
        sha256 = hashlib.sha256(f"{user_id}\n".encode() + request).digest()
        return cls(tenant_id, user_id, feature_name, key, sha256)


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry of the ledger and the answer that it holds."""

    id: int
    result: dict[str, Any]
    is_replay: bool = False


def stored(claim: Claim) -> Noted | None:
    """The answer that this key was given before.

    Raises:
        KeyReused: to another request.
    """
    row = db.session.execute(
        sa.select(QuotaEvent.id, QuotaEvent.request_sha256, QuotaEvent.result).where(
            QuotaEvent.tenant_id == claim.tenant_id, QuotaEvent.idempotency_key == claim.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != claim.sha256:
        raise KeyReused("This idempotency key was used for another request. Choose a new one.")
    return Noted(row.id, row.result, is_replay=True)


def note(
    claim: Claim,
    *,
    kind: str,
    amount: int,
    allocations: list[dict[str, Any]],
    result: dict[str, Any],
    at: datetime,
    status: str = "done",
    refers_to: int | None = None,
    expires_at: datetime | None = None,
) -> Noted:
    """Add the entry; the rows that it tells of are locked and were looked at before.

    Raises:
        KeyReused: a request about something else took the key in this very moment.
    """
    added = (
        insert_into(QuotaEvent)
        .values(
            **columns_of(claim),
            kind=kind,
            amount=amount,
            allocations=allocations,
            result=result,
            status=status,
            refunded=0,
            refers_to=refers_to,
            expires_at=expires_at,
            at=at,
        )
        .on_conflict_do_nothing()
        .returning(QuotaEvent.id)
    )
    event_id = db.session.scalar(added)
    if event_id is None:
        raise KeyReused("This idempotency key was used for another request. Choose a new one.")
    return Noted(event_id, result)


def columns_of(claim: Claim) -> dict[str, Any]:
    return {
        "tenant_id": claim.tenant_id,
        "user_id": claim.user_id,
        "feature_name": claim.feature_name,
        "idempotency_key": claim.key,
        "request_sha256": claim.sha256,
    }


def allocation(bucket: Bucket, pool: int, *, used: int = 0, reserved: int = 0) -> dict[str, Any]:
    """One line of an entry. The period tells later whether it still counts."""
    return {
        "bucket": bucket.id,
        "pool": pool,
        "period_start": timestamp(bucket.period_start),
        "used": used,
        "reserved": reserved,
    }


def own_claim(tenant_id: int, user_id: int | None, feature_name: str, key: str) -> Claim:
    """For an entry that no caller asked for under a key."""
    return Claim(tenant_id, user_id, feature_name, OWN + key, hashlib.sha256(key.encode()).digest())
