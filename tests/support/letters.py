"""The mails of a ticket, as their readers get them."""

from datetime import timedelta
from email.message import EmailMessage

import sqlalchemy as sa
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.jobs.worker import Worker
from portal.mail import delivery
from portal.mail.bodies import open_body
from portal.mail.messages import parsed, text_of
from portal.mail.models import EmailLog
from portal.support.mail_states import MailState, state_at, worst_of
from portal.support.models import SupportMessage


def mails(template: str = "ticket_reply") -> list[EmailLog]:
    """The oldest first."""
    query = sa.select(EmailLog).filter_by(template=template)
    return list(db.session.scalars(query.order_by(EmailLog.id)))


def mail_states(messages: list[SupportMessage]) -> dict[int, MailState]:
    """The state of each message that was mailed, by its id."""
    message = SupportMessage.__table__.c
    ids = [one.id for one in messages]
    rows = db.session.execute(
        sa.select(message.id, worst_of(message.id)).where(message.id.in_(ids))
    )
    found = {message_id: state_at(place) for message_id, place in rows}
    return {message_id: state for message_id, state in found.items() if state}


def read(mail: EmailLog) -> EmailMessage:
    return parsed(open_body(mail))


def text(mail: EmailLog) -> str:
    return text_of(read(mail)).replace("\r\n", "\n")


def html(mail: EmailLog) -> str:
    return str(read(mail).get_body(("html",)).get_content())


def came_by_mail(message: SupportMessage, message_id: str, *references: str) -> None:
    """As if this message had come by mail, in answer to others."""
    message.mail_message_id, message.mail_references = message_id, list(references)
    db.session.flush()


def work_later(app, by: timedelta = timedelta(seconds=70)) -> None:
    """What is due once the holds are over, done as a worker would."""
    db.session.commit()
    with time_machine.travel(clock.now() + by):
        Worker(app).run_until_idle()
    db.session.expire_all()


class Server:
    """A mail server that does to every mail what it is told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def deliver(self, mail, *, before_data):
        before_data()
        raise self.error


def refusing(monkeypatch, error: Exception) -> None:
    """Every delivery of this test ends in this error."""
    monkeypatch.setattr(delivery, "chosen_gateway", lambda: Server(error))
