"""Meg of marketing, two tenants who buy, and coupons of every kind."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.roles import Role
from portal.coupons.coupons import create_coupon
from portal.coupons.models import Coupon
from portal.coupons.terms import Terms
from portal.coupons.validating import Purchase
from portal.customers.models import Tenant
from portal.staff.models import Admin
from tests.cast import actor, make_admin, signed_in
from tests.client import Client


def make_coupon(
    code: str = "SPRING20", tenant_ids: tuple[int, ...] = (), **terms: object
) -> Coupon:
    """20 % off for everybody, as often as anybody likes, unless the terms say otherwise."""
    said = terms if "amounts" in terms else {"basis_points": 2000, **terms}
    return create_coupon(by=SYSTEM, code=code, terms=Terms(**said), tenant_ids=tenant_ids)


def small_terms(**more: object) -> Terms:
    """What marketing may give alone, to the last unit."""
    values = {
        "basis_points": 3000,
        "max_redemptions": 100,
        "redeem_by": clock.now() + timedelta(days=90),
        "starts_at": clock.now(),
        **more,
    }
    return Terms(**values)


def buys(tenant: Tenant, amount_cents: int = 10_000, **more: object) -> Purchase:
    return Purchase(
        **{
            "tenant_id": tenant.id,
            "plan": "pro",
            "currency": "USD",
            "amount_cents": amount_cents,
            **more,
        }
    )


@pytest.fixture
def meg(app: Flask) -> Actor:
    return actor(make_admin("Meg Marketing", Role.MARKETING))


@pytest.fixture
def mo_acts(mo) -> Actor:
    return actor(mo)


@pytest.fixture
def meg_client(app: Flask, catalog: object, meg: Actor) -> Client:
    """Meg's browser."""
    return signed_in(app, db.session.get_one(Admin, meg.id))
