"""Rows put in by hand that are no events: what is told and watched goes on behind them."""

import json

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.alerting.rules import RuleTerms, create_rule
from portal.audit.alerting.watching import watch
from portal.audit.ledger import event_values
from portal.audit.models import AlertRule, AuditEvent, StreamFormat
from portal.audit.readable import event_in
from portal.audit.sequencing import sequence_all
from portal.audit.streaming.batches import MOST_BYTES, next_batch
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.growing import happen

WHOLE = {
    **dict.fromkeys(("id", "stream", "action", "outcome", "severity"), "x"),
    "occurred_at": "2026-11-28T10:00:00.000000Z",
    "actor": {},
    "target": None,
    "changes": [],
    "meta": {},
}
NO_EVENTS = [
    b"",
    b"\xff",
    b"[]",
    b"{}",
    b"[" * 100_000,
    *(
        json.dumps({**WHOLE, name: value}).encode()
        for name, value in (
            ("action", ["x"]),
            ("occurred_at", "yesterday"),
            ("occurred_at", "2026-11-28T10:00:00"),
            ("occurred_at", "9999-12-31T23:59:59.000000-14:00"),
            ("actor", "x"),
            ("target", "x"),
            ("changes", 1),
            ("changes", ["x"]),
            ("meta", []),
            ("amr", 1),
        )
    ),
]


def put_in(canonical, **columns):
    values = event_values(Action.BACKUP_MADE, by=SYSTEM)
    db.session.add(AuditEvent(**{**values, "canonical": canonical, **columns}))
    db.session.commit()


@pytest.fixture(params=NO_EVENTS, ids=range(len(NO_EVENTS)))
def no_event(request, app):
    return request.param


def test_what_is_no_event_is_none(no_event):
    assert event_in(no_event) is None
    assert event_in(json.dumps(WHOLE).encode()) == WHOLE


@pytest.mark.parametrize("threshold", [1, 2])
def test_a_row_that_is_no_event_silences_no_alert(no_event, threshold):
    watch()
    db.session.execute(sa.delete(AlertRule))
    actions = (Action.BACKUP_MADE,)
    create_rule(by=SYSTEM, terms=RuleTerms(name="B", actions=actions, threshold=threshold))
    happen(threshold - 1)
    put_in(no_event)
    happen()
    sequence_all()
    assert watch() == 1


def test_a_row_that_is_no_event_is_told_as_its_leaf(no_event):
    put_in(no_event)
    happen()
    sequence_all()
    for style in StreamFormat:
        first, second = (json.loads(one.line) for one in next_batch(first=0, style=style).told)
        assert (first["leaf_index"], first["event"]) == (0, None)
        assert second["event"] is not None


def test_an_event_larger_than_a_batch_is_told_alone(app):
    put_in(json.dumps({**WHOLE, "meta": {"x": "y" * MOST_BYTES}}).encode())
    happen()
    sequence_all()
    batch = next_batch(first=0, style=StreamFormat.CANONICAL)
    assert (batch.first, batch.end) == (0, 1)


@pytest.mark.parametrize("at", ["yesterday", "2026-11-28", "", "9999-12-31T23:59:59.999999Z"])
def test_a_row_without_an_instant_is_shown_among_the_others(ann_client, at):
    put_in(b"[" * 100_000, occurred_at=at)
    happen()
    query = sa.select(AuditEvent).where(AuditEvent.action == Action.BACKUP_MADE)
    row, other = db.session.scalars(query.order_by(AuditEvent.id))
    for address in ("/audit", "/audit?q=backup.made", f"/audit/events/{row.id}", "/audit/calendar"):
        assert ann_client.get(address).status_code == 200
    assert row.id in ann_client.get("/audit").text
    assert other.id in ann_client.get("/audit?q=backup.made").text


@pytest.mark.parametrize("at", ["9999-99-99", "0000-00-00"])
def test_a_cursor_that_names_no_instant_is_refused(ann_client, at):
    for words in ("", "q=backup&"):
        answer = ann_client.get(f"/audit?{words}cursor=%3C{at}T00:00:00.000000Z~")
        assert answer.status_code == 400
