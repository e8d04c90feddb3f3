"""One event: exact bytes, small, complete, in the transaction of its deed."""

import json
import uuid
from datetime import timedelta
from unicodedata import is_normalized

import pytest
import rfc8785
import sqlalchemy as sa
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.audit.actions import Action, Outcome, Severity, Stream
from portal.audit.ledger import Target, canonical_bytes, record, uuid7
from portal.audit.models import AuditEvent
from portal.audit.redaction import redacted
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from tests.cast import actor

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=15,
)
PROVEN = Provenance(
    ip="203.0.113.9",
    user_agent="Test browser",
    request_id="0123456789abcdef",
    method="POST",
    route="/staff/<int:id>/role",
    session_ref="0011223344556677",
    amr=("pwd", "otp"),
    has_sudo=True,
)


@pytest.fixture
def proven():
    set_provenance(PROVEN)
    yield
    set_provenance(Provenance())


def written(event):
    db.session.flush()
    return json.loads(event.canonical)


def test_the_bytes_hold_who_did_what_to_whom_and_from_where(app, proven, ann, bea):
    changes = {"role": ("support_agent", "manager")}
    event = record(
        Action.STAFF_ROLE_CHANGED,
        by=actor(ann),
        target=Target("staff", bea.id, bea.name),
        reason="moved team",
        changes=changes,
        meta={"ticket": 7},
    )
    body = written(event)
    assert body["actor"] == {"type": "admin", "id": ann.id, "label": ann.email, "role": "admin"}
    assert body["target"] == {"type": "staff", "id": str(bea.id), "label": "Bea Agent"}
    assert body["changes"] == [{"field": "role", "old": "support_agent", "new": "manager"}]
    assert (body["ip"], body["route"], body["amr"]) == (PROVEN.ip, PROVEN.route, ["pwd", "otp"])
    assert (body["meta"], body["sudo"], body["schema"]) == ({"ticket": 7}, True, 1)


def test_the_columns_repeat_the_bytes(app, proven, ann):
    event = record(Action.TOTP_RESET, by=actor(ann), target=Target("staff", 3, "Mo"))
    body = written(event)
    for name in ("id", "occurred_at", "stream", "action", "outcome", "severity", "ip"):
        assert getattr(event, name) == body[name]
    assert (event.actor_id, event.target_id) == (body["actor"]["id"], body["target"]["id"])
    assert (event.stream, event.severity) == (Stream.AUTH, Severity.CRITICAL)


def test_what_was_written_is_read_back_byte_by_byte(app):
    event = record(Action.BACKUP_MADE, by=SYSTEM, meta={"file": "Zoë \U0001f600"})
    written(event)
    read = db.session.scalar(sa.select(AuditEvent.canonical).where(AuditEvent.id == event.id))
    assert bytes(read) == event.canonical == rfc8785.dumps(json.loads(event.canonical))


def test_a_rolled_back_deed_leaves_no_event(app):
    record(Action.BACKUP_MADE, by=SYSTEM)
    db.session.flush()
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == 0


def test_of_a_secret_it_only_says_that_it_changed(app):
    event = record(Action.PASSWORD_CHANGED, by=SYSTEM, changes={"password": ("canary", "canary2")})
    assert written(event)["changes"] == [{"changed": True, "field": "password"}]
    assert b"canary" not in event.canonical


def test_too_large_a_detail_goes_and_leaves_its_hash(app):
    meta = {f"line {n}": "x" * 2000 for n in range(9)}
    event = record(Action.BACKUP_MADE, by=SYSTEM, meta=meta, changes={"a": (1, 2)})
    body = written(event)
    assert body["meta"]["truncated"] is True
    assert len(body["meta"]["sha256"]) == 64
    assert body["changes"] == [{"field": "a", "new": 2, "old": 1}]


def test_everything_too_large_still_leaves_an_event(app):
    many = {f"line {n}": "x" * 2000 for n in range(20)}
    changes = {name: (value, value) for name, value in many.items()}
    event = record(Action.BACKUP_MADE, by=SYSTEM, meta=many, changes=changes, reason="y" * 9000)
    written(event)
    assert len(event.canonical) < 17 * 1024
    assert len(event.reason) == 500


def test_a_strange_label_never_breaks_the_deed(app):
    target = Target("staff", "\x00" * 99, "\x00\ud800" + "é" * 999)
    event = record(Action.ACCESS_DENIED, by=SYSTEM, target=target, outcome=Outcome.DENIED)
    written(event)
    assert (len(event.target_id), len(event.target_label)) == (64, 320)


def test_ids_sort_as_the_events_happened():
    start = clock.now()
    ids = [uuid7(start + timedelta(microseconds=250 * n)) for n in range(200)]
    assert ids == sorted(ids)
    assert {(uuid.UUID(found).version, uuid.UUID(found).variant) for found in ids} == {
        (7, uuid.RFC_4122)
    }


def test_the_time_always_has_six_digits_of_a_second(app):
    with time_machine.travel("2026-01-02T03:04:05+00:00", tick=False):
        event = record(Action.BACKUP_MADE, by=SYSTEM)
    assert event.occurred_at == "2026-01-02T03:04:05.000000Z"


@settings(max_examples=300)
@given(PLAIN)
def test_the_fast_encoder_gives_the_bytes_of_the_standard(value):
    clean = redacted(value)
    assert canonical_bytes(clean) == rfc8785.dumps(clean)


@settings(max_examples=300)
@given(PLAIN)
def test_anything_becomes_plain_and_keeps_one_form(value):
    data = canonical_bytes(redacted(value)).decode()
    assert is_normalized("NFC", data)
    assert not [part for part in json.loads(f"[{data}]") if isinstance(part, float)]


def test_keys_beyond_the_basic_plane_sort_by_utf16():
    value = {"\ufb33": 1, "\U0001f600": 2}
    assert list(json.loads(canonical_bytes(value))) == ["\U0001f600", "\ufb33"]
