"""Many who change service levels at once, beside agents who answer: real threads."""

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.staff.models import Admin
from portal.support.calendars import change_calendar
from portal.support.models import (
    BusinessCalendarRow,
    CalendarVersion,
    SlaRule,
    SlaRuleVersion,
    SupportTicket,
    TicketClock,
)
from portal.support.rules import change_rule, create_rule, disable_rule, move_rule
from tests.cast import make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.clocks import HOUR
from tests.support.desk import answer, make_agent, make_ticket
from tests.support.levels import make_rule, office, promise, work

pytestmark = pytest.mark.race
AT_ONCE = 8


@pytest.fixture
def ids_at(own_app):
    """A level with open tickets, and Bea."""
    with own_app.app_context():
        make_rule()
        user = make_user(make_tenant())
        make_agent(make_admin("Bea"))
        ids = [make_ticket(user).id for _ in range(AT_ONCE)]
        db.session.commit()
    return ids


def in_turn(app, deed) -> int:
    with app.app_context():
        try:
            deed()
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            return error.status
        return 200


def one(model):
    return db.session.scalars(sa.select(model).order_by(model.id)).first()


def test_of_many_edits_of_one_version_one_is_saved(own_app, ids_at):
    def edit(number: int) -> int:
        def deed():
            calendar = one(BusinessCalendarRow)
            terms = promise(calendar, resolution_s=(number + 1) * HOUR, name=f"Level {number}")
            change_rule(by=SYSTEM, rule=one(SlaRule), version=1, terms=terms)

        return in_turn(own_app, deed)

    assert sorted(together(edit, AT_ONCE)) == [200, *[409] * (AT_ONCE - 1)]
    with own_app.app_context():
        assert one(SlaRule).version == 2
        assert len(db.session.scalars(sa.select(SlaRuleVersion)).all()) == 2


def test_of_many_edits_of_one_calendar_one_is_saved(own_app, ids_at):
    def edit(number: int) -> int:
        def deed():
            terms = office(weekly={number % 7: ((540, 600 + number),)})
            change_calendar(by=SYSTEM, calendar=one(BusinessCalendarRow), version=1, terms=terms)

        return in_turn(own_app, deed)

    assert sorted(together(edit, AT_ONCE)) == [200, *[409] * (AT_ONCE - 1)]
    with own_app.app_context():
        assert len(db.session.scalars(sa.select(CalendarVersion)).all()) == 2


def test_levels_that_come_and_move_at_once_have_places_of_their_own(own_app, ids_at):
    def change(number: int) -> int:
        def deed():
            if number % 2:
                move_rule(by=SYSTEM, rule=one(SlaRule), steps=-1)
            else:
                calendar = one(BusinessCalendarRow)
                create_rule(by=SYSTEM, terms=promise(calendar, name=f"Level {number}"))

        return in_turn(own_app, deed)

    assert together(change, AT_ONCE) == [200] * AT_ONCE
    with own_app.app_context():
        positions = db.session.scalars(sa.select(SlaRule.position)).all()
        assert len(set(positions)) == len(positions) == 1 + AT_ONCE // 2


def test_a_level_is_switched_off_while_agents_answer(own_app, ids_at):
    def act(number: int) -> int:
        def deed():
            if number == 0:
                disable_rule(by=SYSTEM, rule=one(SlaRule))
            else:
                bea = db.session.scalars(sa.select(Admin)).one()
                answer(db.session.get_one(SupportTicket, ids_at[number]), bea)

        return in_turn(own_app, deed)

    assert together(act, AT_ONCE) == [200] * AT_ONCE
    with own_app.app_context():
        work()
        db.session.commit()
        live = sa.select(TicketClock).where(TicketClock.state.in_(("running", "paused")))
        assert db.session.scalars(live).all() == []
        due = sa.select(SupportTicket.number).where(SupportTicket.next_due_at.is_not(None))
        assert db.session.scalars(due).all() == []
