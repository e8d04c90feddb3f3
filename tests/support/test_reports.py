"""The numbers of the reports, against tickets that a person can count."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.support.clock_math import ClockState, Metric
from portal.support.models import (
    BusinessCalendarRow,
    SlaRule,
    SupportTicket,
    TicketClock,
    TicketRating,
)
from portal.support.report_forms import BadSpan, scope_of
from portal.support.report_rows import csv_of
from portal.support.report_sets import SETS, tickets_of
from portal.support.reports import (
    agents_of,
    backlog_of,
    count_of,
    promises_of,
    ratings_of,
    times_of,
    volume_of,
)
from portal.support.statuses import move
from portal.support.words import Status
from tests.cast import make_user
from tests.support.desk import answer, customer_writes, make_agent, make_ticket

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def uma(acme):
    return make_user(acme)


def scope(first="2026-06-01", last="2026-06-30", zone=UTC_ZONE, **whose):
    with clock.standing_at(NOON + timedelta(days=10)):
        whose = {"team_id": None, "agent_id": None, **whose}
        return scope_of(first=first, last=last, zone=zone, **whose)


def opened(uma, at, **more):
    with clock.standing_at(at):
        return make_ticket(uma, **more)


def answered(uma, bea, at, after, status=None):
    ticket = opened(uma, at)
    with clock.standing_at(at + after):
        answer(ticket, bea, status=status)
    return ticket


def test_median_and_p90_are_times_of_real_tickets(uma, bea):
    for hours in range(1, 11):
        answered(uma, bea, NOON, hours * HOUR)
    first, _, _ = times_of(scope())
    assert (first.calendar.count, first.calendar.median, first.calendar.p90) == (
        10,
        5 * 3600,
        9 * 3600,
    )


@pytest.mark.parametrize(
    ("count", "median", "p90"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (20, 10, 18)]
)
def test_percentiles_are_by_nearest_rank(uma, bea, count, median, p90):
    for hours in range(1, count + 1):
        answered(uma, bea, NOON, hours * HOUR, Status.SOLVED)
    *_, resolution = times_of(scope())
    assert (resolution.calendar.median, resolution.calendar.p90) == (median * 3600, p90 * 3600)


def test_nothing_done_has_no_times(app):
    assert [(line.calendar.count, line.calendar.median) for line in times_of(scope())] == [
        (0, None)
    ] * 3


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"])
def test_days_of_zones_begin_within_an_hour_too(uma, zone):
    there = ZoneInfo(zone)
    for at in ((6, 1, 0, 10), (6, 2, 23, 50), (6, 3, 0, 10), (6, 30, 23, 50)):
        opened(uma, datetime(2026, *at, tzinfo=there).astimezone(UTC))
    found = {f"{day:%m-%d}": came for day, came, _ in volume_of(scope(zone=there), there) if came}
    assert found == {"06-01": 1, "06-02": 1, "06-03": 1, "06-30": 1}


def test_days_are_those_of_the_reader(uma):
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # the first of July in Berlin
    opened(uma, late)
    assert count_of("created", scope()) == 1
    berlin = scope(zone=ZoneInfo("Europe/Berlin"))
    assert count_of("created", berlin) == 0
    days = {day.isoformat(): came for day, came, _ in volume_of(scope(), UTC_ZONE)}
    assert (len(days), days["2026-06-30"]) == (30, 1)


def test_spam_merged_and_deleted_tickets_are_nobodys_work(uma):
    for status in (Status.SPAM, Status.DELETED, Status.MERGED, Status.OPEN):
        move(by=SYSTEM, ticket=opened(uma, NOON), status=status)
    assert count_of("created", scope()) == 1


def test_the_backlog_is_cut_by_age_without_holes(uma):
    now = NOON + timedelta(days=10)
    for days in (0, 1, 2, 3, 5, 7, 20, 30, 200):
        opened(uma, now - timedelta(days=days))
    found = backlog_of(scope())
    assert [count for _, _, count in found] == [1, 2, 2, 2, 2]
    assert [count_of(name, scope()) for _, name, _ in found] == [1, 2, 2, 2, 2]


def test_opened_again_counts_the_solved_ones(uma, bea):
    ticket = answered(uma, bea, NOON, HOUR, Status.SOLVED)
    with clock.standing_at(NOON + 2 * HOUR):
        customer_writes(ticket)
    with clock.standing_at(NOON + 3 * HOUR):
        answer(ticket, bea, status=Status.SOLVED)
    answered(uma, bea, NOON, HOUR, Status.SOLVED)
    assert [count_of(name, scope()) for name in ("solved", "reopened")] == [2, 1]


def rated(ticket, score, agent):
    at = NOON + HOUR
    values = {"ticket_id": ticket.id, "solved_at": at, "rated_at": at, "score": score}
    db.session.add(TicketRating(agent_id=agent.id, **values))
    db.session.flush()


def test_agents_have_what_they_have_and_did(uma, bea):
    make_agent(bea)
    one = answered(uma, bea, NOON, HOUR, Status.SOLVED)
    two = answered(uma, bea, NOON, HOUR)
    for ticket in (one, two):
        ticket.assignee_id = bea.id
    rated(one, 3, bea)
    rated(two, 1, bea)
    (line,) = agents_of(scope())
    assert (line.open, line.replies, line.solved, line.good, line.rated) == (1, 2, 1, 1, 2)
    assert ratings_of(scope()) == [1, 0, 1]
    assert count_of(f"replied-by:{bea.id}", scope()) == 2


def a_clock(ticket, rule, state, seconds):
    at = NOON + HOUR
    return TicketClock(
        ticket_id=ticket.id,
        metric=Metric.FIRST_RESPONSE,
        rule_id=rule.id,
        rule_version=1,
        calendar_id=rule.calendar_id,
        calendar_version=1,
        target_s=3600,
        consumed_s=seconds,
        state=state,
        started_at=NOON,
        ended_at=at,
        met_at=at,
    )


def a_rule():
    calendar = BusinessCalendarRow(name="Days", name_key="days", created_at=NOON)
    db.session.add(calendar)
    db.session.flush()
    named = {"name": "Fast", "position": 1, "escalations": [], "created_at": NOON}
    rule = SlaRule(calendar_id=calendar.id, **named)
    db.session.add(rule)
    db.session.flush()
    return rule


def test_promises_are_kept_or_broken_by_rule(uma):
    rule = a_rule()
    for state, seconds in ((ClockState.MET, 60), (ClockState.MET, 120), (ClockState.MISSED, 7200)):
        db.session.add(a_clock(opened(uma, NOON), rule, state, seconds))
    db.session.add(a_clock(opened(uma, NOON), rule, ClockState.CANCELLED, 1))
    (promise,) = promises_of(scope())
    assert (promise.rule, promise.met, promise.missed, promise.share) == ("Fast", 2, 1, 66)
    business = times_of(scope())[0].business
    assert (business.count, business.median, business.p90) == (3, 120, 7200)
    assert count_of(f"missed:{rule.id}:first_response", scope()) == 1


ARGUMENTS = {"met": ":1:resolution", "missed": ":1:resolution", "age": ":0", "rated": ":3"}


@pytest.mark.parametrize("kind", sorted(SETS))
def test_every_number_opens_its_tickets(app, kind):
    name = kind + ARGUMENTS.get(kind, ":1" if "-of" in kind or "-by" in kind else "")
    query = sa.select(SupportTicket.id).where(tickets_of(name, scope()))
    assert db.session.scalars(query).all() == []


@pytest.mark.parametrize(
    "name",
    ["", "x", "created:1", "met", "met:x:y", "met:1:z", "age:9", "rated:99999999999", "age:-1"],
)
def test_a_number_of_no_report_is_not_there(app, name):
    with pytest.raises(NotFound):
        tickets_of(name, scope())


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("x", "", "2026-11-23"),
        ("2026-06-02", "2026-06-01", "after"),
        ("2024-01-01", "2026-01-01", "a year"),
        ("0001-01-01", "0001-01-02", "century"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(app, first, last, why):
    with pytest.raises(BadSpan, match=why):
        scope(first, last)


def test_a_cell_never_becomes_a_formula(uma):
    opened(uma, NOON, subject="=HYPERLINK(1)")
    db.session.commit()
    lines = "".join(csv_of("created", scope())).splitlines()
    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]


def test_a_table_holds_nothing_between_two_parts(uma):
    opened(uma, NOON)
    db.session.commit()
    parts = csv_of("created", scope())
    assert "number" in next(parts)
    assert "2026-06-15T12:00:00" in next(parts)
    assert not db.session().in_transaction()
