"""How Alembic writes our own column types, so that a migration needs no import of the portal."""

from typing import Any, Literal

import sqlalchemy as sa

from portal.core.database import UTCDateTime


def render_item(kind: str, item: object, context: Any) -> str | Literal[False]:
    """Alembic's hook: the source text of a type, or False for its own rendering."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, sa.JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False
