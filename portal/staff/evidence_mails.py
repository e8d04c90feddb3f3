"""What the ledger wants seen outside of the database goes to the mailboxes of the admins."""

from base64 import b64encode
from typing import Any

import sqlalchemy as sa

from portal.audit.forks import Fork
from portal.audit.notes import Checkpoint
from portal.audit.signals import checkpoint_for_people, log_forked
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin
from portal.staff.notices import notify

PAGE = "/audit/log"


@checkpoint_for_people.connect
def _mail_checkpoint(checkpoint: Checkpoint) -> int:
    """How many admins are told. No event for these: a log that grows by its own mails never
    rests.
    """
    admins = _admins()
    root = b64encode(checkpoint.root).decode()
    context = {"origin": checkpoint.origin, "size": checkpoint.size, "root": root}
    for admin in admins:
        _mail(admin, "audit_checkpoint", context)
    return len(admins)


@log_forked.connect
def _tell_of_fork(fork: Fork) -> None:
    for admin in _admins():
        context = {"origin": fork.origin, "why": fork.why}
        _mail(admin, "audit_forked", context, is_security=True)
        text = f"The audit log is not signed any more: {fork.why}"
        notify(admin_id=admin.id, kind="audit_forked", text=text, url=PAGE)


def _admins() -> list[Admin]:
    query = sa.select(Admin).where(
        Admin.role == Role.ADMIN, Admin.joined_at.is_not(None), Admin.disabled_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Admin.id)))


def _mail(
    admin: Admin, template: str, context: dict[str, Any], *, is_security: bool = False
) -> None:
    queue_mail(
        by=SYSTEM,
        to=admin.email,
        to_name=admin.name,
        template=template,
        context={"name": admin.name, "page": PAGE, **context},
        is_security=is_security,
    )
