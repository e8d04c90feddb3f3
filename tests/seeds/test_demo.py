"""The demo company, the catalogue, and putting them there again."""

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.models import AuditEvent
from portal.catalog.models import CatalogRevision, FeatureRow, PlanTemplate
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.models import Coupon, CouponUsage
from portal.customers.models import Tenant, User
from portal.entitlements.models import (
    QuotaBucket,
    TenantEntitlement,
    UsageEvent,
    UserEntitlement,
)
from portal.mail.models import EmailLog
from portal.staff.models import Admin, Notice
from portal.subscriptions.history import standing_of
from portal.subscriptions.models import Subscription
from portal.support.models import SupportMessage, SupportTicket
from seeds.agenda import Agenda
from seeds.catalog import seed_catalog
from seeds.commands import seed_commands
from seeds.companies import COMPANIES
from seeds.coupons import BATCH_SIZE, OFFERS
from seeds.credentials import credentials_file, demo_people
from seeds.customers import plan_customers
from seeds.product import Product
from seeds.ticket_stories import STORIES
from tests.conftest import make_app
from tests.databases import Server

PEOPLE = 16


def run(app, *words):
    return app.test_cli_runner().invoke(seed_commands, words)


@pytest.fixture
def seeded(company):
    """The demo company; a test that changes it puts it there again."""
    return company


def count(model, *where):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))


def counts():
    db.session.rollback()
    models = (Admin, Tenant, User, Subscription, UserEntitlement, QuotaBucket, AuditEvent)
    models += (SupportTicket, SupportMessage, Coupon, CouponUsage, UsageEvent, EmailLog, Notice)
    found = [count(model) for model in models]
    db.session.rollback()
    return found


def test_the_catalogue_twice_is_the_catalogue_once(app):
    found = [run(app, "catalog").exit_code for _ in range(2)]
    sizes = [count(model) for model in (FeatureRow, PlanTemplate, CatalogRevision)]
    assert (found, sizes) == ([0, 0], [17, 4, 1])


def test_the_company_has_people_customers_plans_grants_and_uses(seeded):
    assert (count(Admin), count(Tenant)) == (PEOPLE, len(COMPANIES))
    assert 170 <= count(User) <= 210
    by_status = sa.select(Tenant.status, sa.func.count()).group_by(Tenant.status)
    found = {row[0]: row[1] for row in db.session.execute(by_status)}
    assert found == {"active": 31, "suspended": 1, "closed": 2}
    plans = {standing_of(id_).plan for id_ in db.session.scalars(sa.select(Tenant.id))}
    assert plans == {"free", "basic", "professional", "enterprise"}
    assert count(Subscription, Subscription.status == "trialing") >= 8
    assert (count(UserEntitlement), count(TenantEntitlement)) == (23, 7)
    assert count(QuotaBucket) >= 30
    assert count(SupportTicket) > len(STORIES) + 100
    assert count(Coupon, Coupon.batch_id.is_not(None)) == BATCH_SIZE
    assert count(Coupon) > len(OFFERS) + BATCH_SIZE
    db.session.rollback()


def test_some_customer_has_used_all_that_it_may(seeded):
    pampa = db.session.scalars(sa.select(Tenant).filter_by(external_id="pampa-cajas")).one()
    used = db.session.scalar(
        sa.select(QuotaBucket.used).filter_by(tenant_id=pampa.id, feature_name="basic_quotes")
    )
    assert used == 10
    db.session.rollback()


def test_passwords_are_written_into_the_applications_own_folder(seeded):
    folder = settings().instance_dir
    assert credentials_file().parent == folder
    assert set(demo_people()) >= {"admin", "newcomer"}


def test_again_leaves_everything_as_it_is(seeded):
    before, people = counts(), demo_people()
    done = run(seeded, "demo")
    assert (done.exit_code, counts(), demo_people()) == (0, before, people)
    assert "Added 0 people of ours, 0 tenants" in done.output


def test_again_brings_back_who_is_missing_and_leaves_what_was_changed(seeded):
    changes = (
        sa.update(Tenant).filter_by(external_id="fjordpak").values(external_id="x", name="X"),
        sa.update(Tenant).filter_by(external_id="pampa-cajas").values(name="Pampa"),
        sa.update(Admin).filter_by(email="ben.carter@boxcostpro.test").values(email_key="gone"),
    )
    for change in changes:
        db.session.execute(change)
    db.session.commit()
    done = run(seeded, "demo")
    assert (done.exit_code, "Added 1 people of ours, 1 tenants" in done.output) == (0, True)
    names = set(db.session.scalars(sa.select(Tenant.name)))
    assert {"X", "Fjordpak", "Pampa"} <= names
    assert (count(Admin), count(Tenant)) == (PEOPLE + 1, len(COMPANIES) + 1)
    db.session.rollback()


def test_where_there_are_people_if_empty_does_nothing(seeded):
    before = counts()
    done = run(seeded, "demo", "--if-empty")
    assert (done.exit_code, counts()) == (0, before)


def snapshot(seed):
    """What a seed makes of the customers, taken back at once."""
    seed_catalog()
    agenda = Agenda(seed=seed, until=clock.now())
    plan_customers(agenda, by=SYSTEM, product=Product())
    agenda.run()
    stays = sa.select(Subscription.starts_at, Subscription.trial_ends_at).order_by(Subscription.id)
    people = sa.select(User.email, User.status, User.created_at).order_by(User.id)
    found = [list(map(tuple, db.session.execute(query))) for query in (stays, people)]
    db.session.rollback()
    return found


def test_a_seed_makes_the_same_customers_and_another_one_others(app):
    with time_machine.travel(clock.now(), tick=False):
        first, again, other = (snapshot(seed) for seed in (20, 20, 21))
    assert first == again
    assert first[1] != other[1]


def test_nothing_is_seeded_in_production(database: Server, tmp_path, monkeypatch):
    app = make_app(database.clone(), tmp_path)
    monkeypatch.setattr("portal.config.Settings.is_production", property(lambda _: True))
    done = run(app, "demo", "--tenants", "3")
    assert done.exit_code == 1
    with app.app_context():
        assert [count(model) for model in (Admin, Tenant, FeatureRow)] == [0, 0, 0]
        db.session.remove()
        db.engine.dispose()
