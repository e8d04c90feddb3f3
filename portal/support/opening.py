"""Opening a ticket from a form that may be sent twice."""

from datetime import timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.customers.models import User
from portal.staff.directory import locked_person
from portal.support.models import SupportMessage, SupportTicket
from portal.support.tickets import Opening, open_ticket

REMEMBERED = timedelta(hours=8)
"""As long as a session lasts, a form can be sent again."""


def open_once(
    *, by: Actor, person_id: int, requester: User, opening: Opening
) -> tuple[SupportTicket, bool]:
    """The ticket of this form, and whether it is new. Of two presses at once one waits.

    Raises as `open_ticket`.
    """
    locked_person(person_id)
    known = _opened_before(person_id, opening.submit_key)
    if known is not None:
        return known, False
    return open_ticket(by=by, requester=requester, opening=opening), True


def _opened_before(person_id: int, submit_key: str | None) -> SupportTicket | None:
    if submit_key is None:
        return None
    query = (
        sa.select(SupportTicket)
        .join(SupportMessage, SupportMessage.ticket_id == SupportTicket.id)
        .where(
            SupportTicket.created_at > clock.now() - REMEMBERED,
            SupportTicket.created_by == person_id,
            SupportMessage.submit_key == submit_key,
        )
    )
    return db.session.scalars(query).first()
