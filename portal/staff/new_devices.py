"""Somebody signs in where they never did before: they are told at once, here and by mail."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.staff.models import Admin, AdminSession
from portal.staff.telling import tell
from portal.web.access import SessionState


def tell_of_new_device(*, by: Actor, session: AdminSession) -> bool:
    """Call it when a sign-in is finished. Was it told?

    A device is what the browser says it is, within the network that it comes from. Sessions are
    remembered for 90 days. The first one of all is of somebody who joins.
    """
    seen = db.session.execute(
        sa.select(AdminSession.device_label, AdminSession.network)
        .where(
            AdminSession.admin_id == session.admin_id,
            AdminSession.id != session.id,
            AdminSession.state == SessionState.ACTIVE,
        )
        .distinct()
    ).all()
    if not seen or (session.device_label, session.network) in [tuple(row) for row in seen]:
        return False
    tell(
        Action.SESSION_OPENED,
        by=by,
        person=db.session.get_one(Admin, session.admin_id),
        device=session.device_label,
        ip=session.ip_first or "an unknown address",
        at=clock.now(),
    )
    return True
