"""What Alembic compares with the models, and how it writes our own column types."""

from typing import Any, Literal

import sqlalchemy as sa

from portal.core.database import UTCDateTime

SEARCHES = ("ticket_search", "audit_search")


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Alembic's hook: the tables of the text search differ by database, so no model has them."""
    return not (kind == "table" and name is not None and name.startswith(SEARCHES))


def render_item(kind: str, item: object, context: Any) -> str | Literal[False]:
    """Alembic's hook: the source text of a type, or False for its own rendering.

    So a migration needs no import of the portal.
    """
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, sa.JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False
