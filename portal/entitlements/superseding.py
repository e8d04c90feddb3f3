"""Writing an override: it closes what it replaces, under the tenant's raised version.

Of one holder and feature at most one override is open, and beside it one hard denial. A scheduled
one closes its predecessor at its own start, and remembers it in case it is taken back before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.catalog.features import feature_or_404
from portal.catalog.models import FeatureRow
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.entitlements.facts import Effect
from portal.entitlements.holders import (
    Entitlement,
    Holder,
    is_blocked_for_tenant,
    unended_rows,
)
from portal.entitlements.terms import (
    NOT_GIVEN,
    Terms,
    as_plain,
    check_may_grant,
    check_terms,
    may_only_grant_briefly,
    shield_of,
)

ACTIONS = {
    Effect.ENABLE: Action.ENTITLEMENT_GRANTED,
    Effect.DISABLE: Action.ENTITLEMENT_DISABLED,
    Effect.HARD_DENY: Action.ENTITLEMENT_DENIED,
}
SUPERSEDED = "Superseded by another grant."


@dataclass(frozen=True, slots=True)
class Draft:
    """An override that may be written: checked, with what it replaces, and nothing done yet."""

    holder: Holder
    row: Entitlement
    replaced: tuple[Entitlement, ...]
    follower: Entitlement | None


def write_grant(
    *,
    by: Actor,
    holder: Holder,
    feature_name: str,
    terms: Terms,
    follower: Entitlement | None = None,
) -> Entitlement:
    """Write one override and its event. The caller has raised the tenant's version before.

    `follower` is a scheduled one that is to stay, and to follow this one.

    Raises:
        BadTerms, Denied, NotFound: as `grant_user_feature`.
    """
    now = clock.now()
    feature = grantable_feature(feature_name)
    unended = unended_rows(holder, feature_name, now)
    draft = drafted(by, holder, feature, terms, unended=unended, follower=follower, now=now)
    write_drafts(by, [draft], now)
    return draft.row


def drafted(
    by: Actor,
    holder: Holder,
    feature: FeatureRow,
    terms: Terms,
    *,
    unended: Sequence[Entitlement],
    now: datetime,
    follower: Entitlement | None = None,
) -> Draft:
    """Refuse or prepare. `unended` was read after the tenant's version was raised.

    Raises:
        BadTerms, Denied: as `grant_user_feature`.
    """
    check_may_grant(by, scope=holder.scope, terms=terms, now=now)
    check_terms(terms, now)
    is_denial = terms.effect is Effect.HARD_DENY
    replaced = tuple(
        row
        for row in unended
        # Hard denials live beside the other overrides: neither replaces the other.
        if row is not follower and (row.effect == Effect.HARD_DENY) == is_denial
    )
    _check_leaves_alone(by, holder, feature.name, replaced, now)
    return Draft(holder, _new_row(by, holder, feature, terms, now), replaced, follower)


def write_drafts(by: Actor, drafts: Sequence[Draft], now: datetime) -> None:
    """Close what they replace, add them and their events, each step for all of them at once."""
    for draft in drafts:
        _close(by, draft, now)
    db.session.flush()  # only then is there room for the new ones
    for draft in drafts:
        if draft.follower is not None:
            _end_before(draft.row, draft.follower)
        db.session.add(draft.row)
    db.session.flush()
    for draft in drafts:
        if draft.follower is not None:
            draft.follower.replaces_id = draft.row.id
        _record(by, draft, now)


def grantable_feature(name: str) -> FeatureRow:
    """The feature as the catalogue has it now.

    Raises:
        NotFound: there is none, or it was archived.
    """
    feature = feature_or_404(name)
    if feature.archived_at is not None:
        raise NotFound("This feature was archived: it can no longer be granted.")
    return feature


def end(row: Entitlement, *, at: datetime, by: Actor, reason: str) -> None:
    """Close the row; `at` may lie ahead."""
    row.ended_at, row.ended_by_label, row.ended_reason = at, by.label, reason


def has_run_out(row: Entitlement, at: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= at


def _check_leaves_alone(
    by: Actor, holder: Holder, name: str, rows: Iterable[Entitlement], now: datetime
) -> None:
    """An agent's grant neither ends what others meant to stay nor passes a tenant's block."""
    if holder.scope != "user" or not may_only_grant_briefly(by):
        return
    shields = [shield_of(by, row, now) for row in rows if not has_run_out(row, now)]
    if is_blocked_for_tenant(holder.tenant_id, name, now):
        shields.append("This is blocked for the whole tenant. Ask a manager to lift it.")
    for message in filter(None, shields):
        raise Denied(message, field="effect")


def _close(by: Actor, draft: Draft, now: datetime) -> None:
    """End what is replaced; a scheduled one remembers which one it follows."""
    start = draft.row.starts_at
    for old in draft.replaced:
        if old.starts_at > now or has_run_out(old, now):
            end(old, at=now, by=by, reason=SUPERSEDED)
        else:
            end(old, at=start, by=by, reason=SUPERSEDED)
            draft.row.replaces_id = old.id if start > now else None


def _end_before(row: Entitlement, follower: Entitlement) -> None:
    """As the follower did to the one that this row replaces."""
    row.ended_at = follower.starts_at
    row.ended_by_label, row.ended_reason = follower.created_by_label, SUPERSEDED


def _new_row(
    by: Actor, holder: Holder, feature: FeatureRow, terms: Terms, now: datetime
) -> Entitlement:
    has_limit = terms.quota_limit is not None
    row: Entitlement = holder.model(
        **holder.key,
        feature_name=feature.name,
        effect=terms.effect,
        quota_limit=terms.quota_limit,
        is_unlimited=terms.is_unlimited,
        # Kept with the row: "100 a month" stays so when the catalogue says otherwise later.
        interval=str(terms.interval or feature.interval) if has_limit else None,
        is_soft=terms.is_soft,
        overage_cap=terms.overage_cap,
        starts_at=terms.start(now),
        expires_at=terms.end,
        reason=terms.reason or None,
        cause_type=terms.cause_type,
        cause_id=terms.cause_id,
        batch_id=terms.batch_id,
        created_at=now,
        created_by=by.id if by.type is ActorType.ADMIN else None,
        created_by_label=by.label,
    )
    return row


def _record(by: Actor, draft: Draft, now: datetime) -> None:
    row, holder = draft.row, draft.holder
    old = [other for other in draft.replaced if not has_run_out(other, now)]
    more = {"superseded_too": [as_plain(other) for other in old[1:]]} if old[1:] else {}
    record(
        ACTIONS[Effect(row.effect)],
        by=by,
        target=holder.target,
        tenant_id=holder.tenant_id,
        reason=row.reason or NOT_GIVEN,
        changes={"grant": (as_plain(old[0]) if old else None, as_plain(row))},
        meta=about(holder, row) | more,
    )


def about(holder: Holder, row: Entitlement) -> dict[str, object]:
    """What the log of entitlements is read by."""
    found: dict[str, object] = {
        "feature_name": row.feature_name,
        "entity_type": holder.entity_type,
        "entity_id": row.id,
        "user_id": holder.user_id,
    }
    more = {name: getattr(row, name) for name in ("cause_type", "cause_id", "batch_id")}
    return found | {name: value for name, value in more.items() if value is not None}
