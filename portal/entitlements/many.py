"""Where many tenants and users stand now, read in as many statements as for one."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.revisions import catalog_of
from portal.core import clock
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.entitlements.load import (
    OF_TENANTS,
    OF_USERS,
    REMEMBERED,
    Facts,
    facts_in,
    overrides,
    subject_with,
)
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.entitlements.pools import TENANT_KEY
from portal.entitlements.snapshots import Standing
from portal.subscriptions.stays import stays_of_each

Key = tuple[int, int]
"""A tenant's id, and that of one of its users or 0 for the tenant as such."""


def standings_of(keys: Collection[Key]) -> dict[Key, Standing]:
    """Those that there are, by their keys."""
    if not keys:
        return {}
    at = clock.now()
    tenant_ids, user_ids = {key[0] for key in keys}, {key[1] for key in keys} - {TENANT_KEY}
    facts = {(each.tenant_id, each.user_id or TENANT_KEY): each for each in _facts(keys)}
    stays, given = stays_of_each(tenant_ids), _overrides(tenant_ids, user_ids, at - REMEMBERED)
    found = {}
    for key, fact in facts.items():
        rows = [*given["user", key[1]], *given["tenant", key[0]]]
        catalog = catalog_of(fact.catalog_version)
        subject, anchor_at = subject_with(fact, catalog, at, stays[key[0]], rows)
        found[key] = Standing(fact, subject, catalog, anchor_at, since=at)
    return found


def _facts(keys: Collection[Key]) -> Iterator[Facts]:
    users = [user_id for _, user_id in keys if user_id != TENANT_KEY]
    tenants = [tenant_id for tenant_id, user_id in keys if user_id == TENANT_KEY]
    for query in (OF_USERS.where(User.id.in_(users)), OF_TENANTS.where(Tenant.id.in_(tenants))):
        yield from map(facts_in, db.session.execute(query))


def _overrides(
    tenant_ids: set[int], user_ids: set[int], since: datetime
) -> dict[tuple[str, int], list[Any]]:
    of_user, of_tenant = UserEntitlement.user_id, TenantEntitlement.tenant_id
    users = overrides("user", UserEntitlement, since).where(of_user.in_(user_ids))
    tenants = overrides("tenant", TenantEntitlement, since).where(of_tenant.in_(tenant_ids))
    both = sa.union_all(
        users.add_columns(of_user.label("subject_id")),
        tenants.add_columns(of_tenant.label("subject_id")),
    )
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in db.session.execute(both):
        found[row.scope, row.subject_id].append(row)
    return found
