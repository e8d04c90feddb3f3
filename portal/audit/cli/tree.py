"""`flask audit sequence`, `checkpoint` and `fork-accept`: the tree and what is signed of it."""

import sys

import click
from flask.cli import with_appcontext

from portal.audit.checkpoints import latest, sign_now
from portal.audit.cli.group import audit_commands, refusals_told
from portal.audit.forks import accept_fork, alarm
from portal.audit.keys import provide_key
from portal.audit.sequencing import sequence_all
from portal.core.actor import SYSTEM
from portal.core.database import db


@audit_commands.command("sequence")
@with_appcontext
def sequence() -> None:
    """Give every waiting event its leaf now. The worker does the same every second."""
    click.echo(f"Events that got their leaf: {sequence_all()}.", err=True)


@audit_commands.command("checkpoint")
@with_appcontext
def checkpoint() -> None:
    """Sign what there is and print the checkpoint. The worker does the same every minute."""
    sequence_all()
    with refusals_told():
        provide_key()
        sign_now()
    db.session.commit()
    signed, stopped = latest(), alarm()
    if stopped is not None or signed is None:
        click.echo(stopped.why if stopped else "The log is empty: nothing to sign.", err=True)
        sys.exit(1)
    click.echo(signed.note, nl=False)


@audit_commands.command("fork-accept")
@click.option("--reason", required=True, help="Why, for those who check the log.")
@with_appcontext
def fork_accept(reason: str) -> None:
    """Sign the tree as it is now under a new name, after the alarm that it is another one."""
    with refusals_told():
        begun = accept_fork(by=SYSTEM, reason=reason)
    db.session.commit()
    click.echo(f"From {begun.from_size} events on the log is called {begun.origin}.", err=True)
