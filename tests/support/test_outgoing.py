"""Public replies as mails: to whom, under which ids, and what they repeat."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.naming import address_key
from portal.customers.users import change_user, deactivate_user, reactivate_user
from portal.mail.models import MailStatus
from portal.support.attachments import MEGABYTE, Upload
from portal.support.mail_ids import read_message_id, read_reply_address
from portal.support.messages import add_note
from portal.support.models import SupportMessage, TicketParticipant
from portal.support.outgoing import UNDO_HOLD
from portal.support.participants import add_participant
from portal.support.tickets import Opening, open_ticket
from portal.support.timers import SILENCE, run_timers
from portal.support.words import AuthorType, Channel, MessageKind, Status
from tests.cast import actor, make_admin, make_user
from tests.conftest import make_app
from tests.support.desk import answer, customer_writes, make_agent, make_ticket
from tests.support.letters import came_by_mail, html, mails, read, text, work_later

CANARY = "canary-7f3a: the customer must never read this"


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def take_part(ticket, email, name="Pia Partner"):
    values = {"name": name, "email": email, "email_key": address_key(email)}
    db.session.add(TicketParticipant(ticket_id=ticket.id, added_at=clock.now(), **values))
    db.session.flush()


def test_a_reply_is_mailed_to_the_requester(ticket, bea, uma):
    message = answer(ticket, bea, "Press reset.").message
    (mail,) = mails()
    assert (mail.recipient, message.email_log_id) == (uma.email, mail.id)
    assert message.mail_message_id == mail.message_id
    assert read(mail)["Subject"] == f"Re: The press stopped [{ticket.number}]"
    assert text(mail).startswith("Press reset.\n\nBea Agent\n")


def test_each_participant_gets_a_mail_of_their_own(ticket, bea, uma):
    take_part(ticket, "pia@partner.test")
    take_part(ticket, uma.email.upper())
    message = answer(ticket, bea).message
    assert [mail.recipient for mail in mails()] == [uma.email, "pia@partner.test"]
    assert message.email_log_id == mails()[0].id
    assert len({mail.message_id for mail in mails()}) == 2


def test_who_works_for_the_customer_no_more_gets_no_copy_until_they_do_again(
    ticket, bea, ann, uma, acme
):
    vic = make_user(acme, "Vic User")
    for email in (vic.email, "pia@partner.test"):
        add_participant(by=actor(ann), ticket=ticket, email=email)
    deactivate_user(by=actor(ann), user=vic, reason="left")
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()] == [uma.email, "pia@partner.test"]
    reactivate_user(by=actor(ann), user=vic, reason="is back")
    answer(ticket, bea)
    assert {mail.recipient for mail in mails()[2:]} == {uma.email, vic.email, "pia@partner.test"}


def test_copies_go_where_a_participant_is_by_now_and_to_each_address_once(
    ticket, bea, ann, uma, acme
):
    vic = make_user(acme, "Vic User")
    for email in ("vic@new.test", vic.email):
        add_participant(by=actor(ann), ticket=ticket, email=email)
    change_user(by=actor(ann), user=vic, name="Vic User", email="vic@new.test")
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()] == [uma.email, "vic@new.test"]
    change_user(by=actor(ann), user=vic, name="Vic User", email=uma.email)
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()[2:]] == [uma.email, "vic@new.test"]


def test_who_left_gets_no_copy_by_an_address_that_became_theirs_either(ticket, bea, ann, uma, acme):
    take_part(ticket, "vic@acme.test")
    vic = make_user(acme, "Vic User")
    deactivate_user(by=actor(ann), user=vic, reason="left")
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()] == [uma.email]
    twin = make_user(acme, "Vic Again", email="vic@acme.test", external_id="twin")
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()[1:]] == [uma.email, twin.email]


def test_who_is_added_by_an_address_of_several_is_the_one_who_is_active(ticket, bea, ann, acme):
    vic = make_user(acme, "Vic User")
    deactivate_user(by=actor(ann), user=vic, reason="left")
    twin = make_user(acme, "Vic Again", email=vic.email, external_id="twin")
    assert add_participant(by=actor(ann), ticket=ticket, email=vic.email).user_id == twin.id


def test_an_address_of_another_customers_user_who_left_still_gets_copies(
    ticket, bea, ann, uma, birch
):
    otto = make_user(birch, "Otto Other")
    take_part(ticket, otto.email)
    deactivate_user(by=actor(ann), user=otto, reason="left")
    answer(ticket, bea)
    assert [mail.recipient for mail in mails()] == [uma.email, otto.email]


def test_a_note_is_never_mailed(ticket, bea):
    add_note(by=actor(bea), ticket=ticket, author=bea, body=CANARY)
    assert mails() == []


def test_no_mail_repeats_a_note_or_a_word_of_somebody_unverified(ticket, bea):
    add_note(by=actor(bea), ticket=ticket, author=bea, body=CANARY)
    stranger = customer_writes(ticket, f"{CANARY} either").message
    stranger.is_unverified = True
    answer(ticket, bea)
    answer(ticket, bea, "Once more.", status=Status.SOLVED)
    for mail in [*mails(), *mails("ticket_solved")]:
        assert "canary" not in text(mail) + html(mail) + str(read(mail).items())


def test_a_mail_repeats_the_last_five_messages_before_it(ticket, bea):
    for count in range(7):
        customer_writes(ticket, f"Message {count}.")
    answer(ticket, bea)
    quoted = [line for line in text(mails()[0]).splitlines() if line.startswith("> ")]
    assert quoted == [f"> Message {count}." for count in (6, 5, 4, 3, 2)]


def test_a_long_message_is_repeated_in_part(ticket, bea):
    customer_writes(ticket, "x" * 40_000)
    answer(ticket, bea)
    assert "x" * 4000 + "…" in html(mails()[0])
    assert len(read(mails()[0]).as_bytes()) < 30_000


def test_what_a_customer_wrote_is_text_in_the_html(ticket, bea):
    customer_writes(ticket, "<script>alert(1)</script>")
    answer(ticket, bea, "<img src=x onerror=alert(2)>")
    assert "<script" not in html(mails()[0])
    assert "<img" not in html(mails()[0])


def test_the_signature_of_the_agent_ends_the_reply(ticket, bea):
    make_agent(bea, signature="Kind regards\nBea")
    answer(ticket, bea, "Try again.")
    assert text(mails()[0]).startswith("Try again.\n\nKind regards\nBea\n")


def test_the_message_id_names_ticket_and_message_and_is_signed(ticket, bea):
    message = answer(ticket, bea).message
    named = read_message_id(mails()[0].message_id)
    assert (named.ticket_id, named.message_id) == (ticket.id, message.id)


def test_what_a_person_wrote_has_no_marks_of_automatic_mail(ticket, bea):
    answer(ticket, bea, status=Status.SOLVED)
    by_hand, by_itself = read(mails()[0]), read(mails("ticket_solved")[0])
    for header, value in (
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "auto_reply"),
    ):
        assert (by_hand[header], by_itself[header]) == (None, value)


def test_a_reply_answers_the_last_mail_of_the_customer(ticket, bea):
    came_by_mail(customer_writes(ticket).message, "<2@acme.test>", "<root@acme.test>", "<1@x.test>")
    answer(ticket, bea)
    message = read(mails()[0])
    assert message["In-Reply-To"] == "<2@acme.test>"
    assert message["References"].split() == ["<root@acme.test>", "<1@x.test>", "<2@acme.test>"]


def test_without_a_mail_of_the_customer_a_reply_follows_our_own(ticket, bea):
    for _ in range(3):
        answer(ticket, bea)
        customer_writes(ticket)
    first, second, third = mails()
    assert read(second)["In-Reply-To"] is None
    assert read(second)["References"] == first.message_id
    assert read(third)["References"].split() == [first.message_id, second.message_id]


@pytest.mark.parametrize(
    "bad", ["<a@b>\r\nBcc: all@x.test", "<a b@c>", "nothing", "<ä@x.test>", ""]
)
def test_what_is_no_message_id_reaches_no_header(ticket, bea, bad):
    came_by_mail(customer_writes(ticket).message, bad or "<>", bad, "<good@x.test>")
    answer(ticket, bea)
    message = read(mails()[0])
    assert (message["In-Reply-To"], message["References"]) == (None, "<good@x.test>")
    assert "Bcc" not in message


def test_a_subject_cannot_add_a_header(uma, bea):
    ticket = make_ticket(uma, subject="Hi\r\nBcc: all@x.test\u2028X: y")
    answer(ticket, bea)
    message = read(mails()[0])
    assert "Bcc" not in message
    assert message["Subject"] == f"Re: Hi Bcc: all@x.test X: y [{ticket.number}]"


def test_the_mail_waits_and_then_goes(app, ticket, bea):
    answer(ticket, bea)
    (mail,) = mails()
    assert mail.next_attempt_at - mail.created_at == UNDO_HOLD
    work_later(app, timedelta(0))
    assert mail.status == MailStatus.QUEUED
    work_later(app)
    assert (mail.status, mail.body_sealed) == (MailStatus.SENT, None)


def test_an_erased_requester_gets_nothing(ticket, bea, uma):
    take_part(ticket, "pia@partner.test")
    uma.erased_at = clock.now()
    assert answer(ticket, bea).message.email_log_id is None
    assert [mail.recipient for mail in mails()] == ["pia@partner.test"]


def test_an_address_that_is_none_holds_nothing_up_and_is_told(ticket, bea, uma):
    uma.email = "uma at acme"
    sent = answer(ticket, bea)
    told = db.session.query(SupportMessage).filter_by(kind=MessageKind.SYSTEM).one()
    assert (mails(), sent.is_new) == ([], True)
    assert "uma at acme" in told.body


def test_a_ticket_that_we_open_by_writing_is_mailed(uma, bea):
    opening = Opening("Your contract", "It ends.", Channel.EMAIL, author=bea)
    open_ticket(by=actor(bea), requester=uma, opening=opening)
    assert text(mails()[0]).startswith("It ends.")


def test_files_go_along_as_far_as_a_mail_server_takes_them(ticket, bea):
    files = [Upload("small.txt", b"abc"), Upload("large.bin", b"x" * (8 * MEGABYTE))]
    answer(ticket, bea, uploads=files)
    message = read(mails()[0])
    assert [part.get_filename() for part in message.iter_attachments()] == ["small.txt"]
    assert "large.bin is too large for a mail" in text(mails()[0])


def test_answers_come_to_the_support_mailbox_by_a_token(database, tmp_path):
    app = make_app(database.clone(), tmp_path, SUPPORT_ADDRESS="support@boxcostpro.test")
    with app.app_context():
        ticket = make_ticket()
        answer(ticket, make_admin())
        address = read(mails()[0])["Reply-To"].addresses[0]
        assert address.domain == "boxcostpro.test"
        assert read_reply_address(address.addr_spec) == ticket.id
        assert "write your answer above this line" in text(mails()[0])
        db.session.rollback()
        db.engine.dispose()


def test_the_author_of_a_quote_is_named_in_the_time_of_the_tenant(ticket, bea, acme):
    acme.time_zone = "Europe/Berlin"
    answer(ticket, bea)
    assert f"{ticket.requester_name} wrote on " in text(mails()[0])
    assert (" CET:" in text(mails()[0])) or (" CEST:" in text(mails()[0]))
    assert ticket.last_message_by == AuthorType.AGENT


def test_a_notice_of_the_portal_is_mailed_as_automatic(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    with clock.standing_at(clock.now() + SILENCE):
        run_timers({})
    notice = mails()[-1]
    assert "We have not heard from you" in text(notice)
    assert read(notice)["Auto-Submitted"] == "auto-generated"
