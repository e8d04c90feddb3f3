"""The levels that a desk begins with are the agreed ones, whatever the plan."""

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.calendars import calendar_of, calendars_on_offer, create_calendar
from portal.support.models import BusinessCalendarRow, SupportTeam
from portal.support.rules import all_rules
from portal.support.usual_levels import LevelsExist, create_usual_levels
from portal.support.words import Priority
from seeds.support import seed_levels
from tests.cast import make_user
from tests.ledger import events
from tests.support.clocks import HOUR, at
from tests.support.desk import make_ticket
from tests.support.levels import FIRST, WHOLE, make_calendar, make_rule, office, row, then

AGREED = {"urgent": (30, 240), "high": (60, 720), "medium": (240, 1440), "low": (480, 2880)}
"""Minutes to a first response, and to a solution."""


@pytest.fixture
def levels(app):
    return create_usual_levels(by=SYSTEM)


def test_each_priority_has_its_agreed_times_and_no_plan_has_others(levels):
    found = {
        each.priority: (each.first_response_s // 60, each.resolution_s // 60) for each in levels
    }
    assert (found, list(found)) == (AGREED, ["urgent", "high", "medium", "low"])
    others = ("min_plan_level", "channel", "category", "tag", "update_s")
    assert {getattr(each, name) for each in levels for name in others} == {None}


def test_a_next_response_may_take_longer_than_the_first_and_no_longer_than_all(levels):
    for each in levels:
        assert each.first_response_s <= each.next_response_s <= each.resolution_s


def test_what_is_urgent_counts_around_the_clock_and_all_else_in_office_hours(levels):
    named = {each.id: each.name for each in calendars_on_offer()}
    assert [named[each.calendar_id] for each in levels] == [
        "Around the clock",
        *["Office hours"] * 3,
    ]
    always = calendar_of(levels[0].calendar_id, 1)
    assert always.elapsed(at(1, "00:00"), at(8, "00:00")) == 7 * 24 * HOUR


def test_an_urgent_ticket_of_friday_night_is_due_on_friday_night(levels, acme):
    with then(9, "23:00"):
        user = make_user(acme)
        urgent = make_ticket(user, priority=Priority.URGENT)
        low = make_ticket(user, priority=Priority.LOW)
    assert (row(urgent, FIRST).due_at, row(urgent, WHOLE).due_at) == (
        at(9, "23:30"),
        at(10, "03:00"),
    )
    assert row(low, FIRST).due_at == at(12, "17:00")


def test_the_calendars_that_there_are_count(app):
    always = make_calendar(name="Day and night", weekly=dict.fromkeys(range(7), ((0, 1440),)))
    shop = make_calendar(name="Shop", zone="Europe/Rome")
    made = create_usual_levels(by=SYSTEM)
    assert [each.calendar_id for each in made] == [always.id, *[shop.id] * 3]
    assert db.session.query(BusinessCalendarRow).count() == 2


def test_a_calendar_that_closes_on_a_holiday_closes(app):
    weekly = dict.fromkeys(range(7), ((0, 1440),))
    terms = office(name="Nearly", weekly=weekly, holidays=(clock.now().date(),))
    nearly = create_calendar(by=SYSTEM, terms=terms)
    made = create_usual_levels(by=SYSTEM)
    assert [each.calendar_id == nearly.id for each in made] == [False, True, True, True]


def test_seeding_brings_them_once_and_leaves_what_is_there(app):
    assert (seed_levels(zone="Europe/Paris"), seed_levels()) == (4, 0)
    assert {calendar_of(each.calendar_id, 1).zone for each in all_rules()} == {"Europe/Paris"}
    assert db.session.query(SupportTeam).count() == 1
    assert len(events("sla_rule.saved")) == 4


def test_seeding_adds_none_to_ones_own(app):
    own = make_rule(name="Ours")
    assert (seed_levels(), all_rules()) == (0, [own])
    assert db.session.query(SupportTeam).count() == 0
    with pytest.raises(LevelsExist):
        create_usual_levels(by=SYSTEM)
