"""`flask audit export`: what an operator hands to an auditor, in real transactions."""

import json

import pytest

from portal.audit.actions import Action
from portal.audit.checkpoints import latest
from portal.audit.installing import set_up
from portal.audit.keys import public_keys
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from tests.audit.bundling import check, manifest_of
from tests.audit.growing import happen
from tests.cast import make_admin, trusted
from tests.ledger import events


@pytest.fixture
def ledger(own_app):
    with own_app.app_context():
        set_up(by=SYSTEM)
        happen(6)
        happen(3, action=Action.DEMO_SEEDED, tenant_id=7)
        yield own_app
        db.session.remove()


def export(app, file, *words):
    done = app.test_cli_runner().invoke(args=["audit", "export", str(file), *words])
    db.session.expire_all()
    return done


@pytest.mark.parametrize(
    ("words", "kind", "count"),
    [
        ((), "range", 10),
        (("--action", "demo.seeded"), "selection", 3),
        (("--tenant", "7", "--hash-only-rest"), "range_with_hashes", 3),
        (("--first", "2", "--last", "4"), "range", 3),
        (("--first", "2", "--last", "7", "--tenant", "7", "--hash-only-rest"), None, 1),
        (("--from", "2020-01-01", "--to", "2099-01-01"), "range", 10),
        (("--target", "user:5"), "selection", 0),
        (("--actor", "system", "--outcome", "success"), "selection", 10),
    ],
)
def test_each_kind_of_bundle_is_written_and_passes(ledger, tmp_path, words, kind, count):
    file = tmp_path / "out.zip"
    done = export(ledger, file, *words)
    assert done.exit_code == 0, done.output
    manifest = manifest_of(file.read_bytes())
    assert manifest["kind"] == (kind or "range_with_hashes")
    assert manifest["events"] == count
    found = check(tmp_path, file.read_bytes(), key=str(public_keys()[0]))
    assert (found.code, found.faults, found.answer["unchecked"]) == (0, [], [])


def test_the_newest_events_are_covered_by_a_checkpoint_made_for_it(ledger, tmp_path):
    happen(2)
    file = tmp_path / "out.zip"
    export(ledger, file)
    manifest = manifest_of(file.read_bytes())
    assert (manifest["not_covered"], manifest["tree_size"]) == (0, latest().tree_size)
    (event,) = events(Action.AUDIT_EXPORTED)
    assert manifest["export_event"] == event.id


def test_a_file_that_is_there_stays(ledger, tmp_path):
    file = tmp_path / "out.zip"
    file.write_bytes(b"precious")
    assert export(ledger, file).exit_code == 2
    assert file.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.glob("out*")] == ["out.zip"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--action", "no.such"), 1),
        (("--since", "999"), 1),
        (("--first", "5", "--last", "2"), 1),
        (("--first", "1", "--action", "demo.seeded"), 2),
        (("--first", "x"), 2),
    ],
)
def test_what_makes_no_sense_is_refused_without_a_trace(ledger, tmp_path, words, code):
    assert export(ledger, tmp_path / "out.zip", *words).exit_code == code
    assert list(tmp_path.glob("out*")) == []
    assert events(Action.AUDIT_EXPORTED) == []


def test_the_bundle_proves_that_the_log_continues_an_older_one(ledger, tmp_path):
    export(ledger, tmp_path / "old.zip")
    old = manifest_of((tmp_path / "old.zip").read_bytes())
    export(ledger, tmp_path / "checkpoint.zip")
    note = tmp_path / "old.txt"
    note.write_text(latest().note)
    size = latest().tree_size
    assert size > old["tree_size"]
    happen(5)
    export(ledger, tmp_path / "new.zip", "--since", str(size))
    data, key = (tmp_path / "new.zip").read_bytes(), str(public_keys()[0])
    assert check(tmp_path, data, "--since", str(note), key=key).code == 0


def test_the_page_exports_in_real_transactions_too(ledger, tmp_path):
    mo = make_admin("Mo Manager", Role.MANAGER, is_second_factor_on=True)
    db.session.commit()
    client = trusted(ledger, mo)
    answer = client.submit("/audit/export?tenant=7", kind="range_with_hashes")
    assert answer.status_code == 200
    found = check(tmp_path, answer.data, key=str(public_keys()[0]))
    assert (found.code, found.answer["manifest"]["events"]) == (0, 3)
    (event,) = events(Action.AUDIT_EXPORTED)
    assert json.loads(event.canonical)["actor"]["label"] == mo.email
