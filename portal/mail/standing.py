"""How many mails stand where."""

from typing import Any

import sqlalchemy as sa

from portal.core.counting import capped
from portal.mail.models import EmailLog, MailStatus


def mails_in(status: MailStatus) -> sa.ScalarSelect[Any]:
    """For a statement of several numbers."""
    return capped(sa.select(EmailLog.id).where(EmailLog.status == status))
