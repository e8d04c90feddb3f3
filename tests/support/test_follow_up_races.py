"""Many who write at once to what is closed or just being merged, for real."""

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import User
from portal.support.follow_ups import write_to
from portal.support.merging import merge, undo_merge
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


@pytest.fixture
def two(own_app):
    """The ids of two tickets of Uma's, the later one first."""
    with own_app.app_context():
        uma = make_user(make_tenant())
        ids = [make_ticket(uma).id, make_ticket(uma).id]
        db.session.commit()
        return ids[::-1]


def merged_while_written_to(app, ids, deed):
    """The live tickets afterwards: one changed what the others wrote to."""

    def work(number: int) -> None:
        with app.app_context():
            source, target = (db.session.get_one(SupportTicket, one) for one in ids)
            if number == 0:
                deed(source, target)
            else:
                uma = db.session.scalars(sa.select(User)).one()
                write_to(by=as_customer(uma), ticket=source, author=uma, body="And now?")
            db.session.commit()

    together(work, AT_ONCE)
    with app.app_context():
        return db.session.scalars(sa.select(SupportTicket).where(SupportTicket.is_open)).all()


@pytest.mark.parametrize("turned", [1, -1])
def test_what_is_written_during_a_merge_is_in_the_one_that_lives(own_app, two, turned):
    (live,) = merged_while_written_to(
        own_app,
        two[::turned],
        lambda source, target: merge(by=SYSTEM, source=source, target=target),
    )
    assert (live.id, live.message_count) == (two[::turned][1], AT_ONCE + 1)


@pytest.mark.parametrize("turned", [1, -1])
def test_what_is_written_while_a_merge_is_taken_back_is_lost_by_neither(own_app, two, turned):
    with own_app.app_context():
        source, target = (db.session.get_one(SupportTicket, one) for one in two[::turned])
        merge(by=SYSTEM, source=source, target=target)
        db.session.commit()
    live = merged_while_written_to(
        own_app, two[::turned], lambda source, _: undo_merge(by=SYSTEM, source=source)
    )
    assert len(live) == 2
    assert sum(one.message_count for one in live) == AT_ONCE + 1
