"""Commands of customers: a file of them, and tokens.

What a program reads goes to standard output; words for people go to standard error.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import with_appcontext

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.import_file import ImportFile, read_file
from portal.customers.import_list import counts_of, refused_lines
from portal.customers.import_preview import Effect, Verdict, judge
from portal.customers.imports import keep_preview, start_import, take_in_batch
from portal.customers.scopes import Scope
from portal.customers.tokens import (
    DEFAULT_DAYS,
    issue_service_token,
    issue_user_token,
    revoke_token,
    token_or_404,
)
from portal.customers.users import user_or_404
from portal.web.urls import LARGEST_ID

LARGEST = 200_000_000
MOST_LINES = 2_000_000
MOST_SHOWN = 50
MOST_FORETOLD = 1000
WOULD_BE = {Effect.CREATE: "new", Effect.UPDATE: "changed", Effect.REFUSED: "refused"}
LEFT_ALONE_FOR = timedelta(minutes=10)


@click.group("customers")
def customers_commands() -> None:
    """Tenants and their users."""


@customers_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dry-run",
    is_flag=True,
    help=f"Only say what it would change: line by line, of {MOST_FORETOLD:,} lines, and in sums.",
)
@with_appcontext
def import_customers(file: Path, dry_run: bool) -> None:
    """Take in a CSV file of tenants and users. One that was cut short may be sent again."""
    try:
        found = read_file(file.read_bytes(), largest=LARGEST, most_lines=MOST_LINES)
    except DomainError as error:
        _refuse(error)
    for note in found.notes:
        click.echo(note, err=True)
    verdicts = judge(found.lines)
    db.session.rollback()
    if dry_run:
        _foretell(found, verdicts)
        _report(Counter(one.effect for one in verdicts), "would be ")
    else:
        import_id = _take_in(file.name, found, verdicts)
        _say([f"Line {line}: {why}" for line, why in refused_lines(import_id)], at_most=MOST_SHOWN)
        _report(Counter(counts_of(import_id)), "")


def _take_in(name: str, found: ImportFile, verdicts: list[Verdict]) -> int:
    kept = keep_preview(by=SYSTEM, filename=name, file=found, verdicts=verdicts)
    # Killed here, it is finished by the worker.
    run_at = clock.now() + LEFT_ALONE_FOR
    import_id = start_import(by=SYSTEM, import_id=kept.id, run_at=run_at).id
    db.session.commit()
    after: int | None = 0
    while after is not None:
        after = take_in_batch(import_id, after=after)
        db.session.commit()
    return import_id


def _foretell(file: ImportFile, verdicts: Sequence[Verdict]) -> None:
    """What each line would do, but for those that change nothing."""
    pairs = zip(file.lines, verdicts, strict=True)
    _say(
        [
            f"Line {line.number}: would be {WOULD_BE[one.effect]}: {one.detail}"
            for line, one in pairs
            if one.effect is not Effect.SAME
        ],
        at_most=MOST_FORETOLD,
    )


def _say(lines: Sequence[str], *, at_most: int) -> None:
    for line in lines[:at_most]:
        click.echo(line, err=True)
    if len(lines) > at_most:
        click.echo(f"... and {len(lines) - at_most} more.", err=True)


def _report(number: Counter[Effect], would: str) -> None:
    """The sums, and exit 1 when a line was refused."""
    total = number.total()
    click.echo(
        f"{total} {'line' if total == 1 else 'lines'}: {number[Effect.CREATE]} {would}new, "
        f"{number[Effect.UPDATE]} {would}changed, {number[Effect.SAME]} as they are, "
        f"{number[Effect.REFUSED]} {would}refused.",
        err=True,
    )
    sys.exit(1 if number[Effect.REFUSED] else 0)


@click.group("tokens")
def tokens_commands() -> None:
    """Tokens with which programs act."""


@tokens_commands.group("issue")
def issue() -> None:
    """Make a token and print it, this once, on standard output."""


@issue.command("service")
@click.option("--name", required=True, help="What uses it, and where.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may; give it as often as needed.",
)
@click.option("--days", default=DEFAULT_DAYS, show_default=True, type=click.IntRange(1, 365))
@click.option("--network", "networks", multiple=True, help="From where alone, as 192.0.2.0/24.")
@with_appcontext
def issue_service(name: str, scopes: tuple[str, ...], days: int, networks: tuple[str, ...]) -> None:
    """A token of the installation, for a program."""
    try:
        issued = issue_service_token(
            by=SYSTEM, name=name, scopes=scopes, days=days, networks=networks
        )
    except DomainError as error:
        _refuse(error)
    db.session.commit()
    click.echo(issued.text)


@issue.command("user")
@click.option("--user", "user_id", required=True, type=click.IntRange(1, LARGEST_ID))
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 365))
@with_appcontext
def issue_user(user_id: int, days: int) -> None:
    """A token with which the product asks on behalf of a user."""
    try:
        user = user_or_404(user_id)
        issued = issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(days=days))
    except DomainError as error:
        _refuse(error)
    db.session.commit()
    click.echo(issued.text)


@tokens_commands.command("revoke")
@click.argument("public_id")
@with_appcontext
def revoke(public_id: str) -> None:
    """Let a token open nothing from now on. PUBLIC_ID is the part between the underscores."""
    try:
        token = token_or_404(public_id, by=SYSTEM)
    except DomainError as error:
        _refuse(error)
    was_live = revoke_token(by=SYSTEM, token=token)
    db.session.commit()
    click.echo(f"{token.name} {'is revoked' if was_live else 'was revoked before'}.", err=True)


def _refuse(error: DomainError) -> NoReturn:
    click.echo(error.message, err=True)
    sys.exit(1)


COMMANDS: tuple[click.Command, ...] = (customers_commands, tokens_commands)
