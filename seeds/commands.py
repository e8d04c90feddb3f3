"""`flask seed`: a believable company to look at, and bulk rows to measure with."""

import sys
import time
from datetime import timedelta

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin
from seeds.bulk_customers import bulk_customers
from seeds.bulk_desk import NobodyAnswers
from seeds.bulk_tickets import bulk_tickets
from seeds.catalog import seed_catalog
from seeds.company import FOUNDED_DAYS, bring_company, in_words
from seeds.events import seed_events
from seeds.people import bulk_people
from seeds.support import seed_levels

BATCH = 5000
COUNT = click.IntRange(0)


@click.group("seed")
def seed_commands() -> None:
    """Fill the database."""


@seed_commands.command("catalog")
@with_appcontext
def catalog() -> None:
    """Features, plans and service levels to begin with. What is there already stays as it is."""
    features, plans = seed_catalog()
    levels = seed_levels(zone=settings().timezone)
    db.session.commit()
    added = f"Features added: {features}. Plans added: {plans}. Service levels added: {levels}."
    click.echo(added, err=True)


@seed_commands.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where there are people already.")
@click.option("--staff", type=COUNT, default=0, help="So many more people of ours.")
@click.option("--tenants", type=COUNT, default=0, help="So many more tenants, with plans.")
@click.option("--users", type=COUNT, default=0, help="So many more users of bulk tenants.")
@click.option("--overrides", type=COUNT, default=0, help="Overrides of bulk users without any.")
@click.option("--tickets", type=COUNT, default=0, help="So many more tickets of bulk users.")
@click.option("--audit-events", type=COUNT, default=0, help="So many ledger events.")
@click.option("--seed", default=20, show_default=True, help="Another number, another history.")
@with_appcontext
def demo(*, if_empty: bool, staff: int, audit_events: int, seed: int, **customers: int) -> None:
    """The demo company: its people and customers, and who signs in with what.

    Again, it brings back whoever is missing and leaves what is there. With numbers it adds rows
    by the bulk, and the company only where there are no people yet.
    """
    if settings().is_production:
        click.echo("Demo people in production would be open doors. Nothing was seeded.", err=True)
        sys.exit(1)
    is_bulk = bool(staff or audit_events or any(customers.values()))
    is_empty = not db.session.scalar(sa.select(sa.exists().where(Admin.id > 0)))
    with clock.standing_at(clock.now() - timedelta(days=FOUNDED_DAYS)):
        seed_catalog()
    db.session.commit()
    if is_empty or not (if_empty or is_bulk):
        click.echo(in_words(bring_company(seed=seed)), err=True)
    _bulk_staff(staff)
    _bulk(seed, **customers)
    if audit_events:
        begun = time.monotonic()
        made = seed_events(audit_events, seed=seed, until=clock.now())
        click.echo(f"Added {made:,} audit events in {time.monotonic() - begun:.0f} s.", err=True)


def _bulk(seed: int, *, tenants: int, users: int, overrides: int, tickets: int) -> None:
    if not (tenants or users or overrides or tickets):
        return
    begun = time.monotonic()
    made = bulk_customers(tenants=tenants, users=users, overrides=overrides, seed=seed)
    try:
        made |= bulk_tickets(tickets, seed=seed)
    except NobodyAnswers:
        click.echo("None of our people works on tickets. Name --staff first.", err=True)
        sys.exit(1)
    wanted = {"users": users, "overrides": overrides, "tickets": tickets}
    if any(count > made.get(name, 0) for name, count in wanted.items()):
        click.echo("There are no bulk tenants or users to add to. Name --tenants first.", err=True)
        sys.exit(1)
    parts = ", ".join(f"{count:,} {name}" for name, count in made.items())
    click.echo(f"Added {parts} in {time.monotonic() - begun:.0f} s.", err=True)


def _bulk_staff(count: int) -> None:
    rows = list(bulk_people(count))
    for start in range(0, count, BATCH):
        db.session.execute(sa.insert(Admin), rows[start : start + BATCH])
        db.session.commit()
