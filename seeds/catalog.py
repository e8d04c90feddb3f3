"""The catalogue to begin with: seventeen features and four plans.

A second run changes nothing, and what was changed by hand since stays as it is.
"""

from dataclasses import dataclass, field

import sqlalchemy as sa

from portal.catalog.features import FeatureTerms, create_feature
from portal.catalog.models import FeatureCategory, FeatureRow, PlanTemplate
from portal.catalog.plans import PlanTerms, create_plan
from portal.catalog.revisions import lock_catalog, one_revision
from portal.catalog.snapshot import Allowance, Interval, PlanFeature
from portal.core.actor import SYSTEM
from portal.core.database import db

YES = PlanFeature(is_included=True, allowance=Allowance(is_unlimited=True))


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan to begin with; `limits` of what it includes, everything else is unlimited."""

    name: str
    label: str
    level: int
    prices: tuple[int | None, int | None]
    description: str
    features: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    includes_all: bool = False


def _feature(
    label: str,
    category: FeatureCategory,
    level: int,
    description: str,
    *,
    default: bool = False,
    counts: tuple[str, Interval] | None = None,
) -> FeatureTerms:
    unit, interval = counts or (None, Interval.MONTH)
    return FeatureTerms(
        display_name=label,
        description=description,
        category=category.value,
        is_default=default,
        min_plan_level=level,
        is_metered=counts is not None,
        unit=unit,
        interval=interval,
    )


FEATURES = {
    "basic_quotes": _feature(
        "Basic Quotes",
        FeatureCategory.QUOTES,
        0,
        "Calculate a box and send the customer a quote.",
        default=True,
        counts=("quote", Interval.MONTH),
    ),
    "advanced_quotes": _feature(
        "Advanced Quotes",
        FeatureCategory.QUOTES,
        1,
        "Several quantities, materials and print options in one quote.",
    ),
    "quote_templates": _feature(
        "Quote Templates", FeatureCategory.QUOTES, 2, "Keep a quote as the start of the next ones."
    ),
    "basic_parties": _feature(
        "Basic Party Management",
        FeatureCategory.PARTIES,
        0,
        "Keep customers and suppliers with their addresses and contacts.",
        default=True,
        counts=("party", Interval.NEVER),
    ),
    "party_analytics": _feature(
        "Party Analytics", FeatureCategory.PARTIES, 2, "What each customer buys, and what it earns."
    ),
    "basic_invoices": _feature(
        "Basic Invoicing", FeatureCategory.INVOICES, 1, "Turn an accepted quote into an invoice."
    ),
    "recurring_invoices": _feature(
        "Recurring Invoices", FeatureCategory.INVOICES, 2, "Invoices that repeat on a schedule."
    ),
    "invoice_customization": _feature(
        "Invoice Customization",
        FeatureCategory.INVOICES,
        2,
        "Own logo, texts and numbering on invoices.",
    ),
    "basic_support": _feature(
        "Basic Support", FeatureCategory.SUPPORT, 0, "Help by mail on working days.", default=True
    ),
    "priority_support": _feature(
        "Priority Support", FeatureCategory.SUPPORT, 2, "Tickets that are answered before others."
    ),
    "dedicated_support": _feature(
        "Dedicated Support", FeatureCategory.SUPPORT, 3, "A person of ours who knows the company."
    ),
    "basic_reports": _feature(
        "Basic Reports", FeatureCategory.ANALYTICS, 1, "Quotes, orders and sales by month."
    ),
    "custom_reports": _feature(
        "Custom Reports", FeatureCategory.ANALYTICS, 2, "Own columns, filters and exports."
    ),
    "api_access": _feature(
        "API Access", FeatureCategory.INTEGRATIONS, 2, "Read and write quotes from other programs."
    ),
    "multi_user": _feature(
        "Multi-User Access",
        FeatureCategory.ADMIN,
        1,
        "More than one person of the company signs in.",
        counts=("seat", Interval.NEVER),
    ),
    "role_management": _feature(
        "Role Management", FeatureCategory.ADMIN, 2, "Decide what each colleague may see and do."
    ),
    "audit_logs": _feature(
        "Audit Logs", FeatureCategory.ADMIN, 2, "Look up who changed what in the company’s account."
    ),
}

FREE = "basic_quotes basic_parties basic_support"
BASIC = f"{FREE} advanced_quotes basic_invoices multi_user basic_reports"
PROFESSIONAL = (
    f"{BASIC} quote_templates party_analytics recurring_invoices invoice_customization"
    " role_management audit_logs custom_reports api_access priority_support"
)
PLANS = (
    Offer(
        "free",
        "Free",
        0,
        (0, 0),
        "To try it, and for whoever quotes now and then.",
        FREE,
        {"basic_quotes": 10, "basic_parties": 50},
    ),
    Offer(
        "basic",
        "Basic",
        1,
        (2900, 29000),
        "For a small shop that quotes every day.",
        BASIC,
        {"multi_user": 5},
    ),
    Offer(
        "professional",
        "Professional",
        2,
        (7900, 79000),
        "For teams with templates, reports and programs of their own.",
        PROFESSIONAL,
        {"multi_user": 15},
    ),
    Offer(
        "enterprise",
        "Enterprise",
        3,
        (None, None),
        "Everything, by agreement.",
        includes_all=True,
    ),
)


def seed_catalog() -> tuple[int, int]:
    """Add what is missing; how many features and plans that was."""
    lock_catalog()
    known = set(db.session.scalars(sa.select(FeatureRow.name)))
    missing = {name: terms for name, terms in FEATURES.items() if name not in known}
    offered = set(db.session.scalars(sa.select(PlanTemplate.name)))
    new = [offer for offer in PLANS if offer.name not in offered]
    if missing or new:
        with one_revision(by=SYSTEM):
            _add(missing, new)
    return len(missing), len(new)


def _add(features: dict[str, FeatureTerms], plans: list[Offer]) -> None:
    has_fallback = db.session.scalar(sa.select(sa.exists().where(PlanTemplate.is_fallback)))
    for name, terms in features.items():
        create_feature(by=SYSTEM, name=name, terms=terms)
    for offer in plans:
        is_fallback = offer.name == "free" and not has_fallback
        create_plan(by=SYSTEM, name=offer.name, terms=_terms(offer), is_fallback=is_fallback)


def _terms(offer: Offer) -> PlanTerms:
    said = {name: _said(offer.limits.get(name)) for name in offer.features.split()}
    monthly, annual = offer.prices
    return PlanTerms(
        display_name=offer.label,
        level=offer.level,
        description=offer.description,
        monthly_price_cents=monthly,
        annual_price_cents=annual,
        includes_all=offer.includes_all,
        features=said,
    )


def _said(limit: int | None) -> PlanFeature:
    if limit is None:
        return YES
    return PlanFeature(is_included=True, allowance=Allowance(is_unlimited=False, limit=limit))
