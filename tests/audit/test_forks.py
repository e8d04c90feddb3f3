"""Two trees of which one is no beginning of the other are never signed under one name."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit import anchor_file
from portal.audit.actions import Action
from portal.audit.anchors import FILE_JOB
from portal.audit.checkpoints import latest
from portal.audit.forks import NothingForked, ReasonMissing, accept_fork, alarm
from portal.audit.models import FrontierRow
from portal.audit.notes import Checkpoint, Note
from portal.audit.origins import BadOrigin, begin_origin, current_origin, next_name
from portal.audit.upkeep import give_leaves, sign_when_due
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Notice
from tests.audit.growing import grow, sign_as_worker
from tests.audit.working import done
from tests.ledger import events
from tests.staff.post import mails
from tests.statements import counted

LATER = timedelta(minutes=2)


def anchor(size: int, root: bytes = b"?" * 32) -> None:
    """The anchor file knows a tree that this database does not have."""
    note = Checkpoint(current_origin().origin, size, root).signed_by([])
    anchor_file.append(settings().audit_anchor_file, [note])


@pytest.fixture
def restored(key, ann):
    """A database from before what the anchor file has seen."""
    grow(3)
    sign_as_worker()
    anchor(50)
    grow(1)
    return sign_as_worker(after=LATER)


def test_a_restored_database_is_not_signed(restored):
    assert restored is None
    assert latest().tree_size == 3
    assert "The anchor file knows 50 events, the database only 4" in alarm().why


def test_the_alarm_is_one_critical_event_one_mail_and_one_notice(restored):
    for _ in range(3):
        assert sign_as_worker(after=LATER) is None
    assert [event.severity for event in events(Action.AUDIT_FORK_FOUND)] == ["critical"]
    assert len(mails("audit_forked")) == 1
    notice = db.session.scalars(sa.select(Notice)).one()
    assert notice.url == "/audit/log"


def test_another_history_of_the_same_length_is_not_signed(key):
    grow(3)
    sign_as_worker()
    anchor(2)
    grow(1)
    assert sign_as_worker(after=LATER) is None
    assert "another root for 2 events" in alarm().why


def test_a_frontier_that_somebody_changed_is_not_signed(key):
    grow(3)
    db.session.execute(sa.update(FrontierRow).values(hashes=b"?" * 64))
    assert sign_as_worker() is None
    assert "another root" in alarm().why


def test_while_the_alarm_stands_looking_writes_nothing(restored):
    give_leaves()
    with clock.standing_at(clock.now() + 2 * LATER), counted() as statements:
        assert (give_leaves(), sign_when_due()) == (False, False)
    assert [statement for statement in statements if not statement.startswith("SELECT")] == []


def test_the_right_database_is_signed_again_and_the_alarm_ends(restored):
    settings().audit_anchor_file.unlink()
    grow(1)
    assert sign_as_worker(after=LATER).tree_size > 3
    assert alarm() is None


def test_an_accepted_fork_goes_on_under_a_new_name(restored):
    begun = accept_fork(by=SYSTEM, reason="Restored after a broken disk.")
    db.session.commit()
    assert (begun.origin, begun.generation) == ("localhost/portal-2", 2)
    assert alarm() is None
    signed = sign_as_worker(after=LATER)
    assert Note.parse(signed.note).checkpoint.origin == "localhost/portal-2"
    accepted = events(Action.AUDIT_FORK_ACCEPTED)[0]
    assert accepted.reason == "Restored after a broken disk."


def test_accepting_makes_a_changed_frontier_anew(key):
    grow(3)
    db.session.execute(sa.update(FrontierRow).values(hashes=b"?" * 64))
    sign_as_worker()
    accept_fork(by=SYSTEM, reason="The frontier was damaged.")
    db.session.commit()
    assert sign_as_worker(after=LATER) is not None


def test_without_an_alarm_there_is_nothing_to_accept(key):
    with pytest.raises(NothingForked):
        accept_fork(by=SYSTEM, reason="For no reason at all.")
    grow(1)
    sign_as_worker()
    with pytest.raises(NothingForked):
        accept_fork(by=SYSTEM, reason="For no reason at all.")


def test_a_fork_is_not_accepted_without_a_reason(restored):
    with pytest.raises(ReasonMissing):
        accept_fork(by=SYSTEM, reason="  ")
    assert alarm() is not None


def test_a_broken_anchor_file_stops_the_signing_too(key):
    grow(1)
    settings().audit_anchor_file.write_text('{"note": "nonsense"}\n')
    assert sign_as_worker() is None
    assert "nonsense" in alarm().why


def test_an_anchor_file_that_cannot_be_read_stops_the_signing_too(key):
    grow(1)
    settings().audit_anchor_file.mkdir()
    assert sign_as_worker() is None
    assert "cannot be read" in alarm().why
    settings().audit_anchor_file.rmdir()
    assert sign_as_worker() is not None


def test_what_is_anchored_by_ourselves_is_no_fork(key):
    for minutes in range(3):
        grow(2)
        assert sign_as_worker(after=timedelta(minutes=minutes)) is not None
        assert FILE_JOB in done()
    assert alarm() is None


@pytest.mark.parametrize(
    ("name", "following"),
    [("a.example/portal-1", "a.example/portal-2"), ("log", "log-2"), ("x-9", "x-10")],
)
def test_each_name_has_its_follower(name, following):
    assert next_name(name) == following


@pytest.mark.parametrize("name", ["", "two words", "a+b", "caf\u00e9", "x" * 181])
def test_a_name_that_no_signature_line_can_hold_is_refused(app, name):
    with pytest.raises(BadOrigin):
        begin_origin(name, from_size=0)
