"""Key and anchor files of a test's own, since its database is its own as well."""

import dataclasses

import pytest

from portal.audit.keys import create_key_file
from portal.config import settings


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
