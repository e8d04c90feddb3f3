"""Scenes of the support desk: search."""

from portal.support.models import SupportTicket
from tests.browser.scene import Scene

SCENES: dict[str, list[Scene]] = {}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    return {}
