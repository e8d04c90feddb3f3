"""Scenes of tickets that belong together."""

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import User
from portal.support.linking import link
from portal.support.merging import merge
from portal.support.models import SupportTicket
from tests.browser.scene import Scene, Who
from tests.support.desk import make_ticket

SCENES = {
    "support.related": [
        Scene(Who.BEA, "/support/tickets/{ticket}/related"),
        Scene(Who.ANN, "/support/tickets/{merged}/related"),
        Scene(Who.ANN, "/support/tickets/TCK-2000-000001/related", 404),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """A ticket that is linked to the sample, and one that was merged into it."""
    user = db.session.get_one(User, ticket.requester_id)
    link(by=SYSTEM, ticket=ticket, other=make_ticket(user, subject="The same press"))
    merged = make_ticket(user, subject="Press again")
    merge(by=SYSTEM, source=merged, target=ticket)
    return {"merged": merged.number}
