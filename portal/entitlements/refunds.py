"""Giving back what was consumed, to the very buckets that it came from.

Newest first, never more than was taken. What came from a period that is over stays on the ledger
alone: the running period owes nothing for it.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, NotFound
from portal.entitlements.claims import Claim, Noted, note, stored
from portal.entitlements.counters import apply_lines
from portal.entitlements.holding import lock_for
from portal.entitlements.models import QuotaEvent
from portal.entitlements.pools import tighter
from portal.entitlements.quotas import check_amount, claim_of, standing_now, use_of
from portal.entitlements.refusals import FeatureDenied, NotConsumed, numbers
from portal.entitlements.taking import Use

TAKEN = (
    QuotaEvent.id,
    QuotaEvent.tenant_id,
    QuotaEvent.user_id,
    QuotaEvent.feature_name,
    QuotaEvent.amount,
    QuotaEvent.refunded,
    QuotaEvent.allocations,
)


class NothingLeft(Conflict):
    """So much was not consumed, or was given back before."""


@dataclass(frozen=True, slots=True)
class Refund:
    """What was given back. `result` is the answer that the same request will always get."""

    id: int
    result: dict[str, Any]
    is_replay: bool


def refund_consumption(
    *,
    by: Actor,
    consumption_id: int,
    amount: int | None = None,
    reason: str | None = None,
    idempotency_key: str,
    request_sha256: bytes = b"",
) -> Refund:
    """Give back `amount`, or all that is left of a consumption or committed reservation.

    Raises:
        NotFound: there is no such consumption.
        NothingLeft: less than that was taken, or is left after earlier refunds.
        AmountRefused, KeyReused: as `consume_quota`.
    """
    if amount is not None:
        check_amount(amount)
    taken = _taken(consumption_id)
    found = standing_now(taken.user_id)
    request = request_sha256 or f"refund {consumption_id} {amount}".encode()
    claim = claim_of(found, taken.feature_name, idempotency_key, request)
    at = clock.now()
    use: Use | None = None
    try:
        use = use_of(found, taken.feature_name, at)
        use.pools(at)  # rolls what is over, so that nothing is given back to the past
    except (FeatureDenied, NotConsumed):
        pass  # what was taken while it was allowed can still be given back
    lock_for(taken)
    noted = stored(claim) or _refund(by, claim, amount, reason, consumption_id, use)
    return Refund(noted.id, noted.result, noted.is_replay)


def _taken(consumption_id: int) -> Any:
    found = db.session.execute(
        sa.select(*TAKEN).where(
            QuotaEvent.id == consumption_id, QuotaEvent.kind.in_(["consume", "commit"])
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such consumption.")
    return found


def _refund(
    by: Actor,
    claim: Claim,
    amount: int | None,
    reason: str | None,
    consumption_id: int,
    use: Use | None,
) -> Noted:
    at = clock.now()
    taken = _taken(consumption_id)  # again, now that nobody else can give it back
    left = taken.amount - taken.refunded
    wanted = left if amount is None else amount
    if not 1 <= wanted <= left:
        raise NothingLeft(f"{left} of {taken.amount} can still be given back.")
    _mark(taken, wanted)
    lines = lines_back(taken.allocations, taken.refunded, wanted)
    current = apply_lines(lines, at)
    block = tighter(use.pools(at)) if use else None
    result = {"refunded": wanted, **(numbers(block) if block else {})}
    noted = note(
        claim,
        kind="refund",
        amount=wanted,
        allocations=lines,
        result=result,
        refers_to=taken.id,
        at=at,
    )
    _record(by, taken, wanted, reason, is_ledger_only=not current)
    return noted


def _mark(taken: Any, amount: int) -> None:
    """The guard once more, for whoever may not have gone by the locks."""
    marked = changed_rows(
        sa.update(QuotaEvent)
        .where(QuotaEvent.id == taken.id, QuotaEvent.refunded + amount <= QuotaEvent.amount)
        .values(refunded=QuotaEvent.refunded + amount)
    )
    if not marked:
        raise NothingLeft("It was given back before.")


def lines_back(
    allocations: list[dict[str, Any]], refunded: int, amount: int
) -> list[dict[str, Any]]:
    """Lines that reverse `amount` of what a consumption took, newest first, in each pool.

    `refunded` of it were given back before, so its newest lines are spent so far.
    """
    spent: dict[int, int] = defaultdict(lambda: refunded)
    left: dict[int, int] = defaultdict(lambda: amount)
    lines = []
    for line in reversed(allocations):
        pool = line["pool"]
        gone = min(spent[pool], line["used"])
        spent[pool] -= gone
        part = min(left[pool], line["used"] - gone)
        left[pool] -= part
        if part:
            lines.append({**line, "used": -part, "reserved": 0})
    return lines


def _record(
    by: Actor, taken: Any, amount: int, reason: str | None, *, is_ledger_only: bool
) -> None:
    record(
        Action.QUOTA_REFUNDED,
        by=by,
        target=Target("user", taken.user_id, f"user {taken.user_id}"),
        tenant_id=taken.tenant_id,
        reason=reason,
        changes={"refunded": (taken.refunded, taken.refunded + amount)},
        meta={
            "feature_name": taken.feature_name,
            "entity_type": "quota",
            "entity_id": taken.id,
            "user_id": taken.user_id,
            "is_ledger_only": is_ledger_only,
        },
    )
