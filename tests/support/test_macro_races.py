"""One preview, pressed many times at once. Real threads on a real database."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.entitlements.models import UserEntitlement
from portal.staff.models import Admin
from portal.support.macro_runs import NothingDone, StalePreview, run_macro, undo_macro
from portal.support.macros import create_macro
from portal.support.models import MacroRun, SupportMessage, SupportTicket
from portal.support.ticket_grants import grant_from_ticket
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.desk import make_ticket

pytestmark = pytest.mark.race
AT_ONCE = 8
STEPS = {"body": "Here you are.", "grant": {"feature_name": "custom_reports", "days": 7}}


@pytest.fixture
def seen(own_app):
    """The macro, and the version of the ticket that its preview showed."""
    with own_app.app_context():
        seed_catalog()
        by = actor(make_admin("Mo Manager", Role.MANAGER))
        macro = create_macro(by=by, name="Lend", steps=STEPS)
        ticket = make_ticket(make_user(make_tenant()))
        db.session.commit()
        return macro.id, ticket.version


def attempt(app, deed) -> bool:
    """Does Mo get through?"""
    with app.app_context():
        mo, ticket = (db.session.scalars(sa.select(one)).one() for one in (Admin, SupportTicket))
        try:
            deed(mo, ticket)
            db.session.commit()
        except (StalePreview, NothingDone):
            db.session.rollback()
            return False
        return True


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_one_preview_is_applied_once_and_taken_back_once(own_app, seen):
    macro_id, version = seen
    given = {"macro_id": macro_id, "ticket_version": version}

    def run(mo, ticket):
        run_macro(by=actor(mo), ticket=ticket, author=mo, **given)

    def undo(mo, ticket):
        undo_macro(by=actor(mo), ticket=ticket, run_id=db.session.scalar(sa.select(MacroRun.id)))

    assert sum(together(lambda _: attempt(own_app, run), AT_ONCE)) == 1
    with own_app.app_context():
        assert (count(SupportMessage), count(UserEntitlement), count(MacroRun)) == (2, 1, 1)
    assert sum(together(lambda _: attempt(own_app, undo), AT_ONCE)) == 1


def test_macros_and_grants_from_one_ticket_wait_for_each_other_in_no_circle(own_app, seen):
    macro_id, _ = seen

    def by_macro(mo, ticket):
        run_macro(by=actor(mo), ticket=ticket, author=mo, macro_id=macro_id)

    def by_hand(mo, ticket):
        until = clock.now() + timedelta(days=7)
        name = "custom_reports"
        grant_from_ticket(by=actor(mo), ticket=ticket, feature_name=name, expires_at=until)

    deeds = [by_macro, by_hand] * AT_ONCE
    assert all(together(lambda turn: attempt(own_app, deeds[turn]), len(deeds)))
    with own_app.app_context():
        assert count(UserEntitlement) == len(deeds)
