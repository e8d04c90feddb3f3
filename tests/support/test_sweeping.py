"""The sweeper notes, tells, warns and escalates once; when it runs changes no stored value."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.registry import recurring_kinds
from portal.staff.models import Notice
from portal.support.models import SupportTeam
from portal.support.sweeping import KIND, note_breaches, sweep, tell_breaches, warn
from portal.support.words import Priority, Status
from tests.cast import make_user
from tests.ledger import events
from tests.statements import plans_of
from tests.support.clocks import HOUR, at
from tests.support.desk import answer, make_agent, make_ticket
from tests.support.levels import (
    FIRST,
    WHOLE,
    make_calendar,
    make_rule,
    meta,
    move_to,
    row,
    rows,
    then,
    work,
)

TELLS = ("warning:notify_assignee", "breach:notify_assignee", "breach:notify_lead")


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(uma, bea, mo):
    """Bea has it; Mo leads her team."""
    make_rule(resolution_s=None, escalations=TELLS)
    make_agent(bea)
    team = SupportTeam(
        name="Support",
        name_key="support",
        strategy="manual",
        categories=[],
        lead_id=mo.id,
        created_at=clock.now(),
    )
    db.session.add(team)
    db.session.flush()
    with then(7, "10:00"):
        found = make_ticket(uma)
    found.team_id, found.assignee_id, found.assignee_name = team.id, bea.id, bea.name
    return found


def sweep_at(day: int, text: str) -> None:
    with then(day, text):
        sweep({})
    db.session.expire_all()


def notices(admin) -> list[str]:
    query = sa.select(Notice.text).filter_by(admin_id=admin.id).order_by(Notice.id)
    return list(db.session.scalars(query))


def test_it_comes_every_half_minute():
    assert recurring_kinds()[KIND] == timedelta(seconds=30)


@pytest.mark.parametrize(("text", "breached"), [("11:00", None), ("11:00:01", at(7, "11:00"))])
def test_a_breach_is_noted_as_it_was_due_once_that_has_passed(ticket, text, breached):
    sweep_at(7, text)
    assert (row(ticket, FIRST).state, row(ticket, FIRST).breached_at) == ("running", breached)
    assert ticket.next_due_at == at(7, "11:00")


def test_a_breach_is_told_once(ticket, bea, mo):
    for day in (7, 8, 9):
        sweep_at(day, "12:00")
    (event,) = events("ticket.sla_breached")
    assert (event.target_id, meta(event)["due_at"]) == (
        ticket.number,
        "2026-01-07T10:00:00.000000Z",
    )
    for person in (bea, mo):
        assert notices(person) == [f"The first response of {ticket.number} (Acme) is overdue."]
    (escalated,) = events("ticket.escalated")
    assert meta(escalated)["steps"] == ["notify_assignee", "notify_lead"]


def test_a_breach_that_a_reply_noted_is_told_by_the_reply_alone(ticket, bea):
    with then(7, "12:00"):
        answer(ticket, bea)
    sweep_at(7, "12:01")
    assert len(events("ticket.sla_breached")) == 1
    assert notices(bea) == []


def test_a_warning_is_said_once_and_before_it_is_late(ticket, bea):
    for text in ("10:44", "10:45", "10:50", "10:59"):
        sweep_at(7, text)
    words = f"The first response of {ticket.number} (Acme) is due: 15m of open hours left."
    assert notices(bea) == [words]
    assert events("ticket.escalated") == []


def test_nobody_is_warned_outside_open_hours(uma, bea):
    make_rule(first_response_s=8 * HOUR, resolution_s=None, escalations=TELLS)
    make_agent(bea)
    with then(7, "11:00"):
        ticket = make_ticket(uma)
    ticket.assignee_id = bea.id
    assert row(ticket, FIRST).warn_at == at(7, "17:00")
    for day, text, said in ((7, "17:01", 0), (8, "08:59", 0), (8, "09:00", 1), (8, "09:01", 1)):
        sweep_at(day, text)
        assert len(notices(bea)) == said


def test_nobody_is_warned_of_what_is_late_already(ticket, bea):
    sweep_at(7, "14:00")
    assert len(notices(bea)) == 1
    assert row(ticket, FIRST).warned_at is None


@pytest.mark.parametrize(
    ("step", "field", "value"),
    [
        ("raise_priority", "priority", Priority.HIGH),
        ("tag:late", "tags", ["late"]),
        ("unassign", "assignee_id", None),
    ],
)
def test_an_escalation_changes_the_ticket(uma, bea, step, field, value):
    make_rule(escalations=(f"breach:{step}",), resolution_s=None)
    make_agent(bea)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    ticket.assignee_id, ticket.assignee_name = bea.id, bea.name
    sweep_at(7, "12:00")
    assert getattr(ticket, field) == value
    (event,) = events("ticket.escalated")
    assert meta(event)["steps"] == [step]


def test_a_raised_priority_is_not_raised_again_by_what_it_brings(uma):
    calendar = make_calendar()
    raises = ("breach:raise_priority",)
    for name, hours in (("urgent", 1), ("high", 2)):
        make_rule(calendar, priority=name, resolution_s=hours * HOUR, escalations=raises)
    make_rule(calendar, first_response_s=3 * HOUR, escalations=raises)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    for text in ("13:01", "13:02", "13:03"):
        sweep_at(7, text)
    assert ticket.priority == Priority.HIGH
    assert row(ticket, WHOLE).breach_reason == "target_changed"
    assert len(rows(ticket, WHOLE)) == 2


def test_a_clock_that_broke_and_was_paused_is_told_all_the_same(uma):
    make_rule()
    with then(7, "10:00"):
        ticket = make_ticket(uma)
    with then(8, "11:00"):
        move_to(ticket, Status.PENDING)
    sweep_at(8, "11:01")
    told = {meta(event)["metric"] for event in events("ticket.sla_breached")}
    assert told == {FIRST, WHOLE}


def test_more_than_a_batch_is_swept_by_jobs_that_follow(uma, monkeypatch):
    monkeypatch.setattr("portal.support.sweeping.AT_ONCE", 2)
    make_rule(resolution_s=None)
    with then(7, "10:00"):
        tickets = [make_ticket(uma) for _ in range(5)]
    work()
    sweep_at(7, "12:00")
    noted = [row(ticket, FIRST).breached_at is not None for ticket in tickets]
    assert noted == [True, True, False, False, False]
    with then(7, "12:00"):
        assert work() == 2
    db.session.expire_all()
    assert all(row(ticket, FIRST).escalated_at for ticket in tickets)
    assert len(events("ticket.sla_breached")) == 5


@pytest.mark.parametrize(
    ("work", "index"), [(note_breaches, "due"), (tell_breaches, "untold"), (warn, "warn")]
)
def test_what_is_next_is_found_by_an_index_of_that_alone(ticket, work, index):
    first, *_ = plans_of(lambda: work(at(7, "10:44")), of_few=True)
    assert f"ix_ticket_sla_clocks_{index}" in first
