"""A new key for cookies and forms. What an older one signed opens on while it is a fallback."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.config import settings
from portal.config_keys import new_key, replace_secret_key, secret_key_file
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import AdminSession
from portal.staff.open_sessions import is_open

YOUNG = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What became of the key. One that is set outside is only proposed: `to_set` are the lines."""

    is_changed: bool = False
    fallbacks: int = 0
    sessions: int = 0
    """Live ones, all of which go on: their tokens are no work of this key."""
    to_set: tuple[str, ...] = ()


def rotate_secret_key(*, is_forced: bool = False) -> NewSecret:
    """Replace the key that was generated into the instance folder, unless it is of today.

    So a second run changes nothing.
    """
    found = settings()
    path = secret_key_file(found.instance_dir)
    is_generated = path.exists() and path.read_text().strip() == found.secret_key
    if found.is_production or not is_generated:
        older = ",".join((found.secret_key, *found.secret_key_fallbacks))
        lines = (f"PORTAL_SECRET_KEY={new_key()}", f"PORTAL_SECRET_KEY_FALLBACKS={older}")
        return NewSecret(to_set=lines)
    made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if not is_forced and found.secret_key_fallbacks and clock.now() - made_at < YOUNG:
        return NewSecret(fallbacks=len(found.secret_key_fallbacks), sessions=_sessions())
    kept = replace_secret_key(
        found.instance_dir, old=found.secret_key, fallbacks=found.secret_key_fallbacks
    )
    record(Action.SECRET_KEY_ROTATED, by=SYSTEM, meta={"older_keys": kept})
    return NewSecret(is_changed=True, fallbacks=kept, sessions=_sessions())


def _sessions() -> int:
    query = sa.select(sa.func.count()).select_from(AdminSession).where(is_open(clock.now()))
    return db.session.scalar(query) or 0
