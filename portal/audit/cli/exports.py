"""`flask audit export`: evidence in a file."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from portal.audit.bundles import Bundle, sha256_of, write_bundle
from portal.audit.cli.group import audit_commands, refusals_told
from portal.audit.exports import Asked, ExportKind
from portal.audit.filters import Filters, asked_as
from portal.audit.handing_out import handed_out
from portal.audit.tree import TreeDamaged
from portal.config import settings
from portal.core.actor import SYSTEM, Actor
from portal.core.permissions import Permission

OPERATOR: Actor = replace(
    SYSTEM, permissions=frozenset({Permission.AUDIT_ALL, Permission.AUDIT_EXPORT})
)
FILTERS = {
    "since_day": ("--from", "Events from this day or instant on."),
    "until": ("--to", "Events up to the end of this day, or before this instant."),
    "tenant": ("--tenant", "Events of this account, by its number."),
    "actor": ("--actor", "Number, or label as in the log, of whoever did it."),
    "action": ("--action", "As entitlement.granted."),
    "outcome": ("--outcome", "success, failure or denied."),
    "log": ("--log", "One of the log's tabs, as admin-logins."),
    "q": ("--text", "Text in labels or reasons."),
}


def _with_filters(command: Any) -> Any:
    for name, (option, text) in reversed(FILTERS.items()):
        command = click.option(option, name, default="", help=text)(command)
    return command


@audit_commands.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@_with_filters
@click.option("--target", default="", help="What it was done to, as user:17.")
@click.option("--first", type=click.IntRange(0), help="The first leaf of a range.")
@click.option("--last", type=click.IntRange(0), help="The last leaf of a range.")
@click.option("--hash-only-rest", is_flag=True, help="Of what does not fit, bare hashes.")
@click.option("--since", type=click.IntRange(0), help="Size of a checkpoint that is known already.")
@with_appcontext
def export(file: Path, *, hash_only_rest: bool, **given: Any) -> None:
    """Write events with their proofs to FILE (- for standard output).

    With filters beyond days: those events alone, or with --hash-only-rest also a bare hash of
    every other one of the period. Without: every event of the period, or of --first to --last.
    """
    _refuse_to_replace(file)
    numbers = {name: given.pop(name) for name in ("first", "last", "since")}
    filters = _filters(given)
    with refusals_told():
        kind = _kind(filters, numbers, hash_only_rest=hash_only_rest)
        zone = ZoneInfo(settings().timezone)
        _, bundle = handed_out(by=OPERATOR, asked=Asked(kind, filters, zone, **numbers))
    _write(file, bundle)


def _refuse_to_replace(file: Path) -> None:
    """Before anything is recorded: evidence is never overwritten."""
    if file.exists():
        raise click.BadParameter(f"{file} exists and is not replaced.", param_hint="FILE")


def _filters(given: dict[str, str]) -> Filters:
    kind, _, number = given.pop("target").partition(":")
    given["since"] = given.pop("since_day")
    typed = {**given, "target_type": kind, "target_id": number}
    return Filters.of({asked_as(name): text for name, text in typed.items()})


def _kind(filters: Filters, numbers: dict[str, int | None], *, hash_only_rest: bool) -> ExportKind:
    if hash_only_rest:
        return ExportKind.RANGE_WITH_HASHES
    is_range = any(numbers[name] is not None for name in ("first", "last"))
    is_filtered = bool(filters.given.keys() - {"from", "to"})
    if is_range and is_filtered:
        raise click.UsageError("--first and --last take filters with --hash-only-rest alone.")
    return ExportKind.SELECTION if is_filtered else ExportKind.RANGE


def _write(file: Path, bundle: Bundle) -> None:
    if str(file) == "-":
        write_bundle(sys.stdout.buffer, bundle)
        return
    draft = file.with_name(f"{file.name}.part")
    try:
        with draft.open("xb") as stream:
            manifest = write_bundle(stream, bundle)
        draft.replace(file)
    except OSError as error:
        click.echo(f"{file} cannot be written: {error}.", err=True)
        sys.exit(2)
    except TreeDamaged as error:
        click.echo(f"{error} Run `flask audit verify`.", err=True)
        sys.exit(1)
    finally:
        draft.unlink(missing_ok=True)
    count, size = manifest["events"], manifest["tree_size"]
    click.echo(f"{file}: {count} events, under the checkpoint of {size} leaves.", err=True)
    click.echo(f"{manifest['completeness']}. SHA-256 {sha256_of(file)}", err=True)
