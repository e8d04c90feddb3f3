"""What entitlements hold of one user: handed out whole, and emptied of who they are."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.privacy import erase_user, export_user
from portal.entitlements.models import (
    BulkGrant,
    BulkGrantRow,
    QuotaBucket,
    QuotaEvent,
    UsageEvent,
    UserEntitlement,
)
from tests.cast import actor, make_user

CANARY = "Zebulon Quibble"


@pytest.fixture
def person(acme):
    return make_user(acme, CANARY)


def add(row):
    db.session.add(row)
    db.session.flush()
    return row


def hold(user) -> None:
    """One row in every table of the room."""
    now = clock.now()
    feature = {"feature_name": "bulk_quotes"}
    ours = {"tenant_id": user.tenant_id, **feature}
    span = {"starts_at": now, "created_at": now, "created_by_label": "ann@boxcostpro.test"}
    add(UserEntitlement(user_id=user.id, **ours, effect="enable", **span))
    period = {"interval": "month", "period_start": now, "created_at": now}
    add(QuotaBucket(user_key=user.id, **ours, source="base", used=3, **period))
    key = {"idempotency_key": f"k{user.id}", "request_sha256": b"", "status": "done"}
    amounts = {"kind": "consume", "amount": 3, "allocations": [], "result": {}}
    add(QuotaEvent(user_id=user.id, **ours, **key, **amounts, at=now - timedelta(hours=1)))
    said = {"source": "product", "event_id": f"e{user.id}", "properties": {"who": user.name}}
    add(UsageEvent(user_id=user.id, **ours, value="1", occurred_at=now, received_at=now, **said))
    bulk = {"status": "done", "total": 1, "created_at": now, "created_by_label": "ann"}
    made = add(BulkGrant(scope="user", terms={}, **bulk))
    add(BulkGrantRow(bulk_grant_id=made.id, subject_id=user.id, label=user.name))


PLACES = ("overrides", "counters", "consumed", "reported_uses", "bulk_grants")


def test_the_export_has_a_row_of_each_place_and_of_nobody_else(ann, person, acme):
    hold(person)
    hold(make_user(acme, "Other Person"))
    found = export_user(by=actor(ann), user=person)
    assert {name: len(found[name]) for name in PLACES} == dict.fromkeys(PLACES, 1)
    assert "Other Person" not in json.dumps(found)


def test_erasing_keeps_the_sums_and_forgets_the_words(ann, person):
    hold(person)
    erase_user(by=actor(ann), user=person, reason="asked")
    db.session.expire_all()
    assert db.session.scalars(sa.select(UsageEvent)).one().properties == {}
    assert db.session.scalars(sa.select(BulkGrantRow)).one().label == "Erased user"
    assert db.session.scalars(sa.select(QuotaBucket)).one().used == 3
    again = export_user(by=actor(ann), user=person)
    assert {name: len(again[name]) for name in PLACES} == dict.fromkeys(PLACES, 1)
    assert CANARY not in json.dumps(again)


def test_the_tenants_own_counters_are_nobodys(ann, person, acme):
    now = clock.now()
    ours = {"tenant_id": acme.id, "feature_name": "bulk_quotes", "source": "base"}
    add(QuotaBucket(user_key=0, **ours, interval="month", period_start=now, created_at=now))
    assert export_user(by=actor(ann), user=person)["counters"] == []
