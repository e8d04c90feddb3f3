"""A copy made while the portal runs, and a portal started on it."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditEvent
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Admin
from tests.cast import make_admin
from tests.conftest import make_app


@pytest.fixture
def backup(own_app, tmp_path):
    """Run `flask backup` on a portal with one person; the answer and the file."""
    with own_app.app_context():
        make_admin("Ann Admin", password_hash="a hash")
        db.session.commit()
    path = tmp_path / "copy.sqlite3"
    return lambda: (own_app.test_cli_runner().invoke(args=["backup", str(path)]), path)


@pytest.mark.one_database("postgresql")
def test_another_database_is_left_to_its_own_tool(backup):
    answer, path = backup()
    assert (answer.exit_code, path.exists()) == (1, False)
    assert "pg_dump" in answer.stderr


@pytest.mark.one_database("sqlite")
def test_a_backup_is_private_whole_and_recorded(own_app, backup):
    answer, path = backup()
    assert answer.exit_code == 0, answer.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.glob("copy*")] == ["copy.sqlite3"]
    with own_app.app_context():
        assert db.session.scalar(sa.select(AuditEvent.action)) == "backup.made"


@pytest.mark.one_database("sqlite")
def test_a_backup_never_replaces_a_file(backup):
    backup()
    answer, _ = backup()
    assert answer.exit_code == 1
    assert "exists" in answer.stderr


@pytest.mark.one_database("sqlite")
def test_a_portal_starts_on_the_copy_with_people_and_guards(backup, tmp_path):
    _, path = backup()
    restored = make_app(f"sqlite:///{path}", tmp_path)
    with restored.app_context():
        assert restored.test_client().get("/readyz").status_code == 200
        assert db.session.scalar(sa.select(Admin.password_hash)) == "a hash"
        record(Action.BACKUP_MADE, by=SYSTEM)
        db.session.commit()
        with pytest.raises(sa.exc.DBAPIError):
            db.session.execute(sa.text("UPDATE audit_events SET reason = 'never happened'"))
        db.session.rollback()
        db.engine.dispose()
