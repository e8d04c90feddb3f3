"""What became of the mails of a message, as its ticket shows it."""

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa

from portal.core.database import db
from portal.mail.models import EmailLog, MailStatus
from portal.support.models import SupportMessage
from portal.support.outgoing import MESSAGE

TRIES_UNNOTICED = 1
"""Many servers turn every first try away (RFC 6647): the second delay is worth a word."""


class MailState(StrEnum):
    """The worst first: of several mails the page shows the one that needs somebody."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    DELAYED = "delayed"
    WAITING = "waiting"
    SENT = "sent"
    WITHDRAWN = "withdrawn"

    @property
    def needs_somebody(self) -> bool:
        """The page shows a red banner on the message."""
        return self in {MailState.FAILED, MailState.UNKNOWN}

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    MailState.FAILED: "Not delivered",
    MailState.UNKNOWN: "Perhaps not delivered",
    MailState.DELAYED: "Delayed, will be tried again",
    MailState.WAITING: "Being sent",
    MailState.SENT: "Sent",
    MailState.WITHDRAWN: "Taken back",
}
_STATES = {
    MailStatus.FAILED: MailState.FAILED,
    MailStatus.UNKNOWN: MailState.UNKNOWN,
    MailStatus.SENT: MailState.SENT,
    MailStatus.CANCELLED: MailState.WITHDRAWN,
}
_WORST = list(MailState)


def mail_states(messages: Sequence[SupportMessage]) -> dict[int, MailState]:
    """The state of each message that was mailed, by its id, in one query."""
    ids = [message.id for message in messages]
    query = sa.select(SupportMessage.id, EmailLog.status, EmailLog.attempts).where(
        EmailLog.cause_type == MESSAGE,
        EmailLog.cause_id == SupportMessage.id,
        SupportMessage.id.in_(ids),
    )
    found: dict[int, MailState] = {}
    for message_id, status, attempts in db.session.execute(query):
        state = _STATES.get(MailStatus(status)) or _under_way(attempts)
        found[message_id] = min(state, found.get(message_id, state), key=_WORST.index)
    return found


def _under_way(attempts: int) -> MailState:
    return MailState.DELAYED if attempts > TRIES_UNNOTICED else MailState.WAITING
