"""Creating and changing tenants, and whether their users get anything.

Every write that can change an answer about a tenant begins with `raise_version`.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm.util import identity_key

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db, insert_into
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.staleness import check_seen
from portal.customers.models import StatusChange, Tenant, TenantStatus
from portal.customers.naming import (
    checked_external_id,
    checked_name,
    checked_reason,
    name_key,
    target_of_tenant,
)
from portal.customers.signals import plan_wanted, renamed, status_changed
from portal.staff.zones import checked_zone


class IdTaken(Conflict):
    """The product already calls another one so."""


class UnknownStatus(DomainError):
    """Not one of the words."""


MOVES = {
    TenantStatus.SUSPENDED: Action.TENANT_SUSPENDED,
    TenantStatus.CLOSED: Action.TENANT_CLOSED,
    TenantStatus.ACTIVE: Action.TENANT_REOPENED,
}


def raise_version(tenant_id: int) -> None:
    """Make every answer about this tenant that anybody remembers out of date.

    It locks the tenant's row, which orders parallel writers, so it comes first in a deed; what
    was read of the tenant before is read afresh.
    """
    db.session.execute(
        sa.update(Tenant)
        .where(Tenant.id == tenant_id)
        .values(entitlement_version=Tenant.entitlement_version + 1)
        .execution_options(synchronize_session=False)
    )
    known = db.session().identity_map.get(identity_key(Tenant, tenant_id))
    if known is not None:
        db.session.expire(known)


def create_tenant(*, by: Actor, external_id: str, name: str, time_zone: str = "UTC") -> Tenant:
    """A new tenant, active.

    Raises:
        BadExternalId, BadName, UnknownZone: the fields.
        IdTaken: there is one with this external id.
    """
    zone = checked_zone(time_zone) or "UTC"
    tenant = _added(by, external_id, checked_name(name), TenantStatus.ACTIVE, zone)
    if tenant is None:
        raise IdTaken("There is a tenant with this external id already.", field="external_id")
    return tenant


def upsert_tenant(
    *,
    by: Actor,
    external_id: str,
    name: str,
    status: str | None = None,
    plan: str | None = None,
) -> tuple[Tenant, bool]:
    """The tenant as the product knows it, and whether it is new. The same again writes nothing.

    Of two at once that name a new one, one creates and the other finds it.

    Raises:
        BadExternalId, BadName, UnknownStatus: the fields.
        Denied: the status changes or a plan is named, and this caller may not.
    """
    _check_may_name_a_plan(by, plan)
    name, wanted = checked_name(name), _checked_status(status)
    tenant = _found(external_id)
    is_new = False
    if tenant is None:
        wanted = wanted or TenantStatus.ACTIVE
        if wanted != TenantStatus.ACTIVE:
            _check_may_move(by)
        tenant = _added(by, external_id, name, wanted, "UTC")
        is_new = tenant is not None
        tenant = tenant or tenant_by_external_id(external_id)
    if not is_new:
        change_tenant(by=by, tenant=tenant, name=name)
        if wanted is not None and wanted != tenant.status:
            _move(by, tenant, wanted, None)
    if plan is not None:
        plan_wanted.send(tenant, by=by, plan=plan)
    return tenant, is_new


def change_tenant(
    *, by: Actor, tenant: Tenant, name: str, time_zone: str | None = None, seen: str | None = None
) -> Tenant:
    """Give it another name or zone; the days and months of its quotas begin by the zone.

    Without `time_zone` the zone stays, also one that somebody sets meanwhile. `seen` is the
    fingerprint of the name and zone that the writer saw.

    Raises:
        BadName, UnknownZone: the fields.
        Stale: somebody changed it since.
    """
    wanted = {"name": checked_name(name)}
    if time_zone is not None:
        wanted["time_zone"] = checked_zone(time_zone) or "UTC"
    if all(getattr(tenant, field) == value for field, value in wanted.items()):
        return tenant
    raise_version(tenant.id)
    check_seen(seen, tenant.name, tenant.time_zone)
    changes = _changed(tenant, wanted)
    if changes:
        tenant.name_key = name_key(tenant.name)
        _record(Action.TENANT_CHANGED, by, tenant, changes)
    if "name" in changes:
        renamed.send(tenant, by=by, user=None)
    return tenant


def suspend_tenant(*, by: Actor, tenant: Tenant, reason: str | None) -> Tenant:
    """Its users get nothing until it is reopened.

    Raises:
        Conflict: it is not active.
        Denied: this caller may not.
        BadReason: longer than 500 characters.
    """
    return _move(by, tenant, TenantStatus.SUSPENDED, reason)


def close_tenant(*, by: Actor, tenant: Tenant, reason: str | None) -> Tenant:
    """The company left us: its users get nothing, and no new ones are taken.

    Raises:
        Conflict: it is closed already.
        Denied, BadReason: as `suspend_tenant`.
    """
    return _move(by, tenant, TenantStatus.CLOSED, reason)


def reopen_tenant(*, by: Actor, tenant: Tenant, reason: str | None) -> Tenant:
    """A suspended or closed one is served again.

    Raises:
        Conflict: it is active.
        Denied, BadReason: as `suspend_tenant`.
    """
    return _move(by, tenant, TenantStatus.ACTIVE, reason)


def tenant_or_404(tenant_id: int) -> Tenant:
    """The tenant.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(Tenant, tenant_id)
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


def tenant_by_external_id(external_id: str) -> Tenant:
    """The tenant that the product calls so.

    Raises:
        NotFound: there is none.
    """
    try:
        found = _found(external_id)
    except DomainError:
        found = None
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


def has_status(external_id: str, status: str) -> bool:
    """Is there a tenant that the product calls so, in this state?"""
    found = _found(external_id)
    return found is not None and found.status == status


def _found(external_id: str) -> Tenant | None:
    query = sa.select(Tenant).where(Tenant.external_id == checked_external_id(external_id))
    return db.session.scalars(query).one_or_none()


def _added(
    by: Actor, external_id: str, name: str, status: TenantStatus, time_zone: str
) -> Tenant | None:
    """The new tenant; None when there is one, which a twin may have added this moment."""
    now = clock.now()
    values = {
        "external_id": checked_external_id(external_id),
        "name": name,
        "name_key": name_key(name),
        "status": status,
        "time_zone": time_zone,
        "created_at": now,
    }
    statement = insert_into(Tenant).values(**values).on_conflict_do_nothing().returning(Tenant)
    tenant: Tenant | None = db.session.scalars(statement).one_or_none()
    if tenant is None:
        return None
    db.session.add(StatusChange(tenant_id=tenant.id, status=status, at=now))
    changes = {name: (None, value) for name, value in values.items() if name in _RECORDED}
    _record(Action.TENANT_CREATED, by, tenant, changes)
    return tenant


_RECORDED = frozenset({"external_id", "name", "status", "time_zone"})


def _move(by: Actor, tenant: Tenant, status: TenantStatus, reason: str | None) -> Tenant:
    reason = checked_reason(reason)
    _check_may_move(by)
    raise_version(tenant.id)
    if tenant.status == status:
        raise Conflict(f"{tenant.name} is {status} already.")
    if status == TenantStatus.SUSPENDED and tenant.status == TenantStatus.CLOSED:
        raise Conflict(f"{tenant.name} is closed. Reopen it first.")
    now = clock.now()
    changes = _changed(tenant, {"status": status})
    tenant.status_changed_at = now
    db.session.add(StatusChange(tenant_id=tenant.id, status=status, at=now))
    _record(MOVES[status], by, tenant, changes, reason)
    status_changed.send(tenant, by=by, user=None)
    return tenant


def _check_may_move(by: Actor) -> None:
    """Whoever may write customers may not, by that alone, shut one out."""
    if by.type is not ActorType.SYSTEM and not by.may(Permission.CUSTOMERS_SUSPEND):
        raise Denied("You may not suspend, close or reopen tenants.")


def _check_may_name_a_plan(by: Actor, plan: str | None) -> None:
    """The product says which plan a tenant bought; a person of ours must be allowed to."""
    is_person = by.type is ActorType.ADMIN
    if plan is not None and is_person and not by.may(Permission.SUBSCRIPTIONS_ASSIGN):
        raise Denied("You may not put tenants on plans.")


def _checked_status(text: str | None) -> TenantStatus | None:
    if text is None:
        return None
    try:
        return TenantStatus(text)
    except ValueError as error:
        raise UnknownStatus(f"Use one of: {', '.join(TenantStatus)}.", field="status") from error


def _changed(tenant: Tenant, wanted: Mapping[str, str]) -> dict[str, tuple[object, object]]:
    """Set what differs and say what it was."""
    changes: dict[str, tuple[object, object]] = {}
    for field, value in wanted.items():
        old = getattr(tenant, field)
        if old != value:
            changes[field] = (str(old), str(value))
            setattr(tenant, field, value)
    return changes


def _record(
    action: Action,
    by: Actor,
    tenant: Tenant,
    changes: Mapping[str, tuple[object, object]],
    reason: str | None = None,
) -> None:
    record(
        action,
        by=by,
        target=target_of_tenant(tenant),
        tenant_id=tenant.id,
        changes=changes,
        reason=reason,
    )
