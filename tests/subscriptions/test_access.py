"""From when until when a stay gives access."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.subscriptions.access import access_span
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription
from portal.subscriptions.stays import stays_of

START = datetime(2026, 1, 1, tzinfo=UTC)
SOON, LATER, LATEST = (START + timedelta(days=days) for days in (10, 20, 30))

SPANS = {
    "active without an end": (("active", None, None, None), None),
    "active until it was followed": (("active", LATER, None, None), LATER),
    "a trial that runs": (("trialing", None, SOON, None), SOON),
    "a trial that was followed before its end": (("trialing", SOON, LATER, None), SOON),
    "a trial that ran out before it was followed": (("trialing", LATER, SOON, None), SOON),
    "late within grace": (("past_due", None, None, LATER), LATER),
    "late without any grace": (("past_due", None, None, None), START),
    "late and followed within grace": (("past_due", SOON, None, LATER), SOON),
    "canceled at an instant": (("canceled", LATER, None, None), LATER),
    "canceled in its trial": (("canceled", LATER, SOON, None), SOON),
    "canceled without an end": (("canceled", None, None, None), START),
    "ended before it began": (("active", START - timedelta(days=1), None, None), START),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_stay_gives_access_until(name):
    (status, ends_at, trial, grace), end = SPANS[name]
    assert access_span(status, START, ends_at, trial, grace) == (START, end)


@pytest.mark.parametrize("name", SPANS)
@pytest.mark.parametrize("at", [START, SOON, LATER, LATEST])
def test_the_condition_of_sql_says_the_same(acme, plans, name, at):
    (status, ends_at, trial, grace), end = SPANS[name]
    add(acme, plans["pro"], status=status, ends_at=ends_at, trial=trial, grace=grace)
    found = db.session.scalar(sa.select(Subscription.id).where(in_force(at))) is not None
    assert found == (end is None or START <= at < end)
    assert [stay.is_in_force(at) for stay in stays_of(acme.id)] == [found]


def add(tenant, plan, *, trial=None, grace=None, **more):
    values = {
        "status": "active",
        "starts_at": START,
        "anchor_at": START,
        "created_at": START,
        "created_by_label": "system",
        "trial_ends_at": trial,
        "grace_ends_at": grace,
        **more,
    }
    db.session.add(Subscription(tenant_id=tenant.id, plan_id=plan.id, **values))
    db.session.flush()
