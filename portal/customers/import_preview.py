"""What the lines of a file would change: looked up in bulk, nothing written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.import_file import Line
from portal.customers.models import Tenant, TenantStatus, User
from portal.customers.naming import checked_address, checked_external_id, checked_name, masked
from portal.customers.signals import plans_asked

AT_ONCE = 400
LONGEST_DETAIL = 500
Item = TypeVar("Item")


class Effect(StrEnum):
    """What a line does."""

    CREATE = "create"
    UPDATE = "update"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one line would change, or why it cannot."""

    effect: Effect
    detail: str | None = None


class Person(NamedTuple):
    """A user as a line says them."""

    external_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a line says, checked. Without a user it speaks of the tenant alone."""

    number: int
    external_id: str
    name: str
    user: Person | None
    plan: str | None

    @classmethod
    def of(cls, line: Line) -> "Statement":
        """The line's values.

        Raises:
            DomainError: one of them is not right.
        """
        given = line.values
        user = None
        if any(given[name] for name in ("user_external_id", "user_name", "user_email")):
            with _naming("user"):
                user = Person(
                    checked_external_id(given["user_external_id"]),
                    checked_name(given["user_name"]),
                    checked_address(given["user_email"]).address,
                )
        with _naming("tenant"):
            return cls(
                line.number,
                checked_external_id(given["tenant_external_id"]),
                checked_name(given["tenant_name"]),
                user,
                given["plan"] or None,
            )


class _naming:  # noqa: N801 - reads as what it does
    """Say by the file's own column names what was wrong with whom."""

    def __init__(self, whom: str) -> None:
        self.whom = whom

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DomainError):
            raise DomainError(f"{self.whom}_{error.field}: {error.message}") from error


@dataclass
class _Known:
    """What there is already, and what earlier lines of the file said."""

    tenants: dict[str, Tenant] = field(default_factory=dict)
    users: dict[tuple[str, str], User] = field(default_factory=dict)
    plans: frozenset[str] | None = None
    present: dict[int, str] = field(default_factory=dict)
    said_of_tenants: dict[str, Statement] = field(default_factory=dict)
    said_of_plans: dict[str, tuple[int, str]] = field(default_factory=dict)
    said_of_users: dict[tuple[str, str], tuple[int, Person]] = field(default_factory=dict)


def judge(lines: Sequence[Line]) -> list[Verdict]:
    """A verdict a line, in their order."""
    found = [_statement(line) for line in lines]
    known = _known([one for one in found if isinstance(one, Statement)])
    return [one if isinstance(one, Verdict) else _verdict(one, known) for one in found]


def _statement(line: Line) -> Statement | Verdict:
    if line.fault is not None:
        return refused(line.fault)
    try:
        return Statement.of(line)
    except DomainError as error:
        return refused(error.message)


def refused(why: str) -> Verdict:
    return Verdict(Effect.REFUSED, why[:LONGEST_DETAIL])


def _known(statements: Sequence[Statement]) -> _Known:
    known = _Known()
    for ids in _chunks({one.external_id for one in statements}):
        for tenant in db.session.scalars(sa.select(Tenant).where(Tenant.external_id.in_(ids))):
            known.tenants[tenant.external_id] = tenant
    _learn_users(known, statements)
    _learn_plans(known, {one.plan for one in statements if one.plan})
    return known


def _learn_users(known: _Known, statements: Sequence[Statement]) -> None:
    pairs = {
        (known.tenants[one.external_id].id, one.user.external_id)
        for one in statements
        if one.user and one.external_id in known.tenants
    }
    names = {tenant.id: external_id for external_id, tenant in known.tenants.items()}
    both = sa.tuple_(User.tenant_id, User.external_id)
    for chunk in _chunks(pairs):
        for user in db.session.scalars(sa.select(User).where(both.in_(chunk))):
            known.users[names[user.tenant_id], user.external_id] = user


def _learn_plans(known: _Known, names: set[str]) -> None:
    """The rooms above answer, if there are any: on offer, and present by tenant."""
    if not names:
        return
    tenant_ids = [tenant.id for tenant in known.tenants.values()]
    for _, (on_offer, present) in plans_asked.send(None, names=names, tenant_ids=tenant_ids):
        known.plans = (known.plans or frozenset()) | on_offer
        known.present.update(present)


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    found = list(items)
    return (found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE))


def _verdict(line: Statement, known: _Known) -> Verdict:
    fault = _contradiction(line, known) or _obstacle(line, known)
    if fault is not None:
        return refused(fault)
    created = [*_new_tenant(line, known), *_new_user(line, known)]
    changed = [*_tenant_changes(line, known), *_user_changes(line, known)]
    _remember(line, known)
    detail = "; ".join([*created, *changed])[:LONGEST_DETAIL] or None
    if created:
        return Verdict(Effect.CREATE, detail)
    return Verdict(Effect.UPDATE if changed else Effect.SAME, detail)


def _contradiction(line: Statement, known: _Known) -> str | None:
    """An earlier line says otherwise of the same tenant or user: who is right?"""
    earlier = known.said_of_tenants.get(line.external_id)
    if earlier is not None and earlier.name != line.name:
        return f"tenant_name: line {earlier.number} calls this tenant “{earlier.name}”."
    number, plan = known.said_of_plans.get(line.external_id, (0, None))
    if line.plan and plan and plan != line.plan:
        return f"plan: line {number} puts this tenant on “{plan}”."
    if line.user is not None:
        said = known.said_of_users.get((line.external_id, line.user.external_id))
        if said is not None and said[1] != line.user:
            return f"user_external_id: line {said[0]} says otherwise of this user."
    return None


def _obstacle(line: Statement, known: _Known) -> str | None:
    """What stands in the database forbids it."""
    if line.plan and known.plans is not None and line.plan not in known.plans:
        return f"plan: there is no plan “{line.plan[:64]}” on offer."
    tenant = known.tenants.get(line.external_id)
    if tenant is not None and tenant.status == TenantStatus.CLOSED and _new_user(line, known):
        return f"{tenant.name} is closed and takes no new users."
    return None


def _remember(line: Statement, known: _Known) -> None:
    known.said_of_tenants.setdefault(line.external_id, line)
    if line.plan:
        known.said_of_plans.setdefault(line.external_id, (line.number, line.plan))
    if line.user is not None:
        place = (line.external_id, line.user.external_id)
        known.said_of_users.setdefault(place, (line.number, line.user))


def _new_tenant(line: Statement, known: _Known) -> list[str]:
    is_new = line.external_id not in known.tenants
    return ["new tenant"] if is_new and line.external_id not in known.said_of_tenants else []


def _new_user(line: Statement, known: _Known) -> list[str]:
    if line.user is None:
        return []
    place = (line.external_id, line.user.external_id)
    return [] if place in known.users or place in known.said_of_users else ["new user"]


def _tenant_changes(line: Statement, known: _Known) -> Iterator[str]:
    tenant = known.tenants.get(line.external_id)
    if tenant is not None and line.external_id not in known.said_of_tenants:
        yield from _difference("tenant_name", tenant.name, line.name)
    if line.plan and line.external_id not in known.said_of_plans:
        present = known.present.get(tenant.id) if tenant is not None else None
        yield from _difference("plan", present or "none", line.plan)


def _user_changes(line: Statement, known: _Known) -> Iterator[str]:
    if line.user is None or (line.external_id, line.user.external_id) in known.said_of_users:
        return
    user = known.users.get((line.external_id, line.user.external_id))
    if user is not None:
        yield from _difference("user_name", user.name, line.user.name)
        yield from _difference("user_email", user.email, line.user.email, shown=masked(user.email))


def _difference(name: str, old: str, new: str, *, shown: str | None = None) -> Iterator[str]:
    if old != new:
        yield f"{name}: “{shown or old}” → “{new}”"
