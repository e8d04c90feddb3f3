"""What has to hold in the database before a process serves or works, or a command begins.

Of the secrets commands are not asked: some of them put it right.
"""

from collections.abc import Callable

import sqlalchemy as sa

from portal.config import UnsafeSettings, settings
from portal.core.database import db
from portal.core.migrated import is_behind

Check = Callable[[], None]
_checks: list[Check] = []


class DatabaseBehind(Exception):
    """Migrations are missing; the message says which database, and what to do."""


def before_start(check: Check) -> Check:
    """Have this asked in production, which raises UnsafeSettings where it does not hold."""
    _checks.append(check)
    return check


def reason_not_to_start() -> str | None:
    """Why this process must neither serve nor work, and what to do; None where it may.

    Within an application context, once a process.
    """
    try:
        refuse_database_behind()
        for check in _checks if settings().is_production else ():
            check()
    except (DatabaseBehind, UnsafeSettings) as refused:
        return str(refused)
    return None


def refuse_database_behind() -> None:
    """Without its tables everything would fail, one by one and in words of the database's own.

    Raises:
        DatabaseBehind: see there.
    """
    if is_behind():
        raise DatabaseBehind(
            f"The database at {_address(db.engine.url)} is not up to date: "
            "run `flask --app wsgi db upgrade`."
        )


def _address(url: sa.URL) -> str:
    """Neither who signs in there nor what follows a `?`: a password may stand in both."""
    kind = url.get_backend_name()
    return sa.URL.create(kind, None, None, url.host, url.port, url.database).render_as_string()
