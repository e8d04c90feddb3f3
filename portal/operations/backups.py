"""A consistent copy of a SQLite database while it is in use."""

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.config import settings
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.migrated import stored_versions


class CannotBackUp(Conflict):
    """Nothing was copied; the message says what to do instead."""


def back_up(target: Path) -> None:
    """Copy the database to a new file, check the copy, and record it. The caller commits.

    Raises:
        CannotBackUp: not SQLite, the file exists, or the copy is not sound.
    """
    url = sa.make_url(settings().database_url)
    if url.get_backend_name() != "sqlite":
        safe = url.set(drivername="postgresql", password=None).render_as_string()
        raise CannotBackUp(f"Use PostgreSQL's own tool: pg_dump -Fc --file {target} '{safe}'")
    if not stored_versions():
        raise CannotBackUp(f"The database at {url.database} has no tables yet: nothing to copy.")
    if target.exists():
        raise CannotBackUp(f"{target} exists. Choose another name.")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        # The copy holds password hashes and sealed secrets: for the operator's eyes only.
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(str(url.database), unfinished)
        # A link refuses a name that was taken meanwhile, where a rename would replace it.
        target.hardlink_to(unfinished)
    except FileExistsError as error:
        raise CannotBackUp(f"{target} exists. Choose another name.") from error
    except OSError as error:
        raise CannotBackUp(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    record(Action.BACKUP_MADE, by=SYSTEM, target=Target("file", target.name, target.name))
    db.session.flush()


def _copy(source: str, target: Path) -> None:
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        # One file alone, without the journal that the live database keeps beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    live.close()
    copy.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())
    if verdict != "ok":
        raise CannotBackUp(f"The copy is not sound: {verdict}")
