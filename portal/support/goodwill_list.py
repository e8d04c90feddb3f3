"""Reading goodwill: what a ticket and a tenant were given, and all of it for whoever decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.currencies import price_text
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.roles import permissions_of
from portal.support.goodwill_budgets import EVERYBODY, Limits, Owner, limits_of
from portal.support.goodwill_words import COLOURS, GestureKind, GestureStatus
from portal.support.models import GoodwillGesture, GoodwillLimit, GoodwillSpent, SupportTicket
from portal.web.paging import ListPage, page_of

LATELY = timedelta(days=30)
MOST_SHOWN = 50
STANDING = (GestureStatus.GIVEN, GestureStatus.AWAITING_APPROVAL)
GIVING_ROLES = [role for role in Role if Permission.GOODWILL_GIVE in permissions_of(role)]
_gesture, _ticket = GoodwillGesture.__table__.c, SupportTicket.__table__.c
_admin = Admin.__table__.c


class GestureLine(NamedTuple):
    """One gesture in a list."""

    id: int
    number: str
    tenant_id: int
    tenant_name: str
    kind: GestureKind
    summary: str
    status: str
    state: str
    colour: str
    value: str
    requested_by: int | None
    who: str
    reason: str
    sentence: str | None
    target_type: str | None
    target_id: int | None
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the list is narrowed to; what cannot be read narrows nothing."""

    status: str = ""
    agent_id: int | None = None
    month: str = ""


class BudgetLine(NamedTuple):
    """What one person gave in a month, of what they may."""

    id: int
    name: str
    monthly_cents: int
    cap_cents: int
    spent_cents: int
    is_own: bool

    @property
    def left_cents(self) -> int:
        return max(self.monthly_cents - self.spent_cents, 0)

    @property
    def share(self) -> int:
        """Percent that is used."""
        most = self.monthly_cents or 1
        return min(100 * self.spent_cents // most, 100)


def gestures_of(ticket: SupportTicket) -> list[GestureLine]:
    """Of the ticket and of all that were merged into it, the newest first."""
    tree = sa.select(_ticket.id).where(_ticket.id == ticket.id).cte(recursive=True)
    tree = tree.union(sa.select(_ticket.id).where(_ticket.merged_into_id == tree.c.id))
    return _lines(_gesture.ticket_id.in_(sa.select(tree.c.id)))


def given_lately(*, tenant_id: int, at: datetime) -> list[GestureLine]:
    """What this tenant was given, or may be, in thirty days: for whoever gives again."""
    return _lines(
        _gesture.tenant_id == tenant_id,
        _gesture.created_at > at - LATELY,
        _gesture.status.in_(STANDING),
    )


def gestures_page(narrowing: Narrowing, *, cursor: str | None = None) -> ListPage[GestureLine]:
    """The newest first.

    Raises:
        BadCursor: not a place in this list.
    """
    query = _query()
    if narrowing.status:
        query = query.where(_gesture.status == narrowing.status)
    if narrowing.agent_id is not None:
        query = query.where(_gesture.requested_by == narrowing.agent_id)
    if narrowing.month:
        query = query.where(_gesture.month == narrowing.month)
    return page_of(query, _line, cursor=cursor)


def budgets_page(*, month: str, cursor: str | None = None) -> ListPage[BudgetLine]:
    """Who may give, by name, and what they gave of their budgets in the month.

    Raises:
        BadCursor: not a place in this list.
    """
    limit, spent = GoodwillLimit.__table__, GoodwillSpent.__table__
    mine = sa.and_(
        spent.c.owner == Owner.AGENT.value, spent.c.owner_id == _admin.id, spent.c.month == month
    )
    query = (
        sa.select(
            _admin.name,
            _admin.id,
            limit.c.monthly_cents,
            limit.c.cap_cents,
            sa.func.coalesce(spent.c.spent_cents, 0),
        )
        .select_from(
            Admin.__table__.outerjoin(limit, limit.c.admin_id == _admin.id).outerjoin(spent, mine)
        )
        .where(_admin.role.in_(GIVING_ROLES), _admin.disabled_at.is_(None))
        .order_by(_admin.name, _admin.id)
    )
    usual = limits_of(EVERYBODY)
    return page_of(query, lambda row: _budget(row, usual), cursor=cursor)


def givers() -> list[tuple[int, str]]:
    """Whose gestures the list can be narrowed to."""
    people = sa.select(_admin.id, _admin.name).where(_admin.role.in_(GIVING_ROLES))
    found = db.session.execute(people.order_by(_admin.name, _admin.id).limit(500))
    return [(admin_id, name) for admin_id, name in found]


def months_back(month: str, count: int = 12) -> list[str]:
    """The month and those before, the newest first."""
    year, number = (int(part) for part in month.split("-"))
    last = year * 12 + number - 1
    return [f"{each // 12:04}-{each % 12 + 1:02}" for each in range(last, last - count, -1)]


def _query() -> sa.Select[Any]:
    columns = (
        _gesture.id,
        _ticket.number,
        _gesture.tenant_id,
        _ticket.tenant_name,
        _gesture.kind,
        _gesture.summary,
        _gesture.status,
        _gesture.value_cents,
        _gesture.currency,
        _gesture.requested_by,
        sa.func.coalesce(_admin.name, _gesture.requested_by_label).label("who"),
        _gesture.reason,
        _gesture.sentence,
        _gesture.target_type,
        _gesture.target_id,
        _gesture.created_at,
        _gesture.until,
    )
    joined = GoodwillGesture.__table__.join(
        SupportTicket.__table__, _ticket.id == _gesture.ticket_id
    ).outerjoin(Admin.__table__, _admin.id == _gesture.requested_by)
    return sa.select(*columns).select_from(joined).order_by(_gesture.id.desc())


def _lines(*where: sa.ColumnElement[bool]) -> list[GestureLine]:
    found: Iterable[Any] = db.session.execute(_query().where(*where).limit(MOST_SHOWN))
    return [_line(row) for row in found]


def _line(row: Any) -> GestureLine:
    status = GestureStatus(row.status)
    return GestureLine(
        id=row.id,
        number=row.number,
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        kind=GestureKind(row.kind),
        summary=row.summary,
        status=status.value,
        state=status.label,
        colour=COLOURS[status],
        value=price_text(row.value_cents, row.currency),
        requested_by=row.requested_by,
        who=row.who,
        reason=row.reason,
        sentence=row.sentence,
        target_type=row.target_type,
        target_id=row.target_id,
        at=row.created_at,
        until=row.until,
    )


def _budget(row: Any, usual: Limits) -> BudgetLine:
    name, admin_id, monthly, cap, spent = row
    is_own = monthly is not None
    return BudgetLine(
        admin_id,
        name,
        monthly if is_own else usual.monthly_cents,
        cap if is_own else usual.cap_cents,
        spent,
        is_own,
    )
