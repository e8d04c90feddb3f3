"""Many who write to one closed ticket at once, for real."""

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import User
from portal.support.follow_ups import write_to
from portal.support.models import SupportTicket
from portal.support.participants import add_participant
from portal.support.statuses import move
from portal.support.words import Status
from tests.cast import make_tenant, make_user
from tests.staff.test_races import together
from tests.support.desk import as_customer, make_ticket

pytestmark = pytest.mark.race
AT_ONCE = 8


@pytest.fixture
def over(own_app):
    """The number of a closed ticket in which Uma and Vic took part, in a database of its own."""
    with own_app.app_context():
        acme = make_tenant()
        ticket, vic = make_ticket(make_user(acme)), make_user(acme, "Vic User")
        add_participant(by=SYSTEM, ticket=ticket, email=vic.email)
        move(by=SYSTEM, ticket=ticket, status=Status.CLOSED)
        db.session.commit()
        return ticket.id


def test_of_two_who_write_at_once_again_and_again_each_gets_one_follow_up(own_app, over):
    def write(number: int) -> None:
        with own_app.app_context():
            users = db.session.scalars(sa.select(User).order_by(User.id)).all()
            author, ticket = users[number % 2], db.session.get_one(SupportTicket, over)
            write_to(by=as_customer(author), ticket=ticket, author=author, body=f"Line {number}.")
            db.session.commit()

    together(write, AT_ONCE)
    with own_app.app_context():
        rows = db.session.scalars(sa.select(SupportTicket).where(SupportTicket.is_open)).all()
        assert len({row.requester_id for row in rows}) == len(rows) == 2
        assert [row.message_count for row in rows] == [AT_ONCE / 2] * 2
