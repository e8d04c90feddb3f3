"""Who has a ticket open, and who is writing in it. Nothing is locked by it: it only tells."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.jobs.registry import handles, recurring
from portal.staff.models import Admin
from portal.support.models import TicketPresence

KIND = "support.forget_presence"
EVERY = timedelta(seconds=15)
"""How often a browser says that it is still there, and how often at most that is written."""
LASTS = timedelta(seconds=45)
TYPING_LASTS = timedelta(seconds=60)
KEPT_FOR = timedelta(hours=1)

recurring(KIND, every=timedelta(minutes=30))


class Present(NamedTuple):
    """Somebody who has a ticket open."""

    admin_id: int
    name: str
    is_replying: bool


def is_due(*, admin_id: int, ticket_id: int) -> bool:
    """Does this sign of life have to be written? Reads alone, so that most polls do not write."""
    query = sa.select(TicketPresence.seen_at).where(
        TicketPresence.ticket_id == ticket_id, TicketPresence.admin_id == admin_id
    )
    seen_at = db.session.scalar(query)
    return seen_at is None or clock.now() - seen_at >= EVERY


def note_presence(*, admin_id: int, ticket_id: int, is_typing: bool = False) -> None:
    """The person has the ticket open now; `is_typing`: and wrote in it since the last time."""
    now = clock.now()
    values: dict[str, Any] = {"seen_at": now, **({"typed_at": now} if is_typing else {})}
    new = insert_into(TicketPresence).values(ticket_id=ticket_id, admin_id=admin_id, **values)
    keys = ["ticket_id", "admin_id"]
    db.session.execute(new.on_conflict_do_update(index_elements=keys, set_=values))


def present_on(ticket_ids: Collection[int], now: datetime) -> dict[int, list[Present]]:
    """Who has each of these tickets open now, by name. One query."""
    if not ticket_ids:
        return {}
    query = (
        sa.select(
            TicketPresence.ticket_id, TicketPresence.admin_id, Admin.name, TicketPresence.typed_at
        )
        .join(Admin, Admin.id == TicketPresence.admin_id)
        .where(TicketPresence.ticket_id.in_(ticket_ids), TicketPresence.seen_at > now - LASTS)
        .order_by(TicketPresence.ticket_id, Admin.name, Admin.id)
    )
    found: dict[int, list[Present]] = {}
    for ticket_id, admin_id, name, typed_at in db.session.execute(query):
        present = Present(admin_id, name, is_replying(typed_at, now))
        found.setdefault(ticket_id, []).append(present)
    return found


def is_replying(typed_at: datetime | None, now: datetime) -> bool:
    return typed_at is not None and now - typed_at < TYPING_LASTS


@handles(KIND)
def forget_presence(_payload: dict[str, Any]) -> None:
    """Remove the rows of whoever went away."""
    limit = clock.now() - KEPT_FOR
    changed_rows(sa.delete(TicketPresence).where(TicketPresence.seen_at < limit))
