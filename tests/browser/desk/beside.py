"""Scenes of the support desk: beside."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.support.models import SupportTicket
from portal.support.ticket_grants import grant_from_ticket
from tests.browser.scene import Scene, Who

PLACE = "/support/tickets/{ticket}"
SCENES: dict[str, list[Scene]] = {
    "support.customer": [Scene(Who.BEA, f"{PLACE}/customer")],
    "support.ticket_why": [
        Scene(Who.BEA, f"{PLACE}/why/custom_reports"),
        Scene(Who.BEA, f"{PLACE}/why/custom_reports?at=yesterday", 422),
    ],
    "support.tickets_of_one_user": [
        Scene(Who.BEA, "/support/users/{user}/tickets"),
        Scene(Who.BARE, "/support/users/{user}/tickets"),
    ],
    "support.tickets_of_tenant": [
        Scene(Who.BEA, "/support/tenants/{tenant}/tickets"),
        Scene(Who.BEA, "/support/tenants/{closed_tenant}/tickets"),
    ],
    "support.ticket_grant": [Scene(Who.BEA, f"{PLACE}/grant?feature_name=api_access")],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    until = clock.now() + timedelta(days=7)
    granted = grant_from_ticket(
        by=SYSTEM,
        ticket=ticket,
        feature_name="custom_reports",
        expires_at=until,
        reason="while the press is mended",
    )
    return {"ticket_grant": granted.row.id}
