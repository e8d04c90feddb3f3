"""The seeded catalogue: seventeen features, four plans, Free as the fallback.

Hundreds of tests begin with it. The deeds that seed it run once a database, at an instant of its
own; after that its rows are put back as they were then, with the test's present in its place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.audit.ledger import uuid7
from portal.audit.models import AuditEvent
from portal.catalog.models import CatalogRevision, FeatureRow, PlanFeatureRow, PlanTemplate
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Catalog
from portal.core import clock
from portal.core.clock import timestamp
from portal.core.database import db
from seeds.catalog import seed_catalog
from tests.conftest import make_app
from tests.databases import Server

MADE_AT = datetime(2001, 2, 3, 4, 5, 6, 789012, UTC)
TABLES = (FeatureRow, PlanTemplate, PlanFeatureRow, CatalogRevision)
NUMBERED = (FeatureRow, PlanTemplate, CatalogRevision)
FIRST_NUMBER_OF_A_TEST = 1000

Row = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What the seed leaves in an empty database."""

    rows: dict[Any, list[Row]]
    events: list[Row]

    def put_back(self) -> None:
        """Into the running transaction, as if it had been seeded now."""
        now = clock.now()
        for table, rows in self.rows.items():
            db.session.execute(sa.insert(table), [_at(now, row) for row in rows])
        db.session.execute(
            sa.insert(AuditEvent.__table__), [_told(now, row) for row in self.events]
        )


def _at(now: datetime, row: Row) -> Row:
    return {name: now if value == MADE_AT else value for name, value in row.items()}


def _told(now: datetime, event: Row) -> Row:
    """The event with its instant and its number, in the evidence too."""
    id_, at = uuid7(now), timestamp(now)
    canonical = event["canonical"].replace(timestamp(MADE_AT).encode(), at.encode())
    canonical = canonical.replace(event["id"].encode(), id_.encode())
    return {**event, "id": id_, "occurred_at": at, "canonical": canonical}


def _rows_of(table: Any) -> list[Row]:
    return [dict(row) for row in db.session.execute(sa.select(table)).mappings()]


@pytest.fixture(scope="session")
def kept_catalog(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    app = make_app(database.clone(), tmp_path_factory.mktemp("catalogued"))
    with app.app_context(), time_machine.travel(MADE_AT, tick=False):
        seed_catalog()
        db.session.commit()
        rows = {model.__table__: _rows_of(model.__table__) for model in TABLES}
        kept = Kept(rows, _rows_of(AuditEvent.__table__))
        db.engine.dispose()
    return kept


@pytest.fixture(scope="session")
def room_for_catalog(shared_app: Flask) -> None:
    """Rows that come with their numbers do not count: whatever a test adds is numbered higher."""
    with shared_app.app_context():
        if db.engine.dialect.name == "postgresql":
            for model in NUMBERED:
                name = f"{model.__tablename__}_id_seq"
                db.session.execute(sa.select(sa.func.setval(name, FIRST_NUMBER_OF_A_TEST)))
            db.session.commit()


@pytest.fixture
def catalog(kept_catalog: Kept, room_for_catalog: None, app: Flask) -> Catalog:
    kept_catalog.put_back()
    db.session.commit()
    return catalog_now()
