"""How far the database is migrated, and how far this code needs it to be."""

from functools import cache

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from portal.config import ROOT
from portal.core.database import db, glancing

VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))


@cache
def newest_versions() -> frozenset[str]:
    """What `flask db upgrade` leads to."""
    return frozenset(_scripts().get_heads())


def stored_versions() -> frozenset[str]:
    """None before the first migration."""
    with glancing():
        if not sa.inspect(db.session.connection()).has_table(VERSIONS.name):
            return frozenset()
        return frozenset(db.session.scalars(sa.select(VERSIONS.c.version_num)))


def is_behind() -> bool:
    """Is there a migration that this database lacks?

    Not of one that newer code has migrated, as while its processes are still to be started, nor of
    one that does not answer: of both `/readyz` tells.
    """
    try:
        stored = stored_versions()
    except sa.exc.DBAPIError:
        db.session.rollback()
        return False
    return stored != newest_versions() and stored <= _known_versions()


@cache
def _known_versions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))
