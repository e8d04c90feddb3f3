"""Creating and changing the users of tenants.

The tenant's row is locked first, always: that orders two who write about one user.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.staleness import check_seen
from portal.customers.former import remember_name
from portal.customers.models import StatusChange, Tenant, TenantStatus, User, UserStatus
from portal.customers.naming import (
    address_key,
    checked_address,
    checked_external_id,
    checked_name,
    checked_reason,
    name_key,
    target_of_user,
)
from portal.customers.signals import renamed, seat_wanted, status_changed
from portal.customers.tenants import IdTaken, UnknownStatus, raise_version, tenant_or_404

MOVES = {
    UserStatus.INACTIVE: Action.USER_DEACTIVATED,
    UserStatus.ACTIVE: Action.USER_REACTIVATED,
}


class Erased(Conflict):
    """Nothing is held of this person any more, and nothing may come back."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a caller says of a user, checked. A status of None leaves it as it is."""

    external_id: str
    name: str
    email: str
    status: UserStatus | None
    within_seats: bool = False

    def is_met_by(self, user: User) -> bool:
        is_same = (user.name, user.email) == (self.name, self.email)
        return is_same and self.status in (None, user.status)


def create_user(*, by: Actor, tenant: Tenant, external_id: str, name: str, email: str) -> User:
    """A new user, active.

    Raises:
        BadExternalId, BadName, BadEmail: the fields.
        IdTaken: this tenant has a user with this external id.
        Conflict: the tenant is closed.
    """
    wanted = _wanted(external_id, name, email, None)
    raise_version(tenant.id)
    if _found(tenant, wanted.external_id) is not None:
        raise IdTaken("This tenant has a user with this external id.", field="external_id")
    return _add(by, tenant, wanted)


def upsert_user(
    *,
    by: Actor,
    tenant: Tenant,
    external_id: str,
    name: str,
    email: str,
    status: str | None = None,
    within_seats: bool = False,
) -> tuple[User, bool]:
    """The user as the product knows it, and whether it is new. The same again writes nothing.

    `within_seats` refuses one who would become active while all seats of the plan are taken.

    Raises:
        BadExternalId, BadName, BadEmail, UnknownStatus: the fields.
        Erased: this person was erased.
        Conflict: the tenant is closed and takes no new users; or all seats are taken.
    """
    wanted = _wanted(external_id, name, email, status, within_seats)
    user = _found(tenant, wanted.external_id)
    if user is not None and wanted.is_met_by(user):
        return user, False
    raise_version(tenant.id)
    user = _found(tenant, wanted.external_id)
    if user is None:
        return _add(by, tenant, wanted), True
    _change(by, user, wanted)
    if wanted.status is not None and wanted.status != user.status:
        _move(by, tenant, user, wanted.status, within_seats=within_seats)
    return user, False


def change_user(*, by: Actor, user: User, name: str, email: str, seen: str | None = None) -> User:
    """Give a user another name or address.

    `seen` is the fingerprint of the name and address that the writer saw.

    Raises:
        BadName, BadEmail: the fields.
        Erased: this person was erased.
        Stale: somebody changed it since.
    """
    wanted = _wanted(user.external_id, name, email, None)
    if not wanted.is_met_by(user):
        _lock(user)
        check_seen(seen, user.name, user.email)
        _change(by, user, wanted)
    return user


def deactivate_user(*, by: Actor, user: User, reason: str | None) -> User:
    """They get nothing until they are reactivated, and their seat is free.

    Raises:
        Conflict: they are inactive already.
        Erased: this person was erased.
        BadReason: longer than 500 characters.
    """
    tenant = _lock(user)
    return _move(by, tenant, user, UserStatus.INACTIVE, reason=reason)


def reactivate_user(*, by: Actor, user: User, reason: str | None) -> User:
    """They get what their tenant gets again.

    Raises:
        Conflict: they are active, or the tenant is closed.
        Erased, BadReason: as `deactivate_user`.
    """
    tenant = _lock(user)
    return _move(by, tenant, user, UserStatus.ACTIVE, reason=reason)


def user_or_404(user_id: int) -> User:
    """The user.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def user_by_external_id(tenant: Tenant, external_id: str) -> User:
    """The tenant's user that the product calls so.

    Raises:
        NotFound: there is none.
    """
    try:
        found = _found(tenant, checked_external_id(external_id))
    except DomainError:
        found = None
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _wanted(
    external_id: str, name: str, email: str, status: str | None, within_seats: bool = False
) -> _Wanted:
    try:
        wanted_status = UserStatus(status) if status is not None else None
    except ValueError as error:
        words = ", ".join(UserStatus)
        raise UnknownStatus(f"Use one of: {words}.", field="status") from error
    return _Wanted(
        external_id=checked_external_id(external_id),
        name=checked_name(name),
        email=checked_address(email).address,
        status=wanted_status,
        within_seats=within_seats,
    )


def _found(tenant: Tenant, external_id: str) -> User | None:
    """As it stands now, whatever this session read of it before."""
    query = (
        sa.select(User)
        .where(User.tenant_id == tenant.id, User.external_id == external_id)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one_or_none()


def _lock(user: User) -> Tenant:
    """The user's tenant, locked; what was read of the user before is read afresh."""
    raise_version(user.tenant_id)
    db.session.refresh(user)
    return tenant_or_404(user.tenant_id)


def _add(by: Actor, tenant: Tenant, wanted: _Wanted) -> User:
    now, status = clock.now(), wanted.status or UserStatus.ACTIVE
    _check_open(tenant)
    if wanted.within_seats and status == UserStatus.ACTIVE:
        seat_wanted.send(tenant, by=by)
    user = User(
        tenant_id=tenant.id,
        external_id=wanted.external_id,
        name=wanted.name,
        name_key=name_key(wanted.name),
        email=wanted.email,
        email_key=address_key(wanted.email),
        status=status,
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    db.session.add(StatusChange(tenant_id=tenant.id, user_id=user.id, status=status, at=now))
    _record(Action.USER_CREATED, by, user, changes={"status": (None, status.value)})
    return user


def _change(by: Actor, user: User, wanted: _Wanted) -> None:
    _check_not_erased(user)
    fields = {"name": wanted.name, "email": wanted.email}
    changed = [field for field, value in fields.items() if getattr(user, field) != value]
    if not changed:
        return
    remember_name(user)
    user.name, user.name_key = wanted.name, name_key(wanted.name)
    user.email, user.email_key = wanted.email, address_key(wanted.email)
    _record(Action.USER_CHANGED, by, user, changed=changed)
    renamed.send(db.session.get_one(Tenant, user.tenant_id), by=by, user=user)


def _move(
    by: Actor,
    tenant: Tenant,
    user: User,
    status: UserStatus,
    *,
    reason: str | None = None,
    within_seats: bool = False,
) -> User:
    reason = checked_reason(reason)
    _check_not_erased(user)
    if user.status == status:
        raise Conflict(f"{user.name} is {status} already.")
    if status == UserStatus.ACTIVE:
        _check_open(tenant)
        if within_seats:
            seat_wanted.send(tenant, by=by)
    changes = {"status": (str(user.status), status.value)}
    user.status = status
    db.session.add(
        StatusChange(tenant_id=tenant.id, user_id=user.id, status=status, at=clock.now())
    )
    _record(MOVES[status], by, user, changes=changes, reason=reason)
    status_changed.send(tenant, by=by, user=user)
    return user


def _check_open(tenant: Tenant) -> None:
    if tenant.status == TenantStatus.CLOSED:
        raise Conflict(f"{tenant.name} is closed. Reopen it before users join.")


def _check_not_erased(user: User) -> None:
    if user.erased_at is not None:
        raise Erased("This person was erased. Use another external id for a new one.")


def _record(
    action: Action,
    by: Actor,
    user: User,
    *,
    changes: Mapping[str, tuple[object, object]] | None = None,
    changed: Sequence[str] = (),
    reason: str | None = None,
) -> None:
    """Names and addresses stay out: the ledger is for ever, a person's data is not."""
    record(
        action,
        by=by,
        target=target_of_user(user),
        tenant_id=user.tenant_id,
        changes=changes,
        meta={"changed": list(changed)} if changed else None,
        reason=reason,
    )
