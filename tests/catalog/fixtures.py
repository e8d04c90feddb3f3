"""The seeded catalogue: seventeen features, four plans, Free as the fallback."""

import pytest
from flask import Flask

from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Catalog
from portal.core.database import db
from seeds.catalog import seed_catalog


@pytest.fixture
def catalog(app: Flask) -> Catalog:
    seed_catalog()
    db.session.commit()
    return catalog_now()
