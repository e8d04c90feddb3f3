"""One change for many tickets: who is meant, a result for each, and back again."""

import json

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.core.roles import Role
from portal.support import bulk_work
from portal.support.bulk import (
    NothingChosen,
    NotToUndo,
    TooManyChosen,
    bulk_or_404,
    chosen_by_queue,
    chosen_one_by_one,
    start_bulk_change,
    undo_bulk_change,
)
from portal.support.bulk_results import bulk_changes, bulk_rows, may_undo, reasons_of
from portal.support.change_words import NothingToChange, change_in_words, sentence
from portal.support.fields import UnknownValue
from portal.support.filter_language import parse
from portal.support.models import (
    BulkChange,
    BulkChangeRow,
    TeamMember,
    TicketClock,
    TicketEvent,
)
from portal.support.queues import Queue, View
from portal.support.statuses import set_status
from portal.support.tagging import change_tags
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.clocks import HOUR
from tests.support.crew import hire, make_team
from tests.support.desk import make_agent, make_ticket
from tests.support.levels import make_calendar, make_rule
from tests.support.queue_cast import looking, put, put_many


@pytest.fixture
def five(acme):
    user = make_user(acme)
    return [make_ticket(user, subject=f"Ticket {number}") for number in range(5)]


def start(person, tickets, **change):
    bulk = start_bulk_change(by=actor(person), ticket_ids=[t.id for t in tickets], change=change)
    db.session.commit()
    return bulk


def work(bulk):
    """As the worker does it, batch by batch."""
    db.session.commit()
    while bulk.status != "done":
        bulk_work.work_off({"bulk_id": bulk.id})
        db.session.commit()
    return bulk


def changed(person, tickets, **change):
    return work(start(person, tickets, **change))


def undone(person, bulk):
    undoing = undo_bulk_change(by=actor(person), bulk_id=bulk.id)
    db.session.commit()
    return work(undoing)


def details(bulk):
    return [row.detail for row in bulk_rows(bulk).items]


def test_every_field_is_changed_at_once(bea, five):
    team = make_team(make_agent(bea), strategy="manual")
    change = {"priority": "high", "category": "billing", "status": "pending", "team_id": team.id}
    bulk = changed(bea, five, **change, assign_to=bea.id, add_tags=["VIP", "fair", "vip"])
    assert (bulk.status, bulk.total, bulk.done, bulk.skipped) == ("done", 5, 5, 0)
    fields = ("priority", "category", "status", "team_id", "assignee_id", "tags")
    made = {tuple(map(str, (getattr(t, name) for name in fields))) for t in five}
    wanted = ("high", "billing", "pending", str(team.id), str(bea.id), "['vip', 'fair']")
    assert made == {wanted}


def test_each_ticket_keeps_who_did_it_and_why(bea, five):
    bulk = changed(bea, five, status="solved", priority="low")
    (began,) = events("ticket.bulk_started")
    assert json.loads(began.canonical)["meta"]["batch_id"] == f"bulk:{bulk.id}"
    noted = db.session.scalars(sa.select(TicketEvent).filter_by(cause=f"bulk:{bulk.id}")).all()
    assert sorted(event.kind for event in noted) == ["priority"] * 5 + ["status"] * 5
    assert {event.actor_id for event in noted} == {bea.id}
    assert {e.actor_id for e in events("ticket.status_changed")} == {bea.id}


def test_what_refuses_is_skipped_with_its_reason_and_the_others_go_on(bea, five):
    for ticket, status in zip(five, (Status.CLOSED, Status.SOLVED, Status.DELETED), strict=False):
        ticket.status, ticket.is_open = status, False
    bulk = changed(bea, five, priority="urgent", status="solved")
    assert (bulk.done, bulk.skipped) == (5, 2)
    assert details(bulk)[0] == "A closed ticket stays closed. Open a follow-up instead."
    assert details(bulk)[2] == "There is no such ticket."
    assert [t.priority for t in five] == ["medium", "urgent", "medium", "urgent", "urgent"]
    assert {reason.tickets for reason in reasons_of(bulk)} == {1}


def test_together_or_one_by_one_comes_to_the_same(bea, five, monkeypatch):
    """One by one they are tried after a ticket refused half done."""
    calendar = make_calendar()
    make_rule(calendar, name="Hurry", priority="high", first_response_s=HOUR)
    make_rule(calendar, name="Usual")
    changed(bea, five, category="billing")
    wanted = {"priority": "high", "add_tags": ["seen"], "status": "pending"}
    changed(bea, five[:2], **wanted)
    monkeypatch.setattr(bulk_work, "_together", lambda *_: None)
    changed(bea, five[2:4], **wanted)
    assert outcome(five[0]) == outcome(five[1]) == outcome(five[2]) == outcome(five[3])
    assert outcome(five[4]) != outcome(five[0])


def outcome(ticket):
    db.session.refresh(ticket)
    kinds = sa.select(TicketEvent.kind, TicketEvent.new).filter_by(ticket_id=ticket.id)
    clocks = sa.select(TicketClock.metric, TicketClock.rule_id, TicketClock.state)
    return (
        (ticket.priority, ticket.tags, ticket.status, ticket.version),
        sorted(db.session.execute(kinds).all()),
        set(db.session.execute(clocks.filter_by(ticket_id=ticket.id)).all()),
        len([each for each in events("ticket.changed") if each.target_label == ticket.number]),
    )


def test_a_batch_takes_few_statements_however_many_tickets_it_has(bea, five):
    bulk = start(bea, five, priority="high", add_tags=["seen"], status="pending")
    with counted() as statements:
        work(bulk)
    assert [each.split()[0] for each in statements].count("UPDATE") <= 6


def test_what_is_so_already_is_no_change(bea, five):
    bulk = changed(bea, five, priority="medium")
    assert (bulk.done, bulk.skipped, set(details(bulk))) == (5, 5, {"It is so already."})
    assert not may_undo(actor(bea), bulk)
    with pytest.raises(NotToUndo, match="changed no ticket"):
        undo_bulk_change(by=actor(bea), bulk_id=bulk.id)


def test_whoever_lost_the_right_meanwhile_changes_nothing(bea, five):
    bulk = start(bea, five, priority="high")
    bea.role = Role.FINANCE
    assert work(bulk).skipped == 5
    assert details(bulk)[0] == "Whoever started this may no longer change tickets."
    second = start_of_disabled(bea, five)
    assert (second.skipped, {t.priority for t in five}) == (5, {"medium"})


def start_of_disabled(bea, five):
    bea.role = Role.SUPPORT_AGENT
    bulk = start(bea, five, priority="high")
    bea.disabled_at = clock.now()
    return work(bulk)


def test_only_a_person_who_answers_tickets_starts_one(bea, five):
    bea.role = Role.FINANCE
    with pytest.raises(Denied):
        start(bea, five, priority="high")
    with pytest.raises(Denied):
        start_bulk_change(by=SYSTEM, ticket_ids=[five[0].id], change={"priority": "high"})


@pytest.mark.parametrize("who", ["agent", "manager"])
def test_tickets_of_other_teams_stay_as_they_are(bea, mo, five, who):
    make_agent(bea)
    own, other = (
        make_team(name=name, strategy="manual", is_default=False) for name in ("Own", "Other")
    )
    db.session.add(TeamMember(team_id=own.id, agent_id=bea.id))
    for ticket, team in zip(five, (None, own, other, other, other), strict=True):
        ticket.team_id = team.id if team else None
    five[3].assignee_id = bea.id
    bulk = changed(bea if who == "agent" else mo, five, priority="high")
    if who == "manager":
        assert bulk.skipped == 0
        return
    assert [t.priority for t in five] == ["high", "high", "medium", "high", "medium"]
    why = "It belongs to “Other”, and you are neither in it nor the assignee."
    assert [one for one in details(bulk) if one] == [why, why]


def test_what_went_to_another_team_may_still_be_taken_back(bea, five):
    make_agent(bea)
    other = make_team(name="Other", strategy="manual", is_default=False)
    bulk = changed(bea, five, team_id=other.id)
    assert {t.team_id for t in five} == {other.id}
    assert work(undo_bulk_change(by=actor(bea), bulk_id=bulk.id)).skipped == 0
    assert {t.team_id for t in five} == {None}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, NothingToChange),
        ({"add_tags": []}, NothingToChange),
        ({"status": "deleted"}, UnknownValue),
        ({"status": "new"}, UnknownValue),
        ({"priority": "huge"}, UnknownValue),
        ({"add_tags": ["a"], "remove_tags": ["A"]}, UnknownValue),
    ],
)
def test_a_change_that_is_none_begins_nothing(bea, five, change, refusal):
    with pytest.raises(refusal):
        start(bea, five, **change)
    assert db.session.query(BulkChange).count() == 0


def test_the_ticked_ones_are_those_that_the_person_may_see(bea, five):
    five[1].status = Status.DELETED
    numbers = [five[0].number, five[1].number, five[0].number.lower(), "TCK-1999-000001", "x\x00"]
    assert chosen_one_by_one(actor(bea), numbers) == [five[0].id]
    with pytest.raises(NothingChosen):
        chosen_one_by_one(actor(bea), ["nonsense"])


def test_a_filter_means_what_stands_in_the_queue_now(bea, five, acme):
    found = put(make_user(acme, "Vic"), subject="Special", priority="urgent")
    queue = Queue.of(View.ALL).narrowed_by(parse("priority:urgent"))
    assert chosen_by_queue(queue, looking(bea)) == [found.id]
    with pytest.raises(NothingChosen):
        chosen_by_queue(Queue.of(View.MINE), looking(bea))


def test_more_than_ten_thousand_are_refused(bea, five):
    put_many(five[0], 10_000)
    with pytest.raises(TooManyChosen):
        chosen_by_queue(Queue.of(View.ALL), looking(bea))
    with pytest.raises(TooManyChosen):
        chosen_one_by_one(actor(bea), (f"TCK-2001-{n:06}" for n in range(1, 10_002)))


def test_undoing_restores_what_it_changed(bea, five):
    change_tags(by=SYSTEM, ticket=five[0], add=["old"])
    five[0].snoozed_until = until = clock.now()
    waited = five[0].waiting_since
    bulk = changed(bea, five, status="solved", priority="low", add_tags=["x"], assign_to=None)
    undoing = undone(bea, bulk)
    assert (undoing.undoes_id, undoing.done, undoing.skipped) == (bulk.id, 5, 0)
    assert {(t.status, t.priority) for t in five} == {("new", "medium")}
    assert (five[0].tags, five[1].tags) == (["old"], [])
    assert (five[0].waiting_since, five[0].reopened_count) == (waited, 0)
    assert abs((five[0].snoozed_until - until).total_seconds()) < 0.001
    assert len(events("ticket.bulk_undone")) == 1


def test_what_somebody_changed_since_is_left_alone(bea, five):
    bulk = changed(bea, five, status="solved", priority="low")
    set_status(by=SYSTEM, ticket=five[0], status=Status.OPEN)
    five[1].priority, five[1].status = "urgent", Status.PENDING
    undoing = undone(bea, bulk)
    assert (undoing.done, undoing.skipped) == (5, 1)
    assert details(undoing)[:3] == [
        "The status was changed since.",
        "The status was changed since. The priority was changed since.",
        None,
    ]
    assert [t.status for t in five[:3]] == ["open", "pending", "new"]


def test_people_and_teams_come_back_unless_they_are_gone(bea, five):
    first, second = hire("Dan Desk"), make_agent(bea)
    old, new = (
        make_team(second, name=n, strategy="manual", is_default=False) for n in ("Old", "New")
    )
    for ticket in five:
        ticket.assignee_id, ticket.assignee_name, ticket.team_id = first.id, "Dan Desk", old.id
    bulk = changed(bea, five, assign_to=second.id, team_id=new.id)
    assert {t.assignee_name for t in five} == {"Bea Agent"}
    first.is_active = False
    undoing = undone(bea, bulk)
    assert {(t.assignee_id, t.team_id) for t in five} == {(second.id, old.id)}
    assert "does not work on tickets" in details(undoing)[0]


def test_a_change_is_taken_back_once_and_by_whoever_may(bea, mo, cy, five):
    bulk = start(bea, five, priority="high")
    with pytest.raises(NotToUndo, match="still runs"):
        undo_bulk_change(by=actor(bea), bulk_id=bulk.id)
    work(bulk)
    with pytest.raises(Denied):
        undo_bulk_change(by=actor(cy), bulk_id=bulk.id)
    assert (may_undo(actor(cy), bulk), may_undo(actor(mo), bulk)) == (False, True)
    undoing = undone(mo, bulk)
    for one, why in ((bulk, "already"), (undoing, "took another")):
        with pytest.raises(NotToUndo, match=why):
            undo_bulk_change(by=actor(mo), bulk_id=one.id)
    with pytest.raises(NotFound):
        undo_bulk_change(by=actor(mo), bulk_id=99_999)


def test_it_goes_on_in_batches_and_shows_how_far_it_is(bea, five, monkeypatch):
    monkeypatch.setattr(bulk_work, "AT_ONCE", 2)
    bulk, seen = start(bea, five, priority="high"), []
    for _ in range(4):
        bulk_work.work_off({"bulk_id": bulk.id})
        db.session.commit()
        seen.append((bulk.status, bulk.done))
    assert seen == [("running", 2), ("running", 4), ("done", 5), ("done", 5)]
    assert len(bulk_rows(bulk, result="changed").items) == 5
    assert bulk_rows(bulk, result="waiting").items == []


def test_the_list_of_them_is_the_latest_first(bea, five):
    first, second = start(bea, five, priority="high"), start(bea, five[:1], priority="low")
    assert [line.id for line in bulk_changes().items] == [second.id, first.id]
    assert bulk_or_404(first.id) is first


def test_a_change_is_said_in_words(bea, five):
    team = make_team(make_agent(bea), name="Paper")
    change = {"status": "on_hold", "assign_to": bea.id, "team_id": team.id, "add_tags": ["a", "b"]}
    assert sentence(change_in_words(change)) == (
        "Sets the status to on hold; gives it to Bea Agent; moves it to the team Paper; "
        "adds the tags a, b."
    )
    nobody = {"assign_to": None, "team_id": None, "remove_tags": ["a"]}
    assert sentence(change_in_words(nobody)).startswith(
        "Takes it from whoever has it; takes it out"
    )


def test_rows_go_with_their_tickets_result(bea, five):
    bulk = changed(bea, five[:1], priority="high")
    row = db.session.scalar(sa.select(BulkChangeRow).filter_by(bulk_id=bulk.id))
    assert (row.before["before"]["priority"], row.before["after"]["priority"]) == ("medium", "high")
