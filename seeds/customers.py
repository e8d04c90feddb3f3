"""The demo company's customers: makers of boxes, their people, and their plans over time.

Written by the same deeds as in the portal, each at the instant at which it is to have happened.
The same seed gives the same customers; their days are counted back from today.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus, User
from portal.customers.tenants import close_tenant, create_tenant, suspend_tenant
from portal.customers.users import create_user, deactivate_user
from portal.subscriptions.assignments import assign_plan, cancel_plan
from seeds.names import FIRST_NAMES, LAST_NAMES, plain

DAY = timedelta(days=1)
FREE, BASIC, PRO, ALL = "free", "basic", "professional", "enterprise"


@dataclass(frozen=True, slots=True)
class Step:
    """So many days ago: a plan, perhaps as a trial of so many days, or an ending."""

    days_ago: int
    plan: str = ""
    trial_days: int = 0
    cancel_in: int | None = None
    status: TenantStatus | None = None
    reason: str = "Agreed with the customer"


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    zone: str
    people: int
    since: int
    steps: tuple[Step, ...] = ()

    @property
    def slug(self) -> str:
        """What the product calls it."""
        return plain(self.name).replace(" & ", "-").replace(" ", "-")


SUSPENDED, CLOSED = TenantStatus.SUSPENDED, TenantStatus.CLOSED
LATE = "Three invoices are unpaid"
COMPANIES = (
    Company("Aldgate Cartons", "Europe/London", 9, 410, (Step(410, BASIC), Step(150, PRO))),
    Company("Brennero Scatole", "Europe/Rome", 4, 220, (Step(220, PRO, 14), Step(206, BASIC))),
    Company("Cascadia Box Works", "America/Los_Angeles", 15, 700, (Step(700, PRO), Step(95, ALL))),
    Company("Delta Wellpappe", "Europe/Berlin", 14, 520, (Step(520, BASIC), Step(300, PRO))),
    Company("Estuary Packaging", "Europe/Lisbon", 3, 90, (Step(90, BASIC),)),
    Company("Fjordpak", "Europe/Oslo", 1, 30),
    Company("Golden Mile Boxes", "Asia/Singapore", 6, 9, (Step(9, PRO, 14),)),
    Company("Hangang Paper", "Asia/Seoul", 5, 260, (Step(260, BASIC), Step(12, status=SUSPENDED))),
    Company("Iris Emballage", "Europe/Paris", 11, 365, (Step(365, PRO),)),
    Company("Juniper Crates", "America/Denver", 2, 25, (Step(25, BASIC, 14),)),
    Company("Kaveri Corrugated", "Asia/Kolkata", 13, 480, (Step(480, BASIC), Step(200, PRO))),
    Company("Lomond Board", "Europe/London", 5, 130, (Step(130, BASIC),)),
    Company("Maple & Fold", "America/Toronto", 7, 330, (Step(330, PRO), Step(6, cancel_in=24))),
    Company("Nordlys Kartong", "Europe/Oslo", 4, 3, (Step(3, BASIC, 30),)),
    Company("Oakline Containers", "America/Chicago", 15, 610, (Step(610, PRO), Step(240, ALL))),
    Company("Pampa Cajas", "America/Argentina/Buenos_Aires", 1, 75),
    Company("Quayside Cases", "Pacific/Auckland", 3, 180, (Step(180, PRO, 30), Step(150, BASIC))),
    Company("Rhône Cartonnage", "Europe/Paris", 8, 290, (Step(290, BASIC), Step(45, PRO))),
    Company("Saguaro Shipping Supply", "America/Phoenix", 1, 14),
    Company("Tatra Obaly", "Europe/Bratislava", 2, 400, (Step(400, BASIC), Step(60, cancel_in=0))),
    Company("Umber Display", "Europe/Amsterdam", 6, 20, (Step(20, PRO, 30),)),
    Company("Veld Packaging", "Africa/Johannesburg", 3, 240, (Step(240, BASIC),)),
    Company(
        "Wattle Box Co", "Australia/Sydney", 4, 310, (Step(310, BASIC), Step(33, status=CLOSED))
    ),
    Company("Yarrow Folding Cartons", "America/New_York", 12, 450, (Step(450, PRO),)),
)


@dataclass(frozen=True, slots=True)
class Brought:
    """What was missing and was added, and what was there."""

    tenants: list[Tenant]
    users: int
    kept: int


def bring_customers(*, by: Actor, seed: int) -> Brought:
    """Add every company and person that is missing. What is there stays as it is."""
    known = {tenant.external_id: tenant for tenant in db.session.scalars(sa.select(Tenant))}
    now, added, users = clock.now(), [], 0
    for company in COMPANIES:
        dice = Random(f"{seed}:{company.slug}")
        start = _hour(now - company.since * DAY, dice)
        tenant = known.get(company.slug)
        is_new = tenant is None
        if tenant is None:
            tenant = _create(by, company, start)
            added.append(tenant)
        if tenant.status != TenantStatus.CLOSED:
            users += _bring_people(by, company, tenant, start, dice)
        if is_new:
            for step in company.steps:
                _take(by, tenant, step, max(start, _hour(now - step.days_ago * DAY, dice)))
    return Brought(added, users, len(COMPANIES) - len(added))


def _create(by: Actor, company: Company, start: datetime) -> Tenant:
    with clock.standing_at(start):
        return create_tenant(
            by=by, external_id=company.slug, name=company.name, time_zone=company.zone
        )


def _bring_people(
    by: Actor, company: Company, tenant: Tenant, start: datetime, dice: Random
) -> int:
    """The ones without a row; every die is thrown all the same, so that the others stay alike."""
    query = sa.select(User.external_id).where(User.tenant_id == tenant.id)
    known, added = set(db.session.scalars(query)), 0
    span = max(clock.now() - start - DAY, timedelta(0))
    names = dice.sample([f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES], company.people)
    for number, name in enumerate(names, start=1):
        joined = start + span * (dice.random() * 0.8) if number > 1 else start
        leaves = number > 3 and dice.random() < 0.08
        external_id = f"{company.slug}-{number:02}"
        if external_id in known:
            continue
        email = f"{plain(name).replace(' ', '.')}@{company.slug}.test"
        with clock.standing_at(joined):
            user = create_user(
                by=by, tenant=tenant, external_id=external_id, name=name, email=email
            )
        if leaves:
            with clock.standing_at(joined + (clock.now() - joined) / 2):
                deactivate_user(by=by, user=user, reason="Left the company")
        added += 1
    return added


def _take(by: Actor, tenant: Tenant, step: Step, at: datetime) -> None:
    with clock.standing_at(at):
        if step.plan:
            trial = at + step.trial_days * DAY if step.trial_days else None
            assign_plan(
                by=by,
                tenant=tenant,
                plan=plan_named(step.plan),
                trial_ends_at=trial,
                reason=step.reason,
            )
        elif step.cancel_in is not None:
            ends_at = at + step.cancel_in * DAY
            cancel_plan(by=by, tenant=tenant, at=ends_at, reason="Asked for by mail")
        elif step.status == SUSPENDED:
            suspend_tenant(by=by, tenant=tenant, reason=LATE)
        elif step.status == CLOSED:
            close_tenant(by=by, tenant=tenant, reason="Gave up the business")


def _hour(day: datetime, dice: Random) -> datetime:
    """Some minute of the working day."""
    morning = day.replace(hour=8, minute=0, second=0, microsecond=0)
    found = morning + timedelta(minutes=dice.randrange(540))
    return min(found, clock.now())
