"""Ledger events by the million, for lists that must stay fast: valid rows, the same for a seed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import SAME_IN_BOTH, SCHEMA, canonical_bytes, uuid7
from portal.audit.models import AuditEvent
from portal.core.clock import timestamp
from portal.core.database import db

BATCH = 5000
PEOPLE = 400
SPAN = timedelta(days=400)
ACTIONS = tuple(action for action in Action if action is not Action.DEMO_SEEDED)


def seed_events(count: int, *, seed: int, until: datetime) -> None:
    """Insert in batches, each its own transaction."""
    dice = Random(seed)
    step = SPAN / max(count, 1)
    batch: list[dict[str, Any]] = []
    for number in range(count):
        batch.append(_values(dice, until - SPAN + step * number))
        if len(batch) == BATCH:
            _insert(batch)
            batch = []
    if batch:
        _insert(batch)


def _insert(batch: list[dict[str, Any]]) -> None:
    db.session.execute(sa.insert(AuditEvent), batch)
    db.session.commit()


def _values(dice: Random, at: datetime) -> dict[str, Any]:
    action, person = dice.choice(ACTIONS), dice.randrange(PEOPLE)
    target = dice.randrange(5000)
    outcome = Outcome.SUCCESS if dice.random() < 0.95 else Outcome.FAILURE
    body: dict[str, Any] = {
        "id": uuid7(at),
        "schema": SCHEMA,
        "occurred_at": timestamp(at.astimezone(UTC)),
        "stream": action.stream.value,
        "action": action.value,
        "outcome": outcome.value,
        "severity": action.severity.value,
        "reason": None,
        "actor": dict(_actor(person)),
        "target": {"type": "admin", "id": str(target), "label": f"person{target}@bulk.test"},
        "tenant_id": None,
        "ip": f"203.0.113.{person % 250 + 1}",
        "user_agent": None,
        "session_ref": f"{dice.getrandbits(64):016x}",
        "request_id": f"{dice.getrandbits(64):016x}",
        "method": "POST",
        "route": "/",
        "amr": ["pwd", "otp"],
        "sudo": False,
        "changes": [],
        "meta": {},
    }
    return {
        **{name: body[name] for name in SAME_IN_BOTH},
        **{f"actor_{name}": value for name, value in body["actor"].items()},
        **{f"target_{name}": value for name, value in body["target"].items()},
        "canonical": canonical_bytes(body),
    }


def _actor(person: int) -> Iterator[tuple[str, object]]:
    yield "type", "admin"
    yield "id", 1_000_000 + person
    yield "label", f"colleague{person}@bulk.test"
    yield "role", "support_agent"
