"""Everything held about one user, to hand out or to forget (GDPR articles 15, 17 and 20).

The ledger stays whole and valid, because nothing of a person ever stands in it: it calls a user by
number, and of a changed name or address it says only that it changed. So erasing empties the
user's own row, which keeps its number for what refers to it, and every other place that rooms
have registered here. Backups forget with their age.

What we noted as the reason of a deed is free text that may speak of others, or of a case that is
not to be told yet. So no export carries reasons: article 15 reaches them, but a person reads them
first and hands them out by hand. The page of the export says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.clock import timestamp
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict
from portal.customers.former import ever_called, forget_names, had_by_others, keys_ever
from portal.customers.import_preview import Effect
from portal.customers.models import (
    ApiToken,
    CustomerImport,
    CustomerImportRow,
    ImportStatus,
    StatusChange,
    Tenant,
    User,
    UserStatus,
)
from portal.customers.naming import address_key, checked_reason, name_key, target_of_user
from portal.customers.signals import status_changed
from portal.customers.tenants import raise_version, tenant_or_404
from portal.customers.token_text import new_public_id

Plain: TypeAlias = Any
Holding = Callable[[User], Plain]
Eraser = Callable[[User], None]

FORMAT = 1
MOST_EVENTS = 10_000
NEUTRAL_NAME = "Erased user"
NOTHING = dict.fromkeys(("user_external_id", "user_name", "user_email"), "")


class AlreadyErased(Conflict):
    """Nothing is left of this person."""


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    held: Holding
    erase: Eraser | None


_places: list[_Place] = []


def register_holding(name: str, held: Holding, *, erase: Eraser | None = None) -> None:
    """Have the export of a user carry what a room holds of them, as plain JSON values.

    `erase` empties what says who they are; it runs while the user's row still has its old values,
    and commits nothing. What names users by number alone needs none.
    """
    _places.append(_Place(name, held, erase))


def holdings() -> list[str]:
    """The names of all places that are asked."""
    return [place.name for place in _places]


def export_user(*, by: Actor, user: User) -> dict[str, Plain]:
    """Everything held about the user, to be saved as JSON. That it was handed out is recorded."""
    found = {
        "format": FORMAT,
        "exported_at": timestamp(clock.now()),
        "user": {"id": user.id, "tenant_id": user.tenant_id},
        **{place.name: place.held(user) for place in _places},
    }
    record(Action.USER_EXPORTED, by=by, target=target_of_user(user), tenant_id=user.tenant_id)
    return found


def erase_user(*, by: Actor, user: User, reason: str | None) -> User:
    """Forget who this was. It cannot be undone: their tokens are dead, their seat is free.

    Raises:
        AlreadyErased: see the class.
        BadReason: longer than 500 characters.
    """
    reason = checked_reason(reason)
    raise_version(user.tenant_id)
    db.session.refresh(user)
    if user.erased_at is not None:
        raise AlreadyErased("This person was erased before. Nothing is left of them.")
    for place in _places:
        if place.erase is not None:
            place.erase(user)
    was_active = user.status == UserStatus.ACTIVE
    _empty(user, by)
    tenant = tenant_or_404(user.tenant_id)
    record(
        Action.USER_ERASED,
        by=by,
        target=target_of_user(user),
        tenant_id=user.tenant_id,
        changes={"status": ("active", "inactive")} if was_active else None,
        reason=reason,
        meta={"places": holdings()},
    )
    if was_active:
        status_changed.send(tenant, by=by, user=user)
    return user


def _empty(user: User, by: Actor) -> None:
    now = clock.now()
    forget_names(user)
    if user.status == UserStatus.ACTIVE:
        db.session.add(
            StatusChange(
                tenant_id=user.tenant_id, user_id=user.id, status=UserStatus.INACTIVE, at=now
            )
        )
    user.external_id = _neutral_id(user)
    user.name, user.name_key = NEUTRAL_NAME, name_key(NEUTRAL_NAME)
    user.email = neutral_address(user)
    user.email_key = address_key(user.email)
    user.status = UserStatus.INACTIVE
    user.erased_at, user.erased_by = now, by.id if by.type is ActorType.ADMIN else None
    db.session.flush()


def neutral_address(user: User) -> str:
    """What stands in the place of their addresses once they are erased; no mail reaches it."""
    return f"erased-{user.id}@erased.invalid"


def _neutral_id(user: User) -> str:
    """Somebody else may be called so already: a product chooses its ids freely."""
    wanted = f"erased-{user.id}"
    taken = db.session.scalar(
        sa.select(User.id).where(User.tenant_id == user.tenant_id, User.external_id == wanted)
    )
    return wanted if taken is None else f"{wanted}-{new_public_id()}"


def _profile(user: User) -> Plain:
    tenant = tenant_or_404(user.tenant_id)
    return {
        "external_id": user.external_id,
        "name": user.name,
        "email": user.email,
        "status": str(user.status),
        "created_at": timestamp(user.created_at),
        "tenant": {"external_id": tenant.external_id, "name": tenant.name},
    }


def _former_names(user: User) -> Plain:
    return [
        {"name": one.name, "email": one.email, "until": timestamp(one.until)}
        for one in ever_called(user)
        if one.until is not None
    ]


def _status_history(user: User) -> Plain:
    query = sa.select(StatusChange.status, StatusChange.at).where(
        StatusChange.tenant_id == user.tenant_id, StatusChange.user_id == user.id
    )
    rows = db.session.execute(query.order_by(StatusChange.at, StatusChange.id))
    return [{"status": row.status, "at": timestamp(row.at)} for row in rows]


def _tokens(user: User) -> Plain:
    rows = db.session.scalars(sa.select(ApiToken).filter_by(user_id=user.id).order_by(ApiToken.id))
    return [
        {
            "public_id": row.public_id,
            "created_at": timestamp(row.created_at),
            "expires_at": timestamp(row.expires_at),
            "revoked_at": timestamp(row.revoked_at) if row.revoked_at else None,
            "last_used_at": timestamp(row.last_used_at) if row.last_used_at else None,
            "last_used_ip": row.last_used_ip,
        }
        for row in rows
    ]


def _forget_tokens(user: User) -> None:
    """They were dead with the user's row; their last addresses go too."""
    now = clock.now()
    live = sa.func.coalesce(ApiToken.revoked_at, now)
    changed_rows(
        sa.update(ApiToken)
        .where(ApiToken.user_id == user.id)
        .values(revoked_at=live, last_used_ip=None)
    )


def _events(user: User) -> Plain:
    """What the audit log says of them, and what they did themselves: each along its index.

    An address of the network only where it is theirs: elsewhere it is that of one of us.
    """
    event = AuditEvent.__table__.c
    about = sa.and_(event.target_type == "user", event.target_id == str(user.id))
    own = sa.and_(event.actor_id == user.id, event.actor_type == ActorType.CUSTOMER.value)
    columns = (event.id, event.occurred_at, event.action, event.outcome, event.ip, own)
    rows: dict[str, Plain] = {}
    for where in (about, own):
        newest = (
            sa.select(*columns).where(where).order_by(event.occurred_at.desc(), event.id.desc())
        )
        for number, at, action, outcome, ip, is_own in db.session.execute(
            newest.limit(MOST_EVENTS)
        ):
            found = {"at": at, "action": action, "outcome": outcome}
            rows[number] = {**found, "ip": ip} if is_own else found
    return [rows[number] for number in sorted(rows, reverse=True)]


def _import_rows(user: User) -> list[CustomerImportRow]:
    """The lines with their external id, or with an address of theirs that nobody else has.

    An address that they gave up counts in lines alone that were taken in, if no other had it, too.
    """
    row, tenant = CustomerImportRow, db.session.get_one(Tenant, user.tenant_id)
    of_tenant = row.values["tenant_external_id"].as_string() == tenant.external_id
    query = sa.select(row.import_id, row.line, row.values, row.done_at).where(of_tenant)
    keys = keys_ever(user)
    own, former = keys - had_by_others(keys, user), keys - {user.email_key}
    others, found = _others_at_their_address(user), []
    for line in db.session.execute(query.execution_options(yield_per=1000)):
        external_id = line.values["user_external_id"]
        key = address_key(line.values["user_email"].strip())
        is_alike = key == user.email_key and external_id not in others
        was_alike = key in own & former and line.done_at is not None
        if external_id == user.external_id or is_alike or was_alike:
            found.append((line.import_id, line.line))
    return [db.session.get_one(row, key) for key in found]


def _others_at_their_address(user: User) -> frozenset[str]:
    same = sa.select(User.external_id).where(
        User.tenant_id == user.tenant_id, User.email_key == user.email_key, User.id != user.id
    )
    return frozenset(db.session.scalars(same))


def _imported(user: User) -> Plain:
    return [
        {"import": row.import_id, "line": row.line, "values": row.values, "result": row.effect}
        for row in _import_rows(user)
    ]


def _forget_imported(user: User) -> None:
    """Their lines stay for the sums, empty; what was not taken in yet never will be."""
    for row in _import_rows(user):
        if row.done_at is None and row.effect != Effect.REFUSED:
            _leave_out(row)
        row.values = {**row.values, **NOTHING}
        row.detail = "This person was erased."


def _leave_out(row: CustomerImportRow) -> None:
    row.effect = Effect.REFUSED.value
    found = CustomerImport.id == row.import_id
    changed_rows(sa.update(CustomerImport).where(found).values(failed=CustomerImport.failed + 1))
    running = sa.update(CustomerImport).where(found, CustomerImport.status == ImportStatus.RUNNING)
    if changed_rows(running.values(done=CustomerImport.done + 1)):
        row.done_at = clock.now()


register_holding("profile", _profile)
register_holding("former_names", _former_names)
register_holding("status_history", _status_history)
register_holding("api_tokens", _tokens, erase=_forget_tokens)
register_holding("imported_lines", _imported, erase=_forget_imported)
register_holding("audit_events", _events)
