"""Taking overrides back: the next layer counts again. Nothing is deleted."""

from dataclasses import dataclass
from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, Denied, NotFound
from portal.core.permissions import Permission
from portal.customers.models import Tenant, User
from portal.customers.tenants import raise_version
from portal.entitlements.answers import Answer
from portal.entitlements.facts import Effect
from portal.entitlements.grants import answer_for
from portal.entitlements.holders import (
    Entitlement,
    Holder,
    holder_of,
    holder_of_row,
    unended_rows,
)
from portal.entitlements.models import TenantEntitlement
from portal.entitlements.superseding import about, end, has_run_out
from portal.entitlements.terms import NOT_GIVEN, as_plain, check_may_touch, shield_of

REVOKED = "Revoked."


class NoOverride(NotFound):
    """There is nothing to take back."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """What was taken back and what that changed: both answers are as of the same moment."""

    rows: tuple[Entitlement, ...]
    before: Answer
    after: Answer


def revoke_feature(
    *,
    by: Actor,
    feature_name: str,
    user: User | None = None,
    tenant: Tenant | None = None,
    reason: str | None = None,
) -> Revoked:
    """Take back all that is granted, blocked or scheduled here under this name.

    Hard denials stay unless this person may deny.

    Raises:
        NoOverride: there is nothing in force or scheduled (404).
        Denied: this person may not take it back (403).
    """
    holder = holder_of(user=user, tenant=tenant)
    check_may_touch(by, scope=holder.scope)
    raise_version(holder.tenant_id)
    now = clock.now()
    unended = unended_rows(holder, feature_name, now)
    found = [row for row in unended if not has_run_out(row, now)]
    shields = [_shield(by, row, now) for row in found]
    rows = [row for row, shield in zip(found, shields, strict=True) if shield is None]
    if not found:
        raise NoOverride("There is no override of this feature to take back.")
    if not rows:
        raise Denied(shields[0] or "")
    return _revoke(by, holder, rows, unended, reason)


def revoke_grant(*, by: Actor, row: Entitlement, reason: str | None = None) -> Revoked:
    """Take this one back. If it has not started yet, the one that it would replace goes on.

    Raises:
        Conflict: it has ended or run out meanwhile (409).
        Denied: this person may not take it back (403).
    """
    holder = holder_of_row(row)
    check_may_touch(by, scope=holder.scope)
    raise_version(holder.tenant_id)
    now = clock.now()
    unended = unended_rows(holder, row.feature_name, now)
    found = next((other for other in unended if other.id == row.id), None)
    if found is None or has_run_out(found, now):
        raise Conflict("This grant has ended already.")
    shield = _shield(by, found, now)
    if shield is not None:
        raise Denied(shield)
    return _revoke(by, holder, [found], unended, reason)


def _shield(by: Actor, row: Entitlement, now: datetime) -> str | None:
    """Why this person may not take it back."""
    if by.type is ActorType.SYSTEM:
        return None
    if row.effect == Effect.HARD_DENY:
        may_lift = by.may(Permission.ENTITLEMENTS_DENY)
        return None if may_lift else "Only whoever may deny lifts a hard denial."
    # Of tenants' rows `check_may_touch` has said the last word.
    return None if isinstance(row, TenantEntitlement) else shield_of(by, row, now)


def _revoke(
    by: Actor,
    holder: Holder,
    rows: list[Entitlement],
    unended: list[Entitlement],
    reason: str | None,
) -> Revoked:
    now, name = clock.now(), rows[0].feature_name
    before = answer_for(holder, name, now)
    for row in rows:
        end(row, at=now, by=by, reason=reason or REVOKED)
    db.session.flush()  # only then is there room for what goes on
    for row in _going_on(rows, unended, now):
        row.ended_at = row.ended_by_label = row.ended_reason = None
    for row in rows:
        _record(by, holder, row, reason)
    return Revoked(tuple(rows), before, answer_for(holder, name, now))


def _going_on(
    rows: list[Entitlement], unended: list[Entitlement], now: datetime
) -> list[Entitlement]:
    """What would have been replaced by a grant that was taken back before its start."""
    replaced = {row.replaces_id for row in rows if row.starts_at > now}
    return [row for row in unended if row.id in replaced and row not in rows]


def _record(by: Actor, holder: Holder, row: Entitlement, reason: str | None) -> None:
    record(
        Action.ENTITLEMENT_REVOKED,
        by=by,
        target=holder.target,
        tenant_id=holder.tenant_id,
        reason=reason or NOT_GIVEN,
        changes={"grant": (as_plain(row), None)},
        meta=about(holder, row),
    )
