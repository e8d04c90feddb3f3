"""What a change of the catalogue would do, held against everybody's own answer before and after."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from portal.catalog.plans import plan_named
from portal.catalog.revisions import draft_with
from portal.catalog.snapshot import Allowance, Catalog, PlanFeature
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import Tenant, TenantStatus, User, UserStatus
from portal.entitlements.effects import KINDS, effects_of
from portal.entitlements.facts import Effect
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.entitlements.load import Facts, facts_of, subject_of
from portal.entitlements.resolution import Decision, resolve
from portal.entitlements.revoking import revoke_grant
from portal.subscriptions.assignments import assign_plan
from portal.subscriptions.models import Subscription
from tests.cast import make_tenant, make_user
from tests.statements import counted

QUOTES, REPORTS = "basic_quotes", "custom_reports"
GRANT, BLOCK = {"effect": Effect.ENABLE}, {"effect": Effect.DISABLE}
OVERRIDES = [
    (QUOTES, {}),
    (QUOTES, GRANT),
    (QUOTES, {**GRANT, "quota_limit": 7}),
    (QUOTES, BLOCK),
    (REPORTS, GRANT),
    (REPORTS, BLOCK),
]
DAY, WEEK = timedelta(days=1), timedelta(days=7)
UNTIL = {
    "trialing": "trial_ends_at",
    "past_due": "grace_ends_at",
    "canceled": "ends_at",
    "active": "starts_at",
}
DENIAL = (REPORTS, {"effect": Effect.HARD_DENY})
Draft = Callable[[Catalog], Catalog]


@pytest.fixture
def everybody(catalog: Catalog) -> list[Facts]:
    """Somebody in each place: every plan, with every override of theirs and of their tenant's.

    And somebody at each time: before an override or a stay began, while it lasts, and after it.
    """
    now = clock.now()
    users = [
        user
        for plan in (None, "basic", "professional")
        for n, (feature, terms) in enumerate(OVERRIDES)
        for user in users_of(tenant_on(plan, f"{plan}{n}", feature, terms))
    ]
    with clock.standing_at(now - WEEK):
        users += [*passing_overrides(now), *passing_stays(now)]
    return [facts_of(user_id=user.id) for user in users if counts(user)]


def passing_overrides(now: datetime) -> Iterator[User]:
    spans = [{"expires_at": now - DAY}, {"starts_at": now + DAY}, {"expires_at": now + DAY}]
    for n, (effect, span) in enumerate(product((GRANT, BLOCK), spans)):
        tenant = tenant_on("basic", f"passing{n}", REPORTS, {**effect, **span})
        own, ended = make_user(tenant, "Own"), make_user(tenant, "Ended")
        grant_user_feature(by=SYSTEM, user=own, feature_name=QUOTES, **effect, **span)
        row = grant_user_feature(by=SYSTEM, user=ended, feature_name=QUOTES, **effect).row
        revoke_grant(by=SYSTEM, row=row)
        yield from (own, ended, make_user(tenant, "Other"))


def passing_stays(now: datetime) -> Iterator[User]:
    for n, (status, at) in enumerate(
        product(("trialing", "past_due", "canceled", "active"), (now - DAY, now + DAY))
    ):
        tenant = tenant_on("professional", f"staying{n}", QUOTES, {})
        stay = db.session.query(Subscription).filter_by(tenant_id=tenant.id).one()
        setattr(stay, UNTIL[status], at)
        stay.status = status
        yield make_user(tenant, "Uma")


def counts(user: User) -> bool:
    tenant = db.session.get_one(Tenant, user.tenant_id)
    return (user.status, tenant.status) == (UserStatus.ACTIVE, TenantStatus.ACTIVE)


def tenant_on(plan: str | None, name: str, feature: str, terms: dict[str, object]) -> Tenant:
    tenant = make_tenant(name)
    if plan:
        assign_plan(by=SYSTEM, tenant=tenant, plan=plan_named(plan))
    if terms:
        grant_tenant_feature(by=SYSTEM, tenant=tenant, feature_name=feature, **terms)
    if plan == "basic" and terms == BLOCK:
        tenant.status = TenantStatus.SUSPENDED
    return tenant


def users_of(tenant: Tenant) -> Iterator[User]:
    for n, (feature, terms) in enumerate((*OVERRIDES, DENIAL)):
        user = make_user(tenant, f"U{n}")
        if terms:
            grant_user_feature(by=SYSTEM, user=user, feature_name=feature, **terms)
        yield user
    yield make_user(tenant, "Gone", status="inactive")


def with_plan(name: str, feature: str, said: PlanFeature) -> Draft:
    def change(catalog: Catalog) -> Catalog:
        plan = next(plan for plan in catalog.plans.values() if plan.name == name)
        features = {**plan.features, feature: said}
        return draft_with(catalog, plans=[replace(plan, features=features)])

    return change


def with_feature(name: str, **more: object) -> Draft:
    return lambda catalog: draft_with(catalog, features=[replace(catalog.features[name], **more)])


DRAFTS: dict[str, Draft] = {
    "taken out of a plan": with_plan("professional", REPORTS, PlanFeature(is_included=False)),
    "put into a plan": with_plan("basic", REPORTS, PlanFeature(is_included=True)),
    "another limit": with_plan(
        "basic",
        QUOTES,
        PlanFeature(is_included=True, allowance=Allowance(is_unlimited=False, limit=3)),
    ),
    "switched off": with_feature(QUOTES, is_killed=True),
    "of a lower level": with_feature(REPORTS, min_plan_level=0),
    "another fallback": lambda catalog: draft_with(
        catalog, fallback_plan_id=plan_named("professional").id
    ),
}


def test_each_change_does_what_every_user_would_be_answered(catalog, everybody):
    for title, draft in DRAFTS.items():
        changed = draft(catalog)
        found = {change.feature_name: asdict(change) for change in effects_of(catalog, changed)}
        users, tenants = one_by_one(catalog, changed, everybody)
        assert found, title
        assert {name for name, _ in users} == found.keys(), title
        for name, change in found.items():
            for kind in KINDS:
                said = change[f"{kind}_users"], change[f"{kind}_tenants"]
                assert said == (users[name, kind], len(tenants[name, kind])), (title, name, kind)


def one_by_one(now: Catalog, draft: Catalog, everybody: list[Facts]):
    users, tenants, at = Counter(), defaultdict(set), clock.now()
    for facts in everybody:
        before, after = (answers(facts, catalog, at) for catalog in (now, draft))
        for name in now.features:
            kind = kind_of(before[name], after[name])
            if kind:
                users[name, kind] += 1
                tenants[name, kind].add(facts.tenant_id)
    return users, tenants


def answers(facts: Facts, catalog: Catalog, at: datetime) -> dict[str, Decision]:
    subject, _ = subject_of(facts, catalog, at)
    return {name: resolve(one, name, subject, at) for name, one in catalog.features.items()}


def kind_of(before: Decision, after: Decision) -> str | None:
    if before.allowed and after.allowed:
        return "relimited" if before.allowance != after.allowance else None
    return {(True, False): "losing", (False, True): "gaining"}.get((before.allowed, after.allowed))


def test_it_costs_three_statements_however_much_is_changed(catalog, everybody):
    for title, least in (("another limit", 1), ("another fallback", 4)):
        changed = DRAFTS[title](catalog)
        with counted() as statements:
            assert len(effects_of(catalog, changed)) >= least
        assert len(statements) == 3, (title, statements)


def test_it_costs_as_many_when_there_are_few(catalog):
    make_user(tenant_on("basic", "alone", QUOTES, {}))
    with counted() as statements:
        (change,) = effects_of(catalog, DRAFTS["another limit"](catalog))
    assert (change.relimited_users, len(statements)) == (1, 3)
