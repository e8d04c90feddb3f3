"""Who may do what to the ledger's tables on PostgreSQL: read and add, and nothing else.

The owner runs migrations and archives; the portal itself works as a role that only has these.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from portal.audit.guards import STREAM_VIEWS, UNIQUE_KEYS

READ_AND_ADD = frozenset({"SELECT", "INSERT"})
ALLOWED = {
    **dict.fromkeys(UNIQUE_KEYS, READ_AND_ADD),
    # What the sequencer keeps: the queue that it empties, and the edge that it moves.
    "audit_pending": READ_AND_ADD | {"DELETE"},
    "audit_frontier": READ_AND_ADD | {"UPDATE", "DELETE"},
    "audit_verifications": READ_AND_ADD | {"DELETE"},
    **dict.fromkeys(STREAM_VIEWS, frozenset({"SELECT"})),
}
"""Each table and view of the ledger, and what the portal's own role needs of it."""
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
PARAMETER_PRIVILEGES_SINCE = 150000


class NoSuchRole(LookupError):
    """The database has no role of this name."""


def statements(connection: sa.Connection, role: str) -> list[str]:
    """What the owner runs, so that the role has just what it needs. Running it again is harmless.

    Raises:
        NoSuchRole: the role is not there.
    """
    if _superuser(connection, role) is None:
        raise NoSuchRole(f"There is no role {role}.")
    quoted = connection.dialect.identifier_preparer.quote(role)
    return [
        *_for_each_table(quoted, "REVOKE ALL ON {table} FROM {role}"),
        *_for_each_table(quoted, "GRANT {kinds} ON {table} TO {role}"),
        f"GRANT USAGE ON SEQUENCE audit_verifications_id_seq TO {quoted}",
    ]


def _for_each_table(role: str, statement: str) -> Iterator[str]:
    for table, kinds in ALLOWED.items():
        ordered = ", ".join(kind for kind in ALL if kind in kinds)
        yield statement.format(table=table, role=role, kinds=ordered)


def privilege_faults(connection: sa.Connection, role: str) -> list[str]:
    """What the role could do to the ledger and must not, or must and cannot; empty when right."""
    is_superuser = _superuser(connection, role)
    if is_superuser is None:
        return [f"There is no role {role}."]
    if is_superuser:
        return [f"{role} is a superuser: no right of any table binds it."]
    if of := _owner_it_plays(connection, role):
        return [f"{role} is a member of {of}, which owns the ledger: it can take every right."]
    return [*_table_faults(connection, role), *_parameter_faults(connection, role)]


def _superuser(connection: sa.Connection, role: str) -> bool | None:
    query = sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = :role")
    found: bool | None = connection.scalar(query, {"role": role})
    return found


def _owner_it_plays(connection: sa.Connection, role: str) -> str | None:
    query = sa.text("""
        SELECT pg_get_userbyid(relowner) FROM pg_class
        WHERE pg_class.oid = ANY (CAST(ARRAY[:events, :leaves] AS regclass[]))
        AND pg_has_role(:role, relowner, 'MEMBER') LIMIT 1
    """)
    tables = {"events": "audit_events", "leaves": "audit_leaves"}
    found: str | None = connection.scalar(query, {"role": role, **tables})
    return found


def _table_faults(connection: sa.Connection, role: str) -> Iterator[str]:
    # A right on one column is a right: has_any_column_privilege sees both.
    query = sa.text("""
        SELECT relname, kind,
            CASE WHEN kind IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
            THEN has_any_column_privilege(:role, pg_class.oid, kind)
            ELSE has_table_privilege(:role, pg_class.oid, kind) END
        FROM pg_class, unnest(CAST(:kinds AS text[])) AS kind
        WHERE relname IN :tables AND relnamespace = to_regnamespace(current_schema())
        ORDER BY relname, kind
    """).bindparams(sa.bindparam("tables", list(ALLOWED), expanding=True))
    for table, kind, has in connection.execute(query, {"role": role, "kinds": list(ALL)}):
        if has and kind not in ALLOWED[table] and kind != "REFERENCES":
            yield f"{role} may {kind} on {table}."
        elif not has and kind in ALLOWED[table]:
            yield f"{role} may not {kind} on {table}, which it needs."


def _parameter_faults(connection: sa.Connection, role: str) -> Iterator[str]:
    version = connection.scalar(sa.text("SELECT current_setting('server_version_num')::int")) or 0
    query = sa.text("SELECT has_parameter_privilege(:role, 'session_replication_role', 'SET')")
    if version >= PARAMETER_PRIVILEGES_SINCE and connection.scalar(query, {"role": role}):
        yield f"{role} may set session_replication_role, which silences ordinary triggers."


def is_owner(connection: sa.Connection) -> bool:
    """Does this connection own the ledger, or may it do as its owner does?"""
    role = connection.scalar(sa.text("SELECT current_user"))
    return bool(_superuser(connection, role) or _owner_it_plays(connection, role))
