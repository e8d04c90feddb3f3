"""Reading imports: the list of them, and the lines of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.database import db
from portal.customers.import_preview import Effect
from portal.customers.models import CustomerImport, CustomerImportRow
from portal.staff.models import Admin
from portal.web.paging import ListPage, page_of

_row = CustomerImportRow.__table__.c
_import = CustomerImport.__table__.c


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One line as the page shows it."""

    line: int
    values: dict[str, str]
    effect: str
    detail: str | None
    is_done: bool


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One import in the list of them."""

    id: int
    filename: str
    status: str
    total: int
    done: int
    failed: int
    created_at: datetime
    by: str | None


def counts_of(import_id: int) -> dict[Effect, int]:
    """How many lines do what; every effect has its number."""
    query = (
        sa.select(_row.effect, sa.func.count())
        .where(_row.import_id == import_id)
        .group_by(_row.effect)
    )
    found = {row[0]: row[1] for row in db.session.execute(query)}
    return {effect: found.get(effect.value, 0) for effect in Effect}


def refused_lines(import_id: int) -> list[tuple[int, str | None]]:
    query = sa.select(_row.line, _row.detail).where(
        _row.import_id == import_id, _row.effect == Effect.REFUSED.value
    )
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(_row.line))]


def rows_of(
    import_id: int, *, effect: Effect | None = None, cursor: str | None = None
) -> ListPage[ImportRow]:
    query = sa.select(_row.line, _row["values"], _row.effect, _row.detail, _row.done_at)
    query = query.where(_row.import_id == import_id)
    if effect is not None:
        query = query.where(_row.effect == effect.value)
    return page_of(query.order_by(_row.line), _import_row, cursor=cursor)


def _import_row(row: sa.Row[*tuple[Any, ...]]) -> ImportRow:
    line, values, effect, detail, done_at = row
    return ImportRow(line, values, effect, detail, done_at is not None)


def imports_page(*, cursor: str | None = None) -> ListPage[ImportEntry]:
    """The newest first."""
    admin = Admin.__table__.c
    names = ("id", "filename", "status", "total", "done", "failed", "created_at")
    query = sa.select(*(_import[name] for name in names), admin.email.label("by")).select_from(
        CustomerImport.__table__.outerjoin(Admin.__table__, _import.created_by == admin.id)
    )
    make = lambda row: ImportEntry(**row._asdict())  # noqa: E731 - one expression
    return page_of(query.order_by(_import.id.desc()), make, cursor=cursor)
