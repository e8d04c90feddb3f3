"""Agents: rows that follow people, how they work, and when."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.roles import Role
from portal.core.staleness import Stale
from portal.staff.account import change_preferences
from portal.staff.invites import add_person
from portal.staff.people import change_role
from portal.support.agent_list import agents_list, assign_choices
from portal.support.agents import (
    BadAvailability,
    BadCapacity,
    BadLanguages,
    BadSignature,
    BadSkills,
    NotYourself,
    Profile,
    change_agent,
    change_signature,
    profile_of,
    set_availability,
)
from portal.support.load import eligible, in_tickets, load_within
from portal.support.models import SupportAgent
from portal.support.roster import agent_or_404
from portal.support.shifts import BadShifts, Span, read_week, write_week
from tests.cast import PASSWORD, actor, make_admin, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.crew import hire, make_team
from tests.support.desk import answer, make_agent, make_ticket

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def row_of(person_id) -> SupportAgent | None:
    return db.session.get(SupportAgent, person_id, populate_existing=True)


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_answer_by_their_role_is_an_agent_from_the_start(app, role):
    person = add_person(by=SYSTEM, email="new@x.test", name="New", role=role, password=PASSWORD)
    is_one = row_of(person.id) is not None
    assert is_one == (role in {Role.ADMIN, Role.MANAGER, Role.SUPPORT_AGENT})


def test_a_new_role_makes_an_agent_of_somebody(ann):
    fin = make_admin("Fin Finance", Role.FINANCE)
    roles = {"expected": Role.FINANCE, "role": Role.MANAGER}
    change_role(by=actor(ann), person_id=fin.id, **roles)
    assert (row_of(fin.id).is_active, row_of(fin.id).capacity) == (True, 20)


def test_a_new_name_is_what_their_tickets_say(acme, bea):
    make_agent(bea)
    ticket = make_ticket(make_user(acme))
    answer(ticket, bea)
    look = {"time_zone": "UTC", "theme": "auto", "shortcuts_enabled": True}
    change_preferences(by=actor(bea), person_id=bea.id, name="Beatrix", **look)
    db.session.refresh(ticket)
    assert ticket.assignee_name == "Beatrix"


def change(agent, mo, **values):
    profile = Profile(**{"capacity": 5, **values})
    return change_agent(by=actor(mo), agent_id=agent.id, profile=profile)


def test_how_an_agent_works_is_set_at_once_and_written_down(mo):
    agent = hire("One Agent")
    spans = read_week({"monday": "9-17"})
    change(agent, mo, skills=["billing"], languages=["EN", "de"], shifts=spans)
    assert profile_of(agent) == Profile(5, ["billing"], ["en", "de"], spans, True)
    event = events("agent.changed")[-1]
    assert event.target_label == "One Agent"
    change(agent, mo, skills=["billing"], languages=["en", "de"], shifts=spans)
    assert events("agent.changed")[-1] == event  # nothing changed once more


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"capacity": -1}, BadCapacity),
        ({"capacity": 501}, BadCapacity),
        ({"skills": ["knitting"]}, BadSkills),
        ({"languages": ["english"]}, BadLanguages),
        ({"languages": ["ab", *(f"a{c}" for c in "cdefghijkl")]}, BadLanguages),
        ({"ignores_shifts": False}, BadShifts),
    ],
)
def test_what_cannot_be_is_refused(mo, values, error):
    with pytest.raises(error):
        change(hire("One Agent"), mo, **values)


def test_two_who_edit_one_agent_are_told(mo):
    with pytest.raises(Stale):
        change_agent(
            by=actor(mo), agent_id=hire("One Agent").id, profile=Profile(5), seen="long ago"
        )


def test_a_signature_is_ones_own_or_the_managers_to_set(bea, cy, mo):
    agent = make_agent(bea)
    for by in (bea, mo):
        change_signature(by=actor(by), agent_id=agent.id, signature=f" {by.name}\r\nDesk ")
        assert agent.signature == f"{by.name}\nDesk"
    with pytest.raises(NotYourself):
        change_signature(by=actor(cy), agent_id=agent.id, signature="Ha")
    with pytest.raises(BadSignature):
        change_signature(by=actor(bea), agent_id=agent.id, signature="x" * 501)


def test_nothing_is_set_of_somebody_who_is_no_agent(mo, bea):
    make_agent(bea, is_active=False)
    for agent_id in (bea.id, mo.id, 999):
        with pytest.raises(NotFound):
            agent_or_404(agent_id)
        with pytest.raises(NotFound):
            set_availability(by=actor(mo), agent_id=agent_id, availability="away")


def test_an_agent_is_available_or_away(bea):
    make_agent(bea)
    with pytest.raises(BadAvailability):
        set_availability(by=actor(bea), agent_id=bea.id, availability="asleep")


@pytest.mark.parametrize(
    ("week", "spans"),
    [
        ({"monday": "9-17"}, [(0, 540, 1020)]),
        ({"monday": "9:30-12, 13:00 - 24"}, [(0, 570, 720), (0, 780, 1440)]),
        ({"friday": "22-6"}, [(4, 1320, 1440), (5, 0, 360)]),
        ({"sunday": "22:30-1:15"}, [(0, 0, 75), (6, 1350, 1440)]),
        ({"tuesday": "18-0"}, [(1, 1080, 1440)]),
        ({}, []),
    ],
)
def test_hours_are_read_as_people_write_them(week, spans):
    assert read_week(week) == [Span(*span) for span in spans]
    assert read_week(write_week(read_week(week))) == read_week(week)


@pytest.mark.parametrize(
    "text", ["9", "nine-five", "9-9", "24-3", "9-25", "9:60-10", "9-17, 16-18"]
)
def test_hours_that_cannot_be_are_refused_at_their_day(text):
    with pytest.raises(BadShifts) as refused:
        read_week({"tuesday": text})
    assert refused.value.field == "tuesday"


@pytest.mark.parametrize(
    "week", [{"monday": "22-6", "tuesday": "5-9"}, {"monday": ", ".join(["1-2"] * 7)}]
)
def test_hours_that_overlap_or_are_too_many_are_refused(week):
    with pytest.raises(BadShifts):
        read_week(week)


def takes(agent, team, at) -> bool:
    with clock.standing_at(at):
        return [one.id for one in eligible([team.id])] == [agent.id]


@pytest.mark.parametrize(
    ("hour", "minute", "is_working"),
    [(21, 59, False), (22, 0, True), (23, 59, True), (29, 59, True), (30, 0, False)],
)
def test_a_shift_over_midnight_counts_on_both_days(app, mo, hour, minute, is_working):
    agent = hire("One Agent")
    change(agent, mo, shifts=read_week({"monday": "22-6"}), ignores_shifts=False)
    at = MONDAY.replace(day=2 + hour // 24, hour=hour % 24, minute=minute)
    assert takes(agent, make_team(agent), at) == is_working


@pytest.mark.parametrize(
    ("zone", "hour", "is_working"),
    [
        ("America/New_York", 14, True),  # nine o'clock there
        ("America/New_York", 13, False),
        ("Asia/Kolkata", 3, False),  # half past eight
        ("Asia/Kolkata", 4, True),
        (None, 9, True),  # the portal's own zone
    ],
)
def test_a_shift_is_on_the_clock_of_the_person(app, mo, zone, hour, is_working):
    agent = make_agent(make_admin("One Agent", time_zone=zone))
    change(agent, mo, shifts=read_week({"monday": "9-17"}), ignores_shifts=False)
    assert takes(agent, make_team(agent), MONDAY.replace(hour=hour)) == is_working


def test_a_shift_moves_with_the_summer_time_of_its_zone(app, mo):
    agent = make_agent(make_admin("One Agent", time_zone="Europe/Berlin"))
    change(agent, mo, shifts=read_week({"monday": "9-17"}), ignores_shifts=False)
    team = make_team(agent)
    assert not takes(agent, team, datetime(2026, 3, 23, 7, 30, tzinfo=UTC))
    assert takes(agent, team, datetime(2026, 3, 30, 7, 30, tzinfo=UTC))


def test_load_is_read_in_tickets():
    assert [in_tickets(quarters) for quarters in (0, 1, 8, 10)] == ["0", "0.25", "2", "2.5"]


@pytest.mark.parametrize(("most", "load"), [(3, 9), (2, None)])
def test_the_work_of_whoever_has_far_too_much_is_not_counted_out(acme, most, load):
    agent, other, user = hire("One Agent"), hire("Two Agent"), make_user(acme)
    for status, owner in (("open", agent), ("new", agent), ("pending", agent), ("open", other)):
        ticket = make_ticket(user)
        ticket.status, ticket.assignee_id = status, owner.id
    columns = SupportAgent.__table__.c
    query = sa.select(load_within(columns.id, most)).where(columns.id == agent.id)
    assert db.session.scalar(query) == load


def test_a_list_of_agents_costs_the_same_whatever_their_number(app):
    def cost() -> int:
        with counted() as statements:
            agents_list()
        return len(statements)

    hire("First Agent", ignores_shifts=False)
    few = cost()
    make_team(*(hire(f"A{n} Agent", ignores_shifts=False) for n in range(20)))
    assert cost() == few == 3


def test_the_select_of_a_ticket_offers_the_team_first_and_who_had_it(acme):
    one, two, gone = hire("One Agent"), hire("Two Agent"), hire("Old Agent")
    make_team(two, strategy="manual")
    ticket = make_ticket(make_user(acme))
    ticket.assignee_id, ticket.assignee_name = gone.id, "Old Agent"
    gone.is_active = False
    choices = assign_choices(ticket)
    assert [choice.id for choice in choices] == [gone.id, two.id, one.id]
    assert [f"{one.name} {one.room}" for one in choices[:2]] == [
        "Old Agent (gone)",
        "Two Agent (0 of 20)",
    ]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SupportAgent)) == 3
