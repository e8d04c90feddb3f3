"""The database itself refuses to change what the ledger holds."""

import uuid
from datetime import UTC, datetime

import flask_migrate
import pytest
import sqlalchemy as sa

from portal.audit.guards import POSTGRESQL, SQLITE, STREAM_VIEWS, UNIQUE_KEYS, guard_faults
from portal.audit.models import AuditEvent
from portal.core.database import db
from tests.conftest import make_app

COLUMNS = {
    "id": "00000000-0000-7000-8000-000000000001",
    "occurred_at": "2026-01-01T00:00:00.000000Z",
    "stream": "admin",
    "action": "staff.invited",
    "outcome": "success",
    "severity": "notice",
    "actor_type": "admin",
    "actor_label": "Ann",
    "canonical": b"{}",
}
INTO = f"INTO audit_events ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + c for c in COLUMNS)})"
CHANGES_ANYWHERE = (
    "UPDATE audit_events SET actor_label = 'Mo'",
    "UPDATE audit_events SET id = 'other' WHERE stream = 'admin'",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE stream = 'admin'",
    f"INSERT {INTO}",
    f"INSERT {INTO} ON CONFLICT (id) DO UPDATE SET actor_label = 'Mo'",
)
CHANGES_SQLITE = (
    f"INSERT OR REPLACE {INTO}",
    f"REPLACE {INTO}",
    f"INSERT OR IGNORE {INTO}",
    f"INSERT OR FAIL {INTO}",
    f"INSERT OR ROLLBACK {INTO}",
    "UPDATE OR REPLACE audit_events SET actor_label = 'Mo'",
    "UPDATE OR IGNORE audit_events SET actor_label = 'Mo'",
    "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
    "REPLACE INTO audit_events (rowid, id) VALUES (9, 'other')",
    "DELETE FROM admin_audit_logs",
    "UPDATE admin_audit_logs SET actor_label = 'Mo'",
)
CHANGES_POSTGRESQL = (
    "TRUNCATE audit_events",
    "TRUNCATE audit_events CASCADE",
    "DELETE FROM admin_audit_logs",
    "UPDATE admin_audit_logs SET actor_label = 'Mo'",
    "MERGE INTO audit_events t USING (SELECT 1) s ON t.stream = 'admin' WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM audit_events RETURNING id) SELECT id FROM gone",
)
DEFAULT_GRANT = (
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, "
    "TRIGGER ON TABLES"
)
GRANTS = (
    "SELECT privilege_type FROM information_schema.role_table_grants "
    "WHERE grantee = :role AND table_name = 'audit_events'"
)


@pytest.fixture
def connection(own_app):
    """A connection of no framework, on a ledger with one event."""
    with own_app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as found:
        found.execute(sa.text(f"INSERT {INTO}"), COLUMNS)
        found.commit()
        yield found
        found.rollback()
    engine.dispose()


def changes(dialect):
    return CHANGES_ANYWHERE + (CHANGES_SQLITE if dialect == "sqlite" else CHANGES_POSTGRESQL)


def held(connection):
    return connection.execute(sa.text("SELECT id, actor_label FROM audit_events")).all()


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_plain_sql_changes_nothing(connection, recursive):
    before = held(connection)
    for statement in changes(connection.dialect.name):
        if connection.dialect.name == "sqlite":
            connection.rollback()
            connection.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text(statement), COLUMNS)
        connection.rollback()
        assert held(connection) == before, statement


ROW_OF_ITS_OWN = {
    "audit_events": COLUMNS,
    "audit_leaves": {"leaf_index": 7, "event_id": "seven", "leaf_hash": bytes(32)},
    "audit_nodes": {"level": 8, "position": 0, "hash": bytes(32)},
    "audit_checkpoints": {
        "tree_size": 7,
        "root": bytes(32),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "key_id": None,
        "note": "x",
    },
    "audit_anchors": {
        "tree_size": 7,
        "target": "file",
        "receipt": "x",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    },
    "audit_origins": {
        "generation": 7,
        "origin": "seven",
        "from_size": 7,
        "reason": None,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    },
}
CONFLICT_WORDS = ("", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK")


def new_row(table: str, key: tuple[str, ...] = ()) -> dict[str, object]:
    """A row that shares nothing with the one that is there, but this key."""
    first = ROW_OF_ITS_OWN[table]
    other = {c: 8 if isinstance(v, int) else v for c, v in first.items()}
    other |= {c: "other" for c in ("id", "event_id", "origin", "target") if c in first}
    return other | {column: first[column] for column in key}


def insert_into(table: str, words: str = "INSERT") -> sa.TextClause:
    columns = ROW_OF_ITS_OWN[table]
    values = ", ".join(f":{column}" for column in columns)
    types = {c: sa.DateTime(timezone=True) for c in columns if c == "created_at"}
    text = sa.text(f"{words} INTO {table} ({', '.join(columns)}) VALUES ({values})")
    return text.bindparams(*(sa.bindparam(c, type_=kind) for c, kind in types.items()))


@pytest.fixture
def filled(connection):
    """A row in every append-only table."""
    for table, row in ROW_OF_ITS_OWN.items():
        if table != "audit_events":
            connection.execute(insert_into(table), row)
    connection.commit()
    return connection


def rows_of(connection, table):
    return connection.execute(sa.text(f"SELECT * FROM {table}")).all()


def is_refused(connection, statement, table, values=None):
    before = rows_of(connection, table)
    connection.rollback()
    with pytest.raises(sa.exc.DBAPIError):
        connection.execute(statement, values or {})
    connection.rollback()
    assert rows_of(connection, table) == before, str(statement)


def test_every_append_only_table_has_a_row_to_defend():
    assert ROW_OF_ITS_OWN.keys() == UNIQUE_KEYS.keys()


@pytest.mark.parametrize("table", UNIQUE_KEYS)
def test_no_row_of_the_ledger_is_changed_or_removed(filled, table):
    column = next(iter(ROW_OF_ITS_OWN[table]))
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        is_refused(filled, sa.text(statement), table)
    if filled.dialect.name == "postgresql":
        is_refused(filled, sa.text(f"TRUNCATE {table}"), table)


@pytest.mark.parametrize(
    ("table", "key"), [(t, key) for t in UNIQUE_KEYS for key in UNIQUE_KEYS[t]]
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_no_key_of_the_ledger_lets_a_row_be_replaced(filled, table, key, recursive):
    if filled.dialect.name == "sqlite":
        filled.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive}")
        words = [f"INSERT {word}" for word in CONFLICT_WORDS] + ["REPLACE"]
        for verb in words:
            is_refused(filled, insert_into(table, verb), table, new_row(table, key))
        for word in CONFLICT_WORDS:
            columns = ", ".join(f"{column} = {column}" for column in key)
            is_refused(filled, sa.text(f"UPDATE {word} {table} SET {columns}"), table)
    else:
        is_refused(filled, insert_into(table), table, new_row(table, key))
        column = key[0]
        clash = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {column} = excluded.{column}"
        upsert = sa.text(f"{insert_into(table).text} {clash}")
        is_refused(filled, upsert, table, new_row(table, key))


@pytest.mark.parametrize("table", UNIQUE_KEYS)
def test_a_row_that_shares_no_key_is_still_added(filled, table):
    filled.execute(insert_into(table), new_row(table))
    assert len(rows_of(filled, table)) == 2


def test_postgresql_answers_with_insufficient_privilege(connection):
    if connection.dialect.name == "sqlite":
        return
    for statement in ("UPDATE audit_events SET ip = '::1'", "TRUNCATE audit_events"):
        with pytest.raises(sa.exc.DBAPIError) as refused:
            connection.execute(sa.text(statement))
        assert refused.value.orig.sqlstate == "42501"
        connection.rollback()


def test_a_session_that_plays_a_replica_is_refused_too(connection):
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.execute(sa.text("DELETE FROM audit_events"))


def test_another_role_may_only_read_and_add(database, tmp_path):
    if database.name == "sqlite":
        return
    app = make_app(database.empty(), tmp_path)
    role = f"portal_{uuid.uuid4().hex}"
    with app.app_context():
        for statement in (f"CREATE ROLE {role}", f"{DEFAULT_GRANT} TO {role}"):
            db.session.execute(sa.text(statement))
        db.session.commit()
        flask_migrate.upgrade()
        kinds = db.session.scalars(sa.text(GRANTS), {"role": role}).all()
        assert {*kinds} == {"INSERT", "SELECT"}
        for statement in (f"DROP OWNED BY {role}", f"DROP ROLE {role}"):
            db.session.execute(sa.text(statement))
        db.session.commit()
        db.engine.dispose()


def test_a_new_event_is_still_added(connection):
    connection.execute(sa.text(f"INSERT {INTO}"), {**COLUMNS, "id": "other"})
    assert len(held(connection)) == 2


def test_each_stream_has_its_view(connection):
    for name, stream in STREAM_VIEWS.items():
        values = {**COLUMNS, "id": stream, "stream": stream}
        connection.execute(sa.text(f"INSERT {INTO}"), values)
        ids = connection.execute(sa.text(f"SELECT id FROM {name}")).scalars().all()
        assert stream in ids
        assert not {*ids} & {*STREAM_VIEWS.values()} - {stream}


def test_a_view_shows_every_column_of_its_stream(connection):
    everything = {column.name for column in AuditEvent.__table__.columns} - {"stream"}
    of_features = {"entity_type", "entity_id", "user_id", "old_value", "new_value"}
    for name in STREAM_VIEWS:
        shown = set(connection.execute(sa.text(f"SELECT * FROM {name}")).keys())
        is_of_features = name == "entitlement_logs"
        assert shown == (
            everything | of_features if is_of_features else everything - {"feature_name"}
        )


def test_the_guards_in_the_database_are_the_ones_we_expect(connection):
    assert guard_faults(connection) == []


def test_a_dropped_guard_is_named(connection):
    name = next(iter(SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL))
    on = "" if connection.dialect.name == "sqlite" else " ON audit_events"
    connection.execute(sa.text(f"DROP TRIGGER {name}{on}"))
    assert guard_faults(connection) == [f"{name} is missing"]


def test_an_altered_guard_is_named(connection):
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DROP TRIGGER audit_events_no_delete"))
        connection.exec_driver_sql(
            "CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events "
            "WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END"
        )
        assert guard_faults(connection) == ["audit_events_no_delete was altered"]
    else:
        connection.execute(
            sa.text("ALTER TABLE audit_events DISABLE TRIGGER audit_events_no_change")
        )
        assert guard_faults(connection) == ["audit_events_no_change was altered"]


def test_a_strange_trigger_is_named(connection):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TRIGGER sly BEFORE INSERT ON audit_events BEGIN SELECT RAISE(IGNORE); END"
        )
    else:
        connection.execute(
            sa.text(
                "CREATE TRIGGER sly BEFORE INSERT ON audit_events "
                "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            )
        )
    assert guard_faults(connection) == ["sly is unknown"]
