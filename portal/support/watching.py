"""Our people who want to know what happens to a ticket, though it is not theirs."""

from collections.abc import Iterable

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.support.models import SupportTicket, TicketWatcher


def watch(*, ticket: SupportTicket, admin_ids: Iterable[int]) -> None:
    """Tell these people from now on. Who is told already stays so."""
    now = clock.now()
    rows = [{"ticket_id": ticket.id, "admin_id": each, "since": now} for each in admin_ids]
    if rows:
        db.session.execute(insert_into(TicketWatcher).values(rows).on_conflict_do_nothing())


def unwatch(*, ticket: SupportTicket, admin_id: int) -> None:
    mine = (TicketWatcher.ticket_id == ticket.id, TicketWatcher.admin_id == admin_id)
    changed_rows(sa.delete(TicketWatcher).where(*mine))


def watchers_of(ticket_id: int) -> set[int]:
    query = sa.select(TicketWatcher.admin_id).where(TicketWatcher.ticket_id == ticket_id)
    return set(db.session.scalars(query))
