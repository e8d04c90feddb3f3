"""Verifications of the audit log that went wrong reach every admin: by mail, and under the bell."""

import sqlalchemy as sa

from portal.audit.models import Verification
from portal.audit.verifying.report import Ending
from portal.audit.verifying.signals import verification_failed
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin
from portal.staff.notices import notify

PAGE = "/audit/verification"
MOST_TOLD = 5


@verification_failed.connect
def _tell(kept: Verification) -> None:
    is_changed = kept.exit_code == Ending.TAMPERED
    what = "was changed" if is_changed else "cannot be proven any more"
    faults = [fault["message"] for fault in kept.faults["faults"]] or kept.faults["unknown"]
    for admin in db.session.scalars(_admins()):
        queue_mail(
            by=SYSTEM,
            to=admin.email,
            to_name=admin.name,
            template="audit_verification",
            context={
                "name": admin.name,
                "page": PAGE,
                "what": what,
                "faults": faults[:MOST_TOLD],
                "more": max(len(faults) - MOST_TOLD, 0),
            },
            is_security=True,
        )
        notify(
            admin_id=admin.id,
            kind="audit_verification",
            text=f"The audit log {what}: {faults[0]}",
            url=PAGE,
        )


def _admins() -> sa.Select[Admin]:
    is_there = (Admin.joined_at.is_not(None), Admin.disabled_at.is_(None))
    return sa.select(Admin).where(Admin.role == Role.ADMIN, *is_there).order_by(Admin.id)
