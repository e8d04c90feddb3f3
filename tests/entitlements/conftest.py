"""Uma and Acme of the tests of entitlements, and top-ups of Acme."""

import pytest
from flask import Flask

from portal.core.database import db
from portal.customers.models import User
from portal.entitlements.topups import top_up
from tests.cast import actor, make_user
from tests.entitlements.granting import Desk
from tests.entitlements.shop import Shop, make_shop


@pytest.fixture
def uma(acme) -> User:
    return make_user(acme)


@pytest.fixture
def desk(ann, uma, acme, catalog) -> Desk:
    """Ann's."""
    return Desk(actor(ann), uma, acme)


@pytest.fixture
def brief_desk(bea, uma, acme, catalog) -> Desk:
    """Bea's, who may grant for days."""
    return Desk(actor(bea), uma, acme)


@pytest.fixture
def shop(app: Flask) -> Shop:
    return make_shop()


@pytest.fixture
def add(shop, ann):
    """Ann's top-ups of Acme."""

    def adding(amount=5, **more):
        values = {"by": actor(ann), "tenant": shop.acme, "feature_name": "quotes", **more}
        bucket = top_up(amount=amount, **values)
        db.session.commit()
        return bucket

    return adding
