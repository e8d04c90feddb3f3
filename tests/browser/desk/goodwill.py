"""Scenes of the support desk: goodwill."""

import sqlalchemy as sa

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import SupportTicket
from tests.browser.scene import Scene, Who
from tests.support.goodwill import asked, coupon, feature, given, quota, trial

LIST = "/support/goodwill"
FORM = "/support/tickets/{ticket}/goodwill"
SCENES: dict[str, list[Scene]] = {
    "support.ticket_goodwill": [
        Scene(Who.BEA, FORM),
        Scene(Who.BEA, f"{FORM}?kind=feature&feature_name=custom_reports"),
        Scene(Who.BARE, FORM, 403),
    ],
    "support.goodwill": [
        Scene(Who.ANN, LIST),
        Scene(Who.ANN, f"{LIST}?status=awaiting_approval"),
        Scene(Who.ANN, f"{LIST}?status=rejected"),
        Scene(Who.BEA, LIST, 403),
    ],
    "support.gesture": [
        Scene(Who.BEA, f"{LIST}/{{goodwill}}"),
        Scene(Who.ANN, f"{LIST}/{{goodwill_asked}}"),
        Scene(Who.BEA, f"{LIST}/{{goodwill_asked}}"),
        Scene(Who.BARE, f"{LIST}/{{goodwill_quota}}"),
        Scene(Who.BEA, f"{LIST}/0", 404),
    ],
    "support.goodwill_budgets": [Scene(Who.ANN, f"{LIST}/budgets")],
    "support.edit_budget": [
        Scene(Who.ANN, f"{LIST}/budgets/0"),
        Scene(Who.ANN, f"{LIST}/budgets/{{bea}}"),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What Bea gave of each kind, and what she asks for."""
    agent = sa.select(Admin).where(Admin.name == "Bea Agent").order_by(Admin.id.desc())
    bea = db.session.scalars(agent.limit(1)).one()
    row = given(ticket, bea, coupon(20))
    given(ticket, bea, trial(7))
    return {
        "goodwill": row.id,
        "goodwill_quota": given(ticket, bea, quota(5, "basic_parties")).id,
        "goodwill_asked": asked(ticket, bea, feature(30, "api_access")).id,
    }
