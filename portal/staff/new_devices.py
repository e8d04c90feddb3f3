"""Somebody signs in where they never did before: they are told at once, here and by mail."""

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin, AdminSession
from portal.staff.notices import notify
from portal.web.access import SessionState

KIND = "session.new_device"


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
    address = session.ip_first or "an unknown address"
    notify(
        admin_id=session.admin_id,
        kind=KIND,
        text=f"You signed in from a new place: {session.device_label}, {address}. If that was not "
        "you, end the session and change your password.",
        url="/account/sessions",
    )
    person = db.session.get_one(Admin, session.admin_id)
    queue_mail(
        by=by,
        to=person.email,
        to_name=person.name,
        template="new_device",
        context={
            "name": person.name,
            "device": session.device_label,
            "ip": address,
            "at": f"{clock.now():%Y-%m-%d %H:%M} UTC",
        },
    )
    return True
