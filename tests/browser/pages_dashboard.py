"""Scenes of the first page, one a role, and of the lists that its numbers open."""

from datetime import timedelta

from portal.core import clock
from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from tests.browser.scene import Scene, Who
from tests.support.desk import answer, make_ticket

SCENES: dict[str, list[Scene]] = {
    "dashboard.home": [
        Scene(Who.ANN, "/"),
        Scene(Who.MO, "/"),
        Scene(Who.BEA, "/"),
        Scene(Who.IVO, "/"),
        Scene(Who.BARE, "/"),
        Scene(Who.MEG, "/"),
    ],
    "subscriptions.on_plan": [
        Scene(Who.MEG, "/subscriptions/plans/professional"),
        Scene(Who.BEA, "/subscriptions/plans/enterprise"),
        Scene(Who.ANN, "/subscriptions/plans/nothing", 404),
    ],
}


def rows(user: User, ivo: Admin) -> dict[str, object]:
    """Ivo has a ticket whose promise is broken; he answered it all the same."""
    ticket, person = make_ticket(user, subject="Ivo's own"), db.session.get_one(Admin, ivo.id)
    answer(ticket, person)
    ticket.assignee_id, ticket.assignee_name = person.id, person.name
    ticket.next_due_at = ticket.queue_at = clock.now() - timedelta(hours=3)
    db.session.flush()
    return {}
