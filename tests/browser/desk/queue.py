"""Scenes of the support desk: queue."""

from datetime import timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.models import SavedView, SupportTicket, TicketPresence
from tests.browser.scene import Scene, Who
from tests.support.queue_cast import put

HOUR = timedelta(hours=1)
SCENES: dict[str, list[Scene]] = {
    "support.own_queue": [Scene(Who.BEA, "/support/queue"), Scene(Who.BARE, "/support/queue")],
    "support.queue": [
        Scene(Who.BEA, "/support/queue/all"),
        Scene(Who.ANN, "/support/queue/all?q=is:unread+-tag:spam"),
        Scene(Who.BEA, "/support/queue/all?q=is:unread+statsu:open", 422),
        Scene(Who.BEA, "/support/queue/team"),
        Scene(Who.BEA, "/support/queue/view-{shared_view}"),
        Scene(Who.BEA, "/support/queue/x", 404),
    ],
    "support.views": [Scene(Who.BEA, "/support/views"), Scene(Who.ANN, "/support/views")],
    "support.new_view": [Scene(Who.ANN, "/support/views/new?q=tag:vip")],
    "support.edit_view": [
        Scene(Who.ANN, "/support/views/{shared_view}"),
        Scene(Who.BEA, "/support/views/0", 404),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    una = db.session.get_one(User, ticket.requester_id)
    put(
        una,
        subject="Late, long and loved: " + "kraftliner " * 20,
        due_in=-HOUR,
        priority="urgent",
        plan_name="Enterprise",
        tags=["vip", "paper", "fair", "printer"],
    )
    put(una, due_in=HOUR * 9, status="pending", is_unread=False, assignee_name="Bea Agent")
    someone = db.session.scalar(sa.select(sa.func.min(Admin.id)))
    seen = {"seen_at": clock.now() + HOUR, "typed_at": clock.now()}
    db.session.add(TicketPresence(ticket_id=ticket.id, admin_id=someone, **seen))
    views = [
        SavedView(name=name, name_key=name.lower(), query="is:unread", created_at=clock.now())
        for name in ("VIPs", "Everything that came unread this week and is long")
    ]
    db.session.add_all(views)
    db.session.flush()
    return {"shared_view": views[0].id}
