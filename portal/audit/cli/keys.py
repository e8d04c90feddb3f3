"""`flask audit init`, `key` and `rotate-key`: who signs the log."""

import sys

import click
from flask.cli import with_appcontext

from portal.audit.cli.group import audit_commands, refusals_told
from portal.audit.installing import set_up
from portal.audit.key_rotation import rotate_key
from portal.audit.keys import public_keys
from portal.audit.origins import current_origin
from portal.config import settings
from portal.core.actor import SYSTEM
from portal.core.database import db


@audit_commands.command("init")
@click.option("--origin", help="The log's name for ever. Default: <host of BASE_URL>/portal-1.")
@with_appcontext
def init(origin: str | None) -> None:
    """Make the key that signs the log and print its public half, for whoever checks the log."""
    with refusals_told():
        key = set_up(by=SYSTEM, origin=origin)
    db.session.commit()
    click.echo(f"The key is in {settings().audit_key_file}. Keep a copy elsewhere.", err=True)
    click.echo(str(key))


@audit_commands.command("key")
@with_appcontext
def key() -> None:
    """Print the public keys, the newest first, each on a line."""
    with refusals_told():
        found = public_keys()
    if not found:
        click.echo("Nothing is signed yet: `flask audit init` makes a key.", err=True)
        sys.exit(1)
    for public in found:
        click.echo(str(public))


@audit_commands.command("rotate-key")
@with_appcontext
def rotate() -> None:
    """Sign with a new key: the next checkpoint by both, later ones by it alone."""
    with refusals_told():
        new = rotate_key(by=SYSTEM, origin=current_origin())
    db.session.commit()
    click.echo("The next checkpoint is signed by the old and the new key.", err=True)
    click.echo(str(new))
