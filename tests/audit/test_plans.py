"""How a page of the ledger is found among ten thousand events: by an index, for every filter."""

import random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from portal.audit.filters import Filters
from portal.audit.keyset import Place, ledger_rows
from portal.audit.models import AuditEvent
from portal.audit.scope import fitting, seen_by
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db, is_sqlite
from portal.core.permissions import Permission
from portal.core.statistics import gather_statistics
from seeds.events import seed_events
from tests.statements import plans_of

COUNT = 10_000
_event = AuditEvent.__table__.c
COLUMNS = (_event.id, _event.occurred_at, _event.action, _event.actor_label)
AMID = Place(True, "2026-02-01T00:00:00.000000Z", "")
EACH = {
    "everything": {},
    "a log": {"log": "entitlements"},
    "an action": {"action": "tenant.suspended"},
    "a common action": {"action": "ticket.replied"},
    "a rare outcome": {"outcome": "denied"},
    "a rare severity": {"severity": "critical"},
    "a rare outcome of a log": {"log": "mail", "outcome": "denied"},
    "a rare severity of a log": {"log": "auth-events", "severity": "warning"},
    "an actor": {"actor": "1000007"},
    "an actor in a log": {"actor": "1000007", "log": "entitlements"},
    "a target": {"target_type": "tenant", "target_id": "1000007"},
    "a tenant": {"tenant": "1000007"},
    "a tenant in a log": {"tenant": "1000007", "log": "admin-actions"},
    "a feature": {"feature": "basic_quotes"},
    "an address": {"ip": "198.51.3.7"},
    "a session": {"session": "0011223344556677"},
    "a request": {"request": "0011223344556677"},
}


@pytest.fixture(scope="module")
def many(file_app):
    seed_events(COUNT, seed=7, until=clock.now())
    return file_app


def asked(filters, place=None, wanted=51):
    questions = [fitting(Filters(**filters), ZoneInfo("UTC"))]
    return lambda: ledger_rows(COLUMNS, questions, place, wanted)


def is_quick(plan: str) -> bool:
    """One range of an index in the order of the page, or a few rows that are sorted."""
    if is_sqlite():
        return "USE TEMP B-TREE" not in plan and "SCAN audit_events\n" not in f"{plan}\n"
    return "Seq Scan" not in plan and "Index" in plan


@pytest.mark.parametrize("place", [None, AMID])
@pytest.mark.parametrize("name", EACH)
def test_a_page_of_every_filter_is_found_by_an_index(many, name, place):
    (plan,) = plans_of(asked(EACH[name], place))
    assert is_quick(plan), plan


@pytest.mark.one_database("sqlite")
@pytest.mark.parametrize("name", EACH)
def test_what_sqlite_knows_after_a_day_leaves_every_filter_its_index(many, name):
    gather_statistics()
    (plan,) = plans_of(asked(EACH[name], AMID))
    db.session.rollback()
    assert is_quick(plan), plan


@pytest.mark.parametrize("name", ["a rare outcome", "a rare severity", "a rare outcome of a log"])
def test_what_is_rare_has_an_index_of_its_own(many, name):
    (plan,) = plans_of(asked(EACH[name]))
    assert "_outcome" in plan or "_severity" in plan, plan


@pytest.mark.parametrize("place", [None, AMID])
def test_own_events_and_those_about_money_have_an_index_each(many, place):
    fay = Actor(ActorType.ADMIN, 1000007, "fay", permissions=frozenset({Permission.AUDIT_MONEY}))
    questions = seen_by(fay, fitting(Filters(), ZoneInfo("UTC")))
    (plan,) = plans_of(lambda: ledger_rows(COLUMNS, questions, place, 51))
    assert "ix_audit_events_money" in plan, plan
    assert "ix_audit_events_actor" in plan, plan
    assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize("text", ["ticket", "tck-000007", "nobody says that"])
def test_words_are_found_by_their_index_and_no_table_is_read_whole(many, text):
    for plan in plans_of(asked({"q": text}))[1:]:
        # Ten thousand short rows of words may be read as they lie; the events themselves never.
        assert "VIRTUAL TABLE INDEX" in plan if is_sqlite() else "audit_search" in plan, plan
        assert "SCAN audit_events" not in plan, plan
        assert "Seq Scan on audit_events" not in plan, plan


def test_the_same_number_of_statements_finds_words_that_are_there_and_not(many):
    found = [len(plans_of(asked({"q": text}))) for text in ("ticket", "tck-000007", "nobodysays")]
    assert found[0] <= 3
    assert max(found) <= 6


def test_searches_of_many_kinds_find_what_reading_everything_finds(many):
    rows = db.session.execute(sa.select(_event.id, _event.action, _event.actor_label)).all()
    dice = random.Random(7)
    for _, action, label in dice.sample(rows, 12):
        word = label.partition("@")[0]
        same = {row.id for row in rows if row.action == action and word in row.actor_label}
        found = asked({"q": f"{action} {word}"}, wanted=COUNT)()
        assert {row.id for row in found} == same, (action, word)
