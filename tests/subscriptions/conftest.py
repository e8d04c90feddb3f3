"""Three plans: Free is what everybody falls back to, Basic has quotes, Pro reports as well."""

import pytest
from flask import Flask

from portal.catalog.features import FeatureTerms, create_feature
from portal.catalog.models import PlanTemplate
from portal.catalog.plans import PlanTerms, create_plan
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.actor import SYSTEM

YES = PlanFeature(is_included=True, allowance=Allowance(is_unlimited=True))
TEN = PlanFeature(is_included=True, allowance=Allowance(is_unlimited=False, limit=10))


def make_plans() -> dict[str, PlanTemplate]:
    quotes = FeatureTerms("Quotes", is_metered=True, unit="quote", interval=Interval.MONTH)
    create_feature(by=SYSTEM, name="quotes", terms=quotes)
    create_feature(by=SYSTEM, name="reports", terms=FeatureTerms("Reports", min_plan_level=2))
    terms = {
        "free": PlanTerms("Free", 0, features={"quotes": TEN}),
        "basic": PlanTerms("Basic", 1, features={"quotes": YES}),
        "pro": PlanTerms("Pro", 2, features={"quotes": YES, "reports": YES}),
    }
    return {
        name: create_plan(by=SYSTEM, name=name, terms=said, is_fallback=name == "free")
        for name, said in terms.items()
    }


@pytest.fixture
def plans(app: Flask) -> dict[str, PlanTemplate]:
    return make_plans()
