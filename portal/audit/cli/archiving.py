"""`flask audit archive`: old events moved out of the table, into a bundle."""

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from portal.audit.archives import (
    order_archive,
    record_archive,
    refuse_without_bundle,
    unfinished,
    write_archive,
)
from portal.audit.cli.exports import OPERATOR
from portal.audit.cli.group import audit_commands, refusals_told
from portal.audit.handing_out import recorded
from portal.audit.models import Archive
from portal.audit.removing import owner_engine, remove_events
from portal.audit.sequencing import sequence_all
from portal.config import settings
from portal.core import clock
from portal.core.database import db


@audit_commands.command("archive")
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="A day.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="A folder.")
@with_appcontext
def archive(before: datetime, folder: Path | None) -> None:
    """Move events older than a day into a bundle; their leaves stay, so nothing is lost of the
    proof.

    What an earlier run began and did not end is ended first. Held events stay in the table.
    """
    day = _midnight(before.date())
    with refusals_told():
        engine = owner_engine()
        for begun in unfinished():
            _remove(engine, begun)
        db.session.rollback()
        sequence_all()
        bundle = recorded(order_archive(by=OPERATOR, before=day))
        place = folder or settings().instance_dir / "archives"
        written = write_archive(bundle, place.resolve())
        archived = record_archive(by=OPERATOR, written=written, before=day)
        db.session.commit()
        sequence_all()
        click.echo(f"{written.path}: {written.events} events, checked.", err=True)
        _remove(engine, archived)
        engine.dispose()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(settings().timezone))


def _remove(engine: sa.Engine, archived: Archive) -> None:
    """Events leave the table; the session holds no lock meanwhile."""
    refuse_without_bundle(archived)
    span = archived.first_index, archived.end_index
    number = archived.id
    db.session.commit()
    total = sum(remove_events(engine, span))
    found = db.session.get_one(Archive, number)
    found.removed_at = clock.now()
    db.session.commit()
    click.echo(
        f"Removed from the table: {total} events of leaves {span[0]} to {span[1] - 1}.", err=True
    )
