"""At once: many who give of one budget, one form many times, two who decide."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.coupons.models import Coupon
from portal.support.goodwill import withdraw
from portal.support.goodwill_deciding import approve, reject
from portal.support.models import GoodwillGesture, GoodwillSpent, SupportTicket
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.desk import make_ticket
from tests.support.goodwill import allow, asked, coupon, given, on_plan

pytestmark = pytest.mark.race
AT_ONCE = 16
WORTH = 580
"""20 % of Basic."""


@pytest.fixture
def desk(own_app):
    """Bea and Mo, and a ticket each of as many tenants as act at once."""
    with own_app.app_context():
        seed_catalog()
        people = [
            make_admin("Bea", Role.SUPPORT_AGENT),
            make_admin("Mo", Role.MANAGER),
            make_admin("Max", Role.MANAGER),
        ]
        for number in range(AT_ONCE):
            tenant = make_tenant(f"Tenant{number}")
            on_plan(tenant, "basic")
            make_ticket(make_user(tenant))
        db.session.commit()
        for person in people:
            db.session.refresh(person)
            db.session.expunge(person)
    return own_app, people


def tried(app, deed) -> int:
    """What became of it: 200, or the status of the refusal."""
    with app.app_context():
        try:
            deed()
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            return error.status
        return 200


def ticket(number=0) -> SupportTicket:
    tickets = sa.select(SupportTicket).order_by(SupportTicket.id)
    return db.session.scalars(tickets.offset(number).limit(1)).one()


def limited(app, mo, **cents):
    with app.app_context():
        allow(mo, **cents)
        db.session.commit()


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def spent(owner) -> list[int]:
    query = sa.select(GoodwillSpent.spent_cents).filter_by(owner=owner)
    return [cents for cents in db.session.scalars(query) if cents]


def test_a_persons_budget_is_never_passed(desk):
    app, (bea, mo, _) = desk
    limited(app, mo, monthly_cents=5 * WORTH + 1)
    answers = together(lambda n: tried(app, lambda: given(ticket(n), bea, coupon(20))), AT_ONCE)
    assert sorted(answers) == [200] * 5 + [403] * (AT_ONCE - 5)
    with app.app_context():
        assert spent("agent") == [5 * WORTH]
        assert count(Coupon) == count(GoodwillGesture) == 5


def test_a_customer_gets_no_more_than_one_may(desk):
    app, (bea, mo, max_) = desk
    limited(app, mo, tenant_cents=4 * WORTH)
    people = (bea, mo, max_)
    answers = together(
        lambda n: tried(app, lambda: given(ticket(), people[n % 3], coupon(20))), AT_ONCE
    )
    assert sorted(answers) == [200] * 4 + [403] * (AT_ONCE - 4)
    with app.app_context():
        assert spent("tenant") == [4 * WORTH]


def test_a_form_that_is_pressed_many_times_at_once_gives_once(desk):
    app, (bea, mo, _) = desk
    limited(app, mo, monthly_cents=WORTH)

    def press():
        given(ticket(), bea, coupon(20), submit_key="k")

    answers = together(lambda _: tried(app, press), AT_ONCE)
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)
    with app.app_context():
        assert count(Coupon) == 1


def test_of_all_who_decide_and_withdraw_one_does(desk):
    app, (bea, mo, max_) = desk
    with app.app_context():
        number = asked(ticket(), bea, coupon(30)).id
        db.session.commit()
    deeds = (
        lambda: approve(by=actor(mo), gesture_id=number),
        lambda: reject(by=actor(max_), gesture_id=number),
        lambda: approve(by=actor(max_), gesture_id=number),
    )
    answers = together(lambda n: tried(app, deeds[n % 3]), AT_ONCE)
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)
    with app.app_context():
        row = db.session.get_one(GoodwillGesture, number)
        assert count(Coupon) == (1 if row.status == "given" else 0)


def test_it_is_taken_back_once_and_the_budget_is_whole_again(desk):
    app, (bea, _, _) = desk
    with app.app_context():
        number = given(ticket(), bea, coupon(20)).id
        db.session.commit()

    def take():
        withdraw(by=actor(bea), gesture_id=number)

    answers = together(lambda _: tried(app, take), AT_ONCE)
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)
    with app.app_context():
        assert spent("agent") == spent("tenant") == []
