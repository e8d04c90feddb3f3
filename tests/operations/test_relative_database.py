"""A database that is named by a relative path is one file, for commands, pages and backups."""

import sqlite3

import pytest

from portal.config import ROOT
from portal.core.database import db
from tests.conftest import make_app

pytestmark = pytest.mark.one_database("sqlite")


def test_commands_pages_and_backups_mean_the_same_file(database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = make_app("sqlite:///relative.sqlite3", tmp_path)
    for words in (["db", "upgrade"], ["backup", "copy.sqlite3"]):
        result = app.test_cli_runner().invoke(args=words)
        assert result.exit_code == 0, result.output
    with app.app_context():
        assert app.test_client().get("/readyz").status_code == 200
        db.session.remove()
        db.engine.dispose()
    assert (tmp_path / "instance" / "relative.sqlite3").exists()
    assert not (tmp_path / "relative.sqlite3").exists()
    assert not (ROOT / "instance" / "relative.sqlite3").exists()
    with sqlite3.connect(tmp_path / "copy.sqlite3") as copy:
        assert copy.execute("SELECT count(*) FROM admins").fetchone() == (0,)
    copy.close()
