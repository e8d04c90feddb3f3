"""What SQLite knows of its tables when it chooses an index; PostgreSQL keeps that up by itself."""

import sqlite3

from portal.core.database import db, is_sqlite

ROWS_READ = 400
"""Of each index, so that the largest takes no longer than others (sqlite.org/lang_analyze.html)."""
OPTIMIZE = "PRAGMA optimize = 0x10002"
"""Of all tables that were never analysed, or have grown much since (sqlite.org/pragma.html)."""
KNOWS_ALL_TABLES = (3, 46)
"""Before, it thought of those alone that the same connection had asked."""


def gather_statistics() -> None:
    """Connections that are open already learn of it when they are made anew."""
    if not is_sqlite():
        return
    connection = db.session.connection()
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS_READ}").close()
    knows_all = sqlite3.sqlite_version_info >= KNOWS_ALL_TABLES
    connection.exec_driver_sql(OPTIMIZE if knows_all else "ANALYZE").close()
