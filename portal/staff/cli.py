"""Commands of the staff room."""

import sys

import click
from flask.cli import with_appcontext

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.staff.commands import staff_commands
from portal.staff.invites import add_person, invite
from portal.staff.role_table import role_table


@staff_commands.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What colleagues call them.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def add(email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add a person: with a password, or by an invitation whose link is printed and mailed."""
    url: str | None = None
    try:
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
            add_person(by=SYSTEM, email=email, name=name, role=Role(role), password=password)
        else:
            _, url = invite(by=SYSTEM, email=email, name=name, role=Role(role))
    except DomainError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    db.session.commit()
    click.echo(f"{email} was added as {Role(role).label}.", err=True)
    if url:
        click.echo(url)


@staff_commands.command("roles")
def roles() -> None:
    """Print the table of roles and permissions as Markdown."""
    click.echo(role_table(), nl=False)


COMMANDS: tuple[click.Command, ...] = (staff_commands,)
