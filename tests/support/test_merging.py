"""Two tickets become one, and two again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.users import change_user
from portal.support.drafts import draft_of, save_draft
from portal.support.linking import related_to
from portal.support.merging import (
    UNDO_WINDOW,
    CannotMerge,
    CannotUndo,
    live_ticket,
    merge,
    undo_merge,
)
from portal.support.models import SupportMessage, TicketEvent, TicketParticipant
from portal.support.participants import add_participant
from portal.support.statuses import move
from portal.support.words import MessageKind, Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.desk import answer, customer_writes, make_ticket
from tests.support.letters import mails
from tests.support.levels import work


@pytest.fixture
def pair(acme):
    uma = make_user(acme)
    return make_ticket(uma, subject="First"), make_ticket(uma, subject="Second")


def bodies(ticket):
    query = sa.select(SupportMessage.body).where(SupportMessage.ticket_id == ticket.id)
    return db.session.scalars(query.order_by(SupportMessage.id)).all()


def test_a_merge_moves_every_message_and_keeps_both_numbers(pair, bea):
    source, target = pair
    customer_writes(source, "More of it.")
    merge(by=actor(bea), source=source, target=target)
    assert (source.status, source.merged_into_id, source.is_open) == (
        Status.MERGED,
        target.id,
        False,
    )
    assert bodies(source) == []
    assert bodies(target) == ["It says E-42.", "It says E-42.", "More of it."]
    assert (target.message_count, target.last_message_preview) == (3, "More of it.")


def test_the_oldest_unanswered_message_of_both_is_waited_for(pair, bea):
    source, target = pair
    answer(target, bea)
    assert target.waiting_since is None
    late = customer_writes(source, "Hello?").message
    merge(by=SYSTEM, source=source, target=target)
    assert target.waiting_since == late.created_at
    assert target.is_unread


def part_in(ticket):
    query = sa.select(TicketParticipant.user_id).where(TicketParticipant.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(TicketParticipant.id)))


def test_another_requester_takes_part_in_the_target(acme):
    una, otto = make_user(acme), make_user(acme, "Otto Other")
    source, target = make_ticket(otto), make_ticket(una)
    merge(by=SYSTEM, source=source, target=target)
    assert part_in(target) == [otto.id]


def test_who_takes_part_already_is_brought_once_however_their_address_is_spelt(acme, bea):
    una, iota = make_user(acme), make_user(acme, "Iota User", email="\u0390@acme.test")
    source, target = make_ticket(iota), make_ticket(una)
    add_participant(by=actor(bea), ticket=target, email=iota.email)
    merge(by=SYSTEM, source=source, target=target)
    assert part_in(target) == [iota.id]
    answer(target, bea)
    assert sorted(mail.recipient for mail in mails()) == sorted([una.email, iota.email])


def test_a_merge_is_told_in_both_histories_and_in_the_ledger(pair, bea):
    source, target = pair
    merge(by=actor(bea), source=source, target=target)
    query = sa.select(TicketEvent.new).where(
        TicketEvent.ticket_id == target.id, TicketEvent.kind == "merged"
    )
    assert db.session.scalars(query).all() == [source.number]
    assert events("ticket.merged")[-1].target_id == source.number
    words = [(one.words, one.number) for one in related_to(by=actor(bea), ticket=source)]
    assert words == [("Merged into", target.number)]


def test_tickets_of_two_customers_never_become_one(acme, birch):
    ours, theirs = make_ticket(make_user(acme)), make_ticket(make_user(birch))
    with pytest.raises(CannotMerge, match="belongs to Birch"):
        merge(by=SYSTEM, source=ours, target=theirs)


def test_a_ticket_is_not_merged_into_itself(pair):
    with pytest.raises(CannotMerge, match="itself"):
        merge(by=SYSTEM, source=pair[0], target=pair[0])


@pytest.mark.parametrize("status", [Status.MERGED, Status.DELETED, Status.SPAM, Status.CLOSED])
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_over_is_not_merged(pair, status, which):
    move(by=SYSTEM, ticket=pair[which], status=status)
    with pytest.raises(CannotMerge, match=pair[which].number):
        merge(by=SYSTEM, source=pair[0], target=pair[1])


def test_a_merge_is_taken_back_and_what_was_written_since_stays(pair, bea):
    source, target = pair
    merge(by=actor(bea), source=source, target=target)
    answer(target, bea, "To both of you.")
    undo_merge(by=actor(bea), source=source)
    assert bodies(source) == ["It says E-42."]
    assert bodies(target) == ["It says E-42.", "To both of you."]
    assert (source.status, source.merged_into_id, source.message_count) == (Status.NEW, None, 1)
    assert related_to(by=actor(bea), ticket=source) == []


def test_whom_a_merge_brought_hears_nothing_more_once_it_is_taken_back(acme, ann):
    una, otto = make_user(acme), make_user(acme, "Otto Other")
    pia, paul = (make_user(acme, name) for name in ("Pia Partner", "Paul Partner"))
    source, target = make_ticket(otto), make_ticket(una)
    add_participant(by=actor(ann), ticket=source, email=pia.email)
    for ticket in (source, target):
        add_participant(by=actor(ann), ticket=ticket, email=paul.email)
    merge(by=SYSTEM, source=source, target=target)
    undo_merge(by=SYSTEM, source=source)
    assert part_in(target) == [paul.id]
    assert part_in(source) == [pia.id, paul.id]


def test_who_has_another_address_since_the_merge_hears_nothing_more_either(acme):
    otto = make_user(acme, "Otto Other")
    source, target = make_ticket(otto), make_ticket(make_user(acme))
    merge(by=SYSTEM, source=source, target=target)
    change_user(by=SYSTEM, user=otto, name="Otto New", email="new@acme.test")
    work()
    db.session.expire_all()
    assert source.requester_email == "new@acme.test"
    undo_merge(by=SYSTEM, source=source)
    assert part_in(target) == []


def test_who_takes_part_by_another_merge_stays(acme):
    una, otto = make_user(acme), make_user(acme, "Otto Other")
    first, second, target = make_ticket(otto), make_ticket(otto), make_ticket(una)
    for source in (first, second):
        merge(by=SYSTEM, source=source, target=target)
    undo_merge(by=SYSTEM, source=first)
    assert part_in(target) == [otto.id]
    undo_merge(by=SYSTEM, source=second)
    assert part_in(target) == []


def test_a_merge_is_taken_back_once(pair):
    source, target = pair
    merge(by=SYSTEM, source=source, target=target)
    undo_merge(by=SYSTEM, source=source)
    with pytest.raises(CannotUndo):
        undo_merge(by=SYSTEM, source=source)


def test_a_merge_can_be_taken_back_for_thirty_days(pair):
    source, target = pair
    merge(by=SYSTEM, source=source, target=target)
    with (
        clock.standing_at(clock.now() + UNDO_WINDOW + timedelta(seconds=1)),
        pytest.raises(CannotUndo, match="30 days"),
    ):
        undo_merge(by=SYSTEM, source=source)


@pytest.mark.parametrize(("there", "then"), [("", "Half"), ("Begun ", "Begun\n\nHalf")])
def test_what_people_have_not_sent_comes_along(pair, bea, mo, there, then):
    source, target = pair
    for ticket, body in ((source, "Half"), (target, there)):
        save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body=body)
    save_draft(admin_id=mo.id, ticket=source, kind=MessageKind.NOTE, body="Mo's")
    merge(by=SYSTEM, source=source, target=target)
    assert draft_of(target, bea.id, MessageKind.PUBLIC) == then
    assert draft_of(target, mo.id, MessageKind.NOTE) == "Mo's"
    assert draft_of(source, bea.id, MessageKind.PUBLIC) is None
    undo_merge(by=SYSTEM, source=source)
    assert draft_of(target, bea.id, MessageKind.PUBLIC) == then


def test_the_way_of_merges_leads_to_the_last_one(acme):
    uma = make_user(acme)
    one, two, three = (make_ticket(uma) for _ in range(3))
    merge(by=SYSTEM, source=one, target=two)
    merge(by=SYSTEM, source=two, target=three)
    assert live_ticket(one) is three


def test_a_circle_of_merges_leads_nowhere(pair):
    source, target = pair
    merge(by=SYSTEM, source=source, target=target)
    target.status, target.merged_into_id = Status.MERGED, source.id
    assert live_ticket(source) is None
