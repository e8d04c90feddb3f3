"""Rows that come as one text, the same from both databases."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core import clock
from portal.core.database import db
from portal.core.json_rows import JsonRows
from portal.jobs.models import Job

_jobs = Job.__table__.c
QUERY = sa.select(JsonRows(_jobs.kind, _jobs.attempts, _jobs.last_error, _jobs.run_at))


@pytest.fixture
def jobs(app: Flask) -> datetime:
    now = clock.now()
    for kind in ('"ä", \\', "y"):
        db.session.add(Job(kind=kind, payload={}, run_at=now, created_at=now))
    return now


def test_each_row_is_an_array_of_its_columns(jobs):
    found = json.loads(db.session.scalar(QUERY))
    assert sorted(row[:3] for row in found) == [['"ä", \\', 0, None], ["y", 0, None]]
    instants = {datetime.fromisoformat(row[3]).replace(tzinfo=UTC) for row in found}
    assert instants == {jobs}


def test_without_rows_it_is_an_empty_array(app: Flask):
    assert db.session.scalar(QUERY.where(_jobs.kind == "none")) == "[]"
