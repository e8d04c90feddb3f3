"""Ledger events by the million: a working company's two years, built as `record` builds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.audit.ledger import Target, event_values
from portal.audit.models import AuditEvent
from portal.audit.sequencing import sequence_all
from portal.catalog.models import FeatureRow
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from portal.core.roles import Role
from portal.customers.models import Tenant
from portal.staff.models import Admin
from seeds.agenda import BROWSERS
from seeds.bulk_rows import analyze, load
from seeds.event_kinds import MACHINE, STAFF, USUAL, Kind, change
from seeds.names import FIRST_NAMES, LAST_NAMES, plain

DAYS = 730
DAY = timedelta(days=1)
PEOPLE, TENANTS, USERS = 400, 5_000, 200_000
BESIDE = 1_000_000
"""Numbers of people and tenants who are in the ledger alone begin here."""
WEIGHT_OF_DAY = (1.0, 1.1, 1.1, 1.0, 0.9, 0.12, 0.08)  # from Monday
COLUMNS = tuple(column.name for column in AuditEvent.__table__.columns)
CUMULATIVE = tuple(accumulate(kind.weight for kind in USUAL))
SESSIONS_A_DAY = 3
SPREAD = 0x9E3779B97F4A7C15  # an odd number: numbers beside each other look like none


@dataclass(frozen=True, slots=True)
class Company:
    """Who acts and what is acted upon: what is in the database, and more beside it."""

    people: list[Actor]
    tenants: list[tuple[int, str]]
    features: list[str]


def seed_events(count: int, *, seed: int, until: datetime) -> int:
    """So many events of the two years before `until`, each with its leaf in the tree. Commits."""
    dice = Random(seed)
    try:
        rows = _rows(count, company(), dice, until)
        made = load(AuditEvent, COLUMNS, rows)
    finally:
        set_provenance(Provenance())
    sequence_all()
    analyze()
    return made


def company() -> Company:
    """The people, tenants and features there are, filled up to a company of some size."""
    found = db.session.execute(sa.select(Admin.id, Admin.email, Admin.role).order_by(Admin.id))
    people = [Actor(STAFF, row.id, row.email, row.role) for row in found.fetchmany(PEOPLE)]
    roles = [role.value for role in Role]
    for number in range(len(people), PEOPLE):
        name = f"{FIRST_NAMES[number % 26]} {LAST_NAMES[number // 26]}"
        label = f"{plain(name).replace(' ', '.')}@bulk.test"
        people.append(Actor(STAFF, BESIDE + number, label, roles[number % len(roles)]))
    query = sa.select(Tenant.id, Tenant.name).order_by(Tenant.id).limit(TENANTS)
    tenants = [(row.id, row.name) for row in db.session.execute(query)]
    tenants += [
        (BESIDE + number, f"{LAST_NAMES[number % 22]} Packaging {number}")
        for number in range(len(tenants), TENANTS)
    ]
    features = list(db.session.scalars(sa.select(FeatureRow.name).order_by(FeatureRow.id)))
    return Company(people, tenants, features or ["basic_quotes"])


def _rows(
    count: int, around: Company, dice: Random, until: datetime
) -> Iterator[tuple[object, ...]]:
    for at in _instants(count, dice, until):
        kind = dice.choices(USUAL, cum_weights=CUMULATIVE)[0]
        with clock.standing_at(at):
            values = _values(kind, around, dice, at)
        yield tuple(values[name] for name in COLUMNS)


def _instants(count: int, dice: Random, until: datetime) -> Iterator[datetime]:
    """More on working days and around noon; the last day is as long as it is by `until`."""
    today = until.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - DAY * back for back in range(DAYS, -1, -1)]
    edges = list(accumulate(WEIGHT_OF_DAY[day.weekday()] for day in days))
    before = 0
    for day, edge in zip(days, edges, strict=True):
        upto = round(count * edge / edges[-1])
        length = min(DAY, until - day)
        yield from sorted(day + length * _part_of_day(dice) for _ in range(upto - before))
        before = upto


def _part_of_day(dice: Random) -> float:
    """What is done at night is mostly done by machines."""
    return dice.triangular(0, 1, 0.5) if dice.random() < 0.85 else dice.random()


def _values(kind: Kind, around: Company, dice: Random, at: datetime) -> dict[str, Any]:
    by = _actor(kind, around, dice)
    _provenance(kind, by, dice, at)
    # A few customers make most of the work.
    tenant_id, name = around.tenants[int(len(around.tenants) * dice.random() ** 2)]
    is_of_tenant = kind.target in {"tenant", "user", "ticket"}
    meta: dict[str, object] = {}
    if kind.action.value.startswith(("entitlement.", "quota.", "feature.")):
        meta["feature_name"] = dice.choice(around.features)
    return event_values(
        kind.action,
        by=by,
        target=_target(kind.target, (tenant_id, name), by, dice),
        outcome=kind.outcome,
        reason=dice.choice(kind.reasons) if kind.reasons else None,
        changes=dict(change(field, between, dice) for field, between in kind.changes.items()),
        meta=meta,
        tenant_id=tenant_id if is_of_tenant else None,
    )


def _actor(kind: Kind, around: Company, dice: Random) -> Actor:
    if kind.by is STAFF:
        return around.people[int(len(around.people) * dice.random() ** 2)]
    if kind.by is ActorType.API_TOKEN:
        return Actor(kind.by, 1 + dice.randrange(4), "BoxCostPro backend")
    return Actor(kind.by, None, "system" if kind.by is MACHINE else "anonymous")


def _provenance(kind: Kind, by: Actor, dice: Random, at: datetime) -> None:
    """A person has few sessions a day, from one address; a machine's own work has no request."""
    if by.type is MACHINE:
        set_provenance(Provenance())
        return
    number = by.id or dice.randrange(1000)
    session = (number * 800 + at.toordinal()) * SESSIONS_A_DAY + dice.randrange(SESSIONS_A_DAY)
    set_provenance(
        Provenance(
            ip=f"198.51.{number % 7}.{number * 37 % 250 + 1}",
            user_agent=BROWSERS[number % len(BROWSERS)],
            request_id=f"{dice.getrandbits(64):016x}",
            method="POST",
            route=kind.route,
            session_ref=f"{session * SPREAD % 2**64:016x}" if by.type is STAFF else None,
            amr=("pwd", "otp") if by.type is STAFF else (),
        )
    )


def _target(kind: str, tenant: tuple[int, str], by: Actor, dice: Random) -> Target:
    number = 1 + dice.randrange(USERS)
    labels: dict[str, tuple[int | str, str]] = {
        "tenant": (tenant[0], tenant[1]),
        "user": (number, f"user {number}"),
        "ticket": (f"TCK-{number:06}", f"TCK-{number:06}"),
        "staff": (by.id or 0, by.label),
        "address": ("", f"visitor{number % 500}@example.test"),
        "mail": (number, f"{plain(dice.choice(FIRST_NAMES))}.{number}@customer.test"),
    }
    found = labels.get(kind, (number % 40, f"{kind} {number % 40}"))
    return Target(kind, *found)
