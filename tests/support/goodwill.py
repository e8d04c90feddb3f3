"""Goodwill of the tests: what may be wanted, and whoever gives it."""

from typing import Any

from portal.catalog.plans import plan_named
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import Tenant
from portal.staff.models import Admin
from portal.subscriptions.assignments import assign_plan
from portal.support.goodwill import ask, give
from portal.support.goodwill_budgets import EVERYBODY, change_limits, limits_of
from portal.support.goodwill_terms import Wanted
from portal.support.goodwill_words import GestureKind
from portal.support.models import GoodwillGesture, SupportTicket
from tests.cast import actor

REPORTS = "custom_reports"
QUOTES = "basic_quotes"


def coupon(percent: int = 20) -> Wanted:
    return Wanted(GestureKind.COUPON, percent=percent)


def feature(days: int = 14, name: str = REPORTS) -> Wanted:
    return Wanted(GestureKind.FEATURE, feature_name=name, days=days)


def quota(amount: int = 5, name: str = QUOTES) -> Wanted:
    return Wanted(GestureKind.QUOTA, feature_name=name, amount=amount)


def trial(days: int = 7) -> Wanted:
    return Wanted(GestureKind.TRIAL, days=days)


def given(ticket: SupportTicket, admin: Admin, wanted: Wanted, **more: Any) -> GoodwillGesture:
    return give(by=actor(admin), ticket=ticket, wanted=wanted, **{"reason": "a bad week", **more})


def asked(ticket: SupportTicket, admin: Admin, wanted: Wanted, **more: Any) -> GoodwillGesture:
    return ask(by=actor(admin), ticket=ticket, wanted=wanted, **{"reason": "a bad week", **more})


def on_plan(tenant: Tenant, name: str, **more: Any) -> None:
    assign_plan(by=SYSTEM, tenant=tenant, plan=plan_named(name), **more)
    db.session.flush()


def allow(manager: Admin, admin_id: int = EVERYBODY, **cents: int) -> None:
    """Other limits, in cents: `monthly_cents`, `cap_cents`, `tenant_cents`."""
    found = limits_of(admin_id)
    names = ("monthly_cents", "cap_cents", "tenant_cents")
    values = {**{name: getattr(found, name) for name in names}, **cents}
    is_there = found.is_own or admin_id == EVERYBODY
    version = found.version if is_there else 0
    change_limits(by=actor(manager), admin_id=admin_id, version=version, **values)
