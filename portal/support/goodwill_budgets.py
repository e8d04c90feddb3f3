"""How much each of our people may give away in a calendar month, and a tenant may get.

A month is one of the portal's own time zone, so that a person's and a tenant's begin together.
What was spent is one counter for each, changed by a guarded update: of many who give at once,
those for whom nothing is left are refused.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.currencies import price_text
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import Denied, DomainError
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.staff.models import Admin
from portal.support.models import GoodwillLimit, GoodwillSpent

EVERYBODY = 0
LARGEST = 10**9


class OverBudget(Denied):
    """More than is left this month; somebody else may approve it."""

    title = "The budget does not reach"
    is_attempt = False


class BadLimit(DomainError):
    """An amount that is none, or of nobody."""


class Owner(StrEnum):
    """Whose counter it is."""

    AGENT = "agent"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts for one person. `version` 0: nobody saved it yet."""

    monthly_cents: int = 20_000
    cap_cents: int = 3_000
    tenant_cents: int = 15_000
    version: int = 0
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person may still give to one tenant this month."""

    limits: Limits
    agent_spent: int
    tenant_spent: int

    @property
    def left(self) -> int:
        return max(self.limits.monthly_cents - self.agent_spent, 0)

    @property
    def tenant_left(self) -> int:
        return max(self.limits.tenant_cents - self.tenant_spent, 0)


def month_of(at: datetime) -> str:
    """`2026-11`, in the portal's time zone."""
    return f"{at.astimezone(ZoneInfo(settings().timezone)):%Y-%m}"


def limits_of(admin_id: int) -> Limits:
    """Their own, or everybody's. What a tenant may get is the same whoever gives."""
    table = GoodwillLimit.__table__
    query = sa.select(*table.c).where(table.c.admin_id.in_((EVERYBODY, admin_id)))
    found = {row.admin_id: row for row in db.session.execute(query)}
    usual, own = found.get(EVERYBODY), found.get(admin_id)
    tenant_cents = usual.tenant_cents if usual else Limits().tenant_cents
    row = own or usual
    if row is None:
        return Limits()
    is_own = own is not None and admin_id != EVERYBODY
    return Limits(row.monthly_cents, row.cap_cents, tenant_cents, row.version, is_own)


def standing_of(*, admin_id: int, tenant_id: int, at: datetime) -> Standing:
    limits = limits_of(admin_id)
    wanted = {Owner.AGENT: admin_id, Owner.TENANT: tenant_id}
    keys = [sa.and_(*_key(owner, owner_id, month_of(at))) for owner, owner_id in wanted.items()]
    query = sa.select(GoodwillSpent.owner, GoodwillSpent.spent_cents).where(sa.or_(*keys))
    spent = {row.owner: row.spent_cents for row in db.session.execute(query)}
    return Standing(limits, spent.get(Owner.AGENT, 0), spent.get(Owner.TENANT, 0))


def spend(
    *, admin_id: int, tenant_id: int, cents: int, month: str, limits: Limits, currency: str
) -> None:
    """Take it of the person's budget and of the tenant's, or of neither.

    Raises:
        OverBudget: one of them does not reach; the caller rolls back.
    """
    asked = (
        (Owner.AGENT, admin_id, limits.monthly_cents, "Your budget of this month"),
        (Owner.TENANT, tenant_id, limits.tenant_cents, "What this customer may get in a month"),
    )
    for owner, owner_id, most, words in asked:
        if not _take(owner, owner_id, month, cents, most):
            raise OverBudget(
                f"{words} is {price_text(most, currency)}, of which less is left than "
                f"{price_text(cents, currency)}. Ask for approval."
            )


def count_for_tenant(*, tenant_id: int, cents: int, month: str) -> None:
    """What somebody approved: it counts for the tenant however much that is, and for no giver."""
    _take(Owner.TENANT, tenant_id, month, cents, None)


def give_back(owner: Owner, owner_id: int, *, cents: int, month: str) -> None:
    """Of the month in which it was spent."""
    where = _key(owner, owner_id, month)
    less = GoodwillSpent.spent_cents - cents
    changed_rows(sa.update(GoodwillSpent).where(*where).values(spent_cents=less))


def _take(owner: Owner, owner_id: int, month: str, cents: int, most: int | None) -> bool:
    """Compare and set; False: it would pass `most`."""
    new = insert_into(GoodwillSpent).values(
        owner=owner.value, owner_id=owner_id, month=month, spent_cents=0
    )
    db.session.execute(new.on_conflict_do_nothing())
    after = GoodwillSpent.spent_cents + cents
    where = _key(owner, owner_id, month)
    if most is not None:
        where.append(after <= most)
    return changed_rows(sa.update(GoodwillSpent).where(*where).values(spent_cents=after)) == 1


def _key(owner: Owner, owner_id: int, month: str) -> list[sa.ColumnElement[bool]]:
    table = GoodwillSpent
    return [table.owner == owner.value, table.owner_id == owner_id, table.month == month]


def change_limits(
    *, by: Actor, admin_id: int, monthly_cents: int, cap_cents: int, tenant_cents: int, version: int
) -> None:
    """From now on; what was given stays given. `admin_id` 0 is everybody without limits of their
    own, and the only one whose `tenant_cents` count.

    Raises:
        BadLimit: an amount is out of range, or there is no such person (422).
        Stale: it was saved since `version` (409).
        Denied: this person does not manage the desk (403).
    """
    _check_may(by)
    values = {"monthly_cents": monthly_cents, "cap_cents": cap_cents, "tenant_cents": tenant_cents}
    for name, cents in values.items():
        if not 0 <= cents <= LARGEST:
            raise BadLimit("Use an amount from 0 to 10 million.", field=name)
    target, before = _target(admin_id), limits_of(admin_id)
    _save(by, admin_id, values, version)
    _record_change(by, target, before, limits_of(admin_id))


def drop_limits(*, by: Actor, admin_id: int) -> None:
    """Everybody's limits count for this person again; nothing happens where they do."""
    _check_may(by)
    before, row = limits_of(admin_id), db.session.get(GoodwillLimit, admin_id)
    if row is None or admin_id == EVERYBODY:
        return
    db.session.delete(row)
    _record_change(by, _target(admin_id), before, limits_of(admin_id))


def _record_change(by: Actor, target: Target, before: Limits, after: Limits) -> None:
    names = ("monthly_cents", "cap_cents", *(() if target.id else ("tenant_cents",)))
    changes: dict[str, tuple[object, object]] = {
        name: (getattr(before, name), getattr(after, name))
        for name in names
        if getattr(before, name) != getattr(after, name)
    }
    record(Action.GOODWILL_BUDGET_CHANGED, by=by, target=target, changes=changes)


def _check_may(by: Actor) -> None:
    if not by.may(Permission.SUPPORT_MANAGE):
        raise Denied("Budgets are kept by managers.")


def _target(admin_id: int) -> Target:
    """
    Raises:
        BadLimit: there is no such person.
    """
    if admin_id == EVERYBODY:
        return Target("goodwill_budget", EVERYBODY, "everybody")
    person = db.session.get(Admin, admin_id)
    if person is None:
        raise BadLimit("There is no such person.", field="admin_id")
    return Target("goodwill_budget", admin_id, person.name)


def _save(by: Actor, admin_id: int, values: dict[str, int], version: int) -> None:
    """The first one is inserted, each later one changes the version that its form showed."""
    more = {**values, "changed_at": clock.now(), "changed_by_label": by.label}
    if version == 0:
        new = insert_into(GoodwillLimit).values(admin_id=admin_id, version=1, **more)
        saved = new.on_conflict_do_nothing().returning(GoodwillLimit.admin_id)
        is_saved = db.session.scalar(saved) is not None
    else:
        mine = (GoodwillLimit.admin_id == admin_id, GoodwillLimit.version == version)
        changed = sa.update(GoodwillLimit).where(*mine).values(version=version + 1, **more)
        is_saved = changed_rows(changed) == 1
    if not is_saved:
        there = db.session.scalar(
            sa.select(GoodwillLimit.version).where(GoodwillLimit.admin_id == admin_id)
        )
        raise Stale("Somebody saved it meanwhile. Yours was not saved.", present=there or 0)
