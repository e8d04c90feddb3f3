"""Commands of the second factor."""

import sys

import click
from flask.cli import with_appcontext

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.staff.commands import staff_commands
from portal.staff.directory import person_by_email
from portal.two_factor.rotation import rotate_data_keys
from portal.two_factor.secret_keys import rotate_secret_key
from portal.two_factor.switching_off import reset_second_factor


@staff_commands.command("reset-2fa")
@click.argument("email")
@click.option("--reason", required=True, help="Kept in the ledger for ever.")
@click.option("--yes", is_flag=True, help="Do not ask for the address again.")
@with_appcontext
def reset_2fa(email: str, reason: str, yes: bool) -> None:
    """Take the second factor off somebody who is locked out, and end their sessions."""
    person = person_by_email(email)
    if person is None:
        click.echo(f"Nobody here has the address {email}.", err=True)
        sys.exit(1)
    if not yes and not _is_typed_again(email.strip()):
        click.echo("The addresses differ. Nothing was changed.", err=True)
        sys.exit(1)
    try:
        reset_second_factor(by=SYSTEM, person=person, reason=reason)
    except DomainError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    db.session.commit()
    click.echo(f"{person.email} must set up a second factor at the next sign-in.", err=True)


def _is_typed_again(email: str) -> bool:
    """Whoever sits at the keyboard types it; a script may say it on its input, or nothing."""
    if sys.stdin.isatty():
        return bool(click.prompt("Type the address again", err=True).strip() == email)
    return sys.stdin.readline().strip() in {"", email}


@click.group("keys")
def keys() -> None:
    """Keys of data at rest."""


@keys.command("rotate-data")
@click.option(
    "--give-up",
    is_flag=True,
    help="Let go of mails, stored answers and secrets of streams that no key opens.",
)
@with_appcontext
def rotate_data(give_up: bool) -> None:
    """Seal everything anew under the first of PORTAL_DATA_KEYS. Safe to run again."""
    done = rotate_data_keys(giving_up=give_up)
    for found in done:
        given_up = f", {found.given_up} given up" if found.given_up else ""
        counts = f"{found.resealed} sealed anew, {found.failed} failed{given_up}"
        click.echo(f"{found.table}: {counts}", err=True)
    sys.exit(1 if any(found.failed for found in done) else 0)


@keys.command("rotate-secret")
@click.option("--force", is_flag=True, help="Also when the key is of today.")
@with_appcontext
def rotate_secret(force: bool) -> None:
    """Make a new PORTAL_SECRET_KEY; in production, print what to set. Safe to run again."""
    done = rotate_secret_key(is_forced=force)
    db.session.commit()
    for line in done.to_set:
        click.echo(line)
    if done.to_set:
        click.echo("Nothing is changed yet: set both and restart every process.", err=True)
        return
    what = "1 key made" if done.is_changed else "0 keys made, the key is of today"
    click.echo(
        f"secret_key: {what}, {done.fallbacks} older accepted, {done.sessions} live sessions go on",
        err=True,
    )
    if done.is_changed:
        click.echo("Restart every process of the portal.", err=True)


COMMANDS: tuple[click.Command, ...] = (keys,)
