"""What the demo company's desk promises, and who answers: the usual levels, and a team."""

import sqlalchemy as sa

from portal.config import settings
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.support.models import SlaRule
from portal.support.usual_levels import bring_team, create_usual_levels


def seed_support(*, by: Actor = SYSTEM) -> int:
    """Where there are no service levels, the usual ones; how many were added.

    A team and a calendar come with them where there are none. What is there already stays.
    """
    if db.session.scalar(sa.select(sa.exists().where(SlaRule.id > 0))):
        bring_team(by=by)
        return 0
    zone = settings().timezone
    return len(create_usual_levels(by=by, zone=None if zone == "UTC" else zone))
