"""Whatever somebody with every right does to the ledger is named: what, which leaf, which event.

Each by plain SQL, with the guards taken away and put back.
"""

import pytest
import sqlalchemy as sa

from portal.audit.merkle import leaf_hash, root
from portal.audit.verifying import Ending
from portal.core.database import db
from tests.audit.dba import copy_of, put_back, tamper, unguarded
from tests.audit.growing import grow, happen
from tests.audit.sealed import FORGER, event_at, forged, named, sign, verified

TABLES = ("audit_events", "audit_leaves", "audit_checkpoints", "audit_frontier", "audit_nodes")
CHANGED = "UPDATE audit_events SET canonical = :bytes WHERE id = :id"
INSERT_LEAF = "INSERT INTO audit_leaves (leaf_index, event_id, leaf_hash) VALUES (:i, :id, :leaf)"
SWAP = (
    "UPDATE audit_leaves SET leaf_index = -1 WHERE leaf_index = :a",
    "UPDATE audit_leaves SET leaf_index = :a WHERE leaf_index = :b",
    "UPDATE audit_leaves SET leaf_index = :b WHERE leaf_index = -1",
)


@pytest.fixture(scope="module")
def untouched(database, movable, tmp_path_factory):
    """620 events: two full blocks and an open one, with a checkpoint in each."""
    url = database.clone()
    with movable.on(url, tmp_path_factory.mktemp("ledger")) as app, app.app_context():
        for _ in range(3):
            grow(200)
            sign()
        grow(20)
    return url


@pytest.fixture
def own_url(database, untouched):
    return database.clone(untouched)


@pytest.fixture(autouse=True)
def ledger(own_app):
    with own_app.app_context():
        yield


def bytes_of(event_id):
    query = sa.text("SELECT canonical FROM audit_events WHERE id = :id")
    found = bytes(db.session.scalar(query, {"id": event_id}))
    db.session.rollback()
    return found


def is_found(*expected, anchors=(), **options):
    report = verified(*anchors, **options)
    assert named(report) == [*expected], [fault.message for fault in report.faults]
    assert report.exit_code == Ending.TAMPERED
    return report


@pytest.mark.parametrize("index", [0, 255, 300, 619])
def test_one_byte_of_the_bytes(index):
    event_id = event_at(index)
    changed = bytes_of(event_id).replace(b"backup.made", b"backup.mads")
    tamper(CHANGED, bytes=changed, id=event_id)
    is_found(("modified", index, event_id))


def test_an_event_and_its_leaf_are_changed_together():
    event_id = event_at(300)
    changed = bytes_of(event_id).replace(b"backup.made", b"backup.mads")
    rest = "UPDATE audit_leaves SET leaf_hash = :leaf WHERE event_id = :id"
    column = "UPDATE audit_events SET action = 'backup.mads' WHERE id = :id"
    tamper(CHANGED, rest, column, bytes=changed, leaf=leaf_hash(changed), id=event_id)
    report = is_found(("modified", 256, None))
    assert "one of the leaves 256 to 399" in report.faults[0].message


def test_only_the_hash_of_a_leaf():
    leaf = "UPDATE audit_leaves SET leaf_hash = :leaf WHERE leaf_index = 300"
    tamper(leaf, leaf=bytes(32))
    report = is_found(("modified", 300, event_at(300)))
    assert report.faults[0].message == "The leaf was changed; the event is as it was signed."


def test_only_a_column():
    event_id = event_at(42)
    tamper("UPDATE audit_events SET actor_label = 'Nobody' WHERE id = :id", id=event_id)
    report = is_found(("column_mismatch", 42, event_id))
    assert "actor_label differs" in report.faults[0].message


@pytest.mark.parametrize("index", [0, 300, 619])
def test_a_leaf_is_deleted(index):
    event_id = event_at(index)
    tamper("DELETE FROM audit_leaves WHERE leaf_index = :i", i=index)
    is_found(("missing", index, event_id))


@pytest.mark.parametrize("index", [0, 300, 619])
def test_an_event_is_deleted(index):
    event_id = event_at(index)
    tamper("DELETE FROM audit_events WHERE id = :id", id=event_id)
    is_found(("missing", index, event_id))


@pytest.mark.parametrize("index", [0, 300, 599, 619])
def test_an_event_is_deleted_with_its_leaf(index):
    event_id = event_at(index)
    rest = "DELETE FROM audit_leaves WHERE event_id = :id"
    tamper("DELETE FROM audit_events WHERE id = :id", rest, id=event_id)
    is_found(("missing", index, None))


def test_a_leaf_is_taken_out_and_the_others_are_moved_up():
    event_id = event_at(300)
    moved = "UPDATE audit_leaves SET leaf_index = {} WHERE leaf_index {}"
    tamper(
        "DELETE FROM audit_leaves WHERE leaf_index = 300",
        moved.format("-leaf_index", "> 300"),
        moved.format("-leaf_index - 1", "< 0"),
        "UPDATE audit_frontier SET size = 619",
    )
    is_found(("missing", 300, event_id))


def test_the_newest_event_goes_with_its_leaf_and_its_checkpoint():
    anchors = [sign()]
    event_id = event_at(619)
    tamper(
        "DELETE FROM audit_events WHERE id = :id",
        "DELETE FROM audit_leaves WHERE event_id = :id",
        "DELETE FROM audit_checkpoints WHERE tree_size = 620",
        id=event_id,
    )
    is_found(("rollback", 619, None), anchors=anchors)
    is_found(("missing", 619, None))


def test_an_event_is_removed_before_it_has_a_leaf():
    happen()
    waiting = db.session.scalar(sa.text("SELECT event_id FROM audit_pending"))
    db.session.rollback()
    tamper("DELETE FROM audit_events WHERE id = :id", id=waiting)
    is_found(("missing", None, waiting))


@pytest.mark.parametrize(("first", "second"), [(300, 301), (10, 150), (5, 599), (610, 612)])
def test_two_leaves_are_exchanged(first, second):
    sign()
    tamper(*SWAP, a=first, b=second)
    is_found(("reordered", first, event_at(first)))


def test_two_leaves_are_exchanged_and_the_nodes_made_to_fit():
    tamper(*SWAP, a=300, b=310)
    query = "SELECT leaf_hash FROM audit_leaves WHERE leaf_index BETWEEN 256 AND 511"
    block = db.session.scalars(sa.text(f"{query} ORDER BY leaf_index")).all()
    db.session.rollback()
    node = root([bytes(leaf) for leaf in block])
    tamper("UPDATE audit_nodes SET hash = :node WHERE position = 1", node=node)
    is_found(("reordered", 300, event_at(300)), ("node_mismatch", 256, None))


def test_the_hashes_of_two_leaves_are_exchanged():
    first, second = event_at(300), event_at(400)
    one, two = leaf_hash(bytes_of(first)), leaf_hash(bytes_of(second))
    tamper(
        "UPDATE audit_leaves SET leaf_hash = :two WHERE leaf_index = 300",
        "UPDATE audit_leaves SET leaf_hash = :one WHERE leaf_index = 400",
        one=one,
        two=two,
    )
    is_found(("reordered", 300, first), ("reordered", 400, second))


def put_in(row, index):
    columns = [name for name in row if name != "leaf"]
    into = f"INSERT INTO audit_events ({', '.join(columns)})"
    with unguarded() as connection:
        values = ", ".join(f":{column}" for column in columns)
        connection.execute(sa.text(f"{into} VALUES ({values})"), row)
        leaf = {"i": index, "id": row["id"], "leaf": row["leaf"]}
        connection.execute(sa.text(INSERT_LEAF), leaf)


def test_a_forged_event_is_put_in_with_a_leaf_of_its_own():
    row = forged(event_at(619))
    put_in(row, 620)
    is_found(("inserted", 620, row["id"]))


def test_a_forged_event_is_put_in_between():
    row = forged(event_at(300))
    moved = "UPDATE audit_leaves SET leaf_index = {} WHERE leaf_index {}"
    tamper(
        moved.format("-leaf_index", ">= 300"),
        moved.format("-leaf_index + 1", "< 0"),
        "UPDATE audit_frontier SET size = 621",
    )
    put_in(row, 300)
    is_found(("inserted", 300, row["id"]))


def test_a_forged_event_without_a_leaf():
    row = forged(event_at(300))
    put_in(row, 700)
    tamper("DELETE FROM audit_leaves WHERE leaf_index = 700")
    is_found(("inserted", None, row["id"]))


def test_an_older_copy_is_put_back():
    copies = {table: copy_of(table) for table in TABLES}
    grow(30)
    anchors = [sign()]
    for table, rows in copies.items():
        put_back(table, rows)
    is_found(("rollback", 620, None), anchors=anchors)
    grow(50)
    sign()
    is_found(("rollback", 600, None), anchors=anchors)


def test_everything_is_replaced_and_signed_with_another_key():
    anchors = [sign()]
    for table in TABLES:
        put_back(table, [])
    grow(700)
    sign(FORGER)
    is_found(("bad_signature", 699, None))
    report = verified(*anchors)
    assert [kind for kind, _, _ in named(report)] == ["bad_signature", "rollback"]


def test_signatures_are_taken_away():
    unsigned = "UPDATE audit_checkpoints SET key_id = NULL, note = :note WHERE tree_size = 600"
    query = sa.text("SELECT note FROM audit_checkpoints WHERE tree_size = 600")
    text = db.session.scalar(query).partition("\n\n")[0] + "\n\n"
    db.session.rollback()
    tamper(unsigned, note=text)
    is_found(("bad_signature", 599, None))


def test_the_root_of_a_checkpoint():
    tamper("UPDATE audit_checkpoints SET root = :root WHERE tree_size = 400", root=bytes(32))
    is_found(("column_mismatch", 399, None))


def test_a_stored_node():
    tamper("UPDATE audit_nodes SET hash = :hash WHERE position = 1", hash=bytes(32))
    is_found(("node_mismatch", 256, None))


def test_the_stored_edge():
    tamper("UPDATE audit_frontier SET hashes = :edge", edge=bytes(5 * 32))
    is_found(("node_mismatch", None, None))


def test_a_checkpoint_that_was_anchored_is_deleted():
    with unguarded() as connection:
        anchor = "INSERT INTO audit_anchors VALUES (400, 'file', 'x', '2026-01-01 00:00:00+00')"
        connection.exec_driver_sql(anchor)
    tamper("DELETE FROM audit_checkpoints WHERE tree_size = 400")
    is_found(("missing", 399, None))
