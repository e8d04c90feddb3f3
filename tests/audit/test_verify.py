"""A whole ledger verifies, however it came about."""

from datetime import timedelta

import pytest
import time_machine

from portal.audit.models import AuditEvent
from portal.audit.notes import SignerKey
from portal.audit.sequencing import sequence_all
from portal.audit.verifying import Ending, NoSuchCheckpoint, verify_now
from portal.audit.verifying.events import PROJECTED
from portal.core import clock
from tests.audit.growing import grow, happen
from tests.audit.sealed import FORGER, ORIGIN, SIGNER, named, sign, unsigned, verified


@pytest.fixture(autouse=True)
def ledger(own_app):
    with own_app.app_context():
        yield


def test_a_clean_ledger_of_five_thousand_events_verifies():
    anchors = []
    for _ in range(5):
        grow(1000)
        anchors.append(sign())
    report = verified(*anchors)
    assert named(report) == []
    assert (report.tree_size, report.signed_size, report.events) == (5000, 5000, 5000)
    assert report.exit_code == Ending.WHOLE
    assert report.unknown == []


def test_an_empty_ledger_is_whole():
    report = verified()
    assert (report.exit_code, report.tree_size, named(report)) == (Ending.WHOLE, 0, [])


def test_every_column_but_the_bytes_is_compared():
    columns = {column.name for column in AuditEvent.__table__.columns}
    assert columns == {*PROJECTED, "canonical"}


def test_without_a_key_nothing_is_proven():
    grow(3)
    sign()
    report = verified(keys=[])
    assert report.exit_code == Ending.NOT_PROVABLE
    assert report.unknown == ["There is no public key to check signatures with."]


def test_a_key_of_another_log_cannot_judge():
    grow(3)
    sign()
    other = SignerKey("another.example/log", SIGNER.seed).verifier
    report = verified(keys=[other])
    assert report.exit_code == Ending.NOT_PROVABLE
    assert report.unknown == [f"No trusted key is of the log {ORIGIN}."]


def test_checkpoints_from_before_the_first_key_are_noted():
    grow(3)
    unsigned()
    assert verified().unknown == ["No checkpoint is signed by a trusted key yet."]
    grow(1)
    sign()
    report = verified()
    assert report.exit_code == Ending.WHOLE
    assert "1 checkpoints are unsigned." in report.notes


def test_a_key_signs_together_with_its_follower():
    grow(3)
    sign(SIGNER, FORGER)
    for key in (SIGNER, FORGER):
        assert verified(keys=[key.verifier]).exit_code == Ending.WHOLE


def test_leaves_after_the_last_checkpoint_are_noted():
    grow(3)
    sign()
    grow(2)
    report = verified()
    assert report.exit_code == Ending.WHOLE
    assert "2 leaves are newer than the last signed checkpoint." in report.notes


def test_going_on_from_a_checkpoint_reads_newer_events_alone():
    grow(300)
    sign()
    grow(20)
    sign()
    report = verified(since=300)
    assert (report.exit_code, report.tree_size, report.events) == (Ending.WHOLE, 320, 20)


def test_going_on_from_what_is_no_checkpoint_is_refused():
    grow(3)
    with pytest.raises(NoSuchCheckpoint):
        verified(since=2)


def test_what_a_long_transaction_has_just_committed_is_no_fault():
    with time_machine.travel(clock.now() - timedelta(minutes=1), tick=False):
        happen()
    waited = []

    def wait(seconds):
        waited.append(seconds)
        sequence_all()

    report = verify_now([], wait=wait)
    assert (named(report), report.tree_size, waited) == ([], 1, [5.0])
