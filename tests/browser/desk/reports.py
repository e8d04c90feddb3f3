"""Scenes of the support desk: reports."""

from portal.support.models import SupportTicket
from tests.browser.scene import Scene, Who

SCENES = {
    "support.reports": [
        Scene(Who.ANN, "/support/reports"),
        Scene(Who.BEA, "/support/reports?from=tomorrow", 422),
        Scene(Who.BARE, "/support/reports"),
    ],
    "support.report_tickets": [
        Scene(Who.ANN, "/support/reports/tickets/created"),
        Scene(Who.ANN, "/support/reports/tickets/rated:1"),
        Scene(Who.ANN, "/support/reports/tickets/nothing", 404),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """The sample ticket was opened today, which is enough."""
    return {}
