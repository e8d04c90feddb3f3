"""An erased user is forgotten by every name and address they had, and nobody else is by theirs."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.privacy import erase_user, export_user
from portal.customers.users import change_user
from portal.mail.models import EmailLog, MailStatus
from portal.support.bulk import start_bulk_change
from portal.support.mail_privacy import NEUTRAL_SUBJECT
from portal.support.models import (
    BulkChange,
    SavedView,
    SupportMessage,
    TicketEvent,
    TicketParticipant,
)
from portal.support.outgoing import tell_in_thread
from portal.support.participants import add_participant, remove_participant
from portal.support.views import save_view
from tests.cast import actor, make_user
from tests.support.desk import answer, make_ticket

OLD = "zebulon@quibble.test"


@pytest.fixture
def zeb(acme):
    return make_user(acme, "Zebulon Quibble", email=OLD)


def moved(ann, user, email="z@new.test", name="Zed New"):
    change_user(by=actor(ann), user=user, name=name, email=email)


def erased(ann, user):
    erase_user(by=actor(ann), user=user, reason="asked")
    db.session.flush()
    db.session.expire_all()


def mail_of_ours(recipient):
    db.session.add(
        EmailLog(
            message_id="<x@x>", template="password_reset", recipient=recipient, subject="Reset",
            carries_secret=True, status=MailStatus.QUEUED, attempts=0,
            next_attempt_at=clock.now(), created_at=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()


def logged():
    query = sa.select(EmailLog.recipient, EmailLog.status).order_by(EmailLog.id)
    return [tuple(row) for row in db.session.execute(query)]


def test_mails_to_an_address_that_they_had_are_theirs(zeb, bea, ann):
    ticket = make_ticket(zeb)
    answer(ticket, bea)
    db.session.execute(sa.update(EmailLog).values(status=MailStatus.SENT))
    moved(ann, zeb)
    answer(ticket, bea)
    assert len(export_user(by=actor(ann), user=zeb)["mails"]) == 2
    erased(ann, zeb)
    neutral = f"erased-{zeb.id}@erased.invalid"
    assert logged() == [(neutral, MailStatus.SENT), (neutral, MailStatus.CANCELLED)]


def test_mails_to_whoever_has_their_address_since_are_not(zeb, acme, bea, ann):
    moved(ann, zeb)
    wes = make_user(acme, "Wes Third", email=OLD)
    answer(make_ticket(wes), bea)
    assert export_user(by=actor(ann), user=zeb)["mails"] == []
    erased(ann, zeb)
    assert logged() == [(OLD, MailStatus.QUEUED)]


def test_nor_are_those_in_which_that_one_took_part(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    moved(ann, zeb)
    make_user(acme, "Wes Third", email=OLD)
    row = add_participant(by=actor(bea), ticket=other, email=OLD)
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        answer(other, bea)
    remove_participant(by=actor(bea), ticket=other, participant_id=row.id)
    erased(ann, zeb)
    assert (OLD, MailStatus.QUEUED) in logged()


@pytest.mark.parametrize("is_of_both", [True, False])
@pytest.mark.parametrize("is_requester", [True, False])
def test_mails_to_whoever_shares_their_address_still_go_out(
    zeb, acme, bea, ann, is_requester, is_of_both
):
    wes = make_user(acme, "Wes Third", email="w@new.test")
    ticket = make_ticket(wes if is_requester else make_user(acme, "Olga Other"))
    for email in [OLD] * is_of_both + [wes.email] * (not is_requester):
        add_participant(by=actor(bea), ticket=ticket, email=email)
    moved(ann, wes, email=OLD, name=wes.name)
    answer(ticket, bea)
    assert export_user(by=actor(ann), user=zeb)["mails"] == []
    erased(ann, zeb)
    assert (OLD, MailStatus.QUEUED) in logged()


def test_who_shares_an_address_is_forgotten_in_their_own_tickets(zeb, acme, bea, ann):
    make_user(acme, "Wes Third", email=OLD)
    answer(make_ticket(zeb), bea)
    assert len(export_user(by=actor(ann), user=zeb)["mails"]) == 1
    erased(ann, zeb)
    assert logged() == [(f"erased-{zeb.id}@erased.invalid", MailStatus.CANCELLED)]


@pytest.mark.parametrize("is_colleague", [True, False])
def test_mails_to_whoever_had_their_address_before_are_not_theirs(
    acme, birch, bea, ann, is_colleague
):
    wes = make_user(acme if is_colleague else birch, "Wes Third", email=OLD)
    answer(make_ticket(wes), bea)
    moved(ann, wes, email="w@new.test", name=wes.name)
    zeb = make_user(acme, "Zebulon Quibble", email=OLD)
    assert export_user(by=actor(ann), user=zeb)["mails"] == []
    erased(ann, zeb)
    assert logged() == [(OLD, MailStatus.QUEUED)]


def test_mails_of_another_customer_and_of_our_own_people_are_not_theirs(zeb, birch, bea, ann):
    ticket = make_ticket(make_user(birch, "Olga Other"))
    add_participant(by=actor(bea), ticket=ticket, email=OLD)
    answer(ticket, bea)
    mail_of_ours(OLD)
    assert export_user(by=actor(ann), user=zeb)["mails"] == []
    erased(ann, zeb)
    assert logged()[1:] == [(OLD, MailStatus.QUEUED)] * 2


def test_a_mail_to_their_address_in_other_letters_is_theirs(acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    add_participant(by=actor(bea), ticket=other, email="ZebuLon@Quibble.test")
    answer(other, bea)
    zeb = make_user(acme, "Zebulon Quibble", email=OLD)
    erased(ann, zeb)
    assert logged()[1] == (f"erased-{zeb.id}@erased.invalid", MailStatus.CANCELLED)


def test_what_was_said_of_a_mail_that_did_not_arrive_names_nobody(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    add_participant(by=actor(bea), ticket=other, email=OLD)
    answer(other, bea)
    db.session.execute(sa.update(EmailLog).values(last_error=f"550 <{OLD}>: no such user"))
    tell_in_thread(other, f"The mail to {OLD} could not be delivered.")
    moved(ann, zeb)
    erased(ann, zeb)
    errors = db.session.scalars(sa.select(EmailLog.last_error).order_by(EmailLog.id)).all()
    assert errors == [f"550 <{OLD}>: no such user", None]
    said = db.session.scalars(sa.select(SupportMessage.body).filter_by(kind="system")).all()
    assert said == ["The mail to Erased could not be delivered."]


def test_no_ticket_names_an_address_that_they_took_part_by(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    add_participant(by=actor(bea), ticket=other, email=OLD)
    moved(ann, zeb)
    moved(ann, zeb, email="z@newer.test")
    add_participant(by=actor(bea), ticket=other, email="z@new.test")
    erased(ann, zeb)
    told = db.session.query(TicketEvent).filter_by(kind="participants")
    assert [one.new for one in told] == [NEUTRAL_SUBJECT] * 2
    assert db.session.query(TicketParticipant).count() == 0


def takes_part(ticket):
    return db.session.query(TicketParticipant).filter_by(ticket_id=ticket.id).count() == 1


def test_who_shares_their_address_goes_on_taking_part(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    wes = make_user(acme, "Wes Third", email="w@new.test")
    add_participant(by=actor(bea), ticket=other, email=wes.email)
    moved(ann, wes, email=OLD, name=wes.name)
    erased(ann, zeb)
    assert takes_part(other)


def test_so_does_who_had_their_address_after_them(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    moved(ann, zeb)
    wes = make_user(acme, "Wes Third", email=OLD)
    add_participant(by=actor(bea), ticket=other, email=OLD)
    moved(ann, wes, email="w@new.test", name=wes.name)
    erased(ann, zeb)
    assert takes_part(other)


def test_an_address_alone_is_forgotten_in_the_tickets_of_their_own_customer(
    zeb, acme, birch, bea, ann
):
    tickets = [make_ticket(make_user(tenant, "Olga Other")) for tenant in (acme, birch)]
    moved(ann, zeb)
    for ticket in tickets:
        add_participant(by=actor(bea), ticket=ticket, email=OLD)
    erased(ann, zeb)
    assert [takes_part(ticket) for ticket in tickets] == [False, True]
    told = db.session.query(TicketEvent).filter_by(kind="participants").order_by(TicketEvent.id)
    assert [one.new for one in told] == [NEUTRAL_SUBJECT, OLD]


@pytest.mark.parametrize("is_colleague", [True, False])
def test_an_address_goes_on_for_a_colleague_who_has_it_by_now(
    zeb, acme, birch, bea, ann, is_colleague
):
    ticket = make_ticket(make_user(acme, "Olga Other"))
    moved(ann, zeb)
    add_participant(by=actor(bea), ticket=ticket, email=OLD)
    make_user(acme if is_colleague else birch, "Wes Third", email=OLD)
    answer(ticket, bea)
    erased(ann, zeb)
    assert takes_part(ticket) is is_colleague
    assert logged()[1] == (OLD, MailStatus.QUEUED)
    told = db.session.query(TicketEvent).filter_by(kind="participants").one()
    assert told.new == (OLD if is_colleague else NEUTRAL_SUBJECT)


def test_filters_and_views_forget_a_name_of_before(zeb, acme, bea, ann):
    other = make_ticket(make_user(acme, "Olga Other"))
    view = save_view(by=actor(ann), name="Mine", query="status:open requester:quibble")
    for query in ("quibble", f"from:{OLD}", "tag:vip"):
        start_bulk_change(
            by=actor(bea), ticket_ids=[other.id], change={"priority": "low"}, query=query
        )
    moved(ann, zeb)
    erased(ann, zeb)
    assert db.session.get_one(SavedView, view.id).query == "status:open"
    kept = db.session.scalars(sa.select(BulkChange.query).order_by(BulkChange.id)).all()
    assert kept == [None, None, "tag:vip"]
