"""The log's name and first key, once an installation."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.checkpoints import progress
from portal.audit.key_rotation import announce
from portal.audit.keys import KeyExists, create_key_file, public_keys
from portal.audit.models import LogOrigin, SignedTree
from portal.audit.notes import VerifierKey
from portal.audit.origins import begin_origin, current_origin, default_origin
from portal.config import settings
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict


class NameInUse(Conflict):
    """Signed checkpoints name the log otherwise already."""

    title = "The log has a name already"


def set_up(*, by: Actor, origin: str | None = None) -> VerifierKey:
    """Name the log, make its key file, and announce the public half in the log.

    The file is there even when the caller's commit fails: that key then signs under the default
    name, as one that made itself does.

    Raises:
        KeyExists: there is a key file, which is never replaced.
        NameInUse, BadOrigin: the log cannot be called so.
        UnusableKeyFile: the file cannot be written.
    """
    path = settings().audit_key_file
    if path.exists():
        raise KeyExists(f"{path} exists and is not replaced. Its public half: flask audit key")
    _name_log(origin)
    create_key_file()
    key = public_keys()[0]
    announce(Action.AUDIT_KEY_CREATED, by=by, key=key)
    return key


def _name_log(wanted: str | None) -> None:
    current = current_origin()
    if current is None:
        begin_origin(wanted or default_origin(), from_size=0)
    elif wanted and wanted != current.origin:
        if _has_signed(current):
            raise NameInUse(f"Signed checkpoints call the log {current.origin}: it keeps the name.")
        begin_origin(wanted, from_size=progress().size, reason="named before anything was signed")


def _has_signed(origin: LogOrigin) -> bool:
    signed = sa.select(SignedTree.tree_size).where(
        SignedTree.key_id.is_not(None), SignedTree.note.startswith(f"{origin.origin}\n")
    )
    return bool(db.session.scalar(sa.select(signed.exists())))
