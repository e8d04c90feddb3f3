"""Taking a file of customers in: shown first, then in batches, each line with its result.

A batch commits together with the mark on its lines and the job for the next, so a killed worker
goes on where it stopped and takes no line twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.text import nfc
from portal.customers.import_file import ImportFile, Line
from portal.customers.import_list import counts_of
from portal.customers.import_preview import Effect, Verdict, judge, refused
from portal.customers.models import CustomerImport, CustomerImportRow, ImportStatus
from portal.customers.tenants import upsert_tenant
from portal.customers.users import upsert_user
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles
from portal.staff.models import Admin
from portal.staff.naming import actor_of
from portal.web.requests import printable

KIND = "customers.import"
BATCH = 25  # SQLite has one writer: everybody else waits for a batch
LONGEST_NAME = 200
_row = CustomerImportRow.__table__.c


def keep_preview(
    *, by: Actor, filename: str, file: ImportFile, verdicts: Sequence[Verdict]
) -> CustomerImport:
    """Keep what the file would do, until somebody says that it shall."""
    counts = Counter(verdict.effect.value for verdict in verdicts)
    found = CustomerImport(
        filename=_shown_name(filename),
        status=ImportStatus.PREVIEWED,
        total=len(file.lines),
        done=0,
        failed=counts[Effect.REFUSED],
        created_at=clock.now(),
        created_by=by.id if by.type is ActorType.ADMIN else None,
    )
    db.session.add(found)
    db.session.flush()
    db.session.execute(
        sa.insert(CustomerImportRow),
        [
            {
                "import_id": found.id,
                "line": line.number,
                # As the user's own row has it: by that it is found when they are erased.
                "values": {name: nfc(cell) for name, cell in line.values.items()},
                "effect": verdict.effect.value,
                "detail": verdict.detail,
            }
            for line, verdict in zip(file.lines, verdicts, strict=True)
        ],
    )
    record(Action.CUSTOMERS_IMPORT_PREVIEWED, by=by, target=target_of(found), meta={**counts})
    return found


def start_import(*, by: Actor, import_id: int, run_at: datetime | None = None) -> CustomerImport:
    """Take in what the preview showed; lines that it refused stay out.

    The worker begins at `run_at`, so that somebody else may do it before and need not survive.

    Raises:
        NotFound: it was thrown away.
        Conflict: it was started before.
    """
    now = clock.now()
    started = changed_rows(
        sa.update(CustomerImport)
        .where(CustomerImport.id == import_id, CustomerImport.status == ImportStatus.PREVIEWED)
        .values(
            status=ImportStatus.RUNNING,
            started_at=now,
            done=CustomerImport.failed,
            created_by=by.id if by.type is ActorType.ADMIN else None,
        )
    )
    found = import_or_404(import_id)
    if not started:
        raise Conflict("This file was started before.")
    db.session.refresh(found)
    changed_rows(
        sa.update(CustomerImportRow)
        .where(CustomerImportRow.import_id == import_id, CustomerImportRow.effect == Effect.REFUSED)
        .values(done_at=now)
    )
    record(Action.CUSTOMERS_IMPORTED, by=by, target=target_of(found), meta={"lines": found.total})
    enqueue(KIND, {"import_id": import_id, "after": 0}, run_at=run_at)
    return found


def discard_import(import_id: int) -> None:
    """Forget a preview and the people in it.

    Raises:
        NotFound, Conflict: as `start_import`.
    """
    found = import_or_404(import_id)
    gone = changed_rows(
        sa.delete(CustomerImport).where(
            CustomerImport.id == found.id, CustomerImport.status == ImportStatus.PREVIEWED
        )
    )
    if not gone:
        raise Conflict("This file was started before.")


@handles(KIND)
def go_on(payload: dict[str, Any]) -> None:
    """One batch; the next one is a job of its own."""
    import_id, after = int(payload["import_id"]), int(payload["after"])
    last = take_in_batch(import_id, after=after)
    if last is not None:
        enqueue(KIND, {"import_id": import_id, "after": last})


def take_in_batch(import_id: int, *, after: int) -> int | None:
    """Take the next lines in; the last of their numbers, or None when all are done."""
    found = db.session.get(CustomerImport, import_id, with_for_update=True, populate_existing=True)
    if found is None or found.status != ImportStatus.RUNNING:
        return None
    rows = db.session.scalars(
        sa.select(CustomerImportRow)
        .where(_row.import_id == import_id, _row.line > after, _row.done_at.is_(None))
        .order_by(_row.line)
        .limit(BATCH)
    ).all()
    _take_in(_doer(found), rows)
    found.done += len(rows)
    found.failed += sum(row.effect == Effect.REFUSED for row in rows)
    if len(rows) == BATCH:
        return rows[-1].line
    _finish(found)
    return None


def _take_in(by: Actor | None, rows: Sequence[CustomerImportRow]) -> None:
    lines = [Line(row.line, row.values) for row in rows]
    for row, line, verdict in zip(rows, lines, judge(lines), strict=True):
        result = _done(by, line, verdict)
        row.effect, row.detail, row.done_at = result.effect.value, result.detail, clock.now()


def _done(by: Actor | None, line: Line, verdict: Verdict) -> Verdict:
    if by is None:
        return refused("Whoever started this import may no longer import.")
    if verdict.effect in {Effect.SAME, Effect.REFUSED}:
        return verdict
    try:
        with db.session.begin_nested():
            _write(by, line.values)
    except DomainError as error:
        return refused(error.message)
    return verdict


def _write(by: Actor, given: dict[str, str]) -> None:
    tenant, _ = upsert_tenant(
        by=by,
        external_id=given["tenant_external_id"],
        name=given["tenant_name"],
        plan=given["plan"] or None,
    )
    if given["user_external_id"]:
        upsert_user(
            by=by,
            tenant=tenant,
            external_id=given["user_external_id"],
            name=given["user_name"],
            email=given["user_email"],
        )


def _doer(found: CustomerImport) -> Actor | None:
    """Whoever started it, as far as they still may; the system for a file from the terminal."""
    if found.created_by is None:
        return SYSTEM
    admin = db.session.get(Admin, found.created_by)
    if admin is None or admin.disabled_at is not None:
        return None
    actor = actor_of(admin)
    return actor if actor.may(Permission.CUSTOMERS_IMPORT) else None


def _finish(found: CustomerImport) -> None:
    found.status, found.finished_at = ImportStatus.DONE, clock.now()
    db.session.flush()
    record(
        Action.CUSTOMERS_IMPORT_FINISHED,
        by=_doer(found) or SYSTEM,
        target=target_of(found),
        meta={str(effect): number for effect, number in counts_of(found.id).items()},
    )


def import_or_404(import_id: int) -> CustomerImport:
    found = db.session.get(CustomerImport, import_id)
    if found is None:
        raise NotFound("There is no such import. Old ones are forgotten in time.")
    return found


def target_of(found: CustomerImport) -> Target:
    return Target("import", found.id, found.filename)


def _shown_name(filename: str) -> str:
    name = printable(filename.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    return name[:LONGEST_NAME] or "without a name"
