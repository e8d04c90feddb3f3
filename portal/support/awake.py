"""Which tickets nobody has put off."""

from typing import Any

import sqlalchemy as sa

from portal.support.models import SupportTicket


def is_awake(now: Any) -> sa.ColumnElement[bool]:
    """Not put off, or until an instant that has come; `now` is a value or a parameter.

    Nearly every ticket is. Said in this way no index can serve it, so that each database reads
    by the rest of what is asked: by two halves of an `or` SQLite would gather all that are awake.
    """
    is_asleep: sa.ColumnElement[bool] = SupportTicket.__table__.c.snoozed_until > now
    return is_asleep.is_not(sa.true())
