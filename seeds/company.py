"""The demo company: what is missing of it, with the months that it is to have behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.alerting.watching import watch
from portal.audit.ledger import record
from portal.audit.models import WatchPlace
from portal.audit.sequencing import sequence_all
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.naming import actor_of
from seeds.agenda import Agenda
from seeds.coupons import plan_coupons
from seeds.customers import Brought, plan_customers
from seeds.factors import plan_codes
from seeds.grants import plan_grants
from seeds.history import plan_days, somebody_guesses
from seeds.people import bring_leads, demo_staff, plan_people
from seeds.product import plan_product
from seeds.rounds import before, let_rest, sweep_up
from seeds.support import plan_members, seed_support
from seeds.tickets import plan_tickets
from seeds.usage import seed_reports, seed_usage

FOUNDED_DAYS = 720
GUESSES_AGO = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of everything was missing and is there now, and how many tenants were there."""

    people: int
    tenants: int
    users: int
    grants: int
    levels: int
    tickets: int
    coupons: int
    uses: int
    kept: int


def bring_company(*, seed: int) -> Counts:
    """Add what is missing, each deed at its instant; what is there stays as it is. Commits.

    The months of a person or customer are written for those who were not there.
    """
    now, since = clock.now(), before()
    founded = now - timedelta(days=FOUNDED_DAYS)
    is_new = not db.session.scalar(sa.select(sa.exists().where(WatchPlace.id > 0)))
    agenda = Agenda(seed=seed, until=now)
    leads, acting = bring_leads(founded), _acting()
    with clock.standing_at(founded):
        for person in leads:
            _settle(agenda, person)
        levels = seed_support(by=acting["manager"])
    product = plan_product(agenda, since=founded, by=acting["admin"])
    people = plan_people(agenda, by=acting["admin"], arrived=partial(_settle, agenda))
    plan_members(agenda, by=acting["manager"])
    brought = plan_customers(agenda, by=acting["manager"], product=product)
    given = plan_grants(agenda, brought, acting)
    coupons = plan_coupons(agenda, acting, product)
    told = plan_tickets(agenda)
    agenda.run()
    sweep_up()
    let_rest(since, now)
    _note(leads + people, brought)
    db.session.commit()
    uses = sum(use(brought.tenants, seed=seed) for use in (seed_usage, seed_reports))
    if is_new:
        _alarm(now - GUESSES_AGO)
    return Counts(
        people=len(leads) + len(people),
        tenants=len(brought.tenants),
        users=brought.users,
        grants=len(given),
        levels=levels,
        tickets=len(told),
        coupons=len(coupons),
        uses=uses,
        kept=brought.kept,
    )


def _acting() -> dict[str, Actor]:
    """Who acts for each role. Who left is not named for what happens now."""
    staff = {role: actor_of(person) for role, person in demo_staff().items()}
    return {role.value: staff.get(role.value, SYSTEM) for role in Role}


def _settle(agenda: Agenda, person: Admin) -> None:
    """Somebody came: from now on they work here."""
    if person.is_second_factor_on:
        plan_codes(agenda, person)
        plan_days(agenda, person)


def _note(people: list[Admin], brought: Brought) -> None:
    if people or brought.tenants or brought.users:
        counts = {"people": len(people), "tenants": len(brought.tenants), "users": brought.users}
        record(Action.DEMO_SEEDED, by=SYSTEM, meta=counts)


def _alarm(at: datetime) -> None:
    """Somebody guessed passwords this morning: the log is told, and the alert is raised."""
    sequence_all()
    watch()
    db.session.commit()
    somebody_guesses(at)
    db.session.commit()
    sequence_all()
    with clock.standing_at(at + timedelta(minutes=8)):
        watch()
    db.session.commit()


def in_words(counts: Counts) -> str:
    """What was added, for whoever ran it."""
    made: Mapping[str, int] = {
        "people of ours": counts.people,
        "tenants": counts.tenants,
        "users": counts.users,
        "grants": counts.grants,
        "coupons": counts.coupons,
        "uses": counts.uses,
        "service levels": counts.levels,
        "tickets": counts.tickets,
    }
    parts = ", ".join(f"{count:,} {name}" for name, count in made.items())
    return f"Added {parts}. {counts.kept} tenants were there and stay as they are."
