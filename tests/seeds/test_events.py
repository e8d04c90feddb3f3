"""Ledger events by the bulk: what `record` would have written, over two believable years."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from seeds.commands import seed_commands
from seeds.events import COLUMNS, seed_events

COUNT = 700
UNTIL = datetime.fromisoformat("2026-11-28T12:00:00+00:00")


@pytest.fixture(scope="module")
def filled(file_app):
    assert seed_events(COUNT, seed=7, until=UNTIL) == COUNT
    return file_app


@pytest.fixture
def events(filled):
    yield list(
        db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.occurred_at, AuditEvent.id))
    )
    set_provenance(Provenance())
    db.session.rollback()


def recorded_again(body):
    """The event that `record` makes of what the bytes say happened."""
    names = ("ip", "user_agent", "request_id", "method", "route", "session_ref")
    origin = {name: body[name] for name in names}
    set_provenance(Provenance(**origin, amr=tuple(body["amr"]), has_sudo=body["sudo"]))
    actor, target = body["actor"], body["target"]
    by = Actor(ActorType(actor["type"]), actor["id"], actor["label"], actor["role"])
    with clock.standing_at(datetime.fromisoformat(body["occurred_at"])):
        return record(
            Action(body["action"]),
            by=by,
            target=Target(target["type"], target["id"], target["label"]),
            outcome=Outcome(body["outcome"]),
            reason=body["reason"],
            changes={change["field"]: (change["old"], change["new"]) for change in body["changes"]},
            meta=body["meta"],
            tenant_id=body["tenant_id"],
        )


def test_every_column_and_byte_is_what_record_writes(events):
    for event in events:
        again = recorded_again(json.loads(event.canonical))
        whole = event.canonical.replace(event.id.encode(), again.id.encode())
        assert whole == again.canonical
        assert event.id[:18] == again.id[:18]
        for name in {*COLUMNS} - {"id", "canonical"}:
            assert getattr(event, name) == getattr(again, name), name


def test_they_spread_over_two_years_and_the_logs_of_a_company_at_work(events):
    times = [datetime.fromisoformat(event.occurred_at) for event in events]
    assert UNTIL - timedelta(days=731) < times[0] < UNTIL - timedelta(days=725)
    assert UNTIL - timedelta(days=4) < times[-1] <= UNTIL
    at_weekends = sum(at.weekday() > 4 for at in times)
    assert 0 < at_weekends < COUNT / 10
    streams = Counter(event.stream for event in events)
    assert len(streams) == 5
    assert min(streams.values()) > 1


def test_they_are_of_many_people_tenants_and_kinds(events):
    for name, least in (
        ("actor_id", 100),
        ("tenant_id", 200),
        ("action", 25),
        ("session_ref", 200),
    ):
        assert len({getattr(event, name) for event in events}) > least
    assert {event.outcome for event in events} == {*Outcome}
    assert any(event.feature_name for event in events)


def test_each_has_its_leaf_in_the_order_of_time(filled, events):
    query = sa.text("SELECT event_id FROM audit_leaves ORDER BY leaf_index")
    assert db.session.scalars(query).all() == [event.id for event in events]
    assert db.session.scalar(sa.text("SELECT count(*) FROM audit_pending")) == 0


def test_the_command_adds_them(app, cy):
    """Somebody is there already, so no company comes first."""
    words = ["demo", "--if-empty", "--audit-events", "3"]
    done = app.test_cli_runner().invoke(seed_commands, words)
    assert "Added 3 audit events" in done.output
