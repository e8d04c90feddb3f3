"""`flask seed`: a believable company to look at, and bulk rows to measure with."""

import sys
from datetime import timedelta

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Admin
from seeds.catalog import seed_catalog
from seeds.events import seed_events
from seeds.history import seed_history
from seeds.people import bulk_people, seed_people

DAYS = 60
BATCH = 5000


@click.group("seed")
def seed_commands() -> None:
    """Fill the database."""


@seed_commands.command("catalog")
@with_appcontext
def catalog() -> None:
    """The features and plans to begin with. What is there already stays as it is."""
    features, plans = seed_catalog()
    db.session.commit()
    click.echo(f"Features added: {features}. Plans added: {plans}.", err=True)


@seed_commands.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where there are people already.")
@click.option("--staff", "staff_count", type=click.IntRange(0), default=0, help="More people.")
@click.option("--audit-events", type=click.IntRange(0), default=0, help="Bulk ledger events.")
@click.option("--seed", default=20, show_default=True, help="Another number, another history.")
@with_appcontext
def demo(*, if_empty: bool, staff_count: int, audit_events: int, seed: int) -> None:
    """The demo company: its people, two months of sign-ins, and who signs in with what."""
    if settings().is_production:
        click.echo("Demo people in production would be open doors. Nothing was seeded.", err=True)
        sys.exit(1)
    is_empty = not db.session.scalar(sa.select(sa.exists().where(Admin.id > 0)))
    with clock.standing_at(clock.now() - timedelta(days=2 * DAYS)):
        seed_catalog()
    db.session.commit()
    if is_empty:
        _company(seed)
    elif not if_empty and not (staff_count or audit_events):
        click.echo("There are people here already. Nothing was seeded.", err=True)
        sys.exit(1)
    _bulk_staff(staff_count)
    if audit_events:
        seed_events(audit_events, seed=seed, until=clock.now())


def _company(seed: int) -> None:
    people = seed_people(clock.now() - timedelta(days=2 * DAYS))
    events = seed_history(people, days=DAYS, seed=seed)
    record(Action.DEMO_SEEDED, by=SYSTEM, meta={"people": len(people), "events": events})
    db.session.commit()


def _bulk_staff(count: int) -> None:
    rows = list(bulk_people(count))
    for start in range(0, count, BATCH):
        db.session.execute(sa.insert(Admin), rows[start : start + BATCH])
        db.session.commit()
