"""At once on one ticket: the same form, an end and an answer, two programs with one key."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.customers.models import User
from portal.customers.tokens import issue_user_token
from portal.entitlements.expiry import note_expired
from portal.entitlements.models import UserEntitlement
from portal.support.amending import Amendment, amend
from portal.support.models import SupportMessage, SupportTicket
from portal.support.ticket_grants import grant_from_ticket, revoke_from_ticket
from portal.support.words import Priority
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.desk import customer_writes, make_ticket
from tests.support.programs import DAY, Program

pytestmark = pytest.mark.race
REPORTS = "custom_reports"
AT_ONCE = 8


@pytest.fixture
def desk(own_app):
    """Ann, and a ticket of Uma's, in a database where transactions are real."""
    with own_app.app_context():
        seed_catalog()
        make_ticket(make_user(make_tenant()))
        by = actor(make_admin("Ann", Role.ADMIN))
        db.session.commit()
    return own_app, by


def here(app, deed) -> int:
    """What became of it: 200, or the status of the refusal."""
    with app.app_context():
        try:
            deed(db.session.scalars(sa.select(SupportTicket)).one())
            db.session.commit()
        except DomainError as error:
            db.session.rollback()
            return error.status
        return 200


def granting(by, **more):
    def deed(ticket):
        until = clock.now() + timedelta(days=7)
        grant_from_ticket(by=by, ticket=ticket, feature_name=REPORTS, expires_at=until, **more)

    return deed


def count(model, **where) -> int:
    return len(db.session.scalars(sa.select(model).filter_by(**where)).all())


def test_a_form_that_is_pressed_many_times_at_once_grants_once(desk):
    app, by = desk
    answers = together(lambda _: here(app, granting(by, submit_key="k")), AT_ONCE)
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)
    with app.app_context():
        assert count(UserEntitlement) == count(SupportMessage, kind="system") == 1


def test_it_is_taken_back_once(desk):
    app, by = desk
    here(app, granting(by))

    def revoking(ticket):
        row = db.session.scalars(sa.select(UserEntitlement)).one()
        revoke_from_ticket(by=by, ticket=ticket, grant_id=row.id)

    answers = together(lambda _: here(app, revoking), AT_ONCE)
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)
    with app.app_context():
        assert count(SupportMessage, kind="system") == 2


def test_ends_grants_and_messages_at_once_wait_for_each_other_in_no_circle(desk):
    app, by = desk
    here(app, granting(by))
    with app.app_context():
        db.session.execute(sa.update(UserEntitlement).values(expires_at=clock.now()))
        db.session.commit()

    def deed(turn):
        if turn % 3 == 0:
            return here(app, lambda _: note_expired({}))
        if turn % 3 == 1:
            return here(app, granting(SYSTEM))
        return here(app, customer_writes)

    assert together(deed, 9) == [200] * 9
    with app.app_context():
        texts = db.session.scalars(sa.select(SupportMessage.body)).all()
        assert sum("ended for" in text for text in texts) == 1
        ticket = db.session.scalars(sa.select(SupportTicket)).one()
        assert ticket.message_count == len(texts)


def test_of_many_changes_to_one_version_one_is_taken(desk):
    app, by = desk
    with app.app_context():
        version = db.session.scalars(sa.select(SupportTicket.version)).one()
    wanted = Amendment(priority=Priority.HIGH, version=version)
    answers = together(
        lambda _: here(app, lambda ticket: amend(by=by, ticket=ticket, amendment=wanted)), AT_ONCE
    )
    assert sorted(answers) == [200] + [409] * (AT_ONCE - 1)


def test_a_request_that_is_sent_many_times_at_once_opens_one_ticket(desk):
    app, by = desk
    with app.app_context():
        user = db.session.scalars(sa.select(User)).one()
        token = issue_user_token(by=by, user=user, expires_in=DAY).text
        db.session.commit()
    body = {"subject": "Once", "body": "And only once."}

    def ask(_):
        with app.app_context():
            told = Program(app.test_client(), token).ask(
                "POST", "/tickets", body, Idempotency_Key="k"
            )
        return told.get_json()["number"]

    assert len(set(together(ask, AT_ONCE))) == 1
    with app.app_context():
        assert count(SupportTicket, subject="Once") == 1
