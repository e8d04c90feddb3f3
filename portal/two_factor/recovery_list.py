"""What admins see of recoveries: the list, and all that is known of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.two_factor.models import RecoveryApproval, RecoveryRequest, RecoveryState
from portal.two_factor.recovery_approvals import MANY_ADMINS, UNDECIDED, approvals_needed
from portal.two_factor.recovery_requests import OPEN
from portal.web.paging import ListPage, page_of

COLOURS = {
    RecoveryState.REQUESTED: "yellow",
    RecoveryState.APPROVED: "azure",
    RecoveryState.WAITING: "azure",
    RecoveryState.COMPLETED: "green",
    RecoveryState.CANCELLED: "red",
    RecoveryState.EXPIRED: "secondary",
}


class Which(StrEnum):
    """What the list is narrowed to."""

    OPEN = "open"
    ENDED = "ended"


class RecoveryRow(NamedTuple):
    """One line of the list."""

    id: int
    name: str
    role: str
    state: RecoveryState
    created_at: datetime
    opens_at: datetime | None
    closed_at: datetime | None


class Approval(NamedTuple):
    """Who approved, when, and how they made sure."""

    name: str
    approved_at: datetime
    statement: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery as the page of its decision shows it."""

    request: RecoveryRequest
    person: Admin
    approvals: Sequence[Approval]
    needed: int
    is_open: bool
    is_own: bool
    may_approve: bool
    closed_by: str | None


_requests, _people = RecoveryRequest.__table__.c, Admin.__table__.c


def recoveries(which: Which, *, cursor: str | None = None) -> ListPage[RecoveryRow]:
    """The newest first."""
    is_open = _requests.state.in_(OPEN)
    query = (
        sa.select(
            _requests.id,
            _people.name,
            _people.role,
            _requests.state,
            _requests.created_at,
            _requests.opens_at,
            _requests.closed_at,
        )
        .join_from(RecoveryRequest.__table__, Admin.__table__, _requests.admin_id == _people.id)
        .where(is_open if which is Which.OPEN else sa.not_(is_open))
        .order_by(_requests.id.desc())
    )
    return page_of(query, _row, cursor=cursor)


def _row(row: sa.Row[*tuple[Any, ...]]) -> RecoveryRow:
    id_, name, role, state, *times = row
    return RecoveryRow(id_, name, Role(role).label, RecoveryState(state), *times)


def recovery_for(by: Actor, request: RecoveryRequest) -> Recovery:
    """The request with all that its decision asks for."""
    person = db.session.get_one(Admin, request.admin_id)
    rows = db.session.execute(
        sa.select(
            RecoveryApproval.approved_by,
            Admin.name,
            RecoveryApproval.approved_at,
            RecoveryApproval.statement,
        )
        .join(Admin, Admin.id == RecoveryApproval.approved_by)
        .where(RecoveryApproval.request_id == request.id)
        .order_by(RecoveryApproval.id)
    ).all()
    is_own, has_approved = by.id == person.id, by.id in [row.approved_by for row in rows]
    is_undecided = request.state in UNDECIDED
    return Recovery(
        request=request,
        person=person,
        approvals=[Approval(row.name, row.approved_at, row.statement) for row in rows],
        needed=approvals_needed(person, _active_admins()),
        is_open=request.state in OPEN,
        is_own=is_own,
        may_approve=is_undecided and not is_own and not has_approved,
        closed_by=_name_of(request.closed_by),
    )


def _active_admins() -> list[int]:
    query = sa.select(Admin.id).where(
        Admin.role == Role.ADMIN, Admin.joined_at.is_not(None), Admin.disabled_at.is_(None)
    )
    return list(db.session.scalars(query.limit(MANY_ADMINS)))


def _name_of(admin_id: int | None) -> str | None:
    return db.session.scalar(sa.select(Admin.name).where(Admin.id == admin_id))


def last_request(admin_id: int) -> RecoveryRequest | None:
    """The newest of a person, in whatever state."""
    query = sa.select(RecoveryRequest).where(RecoveryRequest.admin_id == admin_id)
    return db.session.scalar(query.order_by(RecoveryRequest.id.desc()).limit(1))


def froze_the_account(request: RecoveryRequest, person: Admin) -> bool:
    """Is the account shut because its owner stopped this one, and not by an admin since?"""
    is_stopped = request.state == RecoveryState.CANCELLED and request.closed_by == person.id
    return is_stopped and person.disabled_at is not None and person.disabled_by is None
