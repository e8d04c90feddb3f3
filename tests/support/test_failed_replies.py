"""A reply that does not arrive: seen on its message, on its ticket, and by its author."""

from contextlib import suppress

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.naming import address_key
from portal.jobs.registry import NotNow
from portal.mail import delivery
from portal.mail.decisions import send_again
from portal.mail.gateway import FateUnknown, MailDelayed, MailRefused
from portal.mail.models import MailStatus
from portal.staff.models import Notice
from portal.support.mail_states import MailState
from portal.support.models import SupportMessage, TicketEvent, TicketParticipant
from portal.support.statuses import move
from portal.support.words import MessageKind, Status
from tests.cast import actor, make_user
from tests.support.desk import answer, make_ticket
from tests.support.letters import mail_states, mails, refusing, work_later

NO = MailRefused("550 No such person")


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


@pytest.mark.parametrize("status", [Status.SOLVED, Status.PENDING])
def test_the_ticket_is_open_again(app, ticket, bea, monkeypatch, status):
    answer(ticket, bea, status=status)
    refusing(monkeypatch, NO)
    work_later(app)
    assert (ticket.status, ticket.is_unread) == (Status.OPEN, True)
    events = db.session.query(TicketEvent).filter_by(ticket_id=ticket.id, cause="mail_failed")
    assert [(event.old, event.new) for event in events] == [(status, Status.OPEN)]


def test_the_thread_says_what_the_server_said(app, ticket, bea, monkeypatch):
    answer(ticket, bea)
    refusing(monkeypatch, NO)
    work_later(app)
    told = db.session.query(SupportMessage).filter_by(kind=MessageKind.SYSTEM).one()
    assert "uma@acme.test could not be delivered" in told.body
    assert told.author_name == "The portal"
    assert told.body.endswith("550 No such person")


def test_its_author_is_told_under_the_bell(app, ticket, bea, monkeypatch):
    answer(ticket, bea)
    refusing(monkeypatch, NO)
    work_later(app)
    notice = db.session.query(Notice).filter_by(admin_id=bea.id, kind="reply_failed").one()
    assert (ticket.number in notice.text, notice.url) == (True, f"/support/tickets/{ticket.number}")


def test_a_mail_of_unknown_fate_is_told_as_what_it_is(app, ticket, bea, monkeypatch):
    message = answer(ticket, bea).message
    refusing(monkeypatch, FateUnknown("silence"))
    work_later(app)
    told = db.session.query(SupportMessage).filter_by(kind=MessageKind.SYSTEM).one()
    assert "may not have arrived" in told.body
    assert mail_states([message])[message.id] is MailState.UNKNOWN


def test_a_closed_ticket_stays_closed_but_its_author_is_told(app, ticket, bea, monkeypatch):
    answer(ticket, bea)
    ticket.status, ticket.is_open = Status.MERGED, False
    refusing(monkeypatch, NO)
    work_later(app)
    assert (ticket.status, ticket.is_unread) == (Status.MERGED, False)
    assert db.session.query(Notice).filter_by(admin_id=bea.id).count() == 1


def test_a_question_how_it_was_that_fails_reopens_nothing(app, ticket, bea, monkeypatch):
    answer(ticket, bea, status=Status.SOLVED)
    mails()[0].status = MailStatus.SENT
    refusing(monkeypatch, NO)
    work_later(app)
    assert mails("ticket_solved")[0].status == MailStatus.FAILED
    assert ticket.status == Status.SOLVED


def test_a_first_delay_is_neither_shown_nor_told(ticket, bea, monkeypatch):
    message = answer(ticket, bea, status=Status.PENDING).message
    assert mail_states([message])[message.id] is MailState.WAITING
    delay(monkeypatch)
    assert mail_states([message])[message.id] is MailState.WAITING
    assert (ticket.status, db.session.query(Notice).count()) == (Status.PENDING, 0)


def test_a_second_delay_opens_the_ticket_and_tells_its_author_once(ticket, bea, monkeypatch):
    message = answer(ticket, bea, status=Status.SOLVED).message
    for _ in range(4):
        delay(monkeypatch)
    assert (ticket.status, ticket.is_unread) == (Status.OPEN, True)
    notice = db.session.query(Notice).filter_by(admin_id=bea.id).one()
    assert notice.text == f"Your answer to {ticket.number} is not delivered yet; it is still tried."
    told = db.session.query(SupportMessage).filter_by(kind=MessageKind.SYSTEM).one()
    assert told.body.endswith("451 later")
    event = db.session.query(TicketEvent).filter_by(ticket_id=ticket.id, cause="mail_delayed").one()
    assert (event.old, event.new) == (Status.SOLVED, Status.OPEN)
    assert mail_states([message])[message.id] is MailState.DELAYED
    assert MailState.DELAYED.needs_somebody


def test_a_try_under_way_after_one_delay_is_no_second_delay(ticket, bea):
    message = answer(ticket, bea).message
    mails()[0].status, mails()[0].attempts = MailStatus.SENDING, 2
    db.session.flush()
    assert mail_states([message])[message.id] is MailState.WAITING


def test_a_delayed_mail_that_arrives_ends_the_banner(ticket, bea, monkeypatch):
    message = answer(ticket, bea).message
    delay(monkeypatch)
    delay(monkeypatch)
    assert mail_states([message])[message.id] is MailState.DELAYED
    monkeypatch.undo()
    delivery.deliver({"mail_id": mails()[0].id})
    assert mail_states([message])[message.id] is MailState.SENT


def test_a_delayed_mail_that_fails_is_told_and_opens_nothing_again(ticket, bea, monkeypatch):
    answer(ticket, bea, status=Status.SOLVED)
    delay(monkeypatch)
    delay(monkeypatch)
    move(by=actor(bea), ticket=ticket, status=Status.SOLVED, cause=None, at=clock.now())
    refusing(monkeypatch, NO)
    delivery.deliver({"mail_id": mails()[0].id})
    assert (ticket.status, mails()[0].status) == (Status.SOLVED, MailStatus.FAILED)
    notices = db.session.query(Notice).filter_by(admin_id=bea.id).order_by(Notice.id)
    assert ["could not be delivered" in notice.text for notice in notices] == [False, True]


def delay(monkeypatch) -> None:
    """One more try, which the server puts off."""
    refusing(monkeypatch, MailDelayed("451 later"))
    with suppress(NotNow):
        delivery.deliver({"mail_id": mails()[0].id})
    db.session.expire_all()


def test_a_mail_that_is_sent_after_all_ends_the_banner(app, ticket, bea, monkeypatch):
    message = answer(ticket, bea).message
    with monkeypatch.context() as patch:
        refusing(patch, NO)
        work_later(app)
    assert mail_states([message])[message.id].needs_somebody
    send_again(by=actor(bea), mail=mails()[0])
    work_later(app)
    assert mail_states([message])[message.id] is MailState.SENT


def test_of_several_mails_the_worst_is_shown(ticket, bea):
    values = {"name": "Pia", "email": "pia@x.test", "email_key": address_key("pia@x.test")}
    db.session.add(TicketParticipant(ticket_id=ticket.id, added_at=ticket.created_at, **values))
    message = answer(ticket, bea).message
    first, second = mails()
    first.status, second.status = MailStatus.SENT, MailStatus.FAILED
    db.session.flush()
    assert mail_states([message]) == {message.id: MailState.FAILED}
