"""Holding a part of a quota for work whose size is known only afterwards.

pending -> committed | released | expired, each by one guarded change. What is held counts as
taken, and stays with the period in which it was held.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.clock import second_from
from portal.core.database import db
from portal.core.errors import DomainError, NotFound
from portal.entitlements.claims import Claim, Noted, note, stored
from portal.entitlements.counters import apply_lines
from portal.entitlements.holding import HELD, ended, lock_for, used_of
from portal.entitlements.models import QuotaEvent
from portal.entitlements.pools import Pool, tighter
from portal.entitlements.quotas import check_amount, claim_of, standing_now, use_of
from portal.entitlements.refusals import (
    FeatureDenied,
    NotConsumed,
    NotPending,
    QuotaExceeded,
    numbers,
)
from portal.entitlements.taking import Use, Wanted, alert_of, charge, room_for, take

LONGEST = timedelta(days=7)
USUAL = timedelta(minutes=15)


class BadExpiry(DomainError):
    """A reservation ends between now and seven days from now."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What became of it. `result` is the answer that the same request will always get."""

    id: int
    result: dict[str, Any]
    is_replay: bool


def reserve_quota(
    *,
    user_id: int,
    feature_name: str,
    amount: int = 1,
    idempotency_key: str,
    request_sha256: bytes = b"",
    expires_in: timedelta = USUAL,
) -> Reservation:
    """Hold `amount` until it is committed, released, or its time is over.

    Raises:
        BadExpiry: see the class.
        And whatever `consume_quota` raises.
    """
    check_amount(amount)
    if not timedelta(0) < expires_in <= LONGEST:
        raise BadExpiry("Reserve for up to seven days.", field="expires_in")
    found, at = standing_now(user_id), clock.now()
    request = request_sha256 or f"reserve {feature_name} {amount} {expires_in}".encode()
    claim = claim_of(found, feature_name, idempotency_key, request)
    try:
        use = use_of(found, feature_name, at)
    except (FeatureDenied, NotConsumed):
        noted = stored(claim)
        if noted is None:
            raise
    else:
        wanted = Wanted(amount, kind="reserve", holds_until=second_from(at + expires_in))
        noted = take(claim, use, wanted, at)
    return Reservation(noted.id, noted.result, noted.is_replay)


def commit_reservation(
    *,
    reservation_id: int,
    amount: int | None = None,
    idempotency_key: str,
    request_sha256: bytes = b"",
) -> Reservation:
    """Use what was held. Less: the rest is released. More: the rest is taken under the limit.

    Raises:
        NotFound: there is no such reservation.
        NotPending: it was ended, or its time is over.
        AmountRefused, QuotaExceeded, KeyReused: as `consume_quota`.
        FeatureDenied: more was wanted than held, and the feature is not allowed any more.
    """
    if amount is not None:
        check_amount(amount)
    request = request_sha256 or f"commit {reservation_id} {amount}".encode()
    ending = _Ending("commit", "committed", amount)
    return _end(reservation_id, ending, idempotency_key, request)


def release_reservation(
    *, reservation_id: int, idempotency_key: str, request_sha256: bytes = b""
) -> Reservation:
    """Let go of what was held.

    Raises:
        NotFound, NotPending, KeyReused: as `commit_reservation`.
    """
    request = request_sha256 or f"release {reservation_id}".encode()
    return _end(reservation_id, _Ending("release", "released", 0), idempotency_key, request)


@dataclass(frozen=True, slots=True)
class _Ending:
    kind: str
    status: str
    amount: int | None
    """None: as much as was held."""


def _end(reservation_id: int, ending: _Ending, key: str, request: bytes) -> Reservation:
    held = db.session.execute(
        sa.select(*HELD).where(QuotaEvent.id == reservation_id, QuotaEvent.kind == "reserve")
    ).one_or_none()
    if held is None:
        raise NotFound("There is no such reservation.")
    found, at = standing_now(held.user_id), clock.now()
    claim = claim_of(found, held.feature_name, key, request)
    use: Use | None = None
    pools: list[Pool] = []
    try:
        use = use_of(found, held.feature_name, at)
        pools = use.pools(at)
    except (FeatureDenied, NotConsumed):
        # What was held was allowed when it was: only more of it would be refused.
        if ending.amount is not None and ending.amount > held.amount:
            raise
    lock_for(held)
    noted = stored(claim) or _ended(claim, held, ending, use, pools, at)
    return Reservation(noted.id, noted.result, noted.is_replay)


def _ended(
    claim: Claim, held: Any, ending: _Ending, use: Use | None, pools: list[Pool], at: datetime
) -> Noted:
    if not ended(held.id, ending.status, QuotaEvent.expires_at > at):
        raise NotPending("This reservation was ended before, or its time is over.")
    amount = held.amount if ending.amount is None else ending.amount
    lines = used_of(held.allocations, min(amount, held.amount))
    apply_lines(lines, at)
    if use is not None:
        for pool in pools:
            alert_of(use, pool, lines, at)
        lines += _beyond(use, amount - held.amount, at)
    block = tighter(use.pools(at)) if use else None
    left = numbers(block) if block else {}
    return note(
        claim,
        kind=ending.kind,
        amount=amount,
        allocations=lines,
        result={"consumed": amount, **left},
        refers_to=held.id,
        at=at,
    )


def _beyond(use: Use, more: int, at: datetime) -> list[dict[str, Any]]:
    """What was used beyond what was held, under the limit of now."""
    if more <= 0:
        return []
    pools = use.pools(at)
    if not room_for(pools, Wanted(more)):
        raise QuotaExceeded(use.feature_name, tighter(pools))
    return charge(use, pools, more, is_held=False, at=at)
