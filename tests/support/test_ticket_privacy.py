"""What tickets hold of a user is handed out, and forgotten when they are erased."""

import json

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.customers.privacy import NEUTRAL_NAME, erase_user, export_user
from portal.mail.models import EmailLog
from portal.support.attachments import Upload, remove_orphans
from portal.support.bulk import start_bulk_change
from portal.support.drafts import save_draft
from portal.support.fields import Wanted, change_fields
from portal.support.mail_privacy import NEUTRAL_SUBJECT
from portal.support.messages import add_note, customer_message
from portal.support.models import (
    MessageAttachment,
    SupportMessage,
    SupportTicket,
    TicketParticipant,
    TicketRating,
)
from portal.support.participants import add_participant, remove_participant
from portal.support.privacy import NEUTRAL_BODY
from portal.support.words import MessageKind, Status
from tests.cast import actor, make_user
from tests.support.desk import answer, as_customer, make_ticket
from tests.support.letters import mails

NAME, EMAIL = "Zebulon Quibble", "zebulon@quibble.test"
WORDS = "quagga-in-the-press"


@pytest.fixture
def zeb(acme):
    return make_user(acme, NAME, email=EMAIL)


@pytest.fixture
def ticket(zeb):
    return make_ticket(
        zeb, subject=f"{WORDS} 1", body=f"{WORDS} 2", uploads=[Upload(f"{WORDS}.txt", b"x")]
    )


def dump() -> str:
    """Every value of the desk's and the mail's tables, as text."""
    rows = []
    for table in db.metadata.sorted_tables:
        if table.name not in {"users", "attachment_blobs"}:
            for row in db.session.execute(sa.select(table)):
                rows += [str(value) for value in row]
    return "\n".join(rows)


def writes(ticket, user, body=f"{WORDS} 3"):
    return customer_message(by=as_customer(user), ticket=ticket, author=user, body=body)


def test_a_user_is_handed_their_tickets_and_public_messages(ticket, zeb, bea, ann):
    answer(ticket, bea, "Try again.")
    add_note(by=actor(bea), ticket=ticket, author=bea, body="a secret of ours")
    (found,) = export_user(by=actor(ann), user=zeb)["tickets"]
    assert (found["number"], found["subject"]) == (ticket.number, f"{WORDS} 1")
    assert [one["body"] for one in found["messages"]] == [f"{WORDS} 2", "Try again."]
    assert found["messages"][0]["files"] == [f"{WORDS}.txt"]
    assert "secret" not in json.dumps(found)


def test_of_tickets_of_others_they_get_their_own_words_alone(zeb, acme, ann):
    other = make_ticket(make_user(acme, "Olga Other"), body="Olga's words")
    add_participant(by=actor(ann), ticket=other, email=EMAIL)
    writes(other, zeb)
    found = export_user(by=actor(ann), user=zeb)
    assert found["tickets"] == []
    assert [one["body"] for one in found["messages_elsewhere"]] == [f"{WORDS} 3"]
    assert found["participation"][0]["ticket"] == other.number
    assert "Olga's words" not in json.dumps(found)


def test_nothing_of_an_erased_user_is_left(ticket, zeb, bea, ann, acme):
    writes(ticket, zeb)
    answer(ticket, bea, "Try again.", status=Status.SOLVED)
    change_fields(by=actor(bea), ticket=ticket, wanted={"subject": Wanted(f"{WORDS} 4")})
    save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body=f"{NAME}: {WORDS}")
    other = make_ticket(make_user(acme, "Olga Other"))
    add_participant(by=actor(ann), ticket=other, email=EMAIL)
    writes(other, zeb)
    for query in (f'from:"{NAME.upper()}"', f"{EMAIL} is:unread", "quibble", "tag:vip"):
        start_bulk_change(
            by=actor(bea), ticket_ids=[other.id], change={"priority": "low"}, query=query
        )
    assert all(text in dump() for text in (NAME, EMAIL, WORDS))
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.flush()
    left = dump()
    gone = (NAME, EMAIL, WORDS, "quibble", NAME.upper())
    assert [text for text in gone if text in left] == []
    assert "tag:vip" in left


@pytest.mark.parametrize("address", ["Ärger@quibble.test", "STRAẞE@quibble.test", "\u0390@q.test"])
def test_an_address_is_forgotten_however_it_was_spelt(acme, bea, ann, address):
    zeb, other = make_user(acme, NAME, email=address), make_ticket(make_user(acme, "Olga Other"))
    row = add_participant(by=actor(bea), ticket=other, email=zeb.email)
    remove_participant(by=actor(bea), ticket=other, participant_id=row.id)
    query = f"from:{zeb.email}"
    start_bulk_change(by=actor(bea), ticket_ids=[other.id], change={"priority": "low"}, query=query)
    assert zeb.email in dump()
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.flush()
    assert address not in dump()


def test_a_ticket_keeps_its_number_times_and_statuses(ticket, zeb, bea, ann):
    answer(ticket, bea, "Try again.", status=Status.SOLVED)
    kept = (ticket.number, ticket.created_at, ticket.solved_at, ticket.status, ticket.message_count)
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.expire_all()
    row = db.session.query(SupportTicket).one()
    now = (row.number, row.created_at, row.solved_at, row.status, row.message_count)
    assert now == kept
    assert (row.subject, row.requester_name) == (NEUTRAL_SUBJECT, NEUTRAL_NAME)
    said = db.session.query(SupportMessage).order_by(SupportMessage.id)
    assert [one.body for one in said if one.kind == "public"] == [NEUTRAL_BODY, "Try again."]
    assert db.session.query(MessageAttachment).count() == 0
    assert remove_orphans() == 0  # it is swept once it has lain alone for a day


def test_what_others_wrote_stays(ticket, zeb, acme, ann):
    olga = make_user(acme, "Olga Other")
    other = make_ticket(olga, body="Olga's words")
    add_participant(by=actor(ann), ticket=other, email="pia@partner.test")
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.expire_all()
    assert (other.requester_name, other.last_message_preview) == ("Olga Other", "Olga's words")
    assert db.session.query(TicketParticipant).one().email == "pia@partner.test"


def test_a_mail_that_waits_for_them_goes_nowhere(ticket, zeb, bea, ann):
    answer(ticket, bea)
    (mail,) = mails()
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.expire_all()
    row = db.session.get(EmailLog, mail.id)
    assert (row.status, row.body_sealed) == ("cancelled", None)
    assert row.recipient == f"erased-{zeb.id}@erased.invalid"


def test_a_rating_keeps_its_score_without_words(ticket, zeb, ann):
    now = ticket.created_at
    rating = TicketRating(ticket_id=ticket.id, solved_at=now, score=1, comment=WORDS, rated_at=now)
    db.session.add(rating)
    db.session.flush()
    assert export_user(by=actor(ann), user=zeb)["ratings"][0]["comment"] == WORDS
    erase_user(by=actor(ann), user=zeb, reason="asked")
    db.session.expire_all()
    assert (rating.score, rating.comment) == (1, "")
