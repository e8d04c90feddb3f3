"""SQLite learns from time to time what its tables hold."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.statistics import ROWS_READ
from portal.jobs.models import JobStatus
from portal.jobs.queue import enqueue
from portal.jobs.registry import recurring_kinds
from portal.jobs.upkeep import STATISTICS
from portal.jobs.worker import Worker
from tests.statements import heard


@pytest.fixture
def gathered(own_app):
    """The job is done; what it was, and what the database was told meanwhile."""
    said = []
    with own_app.app_context():
        job = enqueue(STATISTICS, {})
        db.session.commit()
        with heard(lambda _connection, _cursor, statement, *_: said.append(statement)):
            Worker(own_app).run_until_idle()
        db.session.refresh(job)
        yield job, said


def test_it_comes_again_and_is_done_on_both_databases(gathered):
    assert STATISTICS in recurring_kinds()
    assert gathered[0].status == JobStatus.DONE


@pytest.mark.one_database("sqlite")
def test_every_connection_made_from_then_on_knows_how_many_there_are(gathered):
    db.session.remove()
    db.engine.dispose()
    known = db.session.execute(sa.text("SELECT tbl, stat FROM sqlite_stat1")).all()
    assert {"jobs", "recurring_jobs"} <= {row.tbl for row in known}


@pytest.mark.one_database("sqlite")
def test_it_reads_a_bounded_part_of_each_index_first_of_all(gathered):
    _, said = gathered
    asked = [each for each in said if "analysis_limit" in each or "ANALYZE" in each]
    assert asked[0] == f"PRAGMA analysis_limit = {ROWS_READ}"
