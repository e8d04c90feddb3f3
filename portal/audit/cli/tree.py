"""`flask audit sequence`: what waits gets its place in the tree."""

import click
from flask.cli import with_appcontext

from portal.audit.cli.group import audit_commands
from portal.audit.sequencing import sequence_all


@audit_commands.command("sequence")
@with_appcontext
def sequence() -> None:
    """Give every waiting event its leaf now. The worker does the same every second."""
    click.echo(f"Events that got their leaf: {sequence_all()}.", err=True)
