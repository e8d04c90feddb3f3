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
from portal.staff.places import change_addresses, places
from portal.staff.role_table import role_table
from portal.web.commands import on_any_database


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


@staff_commands.command("addresses")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--allow", multiple=True, metavar="CIDR", help="A network they may come from.")
@click.option("--clear", is_flag=True, help="Let them come from anywhere.")
@click.option("--force", is_flag=True, help="Also when that stops somebody who is signed in.")
@with_appcontext
def addresses(role: str, allow: tuple[str, ...], clear: bool, force: bool) -> None:
    """Print from where a role may come, or decide it: `--allow` gives the whole list."""
    chosen = Role(role)
    if clear and allow:
        raise click.UsageError("Give either --allow or --clear.")
    if allow or clear:
        try:
            change_addresses(by=SYSTEM, role=chosen, networks=allow, is_forced=force)
        except DomainError as error:
            click.echo(error.message, err=True)
            sys.exit(1)
        db.session.commit()
    networks = places()[chosen].networks
    click.echo(f"{chosen.label}: from {'these networks' if networks else 'anywhere'}", err=True)
    for network in networks:
        click.echo(network)


@staff_commands.command("roles")
@on_any_database
def roles() -> None:
    """Print the table of roles and permissions as Markdown."""
    click.echo(role_table(), nl=False)


COMMANDS: tuple[click.Command, ...] = (staff_commands,)
