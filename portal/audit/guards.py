"""What keeps the ledger append-only inside the database, and whether it still stands.

The migrations carry a frozen copy of these texts: what is written there is what is expected
here, and a missing or altered guard is named.
"""

import sqlalchemy as sa

UNIQUE_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "audit_events": (("id",),),
    "audit_leaves": (("leaf_index",), ("event_id",)),
    "audit_nodes": (("level", "position"),),
    "audit_checkpoints": (("tree_size",),),
    "audit_anchors": (("tree_size", "target"),),
    "audit_origins": (("generation",), ("origin",)),
}
"""The append-only tables with every key by which REPLACE could push a row out."""


def _sqlite_guards(table: str, keys: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """REPLACE fires a delete trigger only where `recursive_triggers` is on (SQLite, CREATE
    TRIGGER), so the insert guard stands by itself.
    """
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return {
        f"{table}_no_update": f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"{table}_no_replace": f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN {_exists(table, keys)} {refuse}",
    }


def _exists(table: str, keys: tuple[tuple[str, ...], ...]) -> str:
    same = " OR ".join(" AND ".join(f"{c} = NEW.{c}" for c in key) for key in keys)
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - names from this file


def _postgresql_guards(table: str) -> dict[str, str]:
    """The leading "A" is ENABLE ALWAYS: it also fires for a session that plays a replica."""
    refuse = "audit_events_refuse" if table == "audit_events" else "audit_refuse"
    return {
        f"{table}_no_change": f"A CREATE TRIGGER {table}_no_change BEFORE DELETE OR UPDATE "
        f"ON {table} FOR EACH ROW EXECUTE FUNCTION {refuse}()",
        f"{table}_no_truncate": f"A CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE "
        f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {refuse}()",
    }


SQLITE = {
    **{k: v for table, keys in UNIQUE_KEYS.items() for k, v in _sqlite_guards(table, keys).items()},
    "audit_events_await": """
        CREATE TRIGGER audit_events_await AFTER INSERT ON audit_events
        BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); END
    """,
    "audit_search_added": """
        CREATE TRIGGER audit_search_added AFTER INSERT ON audit_events BEGIN
            INSERT INTO audit_search_events (event_id) VALUES (NEW.id);
            INSERT INTO audit_search (rowid, words)
            SELECT place, words FROM audit_search_words WHERE event_id = NEW.id;
        END
    """,
    "audit_search_removed": """
        CREATE TRIGGER audit_search_removed BEFORE DELETE ON audit_events BEGIN
            INSERT INTO audit_search (audit_search, rowid, words)
            SELECT 'delete', place, words FROM audit_search_words WHERE event_id = OLD.id;
            DELETE FROM audit_search_events WHERE event_id = OLD.id;
        END
    """,
}

POSTGRESQL = {
    **{k: v for table in UNIQUE_KEYS for k, v in _postgresql_guards(table).items()},
    "audit_events_await": """
        A CREATE TRIGGER audit_events_await AFTER INSERT ON audit_events
        FOR EACH ROW EXECUTE FUNCTION audit_await()
    """,
    "audit_search_added": """
        O CREATE TRIGGER audit_search_added AFTER INSERT ON audit_events
        FOR EACH ROW EXECUTE FUNCTION audit_search_add()
    """,
    "audit_search_removed": """
        O CREATE TRIGGER audit_search_removed AFTER DELETE ON audit_events
        FOR EACH ROW EXECUTE FUNCTION audit_search_remove()
    """,
    "audit_events_refuse": """
        BEGIN
            RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
        END
    """,
    "audit_refuse": """
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
        END
    """,
    "audit_await": """
        BEGIN
            INSERT INTO audit_pending (event_id) VALUES (NEW.id);
            RETURN NULL;
        END
    """,
}
FUNCTIONS = ("audit_events_refuse", "audit_refuse", "audit_await")

STREAM_VIEWS = {
    "admin_audit_logs": "admin",
    "auth_audit_logs": "auth",
    "admin_login_audit_logs": "admin_login",
    "entitlement_logs": "entitlement",
}

_SQLITE_GUARDS = sa.text(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables"
).bindparams(sa.bindparam("tables", list(UNIQUE_KEYS), expanding=True))
_POSTGRESQL_GUARDS = sa.text("""
    SELECT tgname, CAST(tgenabled AS text) || ' ' || pg_get_triggerdef(pg_trigger.oid, true)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relname IN :tables AND relnamespace = to_regnamespace(current_schema())
    AND NOT tgisinternal
    UNION ALL
    SELECT proname, prosrc FROM pg_proc
    WHERE proname IN :functions AND pronamespace = to_regnamespace(current_schema())
""").bindparams(
    sa.bindparam("tables", list(UNIQUE_KEYS), expanding=True),
    sa.bindparam("functions", list(FUNCTIONS), expanding=True),
)


def guard_faults(connection: sa.Connection) -> list[str]:
    """What is missing, altered or unknown among the guards of this database; empty when whole."""
    is_sqlite = connection.dialect.name == "sqlite"
    expected = SQLITE if is_sqlite else POSTGRESQL
    rows = connection.execute(_SQLITE_GUARDS if is_sqlite else _POSTGRESQL_GUARDS)
    found = {name: in_one_line(text) for name, text in rows}
    faults = [
        f"{name} {'was altered' if name in found else 'is missing'}"
        for name, text in expected.items()
        if found.get(name) != in_one_line(text)
    ]
    return faults + [f"{name} is unknown" for name in found if name not in expected]


def in_one_line(text: str) -> str:
    """Databases keep the spaces and line feeds that a text was given with."""
    return " ".join(text.split())
