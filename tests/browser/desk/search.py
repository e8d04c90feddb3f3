"""Scenes of the support desk: search."""

from portal.support.models import SupportTicket
from tests.browser.scene import Scene, Who

SCENES = {
    "support.find": [
        Scene(Who.BEA, "/support/search?q=press"),
        Scene(Who.ANN, "/support/search"),
        Scene(Who.ANN, "/support/search?q=nothing+like+this"),
        Scene(Who.BEA, "/support/search?q=statsu:open", 422),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the sample ticket says is enough to be found."""
    return {}
