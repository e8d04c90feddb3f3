"""What was done to the database shows in every bundle that is made of it afterwards.

Each by plain SQL, with the guards taken away and put back.
"""

import pytest
import sqlalchemy as sa

from portal.audit.exports import ExportKind
from portal.audit.models import AuditEvent
from portal.core.database import db
from tests.audit.bundling import bundle_of, check, manifest_of
from tests.audit.dba import tamper
from tests.audit.growing import happen
from tests.audit.sealed import FORGER, event_at, seal

INDEX = 7
CHANGED = "UPDATE audit_events SET canonical = :bytes WHERE id = :id"
REMOVED = "DELETE FROM audit_events WHERE id = :id"
FORGED = ("UPDATE audit_leaves SET leaf_hash = :leaf WHERE leaf_index = 7",)
SWAPPED = (
    "UPDATE audit_leaves SET leaf_index = -1 WHERE leaf_index = 7",
    "UPDATE audit_leaves SET leaf_index = 7 WHERE leaf_index = 8",
    "UPDATE audit_leaves SET leaf_index = 8 WHERE leaf_index = -1",
)


@pytest.fixture(autouse=True)
def ledger(own_app):
    """Twenty events that a stranger has a checkpoint of."""
    with own_app.app_context():
        happen(20)
        note = seal().note
        db.session.rollback()
        yield note
        db.session.remove()


def bytes_of(event_id):
    query = sa.select(AuditEvent.canonical).where(AuditEvent.id == event_id)
    found = bytes(db.session.scalar(query))
    db.session.rollback()
    return found


@pytest.mark.parametrize("kind", ExportKind)
def test_a_changed_event_is_modified(tmp_path, kind):
    event_id = event_at(INDEX)
    changed = bytes_of(event_id).replace(b"backup.made", b"backup.mads")
    tamper(CHANGED, bytes=changed, id=event_id)
    found = check(tmp_path, bundle_of(kind))
    assert (found.code, found.leaves("modified")) == (1, [INDEX])


@pytest.mark.parametrize("kind", [ExportKind.RANGE, ExportKind.RANGE_WITH_HASHES])
def test_a_removed_event_is_missing(tmp_path, kind):
    tamper(REMOVED, id=event_at(INDEX))
    found = check(tmp_path, bundle_of(kind, action="backup.made"))
    assert (found.code, found.leaves("missing")) == (1, [INDEX])


def test_a_removed_event_that_would_not_fit_is_missing_too(tmp_path):
    tamper(REMOVED, id=event_at(INDEX))
    found = check(tmp_path, bundle_of(ExportKind.RANGE_WITH_HASHES, action="demo.seeded"))
    assert (found.code, found.leaves("missing")) == (1, [INDEX])


def test_a_log_signed_again_with_another_key_has_a_bad_signature(tmp_path):
    found = check(tmp_path, bundle_of(key=FORGER))
    assert (found.code, found.kinds) == (1, {"bad_signature"})


@pytest.mark.parametrize("statements", [SWAPPED, FORGED])
def test_a_log_written_anew_is_no_continuation_of_the_old_checkpoint(tmp_path, ledger, statements):
    (tmp_path / "old.txt").write_text(ledger)
    tamper(*statements, leaf=bytes(32))
    bundle = bundle_of(ExportKind.RANGE, first=12, last=19, since=20)
    found = check(tmp_path, bundle, "--since", str(tmp_path / "old.txt"))
    assert found.code == 1
    assert "rollback" in found.kinds


def test_what_nobody_touched_passes(tmp_path, ledger):
    (tmp_path / "old.txt").write_text(ledger)
    bundle = bundle_of(ExportKind.RANGE, since=20)
    assert manifest_of(bundle)["kind"] == "range"
    assert check(tmp_path, bundle, "--since", str(tmp_path / "old.txt")).code == 0
