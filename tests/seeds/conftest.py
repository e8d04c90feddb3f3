"""The demo company, founded once for each kind of database: that takes longer than most tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.core.database import db
from seeds.commands import seed_commands
from tests.conftest import make_app
from tests.databases import Server


@pytest.fixture(scope="session")
def founded(database: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A database to clone, and the folder with its keys and passwords."""
    url, folder = database.clone(), tmp_path_factory.mktemp("company")
    app = make_app(url, folder)
    done = app.test_cli_runner().invoke(seed_commands, ["demo"])
    assert done.exit_code == 0, done.output
    with app.app_context():
        db.engine.dispose()
    return url, folder


@pytest.fixture(scope="module")
def company(database: Server, founded: tuple[str, Path]) -> Iterator[Flask]:
    """The company in a database that the tests of one file share."""
    url, folder = founded
    app = make_app(database.clone(url), folder)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
