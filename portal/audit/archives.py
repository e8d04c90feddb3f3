"""Moving old events out of the table into bundles, whose leaves stay: what is proved stays proved.

A range is archived in steps, each whole by itself: the bundle is written and checked; the log and
`audit_archives` say so; then events are removed, as often as it is begun until none is left.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.bundle_rows import Stretch
from portal.audit.bundles import Bundle, sha256_of, write_bundle
from portal.audit.exports import Asked, Content, ExportKind, Order, order_export
from portal.audit.filters import UTC_ZONE, Filters
from portal.audit.keys import public_keys
from portal.audit.ledger import Target, record
from portal.audit.merkle import Span
from portal.audit.models import Archive, AuditEvent, Hold, Leaf
from portal.audit.offline.notes import Key
from portal.audit.offline.reading import Bundle as File
from portal.audit.offline.verify import Check
from portal.audit.tree import tree_size
from portal.config import settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db, glancing
from portal.core.disk import sync_folder
from portal.core.errors import Conflict

_event, _leaf = AuditEvent.__table__.c, Leaf.__table__.c


class CannotArchive(Conflict):
    """It would lose something, or there is nothing to archive."""

    title = "Nothing was archived"


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle on the disk that the offline verifier let pass."""

    path: Path
    sha256: str
    span: Span
    events: int
    tree_size: int


def ranges() -> list[Span]:
    """The leaves whose events are in bundles now, or are on the way there."""
    query = sa.select(Archive.first_index, Archive.end_index).order_by(Archive.first_index)
    return [(first, end) for first, end in db.session.execute(query)]


def unfinished() -> list[Archive]:
    """Archives of which events may still be in the table: it was interrupted, or a hold ended."""
    released = sa.select(Hold.id).where(Hold.released_at >= Archive.removed_at)
    query = sa.select(Archive).where(sa.or_(Archive.removed_at.is_(None), released.exists()))
    return list(db.session.scalars(query.order_by(Archive.first_index)))


def archives() -> list[Archive]:
    """The newest first."""
    return list(db.session.scalars(sa.select(Archive).order_by(Archive.first_index.desc())))


def order_archive(*, by: Actor, before: datetime) -> Order:
    """The longest run of leaves, after those archived already, whose events are all older.

    Raises:
        CannotArchive: there are none, or `before` is within the shortest time they are kept.
    """
    keep = timedelta(days=settings().audit_retention_days)
    if before > clock.now() - keep:
        days = f"the last {keep.days} days" if keep else "days that are not over"
        raise CannotArchive(f"Events of {days} stay: choose an earlier day.")
    with glancing():
        first = max((end for _, end in ranges()), default=0)
        size = tree_size()
        end = _first_younger(before, first, size)
    if end <= first:
        raise CannotArchive("No event that is still here is older than that.")
    asked = Asked(
        ExportKind.RANGE, Filters(until=timestamp(before)), UTC_ZONE, first=first, last=end - 1
    )
    return order_export(by=by, asked=asked, content=Content(Stretch(first, end, []), size))


def _first_younger(before: datetime, first: int, size: int) -> int:
    younger = sa.select(sa.func.min(_leaf.leaf_index)).join_from(
        AuditEvent, Leaf, _leaf.event_id == _event.id
    )
    query = younger.where(_event.occurred_at >= timestamp(before), _leaf.leaf_index >= first)
    found = db.session.scalar(query)
    return size if found is None else int(found)


def write_archive(bundle: Bundle, folder: Path) -> Written:
    """Write the bundle, read it back as a stranger would, and only then give it its name.

    Raises:
        CannotArchive: the bundle does not prove each of its events.
        OSError: the folder cannot be written to.
    """
    indexes = bundle.content.indexes
    span = indexes[0], indexes[-1] + 1
    path = folder / f"audit-{span[0]}-{span[1] - 1}.zip"
    draft = path.with_suffix(".part")
    folder.mkdir(parents=True, exist_ok=True)
    with draft.open("wb") as file:
        manifest = write_bundle(file, bundle)
        file.flush()
        os.fsync(file.fileno())
    if fault := _fault_of(draft):
        draft.unlink()
        raise CannotArchive(f"The bundle does not hold: {fault}")
    draft.replace(path)
    sync_folder(folder)
    size = bundle.checkpoint.tree_size
    return Written(path, sha256_of(path), span, manifest["events"], size)


def _fault_of(path: Path) -> str | None:
    keys = [Key(key.name, key.id, key.public) for key in public_keys()]
    if not keys:
        return "the log is not signed. Run `flask audit init`."
    check = Check(File(path), keys).run()
    if check.manifest.get("kind") != ExportKind.RANGE:
        return "events of it are gone already. Run `flask audit verify`."
    if check.faults:
        return f"{check.faults[0]['kind']}: {check.faults[0]['message']}"
    return check.unchecked[0] if check.unchecked else None


def record_archive(*, by: Actor, written: Written, before: datetime) -> Archive:
    """From its commit on, the events of the range may be away."""
    first, end = written.span
    event = record(
        Action.AUDIT_ARCHIVED,
        by=by,
        target=Target("log", f"{first}-{end - 1}", f"leaves {first} to {end - 1}"),
        meta={
            "first_index": first,
            "end_index": end,
            "events": written.events,
            "tree_size": written.tree_size,
            "before": timestamp(before),
            "file": written.path.name,
            "sha256": written.sha256,
        },
    )
    archive = Archive(
        first_index=first,
        end_index=end,
        file=str(written.path)[-500:],
        sha256=written.sha256,
        event_id=event.id,
        created_at=clock.now(),
        removed_at=None,
    )
    db.session.add(archive)
    db.session.flush()
    return archive


def refuse_without_bundle(archive: Archive) -> None:
    """Before events are removed, their bundle must still lie where it was written.

    Raises:
        CannotArchive: it is not there, or is another file.
    """
    path = Path(archive.file)
    if not path.is_file() or sha256_of(path) != archive.sha256:
        raise CannotArchive(
            f"{path} is not the bundle that was written (SHA-256 {archive.sha256}). Put it back; "
            "until then no event of it is removed."
        )
