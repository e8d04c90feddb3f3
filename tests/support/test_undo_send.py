"""Taking a reply back in the ten seconds before it is sent."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.core.errors import NotFound
from portal.mail.models import MailStatus
from portal.support.attachments import Upload
from portal.support.clock_math import Metric
from portal.support.drafts import save_draft
from portal.support.mail_states import MailState
from portal.support.messages import add_note
from portal.support.models import SupportMessage, TicketDraft
from portal.support.tickets import Opening, open_ticket
from portal.support.withdrawing import TooLate, undo_send
from portal.support.words import Channel, MessageKind, Status
from tests.cast import actor, make_user, signed_in
from tests.ledger import events
from tests.support.clocks import at
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.letters import html, mail_states, mails, text, work_later
from tests.support.levels import make_calendar, make_rule, row


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def test_a_reply_that_is_taken_back_is_never_sent(app, ticket, bea):
    message = answer(ticket, bea).message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    work_later(app)
    (mail,) = mails()
    assert (mail.status, mail.sent_at, mail.body_sealed) == (MailStatus.CANCELLED, None, None)
    assert mail_states([message]) == {message.id: MailState.WITHDRAWN}


def test_the_customer_waits_as_if_nothing_had_been_said(ticket, bea):
    since = ticket.waiting_since
    message = answer(ticket, bea, status=Status.SOLVED).message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    assert (ticket.waiting_since, ticket.first_response_at) == (since, None)
    assert (ticket.status, ticket.last_message_preview) == (Status.OPEN, "It says E-42.")
    assert (ticket.first_solved_at, ticket.reopened_count) == (None, 0)
    assert [mail.status for mail in mails("ticket_solved")] == [MailStatus.CANCELLED]


def test_what_began_a_ticket_is_taken_back_too(acme, bea):
    opening = Opening("Your contract", "It ends.", Channel.EMAIL, author=bea)
    ticket = open_ticket(by=actor(bea), requester=make_user(acme), opening=opening)
    undo_send(by=actor(bea), ticket=ticket, message_id=ticket.last_public_message_id)
    assert (ticket.last_public_message_id, ticket.last_message_preview) == (None, "")
    assert (ticket.waiting_since, ticket.status) == (None, Status.OPEN)


def test_an_earlier_answer_stays_what_it_was(ticket, bea):
    first = answer(ticket, bea, "First.").message
    customer_writes(ticket, "And?")
    second = answer(ticket, bea, "Second.").message
    undo_send(by=actor(bea), ticket=ticket, message_id=second.id)
    assert ticket.first_response_at == first.created_at
    assert (ticket.last_message_preview, ticket.last_message_by) == ("And?", "customer")
    assert first.kind == MessageKind.PUBLIC


def test_what_was_taken_back_is_hidden_from_customers_and_later_mails(ticket, bea):
    message = answer(ticket, bea, "Something unwise.").message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    assert message.kind == MessageKind.NOTE
    answer(ticket, bea, "Something wise.")
    assert "unwise" not in text(mails()[-1]) + html(mails()[-1])


def test_its_text_is_the_authors_draft_again(ticket, bea):
    message = answer(ticket, bea, "Press stop.").message
    half = {"kind": MessageKind.PUBLIC, "body": "Press reset."}
    save_draft(admin_id=bea.id, ticket=ticket, **half)
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    draft = db.session.get(TicketDraft, (ticket.id, bea.id, MessageKind.PUBLIC))
    assert draft.body == "Press stop.\n\nPress reset."


def test_the_thread_and_the_ledger_say_so(ticket, bea):
    message = answer(ticket, bea).message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    told = db.session.query(SupportMessage).filter_by(kind=MessageKind.SYSTEM).one()
    assert told.body == "Bea Agent took an answer back before it was sent."
    assert events("ticket.reply_withdrawn")[-1].target_id == ticket.number


def test_the_same_form_may_send_it_again(ticket, bea):
    first = answer(ticket, bea, submit_key="form-1").message
    undo_send(by=actor(bea), ticket=ticket, message_id=first.id)
    again = answer(ticket, bea, submit_key="form-1")
    assert (again.is_new, again.message.id == first.id) == (True, False)


def test_after_the_hold_it_is_too_late(app, ticket, bea):
    message = answer(ticket, bea).message
    work_later(app, timedelta(seconds=11))
    with pytest.raises(TooLate):
        undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    db.session.rollback()
    assert (message.kind, mails()[0].status) == (MessageKind.PUBLIC, MailStatus.SENT)


def test_nothing_is_taken_back_while_a_worker_sends_one_of_its_mails(ticket, bea):
    message = answer(ticket, bea).message
    mails()[0].status = MailStatus.SENDING
    db.session.flush()
    with pytest.raises(TooLate):
        undo_send(by=actor(bea), ticket=ticket, message_id=message.id)


def test_it_is_taken_back_once(ticket, bea):
    message = answer(ticket, bea).message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    with pytest.raises(NotFound):
        undo_send(by=actor(bea), ticket=ticket, message_id=message.id)


def test_only_its_author_takes_an_answer_back(ticket, bea, mo):
    message = answer(ticket, bea).message
    with pytest.raises(NotFound):
        undo_send(by=actor(mo), ticket=ticket, message_id=message.id)


@pytest.mark.parametrize("which", ["note", "customer", "other ticket", "none"])
def test_what_is_no_answer_of_this_ticket_is_not_there(ticket, bea, acme, which):
    other = make_ticket(make_user(acme, "Otto Other"))
    ids = {
        "note": add_note(by=actor(bea), ticket=ticket, author=bea, body="x").message.id,
        "customer": ticket.last_public_message_id,
        "other ticket": answer(other, bea).message.id,
        "none": 0,
    }
    with pytest.raises(NotFound):
        undo_send(by=actor(bea), ticket=ticket, message_id=ids[which])


def test_files_stay_with_the_note(ticket, bea):
    message = answer(ticket, bea, uploads=[Upload("a.txt", b"a")]).message
    undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    assert message.withdrawn_at is not None


def test_the_button_takes_it_back(app, ticket, bea):
    message = answer(ticket, bea).message
    client = signed_in(app, bea)
    url = f"/support/tickets/{ticket.number}/undo-send"
    found = client.submit(url, message_id=str(message.id))
    assert (found.status_code, found.location) == (
        303,
        f"/support/tickets/{ticket.number}#reply-body",
    )
    assert mails()[0].status == MailStatus.CANCELLED
    for wrong in ("", "x", "9" * 30, "²"):
        assert client.submit(url, message_id=wrong).status_code == 404


def undo_buttons(client, ticket):
    page = client.soup(f"/support/tickets/{ticket.number}?view=mine")
    return [form["data-held"] for form in page.select(".message-undo")]


def test_only_its_author_sees_the_button_and_only_while_it_is_held(app, ticket, bea, mo):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        answer(ticket, bea)
        client = signed_in(app, bea)
        assert undo_buttons(client, ticket) == ["10"]
        assert undo_buttons(signed_in(app, mo), ticket) == []
        traveller.shift(7)
        assert undo_buttons(client, ticket) == ["3"]
        traveller.shift(3)
        assert undo_buttons(client, ticket) == []


def test_what_was_sent_or_taken_back_has_no_button(app, ticket, bea):
    sent, gone = (answer(ticket, bea).message for _ in range(2))
    mails()[0].status = MailStatus.SENT
    undo_send(by=actor(bea), ticket=ticket, message_id=gone.id)
    client = signed_in(app, bea)
    assert undo_buttons(client, ticket) == []
    page = client.soup(f"/support/tickets/{ticket.number}")
    assert page.select_one(f"#message-{sent.id} .message-mail") is None
    words = page.select_one(f"#message-{gone.id} .message-mail").get_text()
    assert words == "It was taken back before it was sent."


@pytest.mark.parametrize("status", [None, Status.PENDING, Status.SOLVED])
def test_the_next_response_is_due_again_when_it_was(acme, bea, status):
    make_rule(make_calendar())
    with time_machine.travel(at(7, "10:00"), tick=False):
        ticket = make_ticket(make_user(acme, "Nia"))
        answer(ticket, bea, "First.")
    with time_machine.travel(at(7, "12:00"), tick=False):
        customer_writes(ticket, "And?")
    due = row(ticket, Metric.NEXT_RESPONSE).due_at
    with time_machine.travel(at(7, "12:30"), tick=False) as traveller:
        message = answer(ticket, bea, status=status).message
        assert row(ticket, Metric.NEXT_RESPONSE).state == "met"
        traveller.shift(5)
        undo_send(by=actor(bea), ticket=ticket, message_id=message.id)
    found = row(ticket, Metric.NEXT_RESPONSE)
    assert (found.state, found.due_at, found.met_at) == ("running", due, None)
    assert (ticket.next_due_at, due) == (due, at(7, "13:00"))
