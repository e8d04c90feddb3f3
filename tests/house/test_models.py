"""The migrations build what the models say, forwards and backwards, on both databases."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from portal.core.database import Base, db
from portal.web.migrations import include_name
from tests.conftest import make_app
from tests.databases import Server, upgrade

VIEWS = {"admin_audit_logs", "auth_audit_logs", "admin_login_audit_logs", "entitlement_logs"}
NAMED = {
    "admins",
    "admin_sessions",
    "two_factor_auth",
    "two_factor_backup_codes",
    "audit_events",
    "email_logs",
    "jobs",
}


@pytest.fixture
def migrated(database: Server, tmp_path):
    app = make_app(database.empty(), tmp_path)
    upgrade(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_models_and_migrations_agree(migrated):
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": include_name,
    }
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_named_tables_and_views_exist(migrated):
    inspector = sa.inspect(db.engine)
    assert set(inspector.get_table_names()) >= NAMED
    assert set(inspector.get_view_names()) >= VIEWS


def test_every_migration_can_be_taken_back_and_forth(migrated):
    flask_migrate.downgrade(revision="base")
    left = set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}
    assert left == set()
    flask_migrate.upgrade()
    assert set(sa.inspect(db.engine).get_table_names()) >= NAMED


def test_one_migration_follows_the_other(migrated):
    """Two heads would upgrade in an order that nobody chose."""
    scripts = ScriptDirectory(migrated.extensions["migrate"].directory)
    assert len(scripts.get_heads()) == 1
