"""Commands of the engine room."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.core.database import db
from portal.operations.backups import CannotBackUp, back_up
from portal.web.commands import on_any_database


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_any_database
@with_appcontext
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE while it is in use."""
    try:
        back_up(file)
    except CannotBackUp as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    db.session.commit()
    click.echo(f"The database was copied to {file}.", err=True)


COMMANDS: tuple[click.Command, ...] = (backup,)
