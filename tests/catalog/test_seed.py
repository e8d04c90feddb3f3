"""The catalogue to begin with is the agreed one, and seeding it again changes nothing."""

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.catalog.models import CatalogRevision
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Interval
from portal.core.database import db
from seeds.catalog import seed_catalog
from seeds.commands import seed_commands


def test_it_holds_seventeen_features_on_seven_shelves(catalog):
    assert len(catalog.features) == 17
    assert len({feature.category for feature in catalog.features.values()}) == 7
    assert all(feature.description for feature in catalog.features.values())


def test_it_holds_four_plans_with_their_prices(catalog):
    found = [(p.name, p.level, p.monthly_price_cents, p.annual_price_cents) for p in plans(catalog)]
    assert found == [
        ("free", 0, 0, 0),
        ("basic", 1, 2900, 29000),
        ("professional", 2, 7900, 79000),
        ("enterprise", 3, None, None),
    ]
    assert {plan.currency for plan in plans(catalog)} == {"USD"}


def plans(catalog):
    return list(catalog.plans.values())


def test_each_plan_includes_what_was_agreed(catalog):
    sizes = {plan.name: len(plan.features) for plan in plans(catalog)}
    assert sizes == {"free": 3, "basic": 7, "professional": 16, "enterprise": 0}
    assert [plan.name for plan in plans(catalog) if plan.includes_all] == ["enterprise"]
    professional = plans(catalog)[2].features
    assert set(catalog.features) - set(professional) == {"dedicated_support"}


def test_quotas_are_the_agreed_ones_and_nothing_else_has_one(catalog):
    limits = {
        (plan.name, name): said.allowance.limit
        for plan in plans(catalog)
        for name, said in plan.features.items()
        if not said.allowance.is_unlimited
    }
    assert limits == {
        ("free", "basic_quotes"): 10,
        ("free", "basic_parties"): 50,
        ("basic", "multi_user"): 5,
        ("professional", "multi_user"): 15,
    }


def test_quotes_start_anew_monthly_and_seats_and_parties_never(catalog):
    metered = {f.name: (f.unit, f.interval) for f in catalog.features.values() if f.is_metered}
    assert metered == {
        "basic_quotes": ("quote", Interval.MONTH),
        "basic_parties": ("party", Interval.NEVER),
        "multi_user": ("seat", Interval.NEVER),
    }


def test_whoever_has_no_plan_gets_free(catalog):
    assert catalog.fallback_plan is not None
    assert catalog.fallback_plan.name == "free"


def test_a_second_run_changes_nothing(catalog):
    revisions = db.session.scalar(sa.select(sa.func.count(CatalogRevision.id)))
    events = db.session.scalar(sa.select(sa.func.count(AuditEvent.id)))
    assert seed_catalog() == (0, 0)
    assert catalog_now() is catalog
    assert db.session.scalar(sa.select(sa.func.count(CatalogRevision.id))) == revisions
    assert db.session.scalar(sa.select(sa.func.count(AuditEvent.id))) == events


def test_the_command_seeds_and_says_what_it_added(app):
    first = app.test_cli_runner().invoke(seed_commands, ["catalog"])
    said = "Features added: {}. Plans added: {}. Service levels added: {}.\n"
    assert (first.exit_code, first.stderr) == (0, said.format(17, 4, 4))
    again = app.test_cli_runner().invoke(seed_commands, ["catalog"])
    assert again.stderr == said.format(0, 0, 0)
