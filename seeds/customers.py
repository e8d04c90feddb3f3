"""The demo company's customers, brought by the same deeds as in the portal, each at its instant.

The same seed gives the same customers; their days are counted back from today.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

import sqlalchemy as sa

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus, User
from portal.customers.tenants import (
    close_tenant,
    create_tenant,
    reopen_tenant,
    suspend_tenant,
)
from portal.customers.users import create_user, deactivate_user
from portal.subscriptions.assignments import assign_plan, cancel_plan, extend_trial
from seeds.agenda import Agenda
from seeds.companies import COMPANIES, Company, Step
from seeds.names import FIRST_NAMES, LAST_NAMES, plain
from seeds.product import Product

DAY = timedelta(days=1)
SWITCHES = {
    TenantStatus.SUSPENDED: suspend_tenant,
    TenantStatus.CLOSED: close_tenant,
    TenantStatus.ACTIVE: reopen_tenant,
}


@dataclass(slots=True)
class Brought:
    """What was missing and is added, and what was there."""

    tenants: list[Tenant] = field(default_factory=list)
    users: int = 0
    kept: int = 0


def plan_customers(agenda: Agenda, *, by: Actor, product: Product) -> Brought:
    """Every company and person that is missing. What is there stays as it is.

    The product says who its customers are; what they bought is agreed with one of ours.
    """
    known = {tenant.external_id: tenant for tenant in db.session.scalars(sa.select(Tenant))}
    brought = Brought()
    for company in COMPANIES:
        one = _Coming(agenda, company, by, product, brought, known.get(company.slug))
        one.plan()
    brought.kept = sum(company.slug in known for company in COMPANIES)
    return brought


class _Coming:
    """One company on its way in."""

    def __init__(
        self,
        agenda: Agenda,
        company: Company,
        by: Actor,
        product: Product,
        brought: Brought,
        tenant: Tenant | None,
    ) -> None:
        self.agenda, self.company, self.brought, self.tenant = agenda, company, brought, tenant
        self.by, self.product = by, product
        self.dice = Random(f"{agenda.seed}:{company.slug}")
        self.start = _hour(agenda.until - company.since * DAY, self.dice, agenda.until)

    def plan(self) -> None:
        is_new = self.tenant is None
        if is_new:
            self.agenda.add(self.start, self._create, by=self.product.actor)
        if self.tenant is None or self.tenant.status != TenantStatus.CLOSED:
            self._plan_people()
        if is_new:
            for step in self.company.steps:
                day = self.agenda.until - step.days_ago * DAY
                at = max(self.start, _hour(day, self.dice, self.agenda.until))
                self.agenda.add(at, partial(self._take, step), by=self.by)

    def _create(self) -> None:
        company = self.company
        self.tenant = create_tenant(
            by=self.product.actor,
            external_id=company.slug,
            name=company.name,
            time_zone=company.zone,
        )
        self.brought.tenants.append(self.tenant)

    def _plan_people(self) -> None:
        """The ones without a row; every die is thrown all the same, so the others stay alike."""
        known = self._known()
        span = max(self.agenda.until - self.start - DAY, timedelta(0))
        names = self.dice.sample(
            [f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES], self.company.people
        )
        for number, name in enumerate(names, start=1):
            joined = self.start + span * (self.dice.random() * 0.8) if number > 1 else self.start
            leaves = number > 3 and self.dice.random() < 0.08
            external_id = f"{self.company.slug}-{number:02}"
            if external_id in known:
                continue
            self._plan_person(external_id, name, joined, leaves=leaves)

    def _known(self) -> set[str]:
        if self.tenant is None:
            return set()
        query = sa.select(User.external_id).where(User.tenant_id == self.tenant.id)
        return set(db.session.scalars(query))

    def _plan_person(self, external_id: str, name: str, joined: datetime, *, leaves: bool) -> None:
        """Nobody joins a company that is closed by then."""
        email = f"{plain(name).replace(' ', '.')}@{self.company.slug}.test"
        found: list[User] = []

        def join() -> None:
            assert self.tenant is not None  # noqa: S101 - companies come before their people
            if self.tenant.status != TenantStatus.CLOSED:
                new = {"external_id": external_id, "name": name, "email": email}
                found.append(create_user(by=self.product.actor, tenant=self.tenant, **new))
                self.brought.users += 1

        def leave() -> None:
            for user in found:
                deactivate_user(by=self.by, user=user, reason="Left the company")

        self.agenda.add(joined, join, by=self.product.actor)
        if leaves:
            self.agenda.add(joined + (self.agenda.until - joined) / 2, leave, by=self.by)

    def _take(self, step: Step) -> None:
        by, tenant, at, reason = self.by, self.tenant, clock.now(), step.reason
        assert tenant is not None  # noqa: S101 - see above
        if step.plan:
            assign_plan(
                by=by,
                tenant=tenant,
                plan=plan_named(step.plan),
                trial_ends_at=at + step.trial_days * DAY if step.trial_days else None,
                reason=reason,
            )
        elif step.cancel_in is not None:
            ends_at = at + step.cancel_in * DAY
            cancel_plan(by=by, tenant=tenant, at=ends_at, reason="Asked for by mail")
        elif step.extend_to is not None:
            until = self.start + step.extend_to * DAY
            extend_trial(by=by, tenant=tenant, trial_ends_at=until, reason=reason)
        elif step.status is not None:
            SWITCHES[step.status](by=by, tenant=tenant, reason=reason)


def _hour(day: datetime, dice: Random, latest: datetime) -> datetime:
    """Some minute of the working day."""
    morning = day.replace(hour=8, minute=0, second=0, microsecond=0)
    return min(morning + timedelta(minutes=dice.randrange(540)), latest)
