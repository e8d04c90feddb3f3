"""The views by which other tools read the ledger: do they still show what they should?"""

import sqlalchemy as sa

from portal.audit.guards import STREAM_VIEWS, in_one_line
from portal.audit.verifying.report import Findings, Kind

COLUMNS = (
    "id, occurred_at, action, outcome, severity, reason, actor_type, actor_id, actor_label, "
    "actor_role, target_type, target_id, target_label, tenant_id, ip, request_id, session_ref, "
    "canonical"
)
_VALUES = {
    "sqlite": """
        CASE json_array_length(CAST(canonical AS TEXT), '$.changes')
            WHEN 0 THEN NULL
            WHEN 1 THEN json_extract(CAST(canonical AS TEXT), '$.changes[0].old')
            ELSE (
                SELECT json_group_object(
                    json_extract(change.value, '$.field'), json_extract(change.value, '$.old')
                ) FROM json_each(CAST(canonical AS TEXT), '$.changes') AS change
            )
        END AS old_value
    """,
    "postgresql": """
        CASE jsonb_array_length(convert_from(canonical, 'UTF8')::jsonb -> 'changes')
            WHEN 0 THEN NULL
            WHEN 1 THEN convert_from(canonical, 'UTF8')::jsonb #> '{changes,0,old}'
            ELSE (
                SELECT jsonb_object_agg(change ->> 'field', change -> 'old')
                FROM jsonb_array_elements(convert_from(canonical, 'UTF8')::jsonb -> 'changes')
                AS change
            )
        END AS old_value
    """,
}
_ABOUT = {
    "sqlite": """
        json_extract(CAST(canonical AS TEXT), '$.meta.entity_type') AS entity_type,
        json_extract(CAST(canonical AS TEXT), '$.meta.entity_id') AS entity_id,
        json_extract(CAST(canonical AS TEXT), '$.meta.user_id') AS user_id
    """,
    "postgresql": """
        convert_from(canonical, 'UTF8')::jsonb #>> '{meta,entity_type}' AS entity_type,
        convert_from(canonical, 'UTF8')::jsonb #>> '{meta,entity_id}' AS entity_id,
        (convert_from(canonical, 'UTF8')::jsonb #>> '{meta,user_id}')::bigint AS user_id
    """,
}
_STORED = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = :name",
    "postgresql": "SELECT pg_get_viewdef(to_regclass(:name))",
}


def _query(stream: str, dialect: str) -> str:
    """What the migrations made the view of: they hold a frozen copy of these texts."""
    columns = COLUMNS
    if stream == "entitlement":
        old = _VALUES[dialect]
        new = old.replace("old", "new")
        columns += f", feature_name, {_ABOUT[dialect]}, {old}, {new}"
    return f"SELECT {columns} FROM audit_events WHERE stream = '{stream}'"  # noqa: S608 - as above


def check_views(connection: sa.Connection, findings: Findings) -> list[str]:
    """Name each view that is missing or was altered. Returns what could not be looked at."""
    dialect = connection.dialect.name
    notes = []
    for name, stream in STREAM_VIEWS.items():
        stored = connection.scalar(sa.text(_STORED[dialect]), {"name": name})
        meant = _meant(connection, name, _query(stream, dialect))
        if stored is None:
            findings.add(Kind.PROJECTION_MISMATCH, f"The view {name} is missing.")
        elif meant is None:
            notes.append(f"The view {name} was not compared: that needs the right to TEMP.")
        elif in_one_line(stored) != in_one_line(meant):
            what = f"The view {name} was altered: it may show other events than the ledger's."
            findings.add(Kind.PROJECTION_MISMATCH, what)
    return notes


def _meant(connection: sa.Connection, name: str, query: str) -> str | None:
    """The definition as this database would store it: each version of PostgreSQL spells it in
    its own way, so it is asked, by a view that is gone at once.
    """
    if connection.dialect.name == "sqlite":
        return f"CREATE VIEW {name} AS {query}"
    expected = f"{name}_expected"
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"CREATE TEMPORARY VIEW {expected} AS {query}")
        found = connection.exec_driver_sql(f"SELECT pg_get_viewdef('pg_temp.{expected}'::regclass)")
        return str(found.scalar_one())
    except sa.exc.DBAPIError:
        return None
    finally:
        savepoint.rollback()
