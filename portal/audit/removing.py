"""Taking archived events out of the ledger's table, as its owner, a little at a time.

The guards refuse that to everybody. So each batch is one transaction that takes a guard away,
removes, and puts it back: whoever interrupts it finds the guard in its place.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.guards import SQLITE
from portal.audit.holds import is_held
from portal.audit.merkle import Span
from portal.audit.models import AuditEvent, Leaf
from portal.config import settings
from portal.core.database import engine_options
from portal.core.errors import Conflict

AT_ONCE = 1_000
PATIENCE = "SET LOCAL lock_timeout = '10s'"
KEPT = (
    Action.AUDIT_ARCHIVED,
    Action.AUDIT_HOLD_PLACED,
    Action.AUDIT_HOLD_RELEASED,
    Action.AUDIT_KEY_CREATED,
    Action.AUDIT_KEY_ROTATED,
    Action.AUDIT_FORK_FOUND,
    Action.AUDIT_FORK_ACCEPTED,
)
"""What the ledger says about itself stays: verification reads it."""
WITHOUT_GUARD = {
    "sqlite": "DROP TRIGGER audit_events_no_delete",
    "postgresql": "ALTER TABLE audit_events DISABLE TRIGGER audit_events_no_change",
}
WITH_GUARD = {
    "sqlite": SQLITE["audit_events_no_delete"],
    "postgresql": "ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_no_change",
}
OWNER = sa.text("""
    SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class
    WHERE pg_class.oid = CAST('audit_events' AS regclass)
""")
_event, _leaf = AuditEvent.__table__.c, Leaf.__table__.c


class NotTheOwner(Conflict):
    """Only the role that owns the ledger can take events out."""

    title = "Nothing was removed"


def owner_engine() -> sa.Engine:
    """Connections of the role that owns the tables. Whoever asks disposes of it.

    Raises:
        NotTheOwner: the settings name another role.
    """
    url = settings().migration_database_url
    engine = sa.create_engine(url, **engine_options(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql" and not connection.scalar(OWNER):
            raise NotTheOwner(
                "PORTAL_MIGRATION_DATABASE_URL must name the role that owns the ledger."
            )
    return engine


def remove_events(engine: sa.Engine, span: Span) -> Iterator[int]:
    """Remove the span's events, except held ones; how many each batch had. Ends when none is left.

    Begin it again after an interruption: what is gone is gone, and the rest follows.
    """
    first, end = span
    while first < end:
        with engine.begin() as connection:
            found = _next_events(connection, (first, end))
            if not found:
                return
            removed = _remove(connection, [event_id for _, event_id in found])
        first = found[-1][0] + 1
        yield removed


def _next_events(connection: sa.Connection, span: Span) -> list[tuple[int, str]]:
    query = (
        sa.select(_leaf.leaf_index, _event.id)
        .join_from(Leaf, AuditEvent, _event.id == _leaf.event_id)
        .where(_leaf.leaf_index.between(span[0], span[1] - 1))
        .where(
            _event.action.not_in([action.value for action in KEPT]), sa.not_(is_held(connection))
        )
        .order_by(_leaf.leaf_index)
        .limit(AT_ONCE)
    )
    return [(index, event_id) for index, event_id in connection.execute(query)]


def _remove(connection: sa.Connection, ids: list[str]) -> int:
    """Holds are asked for once more: who places one writes an event, and no event is written
    from here to the end of the batch.
    """
    kind = connection.dialect.name
    if kind == "postgresql":
        # Writers wait for a batch, and a batch no longer than this for them.
        connection.exec_driver_sql(PATIENCE)
    connection.exec_driver_sql(WITHOUT_GUARD[kind])
    gone = sa.delete(AuditEvent).where(_event.id.in_(ids), sa.not_(is_held(connection)))
    removed = connection.execute(gone).rowcount
    connection.exec_driver_sql(WITH_GUARD[kind])
    return removed
