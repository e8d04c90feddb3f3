"""PostgreSQL with two roles: the one that the portal works as can neither change nor remove.

The owner migrates; `flask audit privileges` says what it grants the other.
"""

import secrets
import uuid

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.audit.guards import UNIQUE_KEYS
from portal.audit.privileges import privilege_faults
from portal.audit.verifying import Ending
from portal.core.database import db
from tests.audit.growing import grow, happen
from tests.audit.sealed import named, sign, verified
from tests.conftest import make_app

pytestmark = pytest.mark.one_database("postgresql")  # SQLite knows no roles
DEFAULTS = (
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES",
)
ATTEMPTS = (
    *(f"UPDATE {table} SET {keys[0][0]} = {keys[0][0]}" for table, keys in UNIQUE_KEYS.items()),
    *(f"DELETE FROM {table}" for table in UNIQUE_KEYS),
    *(f"TRUNCATE {table}" for table in UNIQUE_KEYS),
    "ALTER TABLE audit_events DISABLE TRIGGER ALL",
    "ALTER TABLE audit_leaves DISABLE TRIGGER audit_leaves_no_change",
    "DROP TRIGGER audit_events_no_change ON audit_events",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "DROP TABLE audit_events CASCADE",
    "ALTER TABLE audit_events RENAME TO other",
    "CREATE TRIGGER sly BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE RULE sly AS ON INSERT TO audit_events DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (id) DO UPDATE SET ip = 'x'",
)


class Roles:
    """An owner and the portal's own role, on a database of their own."""

    def __init__(self, server, folder):
        name = uuid.uuid4().hex
        self.server, self.folder, self.password = server, folder, secrets.token_hex(16)
        self.owner, self.role = f"owner_{name}", f"portal_{name}"
        self.root = sa.make_url(server.empty())
        self.as_root(
            *(
                f"CREATE ROLE {each} LOGIN PASSWORD '{self.password}'"
                for each in (self.owner, self.role)
            ),
            f"ALTER DATABASE {self.root.database} OWNER TO {self.owner}",
            f"GRANT CREATE ON SCHEMA public TO {self.owner}",
        )
        self.run(self.owner, *(f"{default} TO {self.role}" for default in DEFAULTS))
        self.app = make_app(
            self.url(self.role), folder, MIGRATION_DATABASE_URL=self.url(self.owner)
        )
        with self.app.app_context():
            flask_migrate.upgrade()

    def url(self, role):
        url = self.root.set(username=role, password=self.password)
        return url.render_as_string(hide_password=False)

    def run(self, role, *statements):
        self._run(self.url(role), statements)

    def as_root(self, *statements):
        self._run(self.root.render_as_string(hide_password=False), statements)

    def _run(self, url, statements):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def command(self, *arguments):
        runner = self.app.test_cli_runner()
        return runner.invoke(args=["audit", "privileges", "--role", *arguments])

    def faults(self):
        with self.app.app_context(), db.engine.connect() as connection:
            return privilege_faults(connection, self.role)

    def end(self):
        with self.app.app_context():
            db.engine.dispose()
        self.as_root(f"ALTER DATABASE {self.root.database} OWNER TO CURRENT_USER")
        for role in (self.role, self.owner):
            self.as_root(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


@pytest.fixture
def roles(database, tmp_path):
    found = Roles(database, tmp_path)
    yield found
    found.end()


@pytest.fixture(scope="module")
def roles_with_events(database, tmp_path_factory):
    found = Roles(database, tmp_path_factory.mktemp("roles"))
    found.command(found.role, "--apply")
    with found.app.app_context():
        grow(3)
        sign()
    yield found
    found.end()


def test_after_the_migrations_the_role_is_right_but_for_what_they_cannot_know(roles):
    for statement in roles.command(roles.role).stdout.splitlines():
        roles.run(roles.owner, statement)
    assert roles.faults() == []
    assert roles.command(roles.role, "--check").exit_code == 0


def test_applying_needs_no_second_command(roles):
    assert roles.command(roles.role, "--apply").exit_code == 0
    assert roles.faults() == []
    assert roles.command(roles.role, "--apply").exit_code == 0


def test_the_portal_works_as_that_role(roles):
    roles.command(roles.role, "--apply")
    with roles.app.app_context():
        grow(300)
        sign()
        report = verified()
    assert (named(report), report.exit_code, report.tree_size) == ([], Ending.WHOLE, 300)
    assert not [note for note in report.notes if "owner" in note or "TEMP" in note]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_that_role_changes_nothing(roles_with_events, attempt):
    roles = roles_with_events
    with pytest.raises(sa.exc.DBAPIError) as refused:
        roles.run(roles.role, attempt)
    assert refused.value.orig.sqlstate == "42501"


def test_rights_too_many_are_named_by_command_and_verification(roles):
    roles.command(roles.role, "--apply")
    roles.run(roles.owner, f"GRANT UPDATE (ip), TRIGGER ON audit_events TO {roles.role}")
    expected = [f"{roles.role} may {kind} on audit_events." for kind in ("TRIGGER", "UPDATE")]
    assert roles.faults() == expected
    checked = roles.command(roles.role, "--check")
    assert (checked.exit_code, checked.stdout.splitlines()) == (1, expected)
    with roles.app.app_context():
        assert [kind for kind, _, _ in named(verified())] == ["excess_privilege"] * 2


def test_a_member_of_the_owner_is_no_role_for_the_portal(roles):
    roles.as_root(f"GRANT {roles.owner} TO {roles.role}")
    [fault] = roles.faults()
    assert "which owns the ledger" in fault
    with roles.app.app_context():
        happen()
        assert any("owner of its tables" in note for note in verified(keys=[]).notes)


def test_an_unknown_role_is_no_role(roles):
    result = roles.command("nobody_at_all")
    assert (result.exit_code, result.stdout) == (2, "")


def test_sqlite_has_no_roles(own_app):
    with own_app.app_context():
        kind = db.engine.dialect.name
    if kind == "sqlite":
        runner = own_app.test_cli_runner()
        assert runner.invoke(args=["audit", "privileges", "--role", "x"]).exit_code == 2
