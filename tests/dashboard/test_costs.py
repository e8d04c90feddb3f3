"""What the first page costs: few statements, each by an index, however much there is to count."""

from datetime import timedelta

import pytest

from portal.audit.models import Alert
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.dashboard.cards import KINDS
from seeds.catalog import seed_catalog
from tests.coupons.conftest import make_coupon
from tests.dashboard.test_numbers import on_trial
from tests.statements import counted, plans_of
from tests.support.desk import answer
from tests.support.levels import make_calendar, make_rule
from tests.support.queue_cast import HOUR, looking, put_many

MOST = 12
LARGE = ("support_tickets", "support_messages", "audit_events", "admin_sessions", "jobs")
LARGE += ("email_logs", "subscriptions")


@pytest.fixture
def busy(staff, desk):
    """Something on every card."""
    put_many(
        desk, 300, is_open=lambda place: place % 2 == 0, queue_at=lambda n: clock.now() + n * HOUR
    )
    answer(desk, staff[Role.SUPPORT_AGENT])
    make_rule(make_calendar(), name="Everything")
    seed_catalog()
    on_trial("Larch", timedelta(days=3))
    make_coupon("LOVED").times_redeemed = 9
    make_coupon("HALF").status = "awaiting_approval"
    about = {"rule_id": 1, "rule_name": "Off", "text": "A factor is off", "about": "", "count": 1}
    db.session.add(Alert(event_id="x", raised_at=clock.now(), **about))


def statements_of(client) -> list[str]:
    client.get("/")
    with counted() as statements:
        assert client.get("/").status_code == 200
    return statements


@pytest.mark.parametrize(
    ("role", "count"),
    [
        (Role.ADMIN, 11),
        (Role.MANAGER, 11),
        (Role.SUPPORT_AGENT, 6),
        (Role.FINANCE, 7),
        (Role.MARKETING, 6),
    ],
)
def test_the_page_of_a_role_costs_so_many_statements(browser_of, busy, role, count):
    assert len(statements_of(browser_of(role))) == count <= MOST


def scans(plan: str) -> list[str]:
    """Which lines read a whole table that may be large."""
    return [
        line
        for line in plan.splitlines()
        for table in LARGE
        if f"Seq Scan on {table}" in line or line.startswith(f"SCAN {table}")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_card_reads_a_whole_table(staff, busy, kind):
    plans = plans_of(lambda: KINDS[kind].look(looking(staff[Role.ADMIN])), of_few=True)
    assert plans
    assert [line for plan in plans for line in scans(plan)] == []
