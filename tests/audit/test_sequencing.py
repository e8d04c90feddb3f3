"""Every committed event gets one leaf, in time, without a gap, whoever gives it."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.merkle import root
from portal.audit.models import FrontierRow, PendingEvent
from portal.audit.sequencing import sequence, sequence_all
from portal.audit.tree import TreeReader, frontier_of
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.growing import events_in_order, happen, leaves, pending
from tests.ledger import events
from tests.statements import counted


def test_events_get_leaves_in_the_order_they_happened(app):
    happen(20)
    assert sequence() == 20
    found = leaves()
    assert [leaf.leaf_index for leaf in found] == list(range(20))
    assert [(leaf.event_id, leaf.leaf_hash) for leaf in found] == events_in_order()
    assert pending() == 0


def test_nothing_that_waits_costs_nothing(app):
    assert sequence() == 0
    assert leaves() == []


def test_a_batch_ends_at_its_limit_and_the_next_one_goes_on(app):
    happen(25)
    assert [sequence(10), sequence(10), sequence(10), sequence(10)] == [10, 10, 5, 0]
    assert [leaf.event_id for leaf in leaves()] == [event_id for event_id, _ in events_in_order()]


def test_an_event_that_comes_later_stands_after_those_that_have_a_leaf(app):
    happen(3)
    sequence()
    before = [leaf.event_id for leaf in leaves()]
    happen(2)
    assert sequence_all() == 2
    assert [leaf.event_id for leaf in leaves()][:3] == before


def test_the_frontier_is_the_root_of_the_leaves(app):
    happen(300)
    sequence()
    happen(13)
    sequence()
    frontier = frontier_of(db.session.connection())
    assert frontier.size == 313
    assert frontier.root == root([leaf.leaf_hash for leaf in leaves()])


def test_a_lost_frontier_is_made_anew_from_the_leaves(app):
    happen(300)
    sequence()
    db.session.execute(sa.delete(FrontierRow))
    db.session.commit()
    happen(1)
    assert sequence() == 1
    assert db.session.scalar(sa.select(FrontierRow.size)) == 301
    assert frontier_of(db.session.connection()).root == TreeReader(db.session.connection()).root(
        301
    )


def test_what_waits_without_an_event_or_twice_holds_nobody_up(app):
    happen(2)
    sequence()
    twice = leaves()[0].event_id
    for event_id in ("00000000-0000-7000-8000-000000000000", twice):
        db.session.execute(sa.insert(PendingEvent).values(event_id=event_id))
    happen(3)
    assert [sequence(1), sequence(1), sequence(1), sequence(1)] == [1, 1, 1, 0]
    assert len(leaves()) == 5
    assert pending() == 2


def test_a_rolled_back_event_never_gets_a_leaf(app):
    happen(1)
    record(Action.BACKUP_MADE, by=SYSTEM)
    db.session.flush()
    db.session.rollback()
    sequence()
    assert len(leaves()) == len(events("backup.made")) == 1


@pytest.mark.parametrize("waiting", [1, 600])
def test_a_batch_costs_the_same_statements_whatever_its_size(app, waiting):
    happen(300)
    sequence()
    happen(waiting)
    with counted() as statements:
        sequence()
    written = [statement for statement in statements if not statement.startswith("SELECT")]
    assert len(written) <= 4
    assert len(statements) <= 8
