"""Is there enough left, and: take it. Exactly what the limit says, however many ask at once.

Asking is advice; only taking decides. What is taken, its ledger entry
and its idempotency key are one transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core import clock
from portal.core.database import looking
from portal.entitlements.answers import LimitBlock
from portal.entitlements.at_once import take_at_once
from portal.entitlements.buckets import Calendar
from portal.entitlements.checks import check_feature_access, standing_of
from portal.entitlements.claims import Claim, Noted, stored
from portal.entitlements.counters import SEATS
from portal.entitlements.pools import demands_of
from portal.entitlements.refusals import AmountRefused, FeatureDenied, NotConsumed
from portal.entitlements.snapshots import Standing
from portal.entitlements.taking import Use, Wanted, take

MOST_AT_ONCE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Availability:
    """Would so much be granted now? True until somebody else takes it."""

    is_available: bool
    reason: str
    limit: LimitBlock | None


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a use got. `result` is the answer that the same request will always get."""

    id: int
    result: dict[str, Any]
    is_replay: bool

    @property
    def consumed(self) -> int:
        return int(self.result["consumed"])


def check_quota_available(*, user_id: int, feature_name: str, amount: int = 1) -> Availability:
    """May the user use so much of the feature? Takes nothing, so it must not gate anything.

    Raises:
        AmountRefused: not 1 to 1,000,000,000.
        NotFound: there is no such user.
    """
    check_amount(amount)
    answer = check_feature_access(user_id=user_id, feature_name=feature_name, quantity=amount)
    return Availability(answer.allowed, answer.reason, answer.limit)


def consume_quota(
    *,
    user_id: int,
    feature_name: str,
    amount: int = 1,
    idempotency_key: str,
    request_sha256: bytes = b"",
    partial: bool = False,
    standing: Standing | None = None,
    is_alone: bool = False,
) -> Consumption:
    """Take `amount`; with `partial`, as much of it as there is. The same request takes once.

    `is_alone` says that nothing else belongs to the transaction: then it may be over already
    when this returns, which a busy counter is the faster for.

    `request_sha256` tells two requests under one key apart; left out, their meaning does.

    Raises:
        AmountRefused, NotFound: the request.
        FeatureDenied: the user may not use the feature.
        NotConsumed: it counts real things.
        QuotaExceeded: there is not so much left.
        KeyReused: the key was used for another request.
    """
    check_amount(amount)
    found = standing or standing_now(user_id)
    request = request_sha256 or f"consume {feature_name} {amount} {partial}".encode()
    claim = claim_of(found, feature_name, idempotency_key, request)
    at = clock.now()
    try:
        use = use_of(found, feature_name, at)
    except (FeatureDenied, NotConsumed):
        noted = stored(claim)
        if noted is None:
            raise
        return consumption(noted)
    noted = take_at_once(claim, use, amount, at, is_alone=is_alone)
    if noted is None:
        noted = take(claim, use, Wanted(amount, is_partial=partial), at)
    return consumption(noted)


def check_amount(amount: int) -> None:
    if isinstance(amount, bool) or not 1 <= amount <= MOST_AT_ONCE:
        raise AmountRefused(f"Use a whole number from 1 to {MOST_AT_ONCE:,}.", field="amount")


def standing_now(user_id: int) -> Standing:
    """Read ahead of the transaction that writes, from memory where that is still true."""
    with looking():
        return standing_of(user_id=user_id)


def claim_of(found: Standing, feature_name: str, key: str, request: bytes) -> Claim:
    return Claim.of(
        tenant_id=found.tenant_id,
        user_id=found.user_id,
        feature_name=feature_name,
        key=key,
        request=request,
    )


def use_of(found: Standing, feature_name: str, at: datetime) -> Use:
    """What a use of the feature goes through.

    Raises:
        FeatureDenied, NotConsumed: as `consume_quota`.
    """
    decision = found.decide(feature_name, at)
    if not decision.allowed:
        raise FeatureDenied(decision.reason, feature_name)
    if feature_name == SEATS:
        raise NotConsumed("Seats are the tenant's active users: add or deactivate a user instead.")
    assert found.user_id is not None  # noqa: S101 - uses are of users
    return Use(
        tenant_id=found.tenant_id,
        user_id=found.user_id,
        feature_name=feature_name,
        demands=demands_of(decision, found.user_id),
        calendar=Calendar(found.anchor_at, found.zone),
    )


def consumption(noted: Noted) -> Consumption:
    return Consumption(noted.id, noted.result, noted.is_replay)
