"""What became of the mails of a message, as its ticket shows it."""

from enum import StrEnum

import sqlalchemy as sa

from portal.mail.models import EmailLog, MailStatus
from portal.mail.signals import DELAYS_TOLD
from portal.support.outgoing import MESSAGE


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
        return self in {MailState.FAILED, MailState.UNKNOWN, MailState.DELAYED}

    @property
    def words(self) -> str | None:
        """What the page says; None: all goes as it should."""
        return _WORDS.get(self)


_WORDS = {
    MailState.FAILED: "The mail could not be delivered.",
    MailState.UNKNOWN: "Nobody knows whether the mail arrived.",
    MailState.DELAYED: "The mail is not delivered yet. It is still tried.",
    MailState.WITHDRAWN: "It was taken back before it was sent.",
}
_WORST = list(MailState)
_PLACES = {state: place for place, state in enumerate(_WORST)}
_mail = EmailLog.__table__.c
_delays = _mail.attempts - sa.case((_mail.status == MailStatus.SENDING, 1), else_=0)
"""The try under way may be the one that arrives."""


def worst_of(message_id: sa.ColumnElement[int]) -> sa.ScalarSelect[int | None]:
    """The state of the mails of a message, as a column that `state_at` reads; NULL: it has none."""
    place = sa.case(
        (_mail.status == MailStatus.FAILED, _PLACES[MailState.FAILED]),
        (_mail.status == MailStatus.UNKNOWN, _PLACES[MailState.UNKNOWN]),
        (_mail.status == MailStatus.SENT, _PLACES[MailState.SENT]),
        (_mail.status == MailStatus.CANCELLED, _PLACES[MailState.WITHDRAWN]),
        (_delays >= DELAYS_TOLD, _PLACES[MailState.DELAYED]),
        else_=_PLACES[MailState.WAITING],
    )
    of_it = (_mail.cause_type == MESSAGE, _mail.cause_id == message_id)
    return sa.select(sa.func.min(place)).where(*of_it).scalar_subquery()


def state_at(place: int | None) -> MailState | None:
    return None if place is None else _WORST[place]
