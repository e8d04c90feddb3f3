"""What keeps the ledger append-only inside the database, and whether it still stands.

Migration 0002 carries a frozen copy of these texts: what is written there is what is expected
here, and a missing or altered guard is named.
"""

import sqlalchemy as sa

# REPLACE fires a delete trigger only where `recursive_triggers` is on (SQLite, CREATE TRIGGER), so
# the insert guard stands by itself.
SQLITE = {
    "audit_events_no_update": """
        CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
    "audit_events_no_delete": """
        CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
        BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
    "audit_events_no_replace": """
        CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
        WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
}

# The leading "A" is ENABLE ALWAYS: the trigger also fires for a session that plays a replica.
POSTGRESQL = {
    "audit_events_no_change": """
        A CREATE TRIGGER audit_events_no_change BEFORE DELETE OR UPDATE ON audit_events
        FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()
    """,
    "audit_events_no_truncate": """
        A CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()
    """,
    "audit_events_refuse": """
        BEGIN
            RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
        END
    """,
}

STREAM_VIEWS = {
    "admin_audit_logs": "admin",
    "auth_audit_logs": "auth",
    "admin_login_audit_logs": "admin_login",
    "entitlement_logs": "entitlement",
}

_SQLITE_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
_POSTGRESQL_GUARDS = """
    SELECT tgname, CAST(tgenabled AS text) || ' ' || pg_get_triggerdef(oid, true) FROM pg_trigger
    WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal
    UNION ALL
    SELECT proname, prosrc FROM pg_proc WHERE oid = to_regproc('audit_events_refuse')
"""


def guard_faults(connection: sa.Connection) -> list[str]:
    """What is missing, altered or unknown among the guards of this database; empty when whole."""
    is_sqlite = connection.dialect.name == "sqlite"
    expected = SQLITE if is_sqlite else POSTGRESQL
    statement = sa.text(_SQLITE_GUARDS if is_sqlite else _POSTGRESQL_GUARDS)
    rows = connection.execute(statement, {"table": "audit_events"})
    found = {name: _in_one_line(text) for name, text in rows}
    faults = [
        f"{name} {'was altered' if name in found else 'is missing'}"
        for name, text in expected.items()
        if found.get(name) != _in_one_line(text)
    ]
    return faults + [f"{name} is unknown" for name in found if name not in expected]


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
