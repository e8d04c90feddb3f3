"""Many at once on mails, files and ratings: real threads on a real database."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.customers.models import User
from portal.mail import delivery
from portal.mail.gateway import MailRefused
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Admin
from portal.support.attachments import Upload, remove_orphans
from portal.support.models import (
    AttachmentBlob,
    MessageAttachment,
    SupportMessage,
    SupportTicket,
    TicketRating,
)
from portal.support.ratings import rate, rating_token
from portal.support.withdrawing import undo_send
from portal.support.words import MessageKind, Status
from tests.cast import actor, make_admin
from tests.ledger import events
from tests.staff.test_races import together
from tests.support.desk import answer, make_ticket
from tests.support.letters import refusing

pytestmark = pytest.mark.race
AT_ONCE = 8
SAME = [Upload("a.bin", b"a" * 5000), Upload("b.bin", b"b" * 5000), Upload("c.bin", b"c")]


@pytest.fixture
def bea_id(own_app):
    with own_app.app_context():
        person = make_admin("Bea Agent")
        db.session.commit()
        return person.id


@pytest.fixture
def ticket_id(own_app, bea_id):
    with own_app.app_context():
        ticket = make_ticket()
        db.session.commit()
        return ticket.id


def in_app(app, deed):
    """The deed in a transaction of its own; the status of its refusal."""
    with app.app_context():
        try:
            deed()
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            return error.status
        return 200


def bea(bea_id):
    return db.session.get_one(Admin, bea_id)


def answered(app, ticket_id, bea_id, **more):
    """The id of an answer that is committed and waits to be sent."""
    with app.app_context():
        ticket = db.session.get_one(SupportTicket, ticket_id)
        message = answer(ticket, bea(bea_id), **more).message
        db.session.commit()
        return message.id


def taking_back(app, ticket_id, bea_id, message_id):
    def deed():
        ticket = db.session.get_one(SupportTicket, ticket_id)
        undo_send(by=actor(bea(bea_id)), ticket=ticket, message_id=message_id)

    return in_app(app, deed)


def test_an_answer_is_taken_back_once(own_app, ticket_id, bea_id):
    message_id = answered(own_app, ticket_id, bea_id)
    answers = together(lambda _: taking_back(own_app, ticket_id, bea_id, message_id), AT_ONCE)
    assert answers.count(200) == 1
    with own_app.app_context():
        assert len(events("ticket.reply_withdrawn")) == 1


def sending(app, mail_id):
    with app.app_context():
        delivery.deliver({"mail_id": mail_id})


@pytest.mark.parametrize("round_", range(4))
def test_a_mail_is_sent_or_taken_back(own_app, ticket_id, bea_id, round_, monkeypatch):
    """Never both. The server refuses, so that the delivery wants the ticket as well."""
    refusing(monkeypatch, MailRefused("550 no"))
    message_id = answered(own_app, ticket_id, bea_id, status=Status.SOLVED)
    with own_app.app_context():
        mail_id = db.session.get_one(SupportMessage, message_id).email_log_id
    both = (
        lambda: taking_back(own_app, ticket_id, bea_id, message_id),
        lambda: sending(own_app, mail_id),
    )
    answers = together(lambda number: both[number](), 2)
    with own_app.app_context():
        message = db.session.get_one(SupportMessage, message_id)
        is_back = message.kind == MessageKind.NOTE
        status = db.session.get_one(EmailLog, mail_id).status
        assert status == (MailStatus.CANCELLED if is_back else MailStatus.FAILED)
        assert answers[0] == (200 if is_back else 409)


def test_the_same_files_at_once_are_stored_once(own_app, ticket_id, bea_id):
    """In other orders: nobody waits for somebody who waits for them."""

    def one(number):
        files = SAME[number % 3 :] + SAME[: number % 3]
        return answered(own_app, own_tickets[number], bea_id, uploads=files)

    with own_app.app_context():
        first = db.session.get_one(SupportTicket, ticket_id)
        user = db.session.get_one(User, first.requester_id)
        own_tickets = [make_ticket(user).id for _ in range(AT_ONCE)]
        db.session.commit()
    together(one, AT_ONCE)
    with own_app.app_context():
        assert db.session.query(AttachmentBlob).count() == len(SAME)
        assert db.session.query(MessageAttachment).count() == len(SAME) * AT_ONCE


@pytest.mark.parametrize("round_", range(4))
def test_bytes_that_come_again_while_they_are_forgotten_are_kept(
    own_app, ticket_id, bea_id, round_
):
    with own_app.app_context(), time_machine.travel(clock.now() - timedelta(days=2)):
        answered(own_app, ticket_id, bea_id, uploads=SAME)
        db.session.query(MessageAttachment).delete()
        db.session.commit()

    def one(number):
        if number:
            return in_app(own_app, remove_orphans)
        return answered(own_app, ticket_id, bea_id, uploads=SAME)

    together(one, 3)
    with own_app.app_context():
        assert db.session.query(MessageAttachment).count() == len(SAME)
        assert db.session.query(AttachmentBlob).count() == len(SAME)


def test_many_presses_are_one_rating(own_app, ticket_id, bea_id):
    answered(own_app, ticket_id, bea_id, status=Status.SOLVED)
    with own_app.app_context():
        token = rating_token(db.session.get_one(SupportTicket, ticket_id))
    answers = together(lambda _: in_app(own_app, lambda: rate(token=token, score=3)), AT_ONCE)
    assert answers == [200] * AT_ONCE
    with own_app.app_context():
        assert db.session.query(TicketRating).count() == 1
        assert len(events("ticket.rated")) == 1
