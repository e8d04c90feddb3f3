"""`flask audit verify` and `privileges`: is the log what it was, and who could change it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from portal.audit.cli.group import audit_commands
from portal.audit.notes import Note, VerifierKey
from portal.audit.privileges import NoSuchRole, privilege_faults, statements
from portal.audit.verifying.checks import MOST_ERRORS, NoSuchCheckpoint
from portal.audit.verifying.report import Ending, Report
from portal.audit.verifying.snapshots import verify_now
from portal.audit.verifying.sources import (
    Unreadable,
    anchors_of_file,
    keys_of_file,
    local_anchors,
    local_keys,
)
from portal.config import settings
from portal.core.starting import DatabaseBehind, refuse_database_behind
from portal.web.commands import on_any_database

FILE = click.Path(dir_okay=False, path_type=Path)
OWN_KEY = "The key is the public half of this machine's own: --pubkey names one kept elsewhere."
VERDICTS = {
    Ending.WHOLE: "The audit log is whole.",
    Ending.TAMPERED: "The audit log was changed.",
    Ending.NOT_PROVABLE: "Nothing wrong was found, but nothing is proven.",
}


@audit_commands.command("verify")
@click.option("--since", type=click.IntRange(min=0), default=0, metavar="SIZE")
@click.option("--pubkey", type=FILE, help="Trusted verifier keys, one a line.")
@click.option("--anchor", type=FILE, help="Checkpoints that were kept outside of the database.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--max-errors", type=click.IntRange(min=1), default=MOST_ERRORS, show_default=True)
@on_any_database
@with_appcontext
def verify(
    since: int, pubkey: Path | None, anchor: Path | None, as_json: bool, max_errors: int
) -> None:
    """Check the whole audit log. Exit 0 whole, 1 changed, 2 not run, 3 not provable.

    --since goes on from a checkpoint of SIZE leaves that verified before: older events are not
    read again.
    """
    with _not_run_told():
        refuse_database_behind()
        keys, anchors = _keys(pubkey), _anchors(anchor)
        report = verify_now(keys, anchors, since, max_errors)
    if pubkey is None and keys:
        report.notes.append(OWN_KEY)
    click.echo(json.dumps(report.as_dict(), indent=2) if as_json else _for_people(report))
    sys.exit(report.exit_code)


def _keys(file: Path | None) -> list[VerifierKey]:
    return keys_of_file(file) if file else local_keys()


def _anchors(file: Path | None) -> list[Note]:
    return anchors_of_file(file) if file else local_anchors()


@contextmanager
def _not_run_told() -> Iterator[None]:
    try:
        yield
    except (DatabaseBehind, Unreadable, NoSuchCheckpoint) as error:
        _not_run(str(error))
    except sa.exc.DBAPIError as error:
        _not_run(f"The database cannot be read: {error.orig}")


def _not_run(why: str) -> NoReturn:
    click.echo(why, err=True)
    sys.exit(Ending.NOT_RUN)


def _for_people(report: Report) -> str:
    sizes = f"{report.tree_size:,} leaves, {report.signed_size:,} signed"
    lines = [f"{VERDICTS[report.exit_code]} {sizes}, {report.events:,} events read."]
    for fault in report.faults:
        leaf = "-" if fault.leaf_index is None else fault.leaf_index
        lines.append(f"{fault.kind}  leaf {leaf}  event {fault.event_id or '-'}  {fault.message}")
    lines += [f"Not proven: {why}" for why in report.unknown]
    return "\n".join(lines + [f"Note: {note}" for note in report.notes])


@audit_commands.command("privileges")
@click.option("--role", required=True, help="The role that the portal works as.")
@click.option("--apply", "is_applied", is_flag=True, help="Run the statements as the owner.")
@click.option("--check", "is_checked", is_flag=True, help="Only say what is wrong; exit 1 if so.")
@with_appcontext
def privileges(role: str, is_applied: bool, is_checked: bool) -> None:
    """Print what the owner of a PostgreSQL database grants the portal's own role."""
    engine = sa.create_engine(settings().migration_database_url, poolclass=sa.NullPool)
    if engine.dialect.name != "postgresql":
        _not_run("SQLite knows no roles: the triggers are its only guard.")
    with _not_run_told(), engine.begin() as connection:
        try:
            wanted = [] if is_checked else statements(connection, role)
        except NoSuchRole as error:
            _not_run(str(error))
        for statement in wanted if is_applied else ():
            connection.exec_driver_sql(statement)
        faults = privilege_faults(connection, role) if is_checked or is_applied else []
    for line in faults or (() if is_applied else [f"{each};" for each in wanted]):
        click.echo(line)
    sys.exit(Ending.TAMPERED if faults else Ending.WHOLE)
