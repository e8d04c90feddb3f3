"""Scenes of the support desk: the page behind the link of a solved ticket."""

from portal.core.database import db
from portal.customers.models import User
from portal.support.models import SupportTicket
from portal.support.ratings import rating_token
from portal.support.words import Status
from tests.browser.scene import Scene, Who
from tests.cast import make_admin
from tests.support.desk import answer, make_ticket

SCENES: dict[str, list[Scene]] = {
    "support.rating": [
        Scene(Who.NOBODY, "/rate/{rating}"),
        Scene(Who.ANN, "/rate/{rating}"),
        Scene(Who.NOBODY, "/rate/nothing", 410),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """Another ticket of the same customer, solved by somebody who has left meanwhile."""
    user = db.session.get_one(User, ticket.requester_id)
    solved = make_ticket(user, subject="Where is " + "the very long word " * 4)
    answer(solved, make_admin("Lee Left"), status=Status.SOLVED)
    return {"rating": rating_token(solved)}
