"""Granting and blocking: a new override takes the place of the one before, never edits it.

Every deed first raises the tenant's version. That orders parallel writers, so that each sees what
the one before it left, and outdates every cached answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Unpack

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.customers.models import Tenant, User
from portal.customers.tenants import raise_version
from portal.customers.users import Erased
from portal.entitlements.answers import Answer
from portal.entitlements.checks import fresh_answer
from portal.entitlements.facts import Effect
from portal.entitlements.holders import (
    Entitlement,
    Holder,
    holder_of,
    holder_of_row,
    unended_rows,
)
from portal.entitlements.superseding import grantable_feature, write_grant
from portal.entitlements.terms import Given, Terms, check_may_grant, check_terms

WARNINGS = {
    "TENANT_INACTIVE": "The tenant is not active, so nothing is allowed until it is.",
    "NOT_A_MEMBER": "The user is not active, so nothing is allowed until they are.",
    "GLOBAL_KILL_SWITCH": "The feature is switched off for everybody.",
    "HARD_DENY": "A hard denial stands above every grant.",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """What was written and what it changed: both answers are as of the same instant.

    `at_start` is the answer as of the start of a grant that is scheduled.
    """

    row: Entitlement
    before: Answer
    after: Answer
    at_start: Answer | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why an allowing grant allows nothing."""
        found = self.at_start or self.after
        if self.row.effect != Effect.ENABLE or found.reason not in WARNINGS:
            return ()
        return (WARNINGS[found.reason],)


def grant_user_feature(
    *, by: Actor, user: User, feature_name: str, **terms: Unpack[Given]
) -> Granted:
    """Grant a feature to one user, or block it for them; see `Terms` for what can be said.

    Raises:
        BadTerms: a term is out of range (422).
        Denied: this person may not give it (403).
        NotFound: there is no such feature (404).
        Erased: nothing is held of this person any more (409).
    """
    return _grant(by, _present(user), feature_name, Terms(**terms))


def grant_tenant_feature(
    *, by: Actor, tenant: Tenant, feature_name: str, **terms: Unpack[Given]
) -> Granted:
    """Grant a feature to all users of a tenant, or block it; raises as `grant_user_feature`."""
    return _grant(by, holder_of(tenant=tenant), feature_name, Terms(**terms))


def preview_grant(
    *,
    by: Actor,
    feature_name: str,
    user: User | None = None,
    tenant: Tenant | None = None,
    **terms: Unpack[Given],
) -> Granted:
    """What the grant would answer, with the same refusals. Nothing of it stays."""
    holder = holder_of(tenant=tenant) if user is None else _present(user)
    savepoint = db.session.begin_nested()
    try:
        return _grant(by, holder, feature_name, Terms(**terms))
    finally:
        savepoint.rollback()


def extend_grant(
    *, by: Actor, row: Entitlement, expires_at: datetime | None, reason: str | None = None
) -> Granted:
    """The same terms with another end: a new row in place of this one. None: without an end.

    What is scheduled to follow still does, at its own start.

    Raises:
        Conflict: this one has ended meanwhile.
    """
    holder = holder_of_row(row)
    raise_version(holder.tenant_id)
    now = clock.now()
    rows = unended_rows(holder, row.feature_name, now)
    found = next((other for other in rows if other.id == row.id), None)
    if found is None:
        raise Conflict("This grant was ended meanwhile. Look at the present state first.")
    follower = next((other for other in rows if other.replaces_id == row.id), None)
    return _give(by, holder, found.feature_name, _extended(found, expires_at, reason), follower)


def _extended(row: Entitlement, expires_at: datetime | None, reason: str | None) -> Terms:
    same = Terms(
        effect=Effect(row.effect),
        quota_limit=row.quota_limit,
        is_unlimited=row.is_unlimited,
        interval=row.interval,
        is_soft=row.is_soft,
        overage_cap=row.overage_cap,
        starts_at=row.starts_at if row.starts_at > clock.now() else None,
        cause_type=row.cause_type,
        cause_id=row.cause_id,
    )
    return replace(same, expires_at=expires_at, reason=reason)


def _present(user: User) -> Holder:
    if user.erased_at is not None:
        raise Erased("This person was erased: nothing can be granted to them.")
    return holder_of(user=user)


def _grant(by: Actor, holder: Holder, feature_name: str, terms: Terms) -> Granted:
    now = clock.now()
    check_may_grant(by, scope=holder.scope, terms=terms, now=now)
    grantable_feature(feature_name)
    check_terms(terms, now)
    raise_version(holder.tenant_id)
    return _give(by, holder, feature_name, terms)


def _give(
    by: Actor,
    holder: Holder,
    feature_name: str,
    terms: Terms,
    follower: Entitlement | None = None,
) -> Granted:
    """Write it between two questions. The tenant's version is raised already."""
    before = answer_for(holder, feature_name, clock.now())
    row = write_grant(
        by=by, holder=holder, feature_name=feature_name, terms=terms, follower=follower
    )
    after = answer_for(holder, feature_name, clock.now())
    is_scheduled = row.starts_at > row.created_at
    at_start = answer_for(holder, feature_name, row.starts_at) if is_scheduled else None
    return Granted(row, before, after, at_start)


def answer_for(holder: Holder, feature_name: str, at: datetime) -> Answer:
    """As the running transaction has it, past every cache."""
    return fresh_answer(
        tenant_id=holder.tenant_id, user_id=holder.user_id, feature_name=feature_name, at=at
    )
