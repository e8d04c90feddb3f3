"""Scenes of the support desk: levels."""

from datetime import date

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.support import clocks
from portal.support.models import SupportTicket
from portal.support.rules import disable_rule
from tests.browser.scene import Scene, Who
from tests.support.levels import make_calendar, make_rule

SCENES: dict[str, list[Scene]] = {
    "support.levels": [
        Scene(Who.ANN, "/support/levels"),
        Scene(Who.BEA, "/support/levels"),
    ],
    "support.new_level": [Scene(Who.ANN, "/support/levels/new")],
    "support.edit_level": [Scene(Who.ANN, "/support/levels/{level}")],
    "support.ticket_clocks": [Scene(Who.BEA, "/support/tickets/{ticket}/clocks")],
    "support.calendar": [
        Scene(Who.ANN, "/support/calendars/{calendar}"),
        Scene(Who.BEA, "/support/calendars/{calendar}"),
    ],
    "support.new_calendar": [Scene(Who.ANN, "/support/calendars/new")],
    "support.edit_calendar": [Scene(Who.ANN, "/support/calendars/{calendar}/edit")],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    calendar = make_calendar(
        country="DE", subdivision="BY", special_days={date(2026, 12, 24): ((540, 780),)}
    )
    urgent = make_rule(calendar, name="Urgent", priority="urgent", resolution_s=None, update_s=7200)
    make_rule(calendar, name="Everything else")
    disable_rule(by=SYSTEM, rule=make_rule(calendar, name="Old"))
    clocks.terms_changed(ticket, clock.now())
    return {"level": urgent.id, "calendar": calendar.id}
