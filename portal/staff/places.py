"""From which networks the people of a role may come.

Looked at after the last step of signing in and at every request of a session or of a person's own
token, in the very query that finds them (`portal.staff.current`, `portal.customers.bearer`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.provenance import provenance
from portal.core.roles import Role
from portal.staff.models import Admin, AdminSession, RoleAddresses
from portal.staff.naming import person_target
from portal.staff.open_sessions import is_open
from portal.staff.telling import tell, tell_role
from portal.staff.throttles import HOUR, book_failure, buckets, seconds_to_wait
from portal.web.access import SessionState
from portal.web.addresses import block_of, is_within, plain_network
from portal.web.requests import printable

MOST_NETWORKS = 50
MOST_NAMED = 3
NOTED = ((1, HOUR),)


class NotFromHere(DomainError):
    """Who they are is proven; where they are is not good enough. Told to nobody else."""

    status = 403
    code = "permission_denied"
    title = "Not from here"

    def __init__(self, role: Role, address: str | None) -> None:
        super().__init__(
            f"Whoever works as {role.label} may use this portal from certain networks alone, and "
            f"{address or 'your address'} is in none of them. Go on from one of those, or ask an "
            "admin to add this one."
        )


class BadNetwork(DomainError):
    """It is no network."""


class ShutsOut(DomainError):
    """Somebody who works now could not go on."""


@dataclass(frozen=True, slots=True)
class Place:
    """From where a role may come; from anywhere while there are no networks."""

    networks: list[str] = field(default_factory=list)
    changed_at: datetime | None = None


def places() -> dict[Role, Place]:
    """Those of every role, in one query."""
    stored = {
        row.role: Place(list(row.networks), row.changed_at)
        for row in db.session.scalars(sa.select(RoleAddresses))
    }
    return {role: stored.get(role.value, Place()) for role in Role}


def is_outside(role: str) -> bool:
    """Does the running request come from where people of this role may not?"""
    row = db.session.get(RoleAddresses, str(role))
    return row is not None and not is_within(provenance().ip, json.dumps(row.networks))


def note_outside(*, by: Actor, admin_id: int, email: str, reason: str) -> None:
    """That somebody proved who they are at a place that their role may not use."""
    record(
        Action.SESSION_ADDRESS_REFUSED,
        by=by,
        target=person_target(admin_id, email),
        outcome=Outcome.DENIED,
        reason=reason,
    )


def note_sign_in_outside(*, by: Actor, person: Admin, reason: str) -> None:
    """The same of a sign-in that had both factors right: its owner hears of it, it may be theft."""
    note_outside(by=by, admin_id=person.id, email=person.email, reason=reason)
    tell(Action.SESSION_ADDRESS_REFUSED, by=by, person=person)


def note_request_outside(*, by: Actor, admin_id: int, email: str) -> None:
    """The same of a session's request: once an hour a network, as a page polls all day."""
    seen = buckets(NOTED, "outside", str(admin_id), block_of(provenance().ip))
    if seconds_to_wait(seen) is None and book_failure(seen) is None:
        note_outside(by=by, admin_id=admin_id, email=email, reason="request")


def change_addresses(
    *, by: Actor, role: Role, networks: Iterable[str], is_forced: bool = False
) -> int:
    """Let the people of a role come from these networks alone; from anywhere when there are none.

    Returns how many live sessions are outside from now on: they go on once they are inside again.

    Raises:
        BadNetwork: one cannot be read, or there are more than fifty.
        ShutsOut: the address of who decides is not among them; on the command line, that of
            somebody of the role who is signed in. Forced, it is done all the same, but never
            against one's own role in a browser: who is locked out cannot undo it.
    """
    wanted = _checked(networks)
    row = db.session.get(RoleAddresses, role.value, with_for_update=True)
    old = list(row.networks) if row else []
    outside = _outside(role, wanted)
    if not is_forced or (provenance().ip and by.role == role.value):
        _refuse_lockout(role, wanted, outside)
    if old == wanted:
        return len(outside)
    row = row or _new_row(role)
    row.networks, row.changed_at, row.changed_by = wanted, clock.now(), by.id
    record(
        Action.ADDRESSES_CHANGED,
        by=by,
        target=Target("role", role.value, role.label),
        changes={"networks": (", ".join(old) or "anywhere", ", ".join(wanted) or "anywhere")},
        meta={"sessions_outside": len(outside), "forced": is_forced},
    )
    what = ", ".join(wanted) or "anywhere"
    tell_role(Action.ADDRESSES_CHANGED, by=by, role=role, what=what)
    return len(outside)


def _checked(networks: Iterable[str]) -> list[str]:
    found: list[str] = []
    for text in networks:
        if not text.strip():
            continue
        try:
            found.append(plain_network(text))
        except ValueError:
            raise BadNetwork(
                f"“{printable(text)[:60]}” is no network. Write 192.0.2.0/24, 192.0.2.7 or "
                "2001:db8::/32.",
                field="networks",
            ) from None
    if len(found) > MOST_NETWORKS:
        raise BadNetwork(f"Give at most {MOST_NETWORKS} networks.", field="networks")
    return list(dict.fromkeys(found))


def _outside(role: Role, networks: Sequence[str]) -> list[str]:
    """The addresses that live sessions of the role were last seen at and that are not within."""
    text = json.dumps(networks)
    seen = db.session.scalars(
        sa.select(AdminSession.ip_last)
        .join(Admin, Admin.id == AdminSession.admin_id)
        .where(
            Admin.role == role.value,
            Admin.disabled_at.is_(None),
            is_open(clock.now()),
            AdminSession.state != SessionState.PREAUTH,
        )
        .order_by(AdminSession.last_seen_at.desc())
    )
    return [address or "unknown" for address in seen if not is_within(address, text)]


def _refuse_lockout(role: Role, networks: Sequence[str], outside: Sequence[str]) -> None:
    """A browser speaks for its own address, the server's terminal for whoever is signed in."""
    here = provenance().ip
    if here is None and outside:
        named = ", ".join(list(dict.fromkeys(outside))[:MOST_NAMED])
        raise ShutsOut(
            f"People of the role {role.label} are signed in from {named}. Add that, or use --force."
        )
    if here is not None and not is_within(here, json.dumps(networks)):
        raise ShutsOut(
            f"You are at {here}, and these networks do not hold it.",
            field="networks",
        )


def _new_row(role: Role) -> RoleAddresses:
    """A row for a role that had none; two people who decide at once meet on the same one."""
    row = RoleAddresses(role=role.value, networks=[], changed_at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except sa.exc.IntegrityError:
        return db.session.get_one(RoleAddresses, role.value, with_for_update=True)
    return row
