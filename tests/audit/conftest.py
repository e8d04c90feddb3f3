"""A ledger to be bundled; key and anchor files of a test's own, as its database is."""

import dataclasses

import pytest

from portal.audit.actions import Action
from portal.audit.keys import create_key_file
from portal.config import settings
from tests.audit.growing import happen


@pytest.fixture
def ledger(app):
    """Thirteen events, of which a filter finds the five in the middle."""
    happen(3)
    happen(5, action=Action.DEMO_SEEDED)
    happen(5)
    return app


@pytest.fixture
def own_files(app, tmp_path):
    """Neither key nor anchor file is there yet."""
    before = settings()
    app.extensions["portal_settings"] = dataclasses.replace(
        before, audit_key_file=tmp_path / "audit.key", audit_anchor_file=tmp_path / "anchors"
    )
    yield settings()
    app.extensions["portal_settings"] = before


@pytest.fixture
def key(own_files):
    """A key file with one key."""
    create_key_file()
    return own_files
