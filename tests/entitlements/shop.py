"""Acme on a plan that sells one feature of each way to count, and Uma, who uses them."""

from dataclasses import dataclass, field
from itertools import count

import sqlalchemy as sa

from portal.catalog.features import FeatureTerms, create_feature
from portal.catalog.models import PlanTemplate
from portal.catalog.plans import PlanTerms, create_plan
from portal.catalog.revisions import one_revision
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import Tenant, User
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import QuotaBucket, QuotaEvent
from portal.entitlements.quotas import Consumption, consume_quota
from portal.subscriptions.assignments import assign_plan
from tests.cast import make_tenant, make_user

_keys = count()
LIMITS = {
    "quotes": Allowance(False, 10, Interval.MONTH),
    "calls": Allowance(False, 1000, Interval.DAY),
    "exports": Allowance(False, 100, Interval.MONTH, rollover_min=0, rollover_max=50),
    "mails": Allowance(False, 10, Interval.MONTH, is_soft=True, overage_cap=5),
    "parties": Allowance(False, 5, Interval.NEVER),
    "multi_user": Allowance(False, 3, Interval.NEVER),
    "searches": Allowance(is_unlimited=True),
}


@dataclass
class Shop:
    """The tenant, its user, and short ways to use and to look."""

    acme: Tenant
    uma: User
    ids: dict[str, int] = field(default_factory=dict)

    def use(self, feature: str = "quotes", amount: int = 1, **more: object) -> Consumption:
        values = {"user_id": self.uma.id, "idempotency_key": f"use-{next(_keys)}", **more}
        return consume_quota(feature_name=feature, amount=amount, **values)

    def give_own_limit(self, limit: int = 100) -> None:
        """A counter of Uma's own."""
        terms = {"feature_name": "quotes", "quota_limit": limit}
        grant_user_feature(by=SYSTEM, user=self.uma, **terms)
        db.session.commit()

    def bucket(self, feature: str = "quotes", source: str = "base", **more: object) -> QuotaBucket:
        db.session.expire_all()
        query = sa.select(QuotaBucket).filter_by(feature_name=feature, source=source, **more)
        return db.session.scalars(query).one()

    def events(self, kind: str) -> list[QuotaEvent]:
        query = sa.select(QuotaEvent).filter_by(kind=kind).order_by(QuotaEvent.id)
        return list(db.session.scalars(query))


def make_shop() -> Shop:
    """Everything is committed: quick reads look past the session."""
    with one_revision(by=SYSTEM):
        plan = _sell()
    acme = make_tenant("Acme")
    uma = make_user(acme)
    assign_plan(by=SYSTEM, tenant=acme, plan=plan)
    db.session.commit()
    return Shop(acme, uma)


def _sell() -> PlanTemplate:
    for name, allowance in LIMITS.items():
        interval = allowance.interval or Interval.MONTH
        terms = FeatureTerms(
            name.title(), min_plan_level=1, is_metered=True, interval=interval, unit="thing"
        )
        create_feature(by=SYSTEM, name=name, terms=terms)
    create_feature(by=SYSTEM, name="reports", terms=FeatureTerms("Reports", min_plan_level=3))
    sold = {name: PlanFeature(True, allowance) for name, allowance in LIMITS.items()}
    create_plan(by=SYSTEM, name="free", terms=PlanTerms("Free", 0), is_fallback=True)
    return create_plan(by=SYSTEM, name="metered", terms=PlanTerms("Metered", 1, features=sold))
