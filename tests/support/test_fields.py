"""Changing what a ticket is about, alone and beside others."""

import json

import pytest

from portal.core.database import db
from portal.core.errors import NotFound
from portal.customers.models import User
from portal.customers.users import change_user
from portal.staff.identity import BadEmail
from portal.support import clocks
from portal.support.bodies import BadSubject
from portal.support.company import around
from portal.support.fields import FieldConflict, UnknownValue, Wanted, change_fields, change_status
from portal.support.models import TicketEvent, TicketParticipant, TicketTag
from portal.support.participants import BadParticipant, add_participant, remove_participant
from portal.support.statuses import WrongMove
from portal.support.tagging import BadTag, change_tags
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.support.desk import customer_writes, make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def change(ticket, admin, **wanted):
    values = {name: Wanted(*value) for name, value in wanted.items()}
    return change_fields(by=actor(admin), ticket=ticket, wanted=values)


def said():
    """What the ledger holds of the last change."""
    return json.loads(events("ticket.changed")[-1].canonical)


def test_only_what_differs_is_changed_and_written_down(ticket, bea):
    version = ticket.version
    assert change(ticket, bea, priority=("high", "medium"), category=("question",)) == ["priority"]
    assert (ticket.priority, ticket.version) == ("high", version + 1)
    assert said()["changes"] == [{"field": "priority", "old": "medium", "new": "high"}]
    row = db.session.query(TicketEvent).filter_by(kind="priority").one()
    assert (row.old, row.new, row.actor_label) == ("medium", "high", bea.email)


def test_nothing_new_leaves_no_trace(ticket, bea):
    version = ticket.version
    assert change(ticket, bea, priority=("medium",)) == []
    assert (ticket.version, events("ticket.changed")) == (version, [])


def test_two_people_who_change_different_fields_both_succeed(ticket, bea, mo):
    change(ticket, bea, priority=("high", "medium"))
    change(ticket, mo, category=("billing", "question"))
    assert (ticket.priority, ticket.category) == ("high", "billing")


def test_two_people_who_change_one_field_meet_and_it_says_who(ticket, bea, mo):
    change(ticket, bea, priority=("high", "medium"))
    with pytest.raises(FieldConflict) as refused:
        change(ticket, mo, category=("billing", "question"), priority=("low", "medium"))
    assert bea.name in refused.value.message
    assert "priority to “high”" in refused.value.message
    assert (ticket.priority, ticket.category) == ("high", "question")


def test_who_meets_the_portal_reads_so(ticket, bea):
    change_status(by=actor(bea), ticket=ticket, status=Status.PENDING, old=Status.NEW)
    customer_writes(ticket)
    with pytest.raises(FieldConflict, match=r"^The portal changed the status"):
        change_status(by=actor(bea), ticket=ticket, status=Status.SOLVED, old=Status.PENDING)


def test_who_wanted_what_another_did_already_meets_nobody(ticket, bea, mo):
    change(ticket, bea, priority=("high", "medium"))
    assert change(ticket, mo, priority=("high", "medium")) == []


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"priority": ("fatal",)}, UnknownValue),
        ({"category": ("",)}, UnknownValue),
        ({"subject": (" ",)}, BadSubject),
        ({"subject": ("x" * 301,)}, BadSubject),
    ],
)
def test_a_value_that_is_none_is_refused(ticket, bea, wanted, error):
    with pytest.raises(error):
        change(ticket, bea, **wanted)


def test_the_ledger_keeps_no_subject(ticket, bea):
    change(ticket, bea, subject=("Uma's press", "The press stopped"))
    assert ticket.subject == "Uma's press"
    assert "press" not in str(said())


def test_what_a_promise_depends_on_tells_the_clocks(ticket, bea, monkeypatch):
    told = []
    monkeypatch.setattr(clocks, "terms_changed", lambda ticket, at: told.append(at))
    change(ticket, bea, subject=("Other",))
    assert told == []
    change(ticket, bea, priority=("urgent",))
    change_tags(by=actor(bea), ticket=ticket, add=["vip"])
    assert len(told) == 2


def test_a_status_moves_from_where_the_form_saw_it(ticket, bea, mo):
    assert change_status(by=actor(bea), ticket=ticket, status=Status.PENDING, old=Status.NEW)
    with pytest.raises(FieldConflict) as refused:
        change_status(by=actor(mo), ticket=ticket, status=Status.SOLVED, old=Status.NEW)
    assert "status to “pending”" in refused.value.message
    with pytest.raises(WrongMove):
        change_status(by=actor(mo), ticket=ticket, status=Status.CLOSED, old=Status.PENDING)


def tags(ticket):
    rows = db.session.query(TicketTag).filter_by(ticket_id=ticket.id)
    assert sorted(row.tag for row in rows) == sorted(ticket.tags)
    return ticket.tags


def test_tags_are_added_and_removed_beside_those_of_others(ticket, bea, mo):
    change_tags(by=actor(bea), ticket=ticket, add=[" #VIP ", "printer"])
    change_tags(by=actor(mo), ticket=ticket, add=["late", "vip"], remove=["printer"])
    assert tags(ticket) == ["vip", "late"]
    assert not change_tags(by=actor(mo), ticket=ticket, add=["late"], remove=["never-there"])
    row = db.session.query(TicketEvent).filter_by(kind="tags").order_by(TicketEvent.id.desc())
    assert (row.first().old, row.first().new) == ("vip printer", "vip late")


@pytest.mark.parametrize("tag", ["", "two words", "x" * 41, "a,b", "<b>", "-x", "\x00"])
def test_what_is_no_tag_is_refused(ticket, bea, tag):
    with pytest.raises(BadTag):
        change_tags(by=actor(bea), ticket=ticket, add=[tag])


def test_a_ticket_takes_twenty_tags(ticket, bea):
    change_tags(by=actor(bea), ticket=ticket, add=[f"t{n}" for n in range(20)])
    with pytest.raises(BadTag):
        change_tags(by=actor(bea), ticket=ticket, add=["one-more"])
    change_tags(by=actor(bea), ticket=ticket, add=["one-more"], remove=["t0"])
    assert len(tags(ticket)) == 20


def take_part(ticket, admin, email):
    return add_participant(by=actor(admin), ticket=ticket, email=email)


def test_a_participant_is_known_when_the_tenant_has_them(ticket, acme, birch, bea):
    make_user(birch, "Otto Other")
    vic = make_user(acme, "Vic Second")
    rows = [take_part(ticket, bea, email) for email in ("VIC@acme.test", "otto@birch.test")]
    assert [(row.user_id, row.name) for row in rows] == [(vic.id, "Vic Second"), (None, "otto")]
    assert take_part(ticket, bea, "vic@acme.test").id == rows[0].id
    assert "vic@" not in str(said())


def test_who_takes_part_already_or_is_nobody_is_refused(ticket, bea):
    requester = db.session.get_one(User, ticket.requester_id)
    with pytest.raises(BadParticipant):
        take_part(ticket, bea, requester.email.upper())
    with pytest.raises(BadEmail):
        take_part(ticket, bea, "nobody")


def test_a_participant_with_another_address_by_now_is_known_by_that_alone(ticket, acme, bea):
    vic = make_user(acme, "Vic Second")
    row = take_part(ticket, bea, vic.email)
    change_user(by=actor(bea), user=vic, name="Vic Third", email="vic@new.test")
    assert take_part(ticket, bea, "vic@new.test").id == row.id
    (shown,) = around(ticket, bea.id).participants
    assert (shown.name, shown.email, shown.is_outside) == ("Vic Third", "vic@new.test", True)
    with pytest.raises(BadParticipant, match="Vic Third took part by this address"):
        take_part(ticket, bea, "vic@acme.test")


def test_the_composer_names_each_address_once_and_never_the_requesters(ticket, acme, bea):
    vic, wes = make_user(acme, "Vic Second"), make_user(acme, "Wes Third")
    for address in ("vic@new.test", vic.email, wes.email):
        take_part(ticket, bea, address)
    change_user(by=actor(bea), user=vic, name=vic.name, email="vic@new.test")
    change_user(by=actor(bea), user=wes, name=wes.name, email=ticket.requester_email)
    beside = around(ticket, bea.id)
    assert [(one.name, one.email) for one in beside.copied] == [("Vic Second", "vic@new.test")]
    assert [one.name for one in beside.participants] == ["Vic Second", "Vic Second", "Wes Third"]


def test_of_two_with_one_address_the_composer_names_who_took_part_first(ticket, acme, bea):
    zoe, abe = make_user(acme, "Zoe First"), make_user(acme, "Abe Second")
    for user in (zoe, abe):
        take_part(ticket, bea, user.email)
    change_user(by=actor(bea), user=abe, name=abe.name, email=zoe.email)
    assert [one.name for one in around(ticket, bea.id).copied] == ["Zoe First"]


def test_the_history_says_to_whom_no_copies_go_any_more(ticket, acme, bea):
    vic = make_user(acme, "Vic Second")
    row = take_part(ticket, bea, vic.email)
    change_user(by=actor(bea), user=vic, name=vic.name, email="vic@new.test")
    remove_participant(by=actor(bea), ticket=ticket, participant_id=row.id)
    told = db.session.query(TicketEvent).filter_by(kind="participants").order_by(TicketEvent.id)
    assert [(one.old, one.new) for one in told] == [(None, "vic@acme.test"), ("vic@new.test", None)]


def test_whose_address_it_is_by_now_is_known_before_who_had_it(ticket, acme, bea):
    vic, wes = make_user(acme, "Vic Second"), make_user(acme, "Wes Third")
    address = vic.email
    take_part(ticket, bea, address)
    row = take_part(ticket, bea, wes.email)
    change_user(by=actor(bea), user=vic, name=vic.name, email="vic@new.test")
    change_user(by=actor(bea), user=wes, name=wes.name, email=address)
    assert take_part(ticket, bea, address).id == row.id


def test_a_participant_leaves_once(ticket, bea):
    row = take_part(ticket, bea, "x@else.test")
    remove_participant(by=actor(bea), ticket=ticket, participant_id=row.id)
    assert db.session.query(TicketParticipant).count() == 0
    with pytest.raises(NotFound):
        remove_participant(by=actor(bea), ticket=ticket, participant_id=row.id)
