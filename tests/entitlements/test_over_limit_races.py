"""The sweeper that lists who is over a limit, beside those who use and give back."""

from threading import Thread

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.entitlements import over_limit
from portal.entitlements.grants import grant_tenant_feature
from portal.entitlements.models import QuotaBucket
from tests.entitlements.shop import make_shop

pytestmark = pytest.mark.race


@pytest.fixture
def over(own_app):
    """Eight uses, and five that are allowed now."""
    with own_app.app_context():
        shop = make_shop()
        shop.use(amount=8)
        grant_tenant_feature(by=SYSTEM, tenant=shop.acme, feature_name="quotes", quota_limit=5)
        db.session.commit()
        yield own_app


def give_back(app):
    with app.app_context():
        db.session.execute(sa.update(QuotaBucket).values(used=0))
        db.session.commit()


def test_who_gives_back_meanwhile_need_not_wait_and_is_not_listed(over, monkeypatch):
    read = over_limit.standings_of

    def slowly(whose):
        other = Thread(target=give_back, args=[over])
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()  # nothing keeps it waiting
        return read(whose)

    monkeypatch.setattr(over_limit, "standings_of", slowly)
    over_limit.sweep({})
    db.session.commit()
    assert over_limit.over_limit().items == []


def test_who_is_over_is_listed_when_nobody_comes_between(over):
    over_limit.sweep({})
    db.session.commit()
    assert [each.used for each in over_limit.over_limit().items] == [8]
