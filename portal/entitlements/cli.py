"""Commands of entitlements."""

import sys

import click
from flask.cli import with_appcontext

from portal.core.database import db
from portal.entitlements.reconcile import counters_checked, drifts
from portal.entitlements.rollups import rebuild_hours, wrong_hours


@click.group("quotas")
def quotas() -> None:
    """Counters and their ledger."""


@quotas.command("reconcile")
@with_appcontext
def reconcile() -> None:
    """Prove that every counter is the sum of its ledger. Changes nothing."""
    found = list(drifts())
    for drift in found:
        click.echo(str(drift), err=True)
    click.echo(f"{counters_checked()} counters, {len(found)} differ from the ledger.", err=True)
    sys.exit(1 if found else 0)


@click.group("usage")
def usage() -> None:
    """Reported uses and their hourly sums."""


@usage.command("verify")
@with_appcontext
def verify() -> None:
    """Prove that the hourly sums are those of the events. Changes nothing."""
    found = wrong_hours()
    for wrong in found[:100]:
        click.echo(str(wrong), err=True)
    click.echo(f"{len(found)} hours differ from the events.", err=True)
    sys.exit(1 if found else 0)


@usage.command("rebuild")
@with_appcontext
def rebuild() -> None:
    """Sum the hours up again from the events."""
    click.echo(f"{rebuild_hours()} hours summed up.", err=True)
    db.session.commit()


COMMANDS: tuple[click.Command, ...] = (quotas, usage)
